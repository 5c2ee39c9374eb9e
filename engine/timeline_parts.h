// What a Timeline is made of: pieces (runs, and rows of the delta) and the places in them, in order. Kept from one read
// to the next, so that reading many timelines into one allocates little.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/run_reader.h"
#include "engine/trust/deidentify.h"
#include "engine/view.h"

namespace chartline::engine {

// One source of rows: a run, or what the delta adds to one patient.
struct Piece {
  PatientRef patient;
  RunPlace place;  // place.shard always; the rest of a run only
  bool is_run = false;
  std::size_t whose = 0;  // which patient of the read: Parts::taken

  const DecodedRun* run = nullptr;              // of a run once opened: `room`, or what `held` holds
  const stored::RunColumns* columns = nullptr;  // of the same
  DecodedRun room;
  std::shared_ptr<const DecodedRun> held, whole;  // `whole`: where `run` was opened with less
  std::optional<Bytes> fetched;                   // what the table holds, where it was read before the run was opened
  std::vector<const stored::Row*> rows;           // of the delta, in total order

  // Where a merge stands.
  std::vector<std::uint32_t> chosen;  // rows that the filter keeps, ascending
  bool in_part = false;               // a grant hides rows of the patient
  std::size_t next = 0;               // of chosen, in the direction of reading
  Micros instant = 0;                 // of the row that is next

  const Dictionary& names() const { return *place.shard->dictionary; }
  record::Time start(std::uint32_t row) const { return columns ? columns->start_at(row) : rows[row]->start; }
  Result<void> open(std::uint32_t fields);    // of a run
  Result<const DecodedRun*> open_whole();     // of a run; what was opened before stays
  Result<stored::Row> row(std::uint32_t at);  // the whole row
};

struct Timeline::Parts {
  struct Place {
    std::uint32_t piece, row;
  };
  std::shared_ptr<const ViewParts> moment;                 // holds what the rows borrow
  std::vector<std::shared_ptr<const stored::Head>> heads;  // hold the runs that stand in them
  std::vector<std::unique_ptr<Piece>> pieces;              // the first `used` are of this read
  std::size_t used = 0;
  std::vector<Place> places;
  std::string next;
  record::Arena room;                                 // of events made
  std::vector<std::unique_ptr<ChangedRows>> changed;  // rows of pieces, where they are shown de-identified

  // Scratch of a read.
  std::vector<const DeltaPut*> puts;
  std::vector<std::vector<std::uint32_t>> taken;  // for each patient of the read: numbers that the delta took away, sorted
  std::vector<std::uint32_t> closed, open;  // pieces yet to be opened, the nearest last; those being merged, a heap

  void clear();
  Piece& add(PatientRef patient, const ShardMoment& shard);
};

}  // namespace chartline::engine
