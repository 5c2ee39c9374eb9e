// Demographics: who each patient is, as dense arrays. A page holds one block of 4,096 patients and stands in the meta table.
//
//   page := version:u8 count:u16le {birth_day birth_precision death_day death_precision dead sex} checksum:u64le
//
// The six are packed columns (formats/stored/columns.h) of `count` patients; whoever stands behind them is not known.
// Days are days since 1970 + 2^31; dead is 0 or 1.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/moment.h"
#include "engine/view.h"
#include "formats/stored/postings.h"
#include "formats/stored/row.h"

namespace chartline::engine {

// What the current rows of kind `patient` and `death` tell of one patient; rows of other kinds and hidden ones are passed
// over, in any order. Each field is of the row with the greatest (recorded, number) that has it; a date of death is that
// of the attribute, and without one that of the earliest `death` event. Dates are whole days.
Demographics demographics_of(std::span<const stored::Row> rows, const Dictionary& names);

class DemographicsPage {
 public:
  void set(std::uint32_t place, const Demographics& who);  // patient = block x 4,096 + place
  Demographics at(std::uint32_t place) const;
  void fetch(std::uint32_t place) const {  // into the processor's cache, without waiting for it
    if (place < entries_.size()) __builtin_prefetch(&entries_[place]);
  }
  std::size_t bytes() const { return sizeof *this + entries_.capacity() * sizeof(Entry); }
  friend bool operator==(const DemographicsPage&, const DemographicsPage&) = default;

 private:
  friend Bytes encode(const DemographicsPage& page);
  friend Result<DemographicsPage> decode_demographics(BytesView bytes);
  struct Entry {
    record::Day birth_day = 0;
    record::Day death_day = 0;
    Name sex = 0;
    record::Precision birth_precision = record::Precision::none;
    record::Precision death_precision = record::Precision::none;
    bool dead = false;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries_;  // up to the last place that anything is known of
};
Bytes demographics_key(std::uint32_t block);
Bytes encode(const DemographicsPage& page);
Result<DemographicsPage> decode_demographics(BytesView bytes);

// The folded page of a block, through the cache; nobody known where none was written.
Result<std::shared_ptr<const DemographicsPage>> read_demographics(const ShardMoment& shard, std::uint32_t block);

}  // namespace chartline::engine
