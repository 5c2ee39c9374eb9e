// RowSorter: rows of an import sorted by patient, in bounded memory. Rows wait in memory, 64 bytes each and their text
// beside them; when that is full it is sorted and written to a file in the scratch folder. Reading goes patient by patient
// over memory and files at once, and several threads may each read their own range of patients.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "formats/stored/change.h"
#include "formats/stored/row.h"

namespace chartline::engine {

using stored::PatientRef;

// A row as it waits. Everything beyond the plain fields (text, translations, attributes, an end at a time, numbers that do
// not fit) stands in `extra`, a Row encoded as in the log.
struct WaitingRow {  // without standard values, so that room for many is not written before they come
  std::uint64_t patient;  // shard << 32 | id
  std::uint64_t arrival;  // place in the import
  std::int64_t local;
  std::int64_t mantissa;
  const char* extra;  // u32 length, then that many bytes; null for a plain row
  std::uint32_t code;
  std::uint32_t unit;
  std::uint32_t source;
  std::int16_t offset_minutes;
  std::uint8_t kind, status, certainty, author, precision, form, comparator, end_form;
  std::int8_t scale;
  std::uint8_t flags;  // 1: boolean value true, 2: an original follows the row in `extra`, 4: first event of a record
};
static_assert(sizeof(WaitingRow) == 64 && std::is_trivially_default_constructible_v<WaitingRow>);

class RowSorter {
 public:
  // `scratch` "" keeps everything in memory, which `lanes_max` threads fill at once.
  RowSorter(std::string scratch, std::uint64_t memory_bytes, unsigned lanes_max);
  ~RowSorter();

  // Where one thread puts its rows, with the order of their arrival: ascending within a lane, unique over all.
  class Lane;
  Lane& take_lane();  // thread safe, as is giving it back
  void give_back(Lane& lane);
  // A record's events one after another; `first` marks its first, `original` comes with that.
  Result<void> add(Lane& lane, std::uint64_t arrival, PatientRef patient, const stored::Row& row, bool first,
                   std::string_view original);

  // No more rows: sorts what waits in memory, every lane by a thread of its own. Where some rows are in files already, the
  // others follow them, so that memory is free for what reads.
  Result<void> finish();
  void release();  // everything has been read: memory and files are given back
  std::uint64_t memory_bytes() const { return memory_bytes_; }

  struct Sorted {
    std::vector<stored::Row> rows;            // of one patient, by arrival
    std::vector<std::uint32_t> records;       // places in `rows` where a record begins
    std::vector<std::string_view> originals;  // of each record; "" for none
    record::Arena room;                       // what rows borrow beyond the sorter's own memory
    std::vector<WaitingRow> waiting;          // as gathered
    void clear() { rows.clear(), records.clear(), originals.clear(), waiting.clear(), room.clear(); }
  };
  // Reads patients in ascending order, from `first` up to but not including `past` (shard << 32 | id).
  class Stream {
   public:
    static Result<Stream> open(const RowSorter& sorter, std::uint64_t first, std::uint64_t past);
    Stream(Stream&&) noexcept;
    ~Stream();
    // False at the end. The rows are valid until the next call.
    Result<bool> next(PatientRef& patient, Sorted& into);

   private:
    struct Source;
    Stream();
    std::vector<std::unique_ptr<Source>> sources_;
    std::uint64_t past_ = 0;
  };
  // Cuts all patients into at most `parts` ranges of about equally many rows, on block boundaries: ascending bounds, the
  // first 0, the last past everything.
  std::vector<std::uint64_t> cut(std::size_t parts) const;

 private:
  struct SpillFile {
    std::string path;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> index;  // every so often: patient and offset of its first row
    std::uint64_t bytes = 0;
  };
  Result<void> spill(Lane& lane);

  const std::string scratch_;
  const std::uint64_t memory_bytes_, lane_bytes_;
  std::mutex mutex_;  // of the three below
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> free_lanes_;
  std::vector<SpillFile> files_;
};

}  // namespace chartline::engine
