// What lies on disk, drawn as text: for those who look after a store. Keys and numbers are shown, names are left as numbers;
// identifiers and clinical values stay where they are.
#include <fmt/format.h>

#include "engine/audit/audit_log.h"
#include "engine/demographics.h"
#include "engine/identity_bytes.h"
#include "engine/inspect_run.h"
#include "engine/maintenance.h"
#include "engine/store_parts.h"
#include "engine/terminology_bytes.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

std::string draw_ref(const stored::RunRef& ref) {
  return fmt::format("run {:<6} {:>6} events  instants {} to {}  checksums {:016x} {:016x}\n", ref.run, ref.count,
                     ref.first, ref.last, ref.hot_checksum, ref.details_checksum);
}

Result<std::string> draw_head(BytesView value) {
  const stored::Head head = TRY(stored::decode_head(value));
  std::string text = fmt::format("head: {} events, {} of the past, last number {}, content {}, past {}\n", head.events,
                                 head.past_events, head.last_number, hex(head.content), hex(head.past_content));
  for (const stored::RunRef& ref : head.runs) text += "  timeline " + draw_ref(ref);
  for (const stored::RunRef& ref : head.history) text += "  history  " + draw_ref(ref);
  return text;
}

Result<std::string> draw_directory(BytesView value) {
  const stored::Directory directory = TRY(stored::decode_directory(value));
  std::string text = fmt::format("directory: {} events, about {} patients, {} runs\n", directory.events,
                                 directory.patients, directory.runs.size());
  for (const stored::PostingRun& run : directory.runs)
    text += fmt::format("  run {:<6} {:>9} {}  blocks {} to {}  {} bytes  checksum {:016x}\n", run.run, run.count,
                        run.removals ? "removals" : "postings", run.first_block, run.last_block, run.bytes, run.checksum);
  return text;
}

Result<std::string> draw_postings(BytesView value) {
  stored::PostingColumns columns;
  if (const auto decoded = stored::decode_postings(value, stored::posting_field_patient, columns); decoded) {
    if (columns.count == 0) return std::string("run of postings: empty\n");
    return fmt::format("run of postings: {} postings, patients {} to {}\n", columns.count, columns.patient[0],
                       columns.patient[columns.count - 1]);
  }
  const auto removals = TRY(stored::decode_removals(value));
  return fmt::format("run of removals: {} removals\n", removals.size());
}

// Who and what stay where they are: `audit show` is for those who may see them.
Result<std::string> draw_audit(BytesView key, BytesView value) {
  if (key == audit_head_key) {
    const LogHead head = TRY(decode_log_head(value));
    return fmt::format("head: {} entries, root {}\n", head.size, audit_hex(head.root));
  }
  const AuditRecord record = TRY(decode_audit_value(value, Reader(key).u64be()));
  return fmt::format("entry {}: {}, {}, {} patients, {} erased, {} nodes, leaf {}\n", record.number,
                     name(record.entry.act), name(record.entry.outcome), record.entry.patients.size(),
                     record.erased.size(), record.nodes.size(), audit_hex(record.leaf));
}

std::string draw_change(const stored::Change& change) {
  struct Draw {
    std::string operator()(const stored::NewName& name) const {
      return fmt::format("new name: dictionary {}, number {}", static_cast<int>(name.dictionary), name.number);
    }
    std::string operator()(const stored::Put& put) const {
      return fmt::format("put: patient {}, {} events added, {} removed, original of {} bytes", put.patient,
                         put.added.size(), put.removed.size(), put.original.size());
    }
    std::string operator()(const stored::Identify& identify) const {
      return fmt::format("identifier: of patient {} of shard {}", identify.patient.id, identify.patient.shard);
    }
    std::string operator()(const stored::Link& link) const {
      return fmt::format("{}: patient {} of shard {} and patient {} of shard {}", link.linked ? "link" : "unlink",
                         link.a.id, link.a.shard, link.b.id, link.b.shard);
    }
    std::string operator()(const stored::Erase& erase) const {
      return fmt::format("erased: patient {}, token {:016x}", erase.patient, erase.token);
    }
    std::string operator()(const stored::SetMeta& meta) const {
      return fmt::format("named value: {} bytes", meta.value.size());
    }
  };
  return "  " + std::visit(Draw{}, change) + "\n";
}

Result<std::string> draw_record(BytesView value) {
  record::Arena room;
  const stored::ChangeRecord record = TRY(stored::decode_record(value, room));
  std::string text = fmt::format("change record: commit {}, recorded {}, {} changes\n", record.commit, record.recorded,
                                 record.changes.size());
  for (const stored::Change& change : record.changes) text += draw_change(change);
  return text;
}

Result<std::string> draw_identity(BytesView key, BytesView value) {
  if (key == identity_counters_key) {
    const IdentityCounters counters = TRY(decode_identity_counters(value));
    std::string text = fmt::format("counters: {} links; patients of each shard:", counters.links);
    for (const std::uint32_t count : counters.patients) text += fmt::format(" {}", count);
    return text + "\n";
  }
  if (key.starts_with("v"))
    return fmt::format("identifiers with one hash: {}\n", TRY(decode_identity_entries(value)).size());
  if (key.starts_with("p"))
    return fmt::format("identifiers of one patient: {}\n", TRY(decode_identifiers(value)).size());
  if (key.starts_with("l")) {
    const LinkRecord link = TRY(decode_link(value));
    return draw_change(stored::Link{link.a, link.b, link.linked});
  }
  return invalid_request("the key is none of the identity table's");
}

Result<std::string> draw_meta(BytesView key, BytesView value) {
  if (key == shard_state_key) {
    const ShardState state = TRY(decode_shard_state(value));
    return fmt::format(
        "state: folded up to commit {}, log from commit {}, next run {}, {} events, {} of the past, names {} {} {} "
        "{}\n",
        state.watermark, state.log_first, state.next_run, state.events, state.past_events, state.names[0],
        state.names[1], state.names[2], state.names[3]);
  }
  if (key.starts_with("demographics/")) {
    const DemographicsPage page = TRY(decode_demographics(value));
    std::size_t known = 0;
    for (std::uint32_t place = 0; place < stored::block_patients; ++place) {
      const Demographics who = page.at(place);
      known += who.birth.known() || who.death.known() || who.dead || who.sex != 0;
    }
    return fmt::format("page of demographics: {} patients known\n", known);
  }
  if (key.starts_with("named/") || key.starts_with(batch_meta_prefix))
    return fmt::format("value of {} bytes\n", TRY(stored::unseal(value, "value")).size());
  return fmt::format("value of {} bytes\n", value.size());
}

Result<std::string> draw_terminology(BytesView key, BytesView value) {
  if (key == terminology_counters_key)
    return fmt::format("next part {}\n", TRY(decode_terminology_counters(value)).next_part);
  if (key.starts_with("v")) {
    const VersionRecord version = TRY(decode_version(value));
    return fmt::format("version: {} concepts, {} links, {} loads\n", version.concepts, version.links,
                       version.parts.size());
  }
  if (key.starts_with("c")) {
    const record::Concept entry = TRY(decode_concept(value));
    return fmt::format("concept: {}{}\n", entry.code.display, entry.standard ? " (standard)" : "");
  }
  if (key.starts_with("t"))
    return fmt::format("a load finished at {}\n", record::print(record::at_instant(TRY(decode_load(value)).finished)));
  return fmt::format("links of one code: {} bytes\n", value.size());
}

Result<std::string> draw(Table table, BytesView key, BytesView value) {
  switch (table) {
    case Table::timeline:
      return stored::parse_timeline_key(key).value_or(stored::TimelineKey{0, true, 0, 0}).head ? draw_head(value)
                                                                                               : draw_run(value);
    case Table::history:
      return key.ends_with('\0') ? draw_run(value) : fmt::format("details of a run: {} bytes\n", value.size());
    case Table::details: return fmt::format("details of a run: {} bytes\n", value.size());
    case Table::postings:
      return stored::parse_postings_key(key).value_or(stored::PostingsKey{0, true, 0, 0}).directory
                 ? draw_directory(value)
                 : draw_postings(value);
    case Table::originals: return fmt::format("original: {} bytes\n", TRY(stored::unseal(value, "original")).size());
    case Table::changes: return draw_record(value);
    case Table::identity: return draw_identity(key, value);
    case Table::meta: return draw_meta(key, value);
    case Table::terminology: return draw_terminology(key, value);
    case Table::audit: return draw_audit(key, value);
  }
  return fmt::format("value of {} bytes\n", value.size());
}

std::string hex_of(BytesView bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

Result<std::size_t> value_bytes(const ShardMoment& shard, Table table, const Bytes& key) {
  Pinned value;
  TRY(shard.tables->get(table, key, shard.base->snapshot.get(), value));
  return value.bytes().size();
}

}  // namespace

Result<std::string> inspect_key(Store& store, std::uint32_t shard, Table table, BytesView key) {
  if (shard >= store.parts().shards.size()) return invalid_request("the store has no shard " + std::to_string(shard));
  Pinned value;
  if (!TRY(store.parts().shards[shard]->tables()->get(table, key, nullptr, value)))
    return not_found("table " + std::string(name(table)) + " of shard " + std::to_string(shard) + " has no such key");
  return fmt::format("table {}, shard {}, key {}: {} bytes\n", name(table), shard, hex_of(key), value.bytes().size()) +
         TRY(draw(table, key, value.bytes()));
}

Result<std::string> inspect_patient(Store& store, PatientRef patient) {
  const View view = store.view();
  if (patient.shard >= view.shards() || patient.id >= view.patients(patient.shard)) return not_found("no such patient");
  const ShardMoment& shard = view.parts().shards[patient.shard];
  Pinned value;
  if (!TRY(shard.tables->get(Table::timeline, stored::head_key(patient.id), shard.base->snapshot.get(), value)))
    return fmt::format("patient {} of shard {}: nothing folded yet\n", patient.id, patient.shard);
  const stored::Head head = TRY(decode_head(shard, value.bytes()));
  std::string text =
      fmt::format("patient {} of shard {}: head of {} bytes\n", patient.id, patient.shard, value.bytes().size()) +
      TRY(draw_head(value.bytes()));
  for (const bool past : {false, true})
    for (const stored::RunRef& ref : past ? head.history : head.runs) {
      const Table table = past ? Table::history : Table::timeline;
      if (!TRY(past ? shard.tables->get(table, stored::history_key(patient.id, ref.run, false),
                                        shard.base->snapshot.get(), value)
                    : get_run(shard, patient.id, ref, value)))
        return corrupt(
            fmt::format("{}: shard {}, run {}: named by its head, but absent", name(table), shard.shard, ref.run));
      text += fmt::format("{} run {}\n", name(table), ref.run) + TRY(draw_run(value.bytes()));
      if (ref.details_checksum == 0) continue;
      const std::size_t details =
          past ? TRY(value_bytes(shard, Table::history, stored::history_key(patient.id, ref.run, true)))
               : TRY(value_bytes(shard, Table::details, stored::details_key(patient.id, ref.run)));
      text += fmt::format("  {:<16} {:>8} bytes\n", "details", details);
    }
  return text;
}

std::string inspect_stats(Store& store) {
  const StoreStats stats = store.stats();
  const auto count = [](std::uint64_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  std::string text =
      fmt::format("{}, {}, {}, {} of the past, {}\n", count(stats.shards, "shard"), count(stats.patients, "patient"),
                  count(stats.events, "event"), stats.past_events, count(stats.codes, "code"));
  if (stats.unfolded_commits > 0)
    text += fmt::format("the events of {} in the log are not folded yet, and not counted\n",
                        count(stats.unfolded_commits, "commit"));
  text += '\n';
  text += fmt::format("{:<12} {:>14} {:>16} {:>12}\n", "table", "keys (about)", "file bytes", "per event");
  std::uint64_t total = 0;
  const auto per_event = [&](std::uint64_t bytes) {
    return stats.events == 0 ? 0.0 : static_cast<double>(bytes) / static_cast<double>(stats.events);
  };
  for (const TableStats& table : stats.tables) {
    total += table.file_bytes;
    text += fmt::format("{:<12} {:>14} {:>16} {:>12.2f}\n", name(table.table), table.keys, table.file_bytes,
                        per_event(table.file_bytes));
  }
  text += fmt::format("{:<12} {:>14} {:>16} {:>12.2f}\n\n", "all", "", total, per_event(total));
  text += fmt::format("not folded yet: {}, {} in memory\n", count(stats.unfolded_commits, "commit"),
                      count(stats.delta_bytes, "byte"));
  for (const auto& shard : store.parts().shards) {
    const std::uint64_t first = shard->log_first(), last = shard->last_commit();
    text += fmt::format("log of shard {}: {}\n", shard->moment().shard,
                        first > last ? "empty" : fmt::format("commits {} to {}", first, last));
  }
  const std::uint64_t asked = stats.decoded_cache_hits + stats.decoded_cache_misses;
  text += fmt::format(
      "cache of decoded runs: {} bytes, {} of {} found ({:.1f} %)\n", stats.decoded_cache_bytes, stats.decoded_cache_hits,
      asked, asked == 0 ? 0.0 : 100.0 * static_cast<double>(stats.decoded_cache_hits) / static_cast<double>(asked));
  return text;
}

}  // namespace chartline::engine
