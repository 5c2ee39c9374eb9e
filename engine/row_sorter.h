// RowSorter: rows of an import sorted by patient, in bounded memory. Rows wait in memory, 24 bytes each and their text
// beside them; when that is full it is sorted and written to a file in the scratch folder. Reading goes patient by patient
// over memory and files at once, and several threads may each read their own range of patients.
//
// Most sources tell of one patient for a while: rows of one patient that came one after another are a stretch, and it is stretches
// that are sorted.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/row_sorts.h"
#include "formats/stored/change.h"
#include "formats/stored/plain_row.h"
#include "formats/stored/row.h"

namespace chartline::engine {

using stored::PatientRef;

// A row as it waits: plain, or kept whole, as the log would have it, beside it. Then `sort` is flags, and `mantissa` says where.
using WaitingRow = stored::PlainRow;

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
  // Plain rows, each a record of its own; before many of them, make_room() asks once whether memory is full.
  Result<void> make_room(Lane& lane);
  void add(Lane& lane, std::uint64_t arrival, PatientRef patient, const stored::PlainRow& row);
  RowSorts& sorts() { return sorts_; }
  const RowSorts& sorts() const { return sorts_; }

  // No more rows: sorts what waits in memory, every lane by a thread of its own. Where some rows are in files already, the
  // others follow them, so that memory is free for what reads.
  Result<void> finish();
  void release();  // everything has been read: memory and files are given back
  std::uint64_t memory_bytes() const { return memory_bytes_; }

  struct Sorted {
    std::vector<WaitingRow> waiting;  // of one patient, by arrival
    record::Arena room;               // what they borrow beyond the sorter's own memory

    // The same, after unpack().
    std::vector<stored::Row> rows;
    std::vector<std::uint32_t> records;       // places in `rows` where a record begins
    std::vector<std::string_view> originals;  // of each record; "" for none
    void clear() { waiting.clear(), room.clear(), rows.clear(), records.clear(), originals.clear(); }
  };
  Result<void> unpack(Sorted& sorted) const;
  // One of the waiting rows alone: whether it is plain; the whole row, where it is a record of its own without an original.
  static bool is_whole(const WaitingRow& row) { return (row.sort & flag_whole) != 0; }
  static Result<std::optional<stored::Row>> lone_row(const WaitingRow& waiting, record::Arena& room);
  // Reads patients in ascending order, from `first` up to but not including `past` (shard << 32 | id). Each row is read once: what has been read of memory is
  // given back.
  class Stream {
   public:
    static Result<Stream> open(const RowSorter& sorter, std::uint64_t first, std::uint64_t past);
    Stream(Stream&&) noexcept;
    ~Stream();
    // False at the end. The rows are valid until the next call.
    Result<bool> next(PatientRef& patient, Sorted& into);

   private:
    struct Source;
    struct Piece {  // a stretch of the patient at hand
      std::uint64_t arrival;
      std::size_t begin, rows;  // among its waiting rows
    };
    Stream();
    std::vector<std::unique_ptr<Source>> sources_;
    std::vector<Piece> pieces_;
    std::vector<WaitingRow> reordered_;
    std::uint64_t past_ = 0;
  };
  // Cuts all patients into ranges for so many threads, on block boundaries: ascending bounds, the first 0, the last past everything.
  // The ranges grow smaller, so that threads which take one after another end at about the same time.
  std::vector<std::uint64_t> cut(std::size_t threads) const;

 private:
  // Of a row that is kept whole, in `sort`: that it is, that an original follows it, that it is the first event of a record.
  static constexpr std::uint32_t flag_whole = 1u << 31, flag_original = 2, flag_first = 4;
  struct SpillFile {
    std::string path;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> index;  // every so often: patient and offset of its first row
    std::uint64_t bytes = 0;
  };
  Result<void> spill(Lane& lane);

  RowSorts sorts_;
  const std::string scratch_;
  const std::uint64_t memory_bytes_, lane_bytes_;
  std::mutex mutex_;  // of the three below
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> free_lanes_;
  std::vector<SpillFile> files_;
};

}  // namespace chartline::engine
