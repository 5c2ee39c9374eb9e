#include "engine/bulk_patient.h"

#include <algorithm>

#include "engine/bulk_load.h"
#include "engine/content.h"
#include "engine/demographics.h"
#include "engine/fold.h"
#include "engine/patient_index.h"

namespace chartline::engine {
namespace {

// Numbers of events follow arrival only where that says something: a record's events must stand together. Otherwise they
// follow time, which packs to nothing.
bool numbered_by_arrival(const RowSorter::Sorted& sorted) { return sorted.records.size() != sorted.rows.size(); }

void count_impossible_dates(const BulkPatient& patient, const Dictionary& names, ImportCounts& counts) {
  const Demographics who = demographics_of(patient.rows, names);
  for (const stored::Row& row : patient.rows) {
    if (row.kind == record::Kind::patient || row.start.precision < record::Precision::day) continue;
    if (who.birth.precision >= record::Precision::day && row.start.day() < who.birth.day()) ++counts.before_birth;
    if (who.death.precision >= record::Precision::day && row.start.day() > who.death.day()) ++counts.after_death;
  }
}

// Record by record, as writing one after the other would decide: some are known, some replace what came before.
void decide_each(RowSorter::Sorted& sorted, const Dictionary& names, BulkPatient& patient, ImportCounts& counts) {
  PatientIndex index;
  std::vector<Micros> removed(sorted.rows.size(), 0);
  std::vector<bool> dropped(sorted.rows.size(), false);
  for (std::size_t i = 0; i < sorted.records.size(); ++i) {
    const std::uint32_t from = sorted.records[i],
                        past = i + 1 < sorted.records.size() ? sorted.records[i + 1] : patient.last_number;
    const std::span<stored::Row> rows(sorted.rows.data() + from, past - from);
    const std::uint64_t original = stored::original_hash(sorted.originals[i]);
    for (stored::Row& row : rows) row.original = original;
    index.last_number = from;  // so that the decision gives this record the numbers it has
    const Said record = said(rows, names, record::Record::Demand::any, {});
    const Decision decision = decide(index, record);
    ++counts.records, counts.events += rows.size();
    switch (decision.what) {
      case Outcome::What::created: ++counts.created; break;
      case Outcome::What::superseded: ++counts.superseded; break;
      case Outcome::What::hidden: ++counts.hidden; break;
      case Outcome::What::unchanged: ++counts.unchanged; break;
      case Outcome::What::rejected: ++counts.rejected; break;
    }
    if (decision.what == Outcome::What::unchanged) {
      for (std::uint32_t place = from; place < past; ++place) dropped[place] = true;
      continue;
    }
    apply(index, record, decision);
    if (!decision.removed.empty()) ++patient.last_recorded;
    for (const std::uint32_t gone : decision.removed) removed[gone - 1] = patient.last_recorded;
    if (!decision.removed.empty())
      for (stored::Row& row : rows) row.recorded = patient.last_recorded;
    if (original != 0) patient.originals.emplace_back(from + 1, sorted.originals[i]);
  }
  for (std::size_t place = 0; place < sorted.rows.size(); ++place) {
    if (dropped[place]) continue;
    stored::Row& row = sorted.rows[place];
    row.removed = removed[place];
    (row.removed == 0 ? patient.rows : patient.past).push_back(row);
  }
}

}  // namespace

BulkPatient decide_all(RowSorter::Sorted& sorted, const Dictionary& names, Micros recorded, ImportCounts& counts) {
  BulkPatient patient;
  patient.last_recorded = recorded;
  const bool by_arrival = numbered_by_arrival(sorted);
  counts.equal_rows += give_places(sorted.rows, names);
  const bool plain = std::all_of(sorted.rows.begin(), sorted.rows.end(), [](const stored::Row& row) {
    return row.record.empty() && row.status != record::Status::entered_in_error;
  });
  std::uint32_t number = 0;
  for (stored::Row& row : sorted.rows) row.number = ++number, row.recorded = recorded;
  patient.last_number = number;

  if (plain && std::all_of(sorted.originals.begin(), sorted.originals.end(),
                           [](std::string_view original) { return original.empty(); })) {
    // Rows without ids are all different by now: each is a record of its own.
    counts.records += sorted.rows.size(), counts.created += sorted.rows.size(), counts.events += sorted.rows.size();
    patient.rows = std::move(sorted.rows);
  } else {
    decide_each(sorted, names, patient, counts);
  }

  sort_rows(patient.rows, names);
  sort_rows(patient.past, names);
  if (patient.originals.empty() && patient.past.empty() && !by_arrival) {
    number = 0;
    for (stored::Row& row : patient.rows) row.number = ++number;
    patient.last_number = number;
  }
  for (const stored::Row& row : patient.rows) {
    patient.content += content_hash(row, names);
    patient.demographics = patient.demographics || row.kind == record::Kind::patient || row.kind == record::Kind::death;
  }
  for (const stored::Row& row : patient.past) patient.past_content += content_hash(row, names);
  if (patient.demographics) count_impossible_dates(patient, names, counts);
  return patient;
}

}  // namespace chartline::engine
