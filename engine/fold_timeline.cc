// One patient's fold. New rows go where they belong in time: into the runs they overlap, if rewriting those is cheap beside
// what is new, else into a run of their own; when there are too many small runs they become one, so that a trickle of
// single events rewrites each of them a few times, not each time. Rows that were
// replaced leave their run for the history.
#include <algorithm>
#include <optional>
#include <utility>

#include "engine/content.h"
#include "engine/demographics.h"
#include "engine/fold.h"
#include "engine/patient_rows.h"
#include "engine/sort_stretches.h"
#include "formats/stored/id_filter.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::size_t small_runs_max = 8;
constexpr std::size_t small_run_rows = run_rows_max / 4;
constexpr std::size_t rewrite_factor = 4;  // rewrite runs while they hold at most this many times the new rows

// Which runs to rewrite together with the new rows.
std::vector<bool> choose(const stored::Head& head, std::span<const stored::Row> sorted_added) {
  std::vector<bool> chosen(head.runs.size(), false);
  if (sorted_added.empty()) return chosen;
  const Micros first = sorted_added.front().start.instant(), last = sorted_added.back().start.instant();
  std::size_t overlapped = 0;
  std::optional<std::size_t> near;  // the run that ends last before the new rows, or else the first
  std::size_t small = 0;
  for (std::size_t i = 0; i < head.runs.size(); ++i) {
    const stored::RunRef& run = head.runs[i];
    if (run.count < small_run_rows) ++small;
    if (run.first <= last && first <= run.last) chosen[i] = true, overlapped += run.count;
    else if (!near || run.first <= first) near = i;
  }
  const std::size_t cheap = sorted_added.size() * rewrite_factor;
  if (overlapped > cheap) std::fill(chosen.begin(), chosen.end(), false);
  else if (overlapped == 0 && near && head.runs[*near].count <= cheap &&
           head.runs[*near].count + sorted_added.size() <= run_rows_max)
    chosen[*near] = true;
  if (small > small_runs_max)
    for (std::size_t i = 0; i < head.runs.size(); ++i)
      if (head.runs[i].count < small_run_rows) chosen[i] = true;
  return chosen;
}

void put_runs(PatientId patient, std::vector<EncodedRun>& runs, bool history, std::vector<stored::RunRef>& refs,
              Batch& batch) {
  for (EncodedRun& run : runs) {
    refs.push_back(run.ref);
    if (history) {
      batch.put(Table::history, stored::history_key(patient, run.ref.run, false), std::move(run.bytes.hot));
      if (!run.bytes.details.empty())
        batch.put(Table::history, stored::history_key(patient, run.ref.run, true), std::move(run.bytes.details));
    } else {
      if (!run.ref.in_head)
        batch.put(Table::timeline, stored::run_key(patient, run.ref.first, run.ref.run), std::move(run.bytes.hot));
      if (!run.bytes.details.empty())
        batch.put(Table::details, stored::details_key(patient, run.ref.run), std::move(run.bytes.details));
    }
  }
}

void erase_run(PatientId patient, const stored::RunRef& ref, bool history, Batch& batch) {
  if (history) {
    batch.erase(Table::history, stored::history_key(patient, ref.run, false));
    if (ref.details_checksum != 0) batch.erase(Table::history, stored::history_key(patient, ref.run, true));
  } else {
    if (!ref.in_head) batch.erase(Table::timeline, stored::run_key(patient, ref.first, ref.run));
    if (ref.details_checksum != 0) batch.erase(Table::details, stored::details_key(patient, ref.run));
  }
}

void sort_refs(std::vector<stored::RunRef>& refs) {
  std::sort(refs.begin(), refs.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first < b.first : a.run < b.run; });
}

bool tells_demographics(const stored::Row& row) {
  return row.kind == record::Kind::patient || row.kind == record::Kind::death;
}

// Versions that ended, into the history runs: the last one grows until it is full.
Result<void> fold_history(const ShardMoment& base, PatientId patient, std::vector<stored::Row>& past,
                          stored::Head& head, ShardState& state, Batch& batch) {
  if (past.empty()) return {};
  for (const stored::Row& row : past) head.past_content += content_hash(row, *base.dictionary);
  head.past_events += static_cast<std::uint32_t>(past.size());
  state.past_events += past.size();
  std::unique_ptr<LoadedRun> grown;
  const auto newest = std::max_element(head.history.begin(), head.history.end(),
                                       [](const auto& a, const auto& b) { return a.run < b.run; });
  if (newest != head.history.end() && newest->count + past.size() <= run_rows_max) {
    grown = TRY(read_run(base, patient, *newest, true));
    past.insert(past.end(), grown->rows().begin(), grown->rows().end());
    erase_run(patient, *newest, true, batch);
    head.history.erase(newest);
  }
  sort_rows(past, *base.dictionary);
  auto runs = encode_runs(past, state.next_run);
  put_runs(patient, runs, true, head.history, batch);
  sort_refs(head.history);
  return {};
}

}  // namespace

void sort_rows(std::vector<stored::Row>& rows, const Dictionary& names) {
  const auto earlier = [&](const stored::Row& a, const stored::Row& b) {
    if (before(a, b, names)) return true;
    return !before(b, a, names) && a.number < b.number;
  };
  // Rows are wide: their places are sorted, by the instant, then within each instant, then each is moved once.
  thread_local std::vector<TimePlace> places;
  places.clear();
  for (const stored::Row& row : rows)
    places.emplace_back(row.start.instant(), static_cast<std::uint32_t>(places.size()));
  sort_stretches(places);
  for (auto from = places.begin(), past = from; from != places.end(); from = past) {
    while (past != places.end() && past->first == from->first) ++past;
    const auto by_row = [&](const auto& a, const auto& b) { return earlier(rows[a.second], rows[b.second]); };
    if (past - from > 1 && !std::is_sorted(from, past, by_row)) std::sort(from, past, by_row);
  }
  std::size_t in_place = 0;
  while (in_place < places.size() && places[in_place].second == in_place) ++in_place;
  if (in_place == places.size()) return;  // most sources tell a story from its start
  std::vector<stored::Row> sorted;
  sorted.reserve(rows.size());
  for (const auto& [instant, place] : places) sorted.push_back(rows[place]);
  rows.swap(sorted);
}

namespace {

Bytes filter_of(std::span<const stored::Row> rows, const Dictionary& names) {
  thread_local std::vector<Hash128> records;
  records.clear();
  for (const stored::Row& row : rows)
    if (!row.record.empty()) records.push_back(record_key(row, names));
  // Each once, however many events it has: the filter is as large as there are records.
  std::ranges::sort(records, {}, [](const Hash128& record) { return std::pair(record.low, record.high); });
  records.erase(std::unique(records.begin(), records.end()), records.end());
  return stored::make_id_filter(records);
}

// `encode(from, past)` gives the bytes, `instant(i)` when row i was.
template <typename Encode, typename Instant>
std::vector<EncodedRun> encode_parts(std::size_t rows, std::uint64_t& next_run, const Encode& encode,
                                     const Instant& instant) {
  std::vector<EncodedRun> runs;
  const std::size_t parts = (rows + run_rows_max - 1) / run_rows_max;
  for (std::size_t part = 0; part < parts; ++part) {  // of equal size, so that none starts almost full or almost empty
    const std::size_t from = rows * part / parts, past = rows * (part + 1) / parts;
    EncodedRun& run = runs.emplace_back();
    run.bytes = encode(from, past);
    run.ref.first = instant(from), run.ref.last = instant(past - 1);
    run.ref.run = next_run++, run.ref.count = static_cast<std::uint32_t>(past - from);
    run.ref.hot_checksum = run.bytes.hot_checksum, run.ref.details_checksum = run.bytes.details_checksum;
  }
  return runs;
}

}  // namespace

std::vector<EncodedRun> encode_runs(std::span<const stored::Row> sorted, std::uint64_t& next_run, const Dictionary* ids) {
  std::vector<EncodedRun> runs = encode_parts(
      sorted.size(), next_run,
      [&](std::size_t from, std::size_t past) { return stored::encode_run(sorted.subspan(from, past - from)); },
      [&](std::size_t i) { return sorted[i].start.instant(); });
  std::size_t from = 0;
  for (EncodedRun& run : runs) {
    if (ids && run.bytes.details_checksum != 0)
      run.ref.record_ids = filter_of(sorted.subspan(from, run.ref.count), *ids);
    from += run.ref.count;
  }
  return runs;
}

std::vector<EncodedRun> encode_runs(const stored::MixedRows& sorted, std::uint64_t& next_run) {
  return encode_parts(
      sorted.size(), next_run,
      [&](std::size_t from, std::size_t past) { return stored::encode_run(sorted.part(from, past)); },
      [&](std::size_t i) { return sorted.instant(i); });
}

PatientChanges net_changes(PatientId patient, std::span<const DeltaPut* const> puts) {
  PatientChanges changes;
  changes.patient = patient;
  std::size_t rows = 0;
  for (const DeltaPut* put : puts) {
    rows += put->added.size();
    changes.last_change = std::max(changes.last_change, put->recorded);
    for (const std::uint32_t number : put->removed) changes.removed.emplace(number, put->recorded);
  }
  changes.added.reserve(rows);
  for (const DeltaPut* put : puts) {
    if (!put->original.empty() && !put->added.empty())
      changes.originals.emplace_back(put->added.front().number, put->original);
    for (const stored::Row& row : put->added) {
      changes.demographics = changes.demographics || tells_demographics(row);
      const auto replaced = changes.removed.find(row.number);
      if (replaced == changes.removed.end()) {
        changes.added.push_back(row);
      } else {
        changes.passed.push_back(row);
        changes.passed.back().removed = replaced->second;
        changes.removed.erase(replaced);
      }
    }
  }
  return changes;
}

void collect_postings(PatientId patient, const stored::Row& row, PostingChanges& into) {
  for_each_posting(stored::narrow_posting_of(patient, row), row,
                   [&](Name code, const stored::NarrowPosting& posting) { into[code].added.push_back(posting); });
}

Result<void> fold_patient(const ShardMoment& base, PatientChanges& changes, ShardState& state, PostingChanges& postings,
                          Batch& batch) {
  const Dictionary& names = *base.dictionary;
  const PatientId patient = changes.patient;
  stored::Head head = *TRY(head_to_fold(base, patient));
  for (const stored::Row& row : changes.added) head.last_number = std::max(head.last_number, row.number);
  for (const stored::Row& row : changes.passed) head.last_number = std::max(head.last_number, row.number);
  head.last_change = std::max(head.last_change, changes.last_change);
  sort_rows(changes.added, names);

  std::vector<bool> rewrite = choose(head, changes.added);
  std::vector<std::unique_ptr<LoadedRun>> loaded(head.runs.size());
  std::size_t missing = changes.removed.size();
  for (std::size_t i = 0; i < head.runs.size(); ++i) {
    if (!rewrite[i] && missing == 0 && !changes.demographics) continue;
    loaded[i] = TRY(read_run(base, patient, head.runs[i], false, head.hot));
    for (const stored::Row& row : loaded[i]->rows())
      if (changes.removed.contains(row.number)) {
        rewrite[i] = true, --missing;
        changes.demographics = changes.demographics || tells_demographics(row);
      }
  }
  if (missing != 0)
    return corrupt("timeline: shard " + std::to_string(base.shard) + ": the log replaces an event that no run holds");
  if (changes.demographics)
    for (std::size_t i = 0; i < head.runs.size(); ++i)
      if (!loaded[i]) loaded[i] = TRY(read_run(base, patient, head.runs[i], false, head.hot));

  std::vector<stored::Row> past = std::move(changes.passed), tellers;
  for (const stored::Row& row : changes.added) {
    head.content += content_hash(row, names);
    collect_postings(patient, row, postings);
    if (tells_demographics(row)) tellers.push_back(row);
  }
  const std::size_t added = changes.added.size();
  std::vector<stored::Row> kept = std::move(changes.added);
  std::vector<stored::RunRef> refs;
  Bytes hot;  // of the run that stands in the head
  for (std::size_t i = 0; i < head.runs.size(); ++i) {
    if (changes.demographics)
      for (const stored::Row& row : loaded[i]->rows())
        if (tells_demographics(row) && !changes.removed.contains(row.number)) tellers.push_back(row);
    if (!rewrite[i]) {
      refs.push_back(head.runs[i]);
      if (head.runs[i].in_head)
        hot = loaded[i] ? std::move(loaded[i]->hot) : TRY(read_hot(base, patient, head.runs[i], false, head.hot));
      continue;
    }
    erase_run(patient, head.runs[i], false, batch);
    for (const stored::Row& row : loaded[i]->rows()) {
      const auto removed = changes.removed.find(row.number);
      if (removed == changes.removed.end()) {
        kept.push_back(row);
        continue;
      }
      head.content -= content_hash(row, names);
      past.push_back(row);
      past.back().removed = removed->second;
      for_each_posting_name(row, [&](Name name, std::size_t) {
        postings[name].removed.push_back({patient, row.number});
      });
    }
  }
  if (kept.size() > added) sort_rows(kept, names);
  auto runs = encode_runs(kept, state.next_run, &names);
  // A lone short run stands in the head: a key less to write, to read and to erase. Others get keys of their own, so that heads that
  // are written again and again stay small.
  if (refs.size() + runs.size() == 1 && (runs.empty() ? hot : runs[0].bytes.hot).size() <= short_run_bytes) {
    if (!runs.empty()) runs[0].ref.in_head = true, hot = std::move(runs[0].bytes.hot);
  } else if (const auto out = std::ranges::find_if(refs, &stored::RunRef::in_head); out != refs.end()) {
    out->in_head = false;
    batch.put(Table::timeline, stored::run_key(patient, out->first, out->run), std::exchange(hot, {}));
  }
  put_runs(patient, runs, false, refs, batch);
  sort_refs(refs);
  head.runs = std::move(refs), head.hot = std::move(hot);
  const std::size_t before = head.events;
  head.events = static_cast<std::uint32_t>(before + added - changes.removed.size());
  state.events += head.events, state.events -= before;
  TRY(fold_history(base, patient, past, head, state, batch));
  batch.put(Table::timeline, stored::head_key(patient), stored::encode(head));
  if (before > 0) changes.head = std::make_shared<const stored::Head>(std::move(head));
  for (const auto& [number, original] : changes.originals)
    batch.put(Table::originals, stored::original_key(patient, number), stored::sealed_copy(original));
  if (changes.demographics) changes.who = demographics_of(tellers, names);
  return {};
}

}  // namespace chartline::engine
