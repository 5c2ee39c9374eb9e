// Distinct: the distinct values of a column in ascending order, and the place of each value among them, for a dictionary. One for each
// thread: finding allocates only until it has seen its largest column.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/stored/column_forms.h"

namespace chartline::stored {

template <typename T>
class Distinct {
 public:
  // Of values between min and max. False as soon as there are so many that a dictionary would take `bits_max` or more.
  bool find(std::span<const T> values, T min, T max, std::uint64_t bits_max, Packing packing) {
    count_ = values.size(), width_ = width_of(static_cast<T>(max - min)), bits_max_ = bits_max, packing_ = packing;
    places_.resize(count_);
    return static_cast<T>(max - min) < near ? find_near(values, min) : find_far(values);
  }
  std::span<const T> values() const { return sorted_; }
  std::span<const std::uint32_t> places() const { return places_; }

 private:
  static constexpr std::size_t near = 1u << 14;  // values: so many have a table that stays in the fastest cache
  static constexpr std::size_t stretch = 256;    // values between two looks whether there are too many
  static constexpr unsigned slot_bits = 9;       // of the hash table: twice the values, so that a free slot is near

  // More distinct values never take less.
  bool too_many(std::size_t found) const {
    const unsigned place_width = width_of(found - 1);
    const unsigned less = std::min(width_, place_width);  // ascending values take steps
    const unsigned value_width = packing_ != Packing::quick ? width_ - less + 2 : width_ - less / 2;
    return found > dictionary_values_max || count_ * place_width + found * value_width + 40 >= bits_max_;
  }

  // By a table of all values between them, without a branch for each; in order by a bit for each.
  bool find_near(std::span<const T> values, T min) {
    seen_.resize(near), marks_.resize(near / 64), distances_.resize(count_ + 1);
    std::uint8_t* const seen = seen_.data();
    std::uint32_t *const distances = distances_.data(), *const places = places_.data();
    std::size_t found = 0;
    bool few = true;
    for (std::size_t from = 0; few && from < count_; from += stretch) {
      for (std::size_t i = from; i < std::min(count_, from + stretch); ++i) {
        const auto distance = static_cast<std::uint32_t>(values[i] - min);
        distances[found] = distance;
        found += seen[distance] == 0;
        seen[distance] = 1;
      }
      few = !too_many(found);
    }
    if (few) {
      std::uint32_t greatest = 0;
      for (std::size_t i = 0; i < found; ++i) {
        greatest = std::max(greatest, distances[i]);
        marks_[distances[i] / 64] |= std::uint64_t{1} << distances[i] % 64;
      }
      sorted_.clear();
      for (std::size_t word = 0; word <= greatest / 64; ++word) {
        for (; marks_[word] != 0; marks_[word] &= marks_[word] - 1) {
          const std::size_t distance = word * 64 + static_cast<std::size_t>(std::countr_zero(marks_[word]));
          seen[distance] = static_cast<std::uint8_t>(sorted_.size());
          sorted_.push_back(static_cast<T>(min + static_cast<T>(distance)));
        }
      }
      for (std::size_t i = 0; i < count_; ++i) places[i] = seen[static_cast<std::uint32_t>(values[i] - min)];
    }
    for (std::size_t i = 0; i < found; ++i) seen[distances[i]] = 0;
    return few;
  }

  // By a hash table, in order of first sight, and sorted then.
  bool find_far(std::span<const T> values) {
    slots_.fill(0), found_.clear();
    for (std::size_t i = 0; i < count_; ++i) {
      const std::size_t before = found_.size();
      places_[i] = place(values[i]);
      if (found_.size() != before && too_many(found_.size())) return false;
    }
    struct Value {
      T value;
      std::uint32_t place;
    };
    std::array<Value, dictionary_values_max> order;
    std::array<std::uint32_t, dictionary_values_max> rank;
    const std::size_t n = found_.size();
    for (std::uint32_t i = 0; i < n; ++i) order[i] = {found_[i], i};
    std::sort(order.begin(), order.begin() + n, [](const Value& a, const Value& b) { return a.value < b.value; });
    sorted_.resize(n);
    for (std::uint32_t i = 0; i < n; ++i) rank[order[i].place] = i, sorted_[i] = order[i].value;
    for (std::uint32_t& p : places_) p = rank[p];
    return true;
  }
  std::uint32_t place(T value) {
    std::size_t slot = static_cast<std::uint64_t>(value) * 0x9e3779b97f4a7c15u >> (64 - slot_bits);
    for (; slots_[slot] != 0; slot = (slot + 1) % slots_.size()) {
      if (found_[slots_[slot] - 1u] == value) return slots_[slot] - 1u;
    }
    found_.push_back(value);
    slots_[slot] = static_cast<std::uint16_t>(found_.size());
    return slots_[slot] - 1u;
  }

  std::size_t count_ = 0;
  unsigned width_ = 0;
  std::uint64_t bits_max_ = 0;
  Packing packing_ = Packing::quick;
  std::vector<std::uint32_t> places_;
  std::vector<T> sorted_;
  std::vector<std::uint8_t> seen_;                      // by distance from the least; nought between two columns
  std::vector<std::uint64_t> marks_;                    // likewise
  std::vector<std::uint32_t> distances_;                // of the distinct ones, in order of first sight
  std::array<std::uint16_t, 1u << slot_bits> slots_{};  // place + 1, 0 for free
  std::vector<T> found_;
};

}  // namespace chartline::stored
