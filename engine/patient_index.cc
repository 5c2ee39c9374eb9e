#include "engine/patient_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/patient_rows.h"
#include "formats/stored/id_filter.h"

namespace chartline::engine {
namespace {

std::uint64_t version_hash(std::string_view version) { return version.empty() ? 0 : hash64(version) | 1; }

// What one version of a record said, in which bytes; 0: in any.
Hash128 saying(const Hash128& key, const Hash128& content, std::uint64_t original) {
  Bytes bytes;
  Writer w(bytes);
  w.u64(key.low), w.u64(key.high), w.u64(content.low), w.u64(content.high), w.u64(original);
  return hash128(bytes);
}

bool may_hold(const stored::RunRef& run, const Said& record) {
  return !run.record_ids.empty() && stored::may_hold(run.record_ids, record.key);
}

// One version after another: a commit may hold many of a record, which came and went at one time. The events of each have consecutive
// numbers, and parts that ascend, or one part all.
Result<void> add_past(const ShardMoment& shard, PatientId patient, PatientIndex& index) {
  PastRows rows = TRY(read_past_rows(shard, patient));
  std::erase_if(rows.rows, [](const stored::Row& row) { return row.version.empty(); });
  std::ranges::sort(rows.rows, {}, &stored::Row::number);
  const auto goes_on = [](const stored::Row& a, const stored::Row& b) {
    return b.number == a.number + 1 && b.recorded == a.recorded && b.removed == a.removed && b.original == a.original &&
           b.version == a.version && b.record == a.record && b.source == a.source;
  };
  for (auto from = rows.rows.begin(); from != rows.rows.end();) {
    const Hash128 key = record_key(*from, *shard.dictionary);
    const auto add = [&](const Hash128& content) {
      for (const std::uint64_t original : {std::uint64_t{0}, from->original})
        index.past.insert(saying(key, content, original));
    };
    Hash128 all, ascending;  // the sums over the events
    auto past = from;
    do {
      if (past != from && past->part <= std::prev(past)->part) add(std::exchange(ascending, Hash128()));
      const Hash128 content = content_hash(*past, *shard.dictionary);
      all += content, ascending += content;
    } while (++past != rows.rows.end() && goes_on(*std::prev(past), *past));
    add(ascending);
    add(all);
    from = past;
  }
  return {};
}

}  // namespace

Result<PatientIndex> PatientIndex::build(const ShardMoment& shard, PatientId patient) {
  const PatientRows all = TRY(read_rows(shard, patient));
  PatientIndex index;
  index.last_number = all.head.last_number;
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_patient(patient, shard.commit, puts);
  for (const DeltaPut* put : puts)
    for (const stored::Row& row : put->added) index.last_number = std::max(index.last_number, row.number);
  index.records.reserve(all.rows.size());
  for (const stored::Row& row : all.rows) {
    KnownRecord& known = index.records[record_key(row, *shard.dictionary)];
    known.content += content_hash(row, *shard.dictionary);
    known.first_number = known.events == 0 ? row.number : std::min(known.first_number, row.number);
    known.hidden = (known.events == 0 || known.hidden) && row.status == record::Status::entered_in_error;
    ++known.events;
    known.version_hash = version_hash(row.version), known.original = row.original;
  }
  const bool replaced = std::any_of(puts.begin(), puts.end(), [](const DeltaPut* put) { return !put->removed.empty(); });
  if (replaced || !all.head.history.empty()) TRY(add_past(shard, patient, index));
  return index;
}

Result<PatientIndex> PatientIndex::begin(const ShardMoment& shard, PatientId patient) {
  const auto head = TRY(head_to_write(shard, patient));
  PatientIndex index;
  index.whole_ = head->events == 0 && head->past_events == 0;
  index.last_number = head->last_number;
  for (const stored::RunRef& run : head->runs)
    if (!run.record_ids.empty()) Writer(index.filters_).text(run.record_ids);
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_patient(patient, shard.commit, puts);
  for (const DeltaPut* put : puts) {
    if (!put->removed.empty()) return build(shard, patient);  // versions came and went: rare, and the past may matter
    if (put->added.empty()) continue;
    const Said record = said(put->added, *shard.dictionary, record::Record::Demand::any, {});
    index.records[record.key] = {record.content,      put->added.front().number, record.events,
                                 record.version_hash, record.original,           record.hidden};
    index.last_number = std::max(index.last_number, put->added.back().number);
  }
  return index;
}

bool PatientIndex::surely_suffices(const Said& record) const {
  if (whole_) return true;
  if (records.find(record.key) != nullptr || !record.has_id) return false;
  for (Reader filters(filters_); filters.left() > 0;)
    if (stored::may_hold(filters.text(), record.key)) return false;
  return true;
}

// By the runs as they are now: a fold may have taken those of the index's own away. What it brought, the index knows.
Result<bool> PatientIndex::falls_short(const ShardMoment& shard, PatientId patient, const Said& record) const {
  if (surely_suffices(record)) return false;
  if (records.find(record.key) != nullptr || !record.has_id) return true;
  const auto head = TRY(head_to_write(shard, patient));
  for (const stored::RunRef& run : head->runs) {
    if (!may_hold(run, record)) continue;
    const auto loaded = TRY(read_run(shard, patient, run, false, head->hot));
    const auto is_it = [&](const stored::Row& row) {
      return !row.record.empty() && record_key(row, *shard.dictionary) == record.key;
    };
    if (std::ranges::any_of(loaded->rows(), is_it)) return true;
  }
  return false;
}

Result<void> PatientIndex::complete(const ShardMoment& shard, PatientId patient) {
  PatientIndex all = TRY(build(shard, patient));
  records.for_each([&](const Hash128& key, const KnownRecord& known) { all.records[key] = known; });
  all.past.insert(past.begin(), past.end());
  all.last_number = std::max(all.last_number, last_number);
  *this = std::move(all);
  return {};
}

Said said(std::span<const stored::Row> rows, const Dictionary& names, record::Record::Demand demand,
          std::string_view demanded_version) {
  Said record;
  record.key = record_key(rows.front(), names);
  record.hidden = true;
  for (const stored::Row& row : rows) {
    record.content += content_hash(row, names);
    record.hidden = record.hidden && row.status == record::Status::entered_in_error;
  }
  record.events = static_cast<std::uint32_t>(rows.size());
  record.has_id = !rows.front().record.empty();
  record.version_hash = version_hash(rows.front().version), record.original = rows.front().original;
  record.demand = demand;
  record.demanded_version_hash = version_hash(demanded_version);
  return record;
}

Decision decide(const PatientIndex& index, const Said& record) {
  using Demand = record::Record::Demand;
  using What = Outcome::What;
  const auto refuse = [](const char* reason) { return Decision{What::rejected, Fault::conflict, reason, {}, 0}; };
  const KnownRecord* known = index.records.find(record.key);
  if (!known) {
    if (record.demand == Demand::version) return refuse("the record is not known, so it has not the version demanded");
    return {record.hidden ? What::hidden : What::created, {}, "", {}, index.last_number + 1};
  }
  const KnownRecord& now = *known;
  if (record.demand == Demand::absent) return refuse("the record is known already");
  if (record.demand == Demand::version && record.demanded_version_hash != now.version_hash)
    return refuse("the record's current version is not the one demanded");
  // The same said in other bytes is one more version, so that both originals stay. Without bytes it says nothing new.
  const bool same = record.content == now.content && record.events == now.events;
  if (same && (record.original == 0 || record.original == now.original))
    return {What::unchanged, {}, "", {}, now.first_number};
  const Hash128 said = saying(record.key, record.content, same ? record.original : 0);
  if (record.version_hash != 0 && record.demand == Demand::any && index.past.contains(said))
    return {What::unchanged, {}, "", {}, now.first_number};
  Decision decision{record.hidden && !now.hidden ? What::hidden : What::superseded, {}, "", {}, index.last_number + 1};
  for (std::uint32_t i = 0; i < now.events; ++i) decision.removed.push_back(now.first_number + i);
  return decision;
}

Undo apply(PatientIndex& index, const Said& record, const Decision& decision) {
  const KnownRecord* known = index.records.find(record.key);
  Undo undo{record.key, index.last_number, known != nullptr, {}};
  if (undo.known) {
    undo.before = *known;
    const KnownRecord& before = undo.before;
    if (before.version_hash != 0) undo.passed = index.past.insert(saying(record.key, before.content, 0)).second;
    if (before.version_hash != 0 && before.original != 0)
      undo.passed_original = index.past.insert(saying(record.key, before.content, before.original)).second;
  }
  index.records[record.key] = {record.content,      decision.first_number, record.events,
                               record.version_hash, record.original,       record.hidden};
  index.last_number = decision.first_number + record.events - 1;
  return undo;
}

void take_back(PatientIndex& index, const Undo& undo) {
  index.last_number = undo.last_number;
  const KnownRecord& before = undo.before;
  if (undo.passed) index.past.erase(saying(undo.key, before.content, 0));
  if (undo.passed_original) index.past.erase(saying(undo.key, before.content, before.original));
  if (undo.known) index.records[undo.key] = undo.before;
  else index.records.erase(undo.key);
}

}  // namespace chartline::engine
