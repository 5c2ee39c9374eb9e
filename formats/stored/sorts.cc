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
  columns_.clear();
  std::uint64_t bits = 0;  // of one row, about
  for (const std::span<const std::uint32_t> column : columns) {
    std::uint32_t different = 0;
    for (const std::uint32_t value : column) different |= value ^ column[0];
    if (different == 0) continue;
    columns_.push_back(column.data());
    bits += width_of(different);
  }
  if (columns_.size() < columns_min || rows < rows_min) return false;
  slots_.fill(0), first_.clear(), counts_.clear();
  places_.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t sort = i != 0 && same(i, i - 1) ? places_[i - 1] : sort_of(i);
    if (sort == sorts_max) return false;
    places_[i] = static_cast<std::uint32_t>(sort);
    ++counts_[sort];
  }
  const std::uint64_t place_bits = width_of(first_.size() - 1);
  if (first_.size() * (bits + 8) + rows * place_bits / 2 >= rows * bits) return false;
  rank();
  return true;
}

bool Sorts::same(std::size_t a, std::size_t b) const {
  std::uint32_t different = 0;
  for (const std::uint32_t* column : columns_) different |= column[a] ^ column[b];
  return different == 0;
}

std::size_t Sorts::sort_of(std::size_t row) {
  std::uint64_t hash = 0;
  for (const std::uint32_t* column : columns_) hash = (hash ^ column[row]) * 0x9e3779b97f4a7c15u;
  std::size_t slot = hash >> 57;  // of 128
  for (; slots_[slot] != 0; slot = (slot + 1) % slots_.size()) {
    if (same(row, first_[slots_[slot] - 1u])) return slots_[slot] - 1u;
  }
  if (first_.size() == sorts_max) return sorts_max;
  first_.push_back(row), counts_.push_back(0);
  slots_[slot] = static_cast<std::uint8_t>(first_.size());
  return first_.size() - 1;
}

void Sorts::rank() {
  order_.resize(first_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return counts_[a] > counts_[b]; });
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
