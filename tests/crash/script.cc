#include "tests/crash/script.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/hash.h"
#include "engine/audit/trail.h"
#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/terminology.h"

namespace chartline::crash {
namespace {

using engine::AuditEntry;

constexpr std::string_view system = "test";
constexpr std::string_view terminology_code = "c1";

record::Record made_record(const Writer& writer, const Said& said, std::uint64_t act, record::Arena& arena) {
  record::Event event;
  event.kind = record::Kind::observation;
  event.status = said.hidden ? record::Status::entered_in_error : record::Status::final;
  event.code = {"local", arena.text("c" + std::to_string(said.value % 5)), {}};
  event.start = record::day_time(static_cast<record::Day>(17'900 + said.value % 400));
  event.value.form = record::Value::Form::number, event.value.number = record::decimal(said.value, 0);
  event.source = {"clinic", "crash"};
  event.record = arena.text(said.record);
  if (!said.record.empty()) event.version = arena.text(std::to_string(act));
  record::Record made;
  const record::Identifier identifier{system, arena.text(writer.patient(said.patient))};
  made.identifiers = arena.array(std::vector{identifier});
  made.events = arena.array(std::vector{event});
  made.original = arena.text(said.original);
  return made;
}

std::string words_of(std::string_view value, bool hidden, std::string_view original) {
  return std::string(value) + (hidden ? " hidden" : "") + (original.empty() ? "" : " of " + hex(hash128(original)));
}

std::string key_of(unsigned patient, std::string_view record, std::string_view value) {
  const std::string who = "p" + std::to_string(patient) + " ";
  return record.empty() ? who + "row " + std::string(value) : who + std::string(record);
}

AuditEntry entry_of(engine::Act act, std::string text) {
  AuditEntry entry;  // the session is of what an erasure leaves
  entry.act = act, entry.who = "lane", entry.role = "source system", entry.session = std::move(text);
  return entry;
}

}  // namespace

std::string words(const Holding& holding) {
  std::string text = "value " + holding.value + (holding.linked ? ", linked" : "") +
                     (holding.terminology ? ", terminology" : "") + ", knows";
  for (const std::string& one : holding.known) text += " " + one;
  text += "; records";
  for (const auto& [key, value] : holding.records) text += " [" + key + " = " + value + "]";
  text += "; audited";
  for (const std::string& one : holding.audited) text += " [" + one + "]";
  return text;
}

std::uint64_t Writer::mixed(std::uint64_t act) const {
  Bytes bytes;
  chartline::Writer(bytes).u64(script_.seed), chartline::Writer(bytes).u64(number_), chartline::Writer(bytes).u64(act);
  return hash64(bytes);
}

std::string Writer::text_of(std::uint64_t act) const {
  return "writer " + std::to_string(number_) + " act " + std::to_string(act);
}

bool Writer::finished() const { return number_ == script_.loader() && done_ == Script::loader_acts; }

Act Writer::next() const { return act_at(done_ + 1); }

Act Writer::act_at(std::uint64_t n) const {
  Act act;
  const std::uint64_t chance = mixed(n);
  const auto say = [&](unsigned count, const std::string& prefix, unsigned ids) {
    for (unsigned i = 0; i < count; ++i) {
      Said said;
      // One act concerns one shard, so that it is done whole or not at all.
      said.patient = static_cast<unsigned>(chance / 64 + (script_.shards == 1 ? i : 0)) % patients;
      if (ids > 0) said.record = prefix + std::to_string((n + i) % ids);
      said.value = static_cast<std::int64_t>(n * 16 + i);
      said.hidden = (chance >> (i + 8)) % 8 == 0;
      said.original = std::string((chance >> 16) % 300, static_cast<char>('a' + i));
      if (ids == 0) said.hidden = false, said.original.clear();
      act.said.push_back(std::move(said));
    }
  };
  if (number_ == script_.loader()) {
    act.kind = n == 1 ? Act::Kind::terminology : Act::Kind::bulk_load;
    if (act.kind == Act::Kind::bulk_load)
      for (unsigned i = 0; i < 40; ++i)
        act.said.push_back({i % patients, "b" + std::to_string(i), static_cast<std::int64_t>(i), i % 9 == 0, {}});
    return act;
  }
  const bool both = holding_.known.contains("p0") && holding_.known.contains("p1");
  act.patient = static_cast<unsigned>(chance / 64) % patients;
  switch (chance % 32) {
    case 0:
      if (!script_.erases || !holding_.known.contains("p" + std::to_string(act.patient))) break;
      act.kind = Act::Kind::erase;
      return act;
    case 1:
    case 2: act.kind = Act::Kind::set_value; return act;
    case 3:
    case 4:
    case 5:
      if (!both) break;
      act.kind = holding_.linked ? Act::Kind::unlink : Act::Kind::link;
      return act;
    case 6:
    case 7:
      act.kind = Act::Kind::import;
      say(5, "i", 5);
      return act;
    case 8:
    case 9:
      act.kind = Act::Kind::import;
      say(3, "", 0);
      return act;
    case 10:
    case 11: act.kind = Act::Kind::audit; return act;
    default: break;
  }
  say(1 + static_cast<unsigned>(chance >> 40) % 4, "r", 5);
  return act;
}

void Writer::advance() {
  const Act act = next();
  ++done_;
  last_was_write_ = act.kind == Act::Kind::write;
  if (act.kind != Act::Kind::import && act.kind != Act::Kind::bulk_load && act.kind != Act::Kind::terminology)
    holding_.audited.insert(text_of(done_));
  switch (act.kind) {
    case Act::Kind::write:
    case Act::Kind::import:
    case Act::Kind::bulk_load:
      for (const Said& said : act.said) {
        holding_.known.insert("p" + std::to_string(said.patient));
        const std::string value = std::to_string(said.value);
        holding_.records[key_of(said.patient, said.record, value)] = words_of(value, said.hidden, said.original);
      }
      return;
    case Act::Kind::erase: {
      const std::string who = "p" + std::to_string(act.patient);
      holding_.known.erase(who);
      std::erase_if(holding_.records, [&](const auto& one) { return one.first.starts_with(who + " "); });
      if (act.patient < 2) holding_.linked = false;
      return;
    }
    case Act::Kind::set_value: holding_.value = std::to_string(done_); return;
    case Act::Kind::link: holding_.linked = true; return;
    case Act::Kind::unlink: holding_.linked = false; return;
    case Act::Kind::terminology: holding_.terminology = true; return;
    case Act::Kind::audit: return;
  }
}

void Writer::advance_to(std::uint64_t acts) {
  while (done_ < acts) advance();
}

Result<void> Writer::act(engine::Store& store) const {
  const Act act = next();
  const std::uint64_t n = done_ + 1;
  const std::string text = text_of(n);
  record::Arena arena;
  std::vector<record::Record> records;
  for (const Said& said : act.said) records.push_back(made_record(*this, said, n, arena));
  const std::string first = patient(0), second = patient(1), named = patient(act.patient);
  switch (act.kind) {
    case Act::Kind::write: {
      engine::WriteOptions options;
      options.batch_id = text;
      options.audit = entry_of(engine::Act::write, text);
      const engine::Written written = TRY(store.write(records, options));
      for (const engine::Outcome& outcome : written.outcomes)
        if (outcome.what == engine::Outcome::What::rejected || outcome.what == engine::Outcome::What::unchanged)
          return conflict(text + ": a record came out " + std::string(name(outcome.what)) + ": " + outcome.reason);
      return written.repeated ? conflict(text + ": never written, and yet known") : Result<void>();
    }
    case Act::Kind::import:
    case Act::Kind::bulk_load: {
      using Path = engine::ImportOptions::Path;
      const auto import = TRY(engine::Import::begin(
          store, {.path = act.kind == Act::Kind::import ? Path::log : Path::bulk, .memory_bytes = 1 << 20, .threads = 2}));
      for (const record::Record& one : records) TRY(import->add(one));
      const engine::ImportCounts counts = TRY(import->finish());
      if (counts.records != records.size() || counts.rejected > 0)
        return conflict(text + ": not all records were taken");
      return {};
    }
    case Act::Kind::erase: {
      const AuditEntry entry = entry_of(engine::Act::erase, text);
      const engine::ErasureReport report = TRY(engine::erase(store, {system, named}, {}, &entry));
      // Files of a View that is held keep the bytes until it goes; here nobody holds one.
      return report.found_in.empty() ? Result<void>() : conflict(text + ": bytes are left in " + report.found_in.front());
    }
    case Act::Kind::set_value: {
      const AuditEntry entry = entry_of(engine::Act::set_value, text);
      return store.set_meta(value_name(), std::to_string(n), &entry);
    }
    case Act::Kind::link:
    case Act::Kind::unlink: {
      const bool links = act.kind == Act::Kind::link;
      const AuditEntry entry = entry_of(links ? engine::Act::link : engine::Act::unlink, text);
      return links ? store.link({system, first}, {system, second}, &entry)
                   : store.unlink({system, first}, {system, second}, &entry);
    }
    case Act::Kind::audit: {
      const AuditEntry entry = entry_of(engine::Act::read_timeline, text);
      TRY(store.audit({&entry, 1}));
      return {};
    }
    case Act::Kind::terminology: {
      const auto load = TRY(engine::TerminologyLoad::begin(store, "lane 1"));
      for (unsigned i = 0; i < 5; ++i) {
        record::Concept entry;
        const std::string code = "c" + std::to_string(i);
        entry.code = {"local", code, "a test of the lane"};
        TRY(load->add(entry));
      }
      TRY(load->finish());
      return {};
    }
  }
  return {};
}

Result<bool> Writer::write_again(engine::Store& store) const {
  Writer before(script_, number_);
  before.advance_to(done_ - 1);
  record::Arena arena;
  std::vector<record::Record> records;
  for (const Said& said : before.next().said) records.push_back(made_record(*this, said, done_, arena));
  engine::WriteOptions options;
  options.batch_id = text_of(done_);
  return TRY(store.write(records, options)).repeated;
}

Result<std::set<std::string>> read_audited(engine::Store& store) {
  std::set<std::string> texts;
  TRY(engine::read_audit(store, {}, [&](const engine::AuditRecord& record) -> Result<void> {
    if (record.entry.outcome != engine::AuditOutcome::done) return {};  // a write that failed is told of, too
    if (record.entry.who == "lane" && !texts.insert(record.entry.session).second)
      return conflict("the audit log has twice: " + record.entry.session);
    return {};
  }));
  return texts;
}

Result<Holding> read_holding(engine::Store& store, const Script& script, unsigned number,
                             const std::set<std::string>& audited) {
  const Writer writer(script, number);
  Holding holding;
  const engine::View view = store.view();
  std::vector<engine::PatientRef> refs(Writer::patients);
  for (unsigned patient = 0; patient < Writer::patients; ++patient) {
    const auto found = TRY(view.find(std::string(system) + "|" + writer.patient(patient)));
    if (!found) continue;
    refs[patient] = *found;
    engine::TimelineFilter filter;
    filter.include_hidden = true;
    engine::Timeline timeline;
    TRY(view.own_timeline(*found, filter, stored::field_hot, timeline));
    // Who is known before anything of theirs is: an act that was cut off may have got so far.
    if (timeline.size() > 0) holding.known.insert("p" + std::to_string(patient));
    for (std::size_t i = 0; i < timeline.size(); ++i) {
      const record::Event event = TRY(timeline.event(i));
      const auto original = TRY(view.original(*found, event));
      const std::string value = record::print(event.value.number);
      const auto [at, fresh] = holding.records.emplace(
          key_of(patient, event.record, value),
          words_of(value, event.status == record::Status::entered_in_error, original.value_or("")));
      if (!fresh) return conflict("twice in one timeline: " + at->first);
    }
  }
  const auto linked = view.linked(refs[0]);
  holding.linked = holding.known.contains("p0") && holding.known.contains("p1") &&
                   std::find(linked.begin(), linked.end(), refs[1]) != linked.end();
  if (const auto value = TRY(store.meta(writer.value_name()))) holding.value = *value;
  const std::string prefix = "writer " + std::to_string(number) + " act ";
  for (const std::string& text : audited)
    if (text.starts_with(prefix)) holding.audited.insert(text);
  if (number == script.loader()) {
    record::Arena room;
    const auto entry = engine::find_concept(store, "lane 1", {"local", terminology_code, {}}, room);
    if (!entry && entry.error().fault != Fault::not_found) return entry.error();
    holding.terminology = entry && entry->has_value();
  }
  return holding;
}

}  // namespace chartline::crash
