// Fold: the pure middle of the store. Takes what a frozen delta adds to and takes from each patient, and the tables as the
// last fold left them; gives one batch that makes them state = fold(log) again. Nothing here locks, waits or writes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/demographics.h"
#include "engine/moment.h"
#include "engine/shard.h"
#include "formats/stored/head.h"
#include "formats/stored/mixed_rows.h"
#include "formats/stored/narrow_posting.h"
#include "formats/stored/postings.h"

namespace chartline::engine {

// At most so many rows to a run: a bounded read or rewrite, a few kilobytes.
inline constexpr std::size_t run_rows_max = 1024;

// What changes for one code, over all patients of a fold.
struct CodeChanges {
  std::vector<stored::NarrowPosting> added;
  std::vector<stored::Removal> removed;  // of postings in older runs
};
using PostingChanges = std::unordered_map<Name, CodeChanges>;

// One patient's part: heads, runs and history into the batch, postings collected for fold_postings().
struct PatientChanges {
  PatientId patient = 0;
  std::vector<stored::Row> added;   // net: those still current
  std::vector<stored::Row> passed;  // added and replaced within this delta: straight to history, `removed` set
  std::unordered_map<std::uint32_t, Micros> removed;  // numbers of rows in the base, and when they were replaced
  std::vector<std::pair<std::uint32_t, std::string_view>> originals;  // number of the first event, bytes
  Micros last_change = 0;                                             // of the last put
  bool demographics = false;                                          // a patient or death event came or went
  Demographics who;                                                   // then, what fold_patient makes of them
  std::shared_ptr<const stored::Head> head;  // what fold_patient makes of it, if the patient had events before
};
// Puts of one patient in order of commit.
PatientChanges net_changes(PatientId patient, std::span<const DeltaPut* const> puts);

Result<void> fold_patient(const ShardMoment& base, PatientChanges& changes, ShardState& state, PostingChanges& postings,
                          Batch& batch);
Result<void> fold_demographics(const ShardMoment& base, const std::map<PatientId, Demographics>& changed, Batch& batch);
void fold_names(Dictionary& names, ShardState& state, Batch& batch);  // those not folded yet, and displays that came late
Result<void> fold_postings(const ShardMoment& base, PostingChanges& changes, ShardState& state, Batch& batch);

// Into the store's total order, the older version first among equals. Shared with bulk load, like those below.
void sort_rows(std::vector<stored::Row>& rows, const Dictionary& names);
// Rows split into runs of at most run_rows_max, under new run numbers. `ids`: with a filter of their records' ids.
struct EncodedRun {
  stored::RunRef ref;
  stored::RunBytes bytes;
};
std::vector<EncodedRun> encode_runs(std::span<const stored::Row> sorted, std::uint64_t& next_run,
                                    const Dictionary* ids = nullptr);
std::vector<EncodedRun> encode_runs(const stored::MixedRows& sorted, std::uint64_t& next_run);
// The order of postings in a run: patient, instant to the second, event number. Where two events of a patient share a
// second, the store's total order of events needs the events themselves.
template <typename Posting>
bool posting_before(const Posting& a, const Posting& b) {
  if (a.patient != b.patient) return a.patient < b.patient;
  const auto seconds = [](const Posting& p) {
    return std::int64_t{p.day} * 86'400 + p.second - std::int64_t{p.offset} * 60;
  };
  const std::int64_t at = seconds(a), bt = seconds(b);
  return at != bt ? at < bt : a.number < b.number;
}

// A code's postings split into runs by blocks of patients, all under one run number.
struct EncodedPostings {
  stored::PostingRun ref;
  Bytes bytes;
};
std::vector<EncodedPostings> encode_posting_runs(std::span<const stored::NarrowPosting> sorted, std::uint64_t run);
// The names under which a row has postings, each once: its primary code (name 0 where it has none), then other translations, then
// attributes, each with its place among those.
template <typename Each>
void for_each_posting_name(const stored::Row& row, const Each& each) {
  constexpr std::size_t few = 16;  // of which each is compared with all others
  each(row.code, 0);
  if (!row.translations.empty()) {
    std::unordered_set<Name> met;
    for (std::size_t i = 0; i < row.translations.size(); ++i) {
      const Name code = row.translations[i];
      const auto earlier = row.translations.first(i);
      const bool is_first =
          row.translations.size() <= few ? std::ranges::find(earlier, code) == earlier.end() : met.insert(code).second;
      if (code != row.code && is_first) each(code, i);
    }
  }
  // They stand by their names, so that those of one name follow one another.
  for (std::size_t i = 0; i < row.attributes.size(); ++i) {
    const Name attribute = row.attributes[i].name;
    if (i == 0 || row.attributes[i - 1].name != attribute) each(stored::postings_of_attribute(attribute), i);
  }
}
// A row's postings, made of the one of its event: one for each of these names. Those of codes that are no translation, of all names
// together, are every event once.
template <typename Each>
void for_each_posting(const stored::NarrowPosting& posting, const stored::Row& row, const Each& each) {
  for_each_posting_name(row, [&](Name name, std::size_t place) {
    if (name == row.code) return each(name, posting);
    if (stored::is_of_attribute(name)) {
      return each(name, stored::narrow(stored::posting_of(posting.patient, posting.number, row.attributes[place])));
    }
    stored::NarrowPosting translation = posting;
    translation.flags |= stored::posting_translation;
    each(name, translation);
  });
}
void collect_postings(PatientId patient, const stored::Row& row, PostingChanges& into);

}  // namespace chartline::engine
