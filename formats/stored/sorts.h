// Sorts of rows: the distinct combinations of the columns that say what sort of event a row is (kind, form of the value, unit,
// status and so on), which are few in most runs. A run then has each such column once for each sort, and which sort each row is of.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/stored/columns.h"

namespace chartline::stored {

inline constexpr std::size_t sorts_max = 64;  // more are not worth a table

// One for each thread: finding allocates only until it has seen its largest run.
class Sorts {
 public:
  using Columns = std::span<const std::span<const std::uint32_t>>;

  // Columns of equally many rows, one at least. False where the columns are as small row by row, or a row of them has more than 64 bits.
  bool find(Columns columns);

  std::size_t count() const { return order_.size(); }                        // the most frequent first
  std::span<const std::uint32_t> places() const { return places_; }          // the sort of each row
  std::span<const std::uint32_t> of(std::span<const std::uint32_t> column);  // its value for each sort; valid until the next

 private:
  std::size_t sort_of(std::size_t row);  // sorts_max where it is one too many
  void rank();

  std::vector<std::uint64_t> keys_;                // of each row: how it differs from the first, column by column
  std::array<std::uint8_t, 2 * sorts_max> slots_;  // sort + 1, 0 for free
  std::vector<std::size_t> first_;                 // row of each sort, in order of first sight
  std::vector<std::uint32_t> counts_, order_, places_, values_;
};

}  // namespace chartline::stored
