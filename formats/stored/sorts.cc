#include "formats/stored/sorts.h"

#include <algorithm>
#include <numeric>

#include "formats/stored/column_forms.h"

namespace chartline::stored {
namespace {

constexpr std::size_t rows_min = 8;     // of fewer a table saves nothing
constexpr std::size_t columns_min = 2;  // a sort of one column is a dictionary

}  // namespace

bool Sorts::find(Columns columns) {
  const std::size_t rows = columns[0].size();
  keys_.assign(rows, 0);
  std::uint64_t bits = 0;  // of one row, about
  std::size_t differing = 0;
  for (const std::span<const std::uint32_t> column : columns) {
    std::uint32_t different = 0;
    for (const std::uint32_t value : column) different |= value ^ column[0];
    if (different == 0) continue;
    const unsigned width = width_of(different);
    if (bits + width > 64) return false;
    for (std::size_t i = 0; i < rows; ++i) keys_[i] |= std::uint64_t{column[i] ^ column[0]} << bits;
    bits += width, ++differing;
  }
  if (differing < columns_min || rows < rows_min) return false;
  slots_.fill(0), first_.clear(), counts_.clear();
  places_.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t sort = i != 0 && keys_[i] == keys_[i - 1] ? places_[i - 1] : sort_of(i);
    if (sort == sorts_max) return false;
    places_[i] = static_cast<std::uint32_t>(sort);
    ++counts_[sort];
  }
  const std::uint64_t place_bits = width_of(first_.size() - 1);
  if (first_.size() * (bits + 8) + rows * place_bits / 2 >= rows * bits) return false;
  rank();
  return true;
}

std::size_t Sorts::sort_of(std::size_t row) {
  std::size_t slot = keys_[row] * 0x9e3779b97f4a7c15u >> 57;  // of 128
  for (; slots_[slot] != 0; slot = (slot + 1) % slots_.size()) {
    if (keys_[row] == keys_[first_[slots_[slot] - 1u]]) return slots_[slot] - 1u;
  }
  if (first_.size() == sorts_max) return sorts_max;
  first_.push_back(row), counts_.push_back(0);
  slots_[slot] = static_cast<std::uint8_t>(first_.size());
  return first_.size() - 1;
}

void Sorts::rank() {
  order_.resize(first_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return counts_[a] != counts_[b] ? counts_[a] > counts_[b] : a < b;
  });
  std::array<std::uint32_t, sorts_max> rank_of;
  for (std::uint32_t r = 0; r < order_.size(); ++r) rank_of[order_[r]] = r;
  for (std::uint32_t& place : places_) place = rank_of[place];
}

std::span<const std::uint32_t> Sorts::of(std::span<const std::uint32_t> column) {
  values_.resize(order_.size());
  for (std::size_t s = 0; s < order_.size(); ++s) values_[s] = column[first_[order_[s]]];
  return values_;
}

}  // namespace chartline::stored
