// What stands beside the timelines: directories and their posting runs, the meta table, the log, and keys that nothing names.
#include <algorithm>
#include <set>

#include "engine/audit/verify.h"
#include "engine/check_parts.h"
#include "engine/demographics.h"
#include "engine/patient_rows.h"
#include "engine/posting_reader.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
Result<stored::Directory> stored_directory(const ShardMoment& shard, Name code) {
  Pinned value;
  if (!TRY(shard.tables->get(Table::postings, stored::directory_key(code), shard.base->snapshot.get(), value)))
    return stored::Directory();
  auto directory = stored::decode_directory(value.bytes());
  if (!directory)
    return Error{directory.error().fault, place(Table::postings, shard) + "directory of " + posting_name(code) + ": " +
                                              directory.error().message};
  return directory;
}

namespace {

class PostingCheck {
 public:
  PostingCheck(const ShardMoment& shard, Findings& findings) : shard_(shard), findings_(findings) {}

  void check(Name code) {
    const auto directory = stored_directory(shard_, code);
    if (!findings_.sound(directory)) return;
    std::set<std::pair<std::uint64_t, std::uint32_t>> names;
    for (const stored::PostingRun& run : directory->runs) {
      if (!names.emplace(run.run, run.first_block).second) findings_.add(at(run) + "named twice by its directory");
      check_run(code, run);
    }
  }

 private:
  std::string at(const stored::PostingRun& run) const {
    return place(Table::postings, shard_) + "run " + std::to_string(run.run) + ": ";
  }

  void check_run(Name code, const stored::PostingRun& run) {
    Pinned value;
    const auto found = shard_.tables->get(Table::postings, stored::postings_key(code, run.run, run.first_block),
                                          shard_.base->snapshot.get(), value);
    if (!findings_.sound(found)) return;
    if (!*found) return findings_.add(at(run) + "named by the directory of " + posting_name(code) + ", but absent");
    ++findings_.report.posting_runs;
    if (run.removals) {
      const auto removals = stored::decode_removals(value.bytes(), run.checksum);
      if (!removals) return findings_.add(at(run) + removals.error().message);
      if (removals->size() != run.count) findings_.add(at(run) + "its count differs from its directory's");
      return;
    }
    if (const auto decoded =
            stored::decode_postings(value.bytes(), stored::posting_field_patient, columns_, run.checksum);
        !decoded)
      return findings_.add(at(run) + decoded.error().message);
    if (columns_.count != run.count) return findings_.add(at(run) + "its count differs from its directory's");
    findings_.report.postings += columns_.count;
    for (std::size_t i = 0; i < columns_.count; ++i) {
      const std::uint32_t block = stored::block_of(columns_.patient[i]);
      if (block < run.first_block || block > run.last_block)
        return findings_.add(at(run) + "a posting lies outside the blocks of its run");
      if (i > 0 && columns_.patient[i] < columns_.patient[i - 1])
        return findings_.add(at(run) + "its postings are not in order");
    }
  }

  const ShardMoment& shard_;
  Findings& findings_;
  stored::PostingColumns columns_;
};

constexpr std::string_view names_prefix = "names/", demographics_prefix = "demographics/", named_prefix = "named/";

void check_names(const ShardMoment& shard, const ShardState& state, Findings& findings) {
  Pinned value;
  Dictionary stored_names;
  for (int which = 0; which < stored::dictionary_count; ++which) {
    const auto dictionary = static_cast<stored::Dictionary>(which);
    const std::uint32_t count = state.names[static_cast<std::size_t>(which)];
    const auto at = [&](std::uint32_t page) {
      return place(Table::meta, shard) + "page " + std::to_string(page) + " of dictionary " + std::to_string(which) +
             ": ";
    };
    for (std::uint32_t page = 0; page * Dictionary::page_names < count; ++page) {
      const auto found =
          shard.tables->get(Table::meta, names_page_key(dictionary, page), shard.base->snapshot.get(), value);
      if (!findings.sound(found)) break;
      if (!*found) {
        findings.add(at(page) + "absent");
        break;
      }
      if (const auto loaded = stored_names.load_page(dictionary, page, value.bytes()); !loaded) {
        findings.add(at(page) + loaded.error().message);
        break;
      }
    }
    for (Name name = 1; name <= std::min(count, stored_names.size(dictionary)); ++name)
      if (stored_names.text_hash(dictionary, name) != shard.dictionary->text_hash(dictionary, name)) {
        findings.add(at((name - 1) / Dictionary::page_names) + "name " + std::to_string(name) +
                     " differs from the one in use");
        break;
      }
  }
}

}  // namespace

Result<void> check_postings(const ShardMoment& shard, Findings& findings) {
  PostingCheck check(shard, findings);
  for (const Name name : posting_names(*shard.dictionary)) {
    TRY(findings.step());
    check.check(name);
  }
  return {};
}

Result<void> check_meta(const ShardMoment& shard, Findings& findings) {
  Pinned value;
  const Snapshot* snapshot = shard.base->snapshot.get();
  const auto found = shard.tables->get(Table::meta, shard_state_key, snapshot, value);
  const auto state = found && *found ? decode_shard_state(value.bytes()) : Result<ShardState>(ShardState());
  if (state) check_names(shard, *state, findings);  // a damaged state is found with the heads
  for (std::uint32_t block = 0; block * std::uint64_t{stored::block_patients} < shard.patients; ++block) {
    const auto there = shard.tables->get(Table::meta, demographics_key(block), snapshot, value);
    if (!findings.sound(there) || !*there) continue;
    if (const auto page = decode_demographics(value.bytes()); !page)
      findings.add(place(Table::meta, shard) + "block " + std::to_string(block) + ": " + page.error().message);
  }
  findings.sound(shard.tables->scan(Table::meta, {}, {}, snapshot, [&](BytesView key, BytesView sealed) {
    const bool named = key.starts_with(named_prefix) || key.starts_with(batch_meta_prefix);
    if (named) findings.sound(stored::unseal(sealed, place(Table::meta, shard) + "a named value or answer"));
    const bool known =
        named || key == shard_state_key || key.starts_with(names_prefix) || key.starts_with(demographics_prefix);
    if (!known) findings.add(place(Table::meta, shard) + "a key that is none of ours");
    return true;
  }));
  return {};
}

Result<void> check_audit(const Shard& log, const ShardMoment& shard, Findings& findings) {
  findings.sound(verify_log(
      {.log = log.audit_log(), .tables = *shard.tables, .shard = shard.shard, .found = [&](std::string finding) {
         findings.add(std::move(finding));
       }}));
  return {};
}

// Commits are numbered without a gap. What a fold lets go of meanwhile is not missed.
Result<void> check_log(const Shard& log, const ShardMoment& shard, Findings& findings) {
  const std::string where = place(Table::changes, shard);
  Pinned value;
  for (std::uint64_t commit = log.log_first(); commit <= shard.commit; ++commit) {
    const auto found = shard.tables->get(Table::changes, stored::change_key(commit), nullptr, value);
    if (!findings.sound(found)) continue;
    if (!*found) {
      if (commit >= log.log_first()) findings.add(where + "commit " + std::to_string(commit) + " is absent");
      continue;
    }
    record::Arena room;
    const auto record = stored::decode_record(value.bytes(), room);
    if (!record) findings.add(where + "commit " + std::to_string(commit) + ": " + record.error().message);
    else if (record->commit != commit)
      findings.add(where + "commit " + std::to_string(commit) + ": the record is of another commit");
    else ++findings.report.log_records;
  }
  const std::uint64_t first = log.log_first();
  // The snapshot may be older than a trim, and it may hold commits that were written, but not yet told, when it was
  // taken: those before the first and those that follow the last without a gap are no surplus.
  std::uint64_t next = shard.commit + 1;
  findings.sound(shard.tables->scan(Table::changes, {}, {}, shard.base->snapshot.get(), [&](BytesView key, BytesView) {
    Reader in(key);
    const std::uint64_t commit = in.u64be();
    const bool of_this_log = in.done() && commit != 0 && commit <= next;
    if (!of_this_log) findings.add(where + "a key that is no commit of this log");
    if (of_this_log && commit == next) ++next;
    return true;
  }));
  findings.sound(shard.tables->scan(Table::changes, {}, stored::change_key(first), nullptr, [&](BytesView, BytesView) {
    findings.add(where + "a record from before the beginning of the log");
    return true;
  }));
  return {};
}

namespace {

class Orphans {
 public:
  Orphans(const ShardMoment& shard, Findings& findings)
      : shard_(shard), findings_(findings), posting_names_(posting_names(*shard.dictionary)) {}

  void check() {
    scan(Table::timeline, [&](BytesView key) {
      const auto parsed = stored::parse_timeline_key(key);
      if (!parsed || !given(parsed->patient)) return false;
      if (parsed->head) return true;
      load(parsed->patient);
      return names(head_.runs, [&](const stored::RunRef& ref) {
        return !ref.in_head && ref.run == parsed->run && ref.first == parsed->first;
      });
    });
    scan(Table::details, [&](BytesView key) {
      Reader in(key);
      const PatientId patient = in.u32be();
      const std::uint64_t run = in.u64be();
      if (!in.done() || !given(patient)) return false;
      load(patient);
      return names(head_.runs, [&](const stored::RunRef& ref) { return ref.run == run && ref.details_checksum != 0; });
    });
    scan(Table::history, [&](BytesView key) {
      Reader in(key);
      const PatientId patient = in.u32be();
      const std::uint64_t run = in.u64be();
      const std::uint8_t part = in.u8();
      if (!in.done() || part > 1 || !given(patient)) return false;
      load(patient);
      return names(head_.history, [&](const stored::RunRef& ref) {
        return ref.run == run && (part == 0 || ref.details_checksum != 0);
      });
    });
    scan(Table::originals, [&](BytesView key) {
      Reader in(key);
      const PatientId patient = in.u32be();
      const std::uint32_t number = in.u32be();
      if (!in.done() || !given(patient)) return false;
      load_originals(patient);
      return originals_.contains(number);
    });
    scan(Table::postings, [&](BytesView key) {
      const auto parsed = stored::parse_postings_key(key);
      if (!parsed || !std::ranges::binary_search(posting_names_, parsed->code)) return false;
      if (parsed->directory) return true;
      load_directory(parsed->code);
      return std::any_of(directory_.runs.begin(), directory_.runs.end(), [&](const stored::PostingRun& run) {
        return run.run == parsed->run && run.first_block == parsed->first_block;
      });
    });
  }

 private:
  template <typename Named>
  void scan(Table table, const Named& is_named) {
    findings_.sound(shard_.tables->scan(table, {}, {}, shard_.base->snapshot.get(), [&](BytesView key, BytesView) {
      if (!is_named(key)) findings_.add(place(table, shard_) + "a key that nothing names");
      return true;
    }));
  }
  template <typename Same>
  static bool names(const std::vector<stored::RunRef>& refs, const Same& same) {
    return std::any_of(refs.begin(), refs.end(), same);
  }
  bool given(PatientId patient) const { return patient < shard_.patients; }

  // A head that cannot be read has been found already, and names nothing.
  void load(PatientId patient) {
    if (patient_ == patient) return;
    head_ = read_head(shard_, patient).value_or(stored::Head());
    patient_ = patient;
  }
  void load_originals(PatientId patient) {
    if (originals_of_ == patient) return;
    originals_.clear(), originals_of_ = patient;
    load(patient);
    for (const bool past : {false, true})
      for (const stored::RunRef& ref : past ? head_.history : head_.runs)
        if (const auto run = read_run(shard_, patient, ref, past))
          for (const stored::Row& row : (*run)->rows())
            if (row.original != 0) originals_.insert(row.number);
  }
  void load_directory(Name code) {
    if (code_ == code) return;
    directory_ = stored_directory(shard_, code).value_or(stored::Directory());
    code_ = code;
  }

  const ShardMoment& shard_;
  Findings& findings_;
  const std::vector<Name> posting_names_;
  std::optional<PatientId> patient_, originals_of_;
  stored::Head head_;
  std::set<std::uint32_t> originals_;
  std::optional<Name> code_;
  stored::Directory directory_;
};

}  // namespace

Result<void> check_orphans(const ShardMoment& shard, Findings& findings) {
  Orphans(shard, findings).check();
  return {};
}

}  // namespace chartline::engine
