// RowSorts: the sorts of the plain rows of an import, each with a number. Bounded: whoever finds no room keeps the row whole.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "formats/stored/plain_row.h"

namespace chartline::engine {

class RowSorts {
 public:
  static constexpr std::uint32_t sorts_max = 1u << 16;

  // Thread safe. Nothing where there are as many as may be.
  std::optional<std::uint32_t> number(const stored::PlainSort& sort) {
    const std::lock_guard lock(mutex_);
    if (const auto known = numbers_.find(sort); known != numbers_.end()) return known->second;
    if (sorts_.size() == sorts_max) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(sorts_.size());
    sorts_.push_back(sort);
    numbers_.emplace(sort, number);
    return number;
  }
  // While no more are given numbers.
  const stored::PlainSort& operator[](std::uint32_t number) const { return sorts_[number]; }
  std::span<const stored::PlainSort> all() const { return sorts_; }

  // What one thread was told lately.
  class Lately {
   public:
    explicit Lately(RowSorts& sorts) : sorts_(sorts) {}
    std::optional<std::uint32_t> number(const stored::PlainSort& sort) {
      Known& known = known_[Hash{}(sort) % known_.size()];
      if (!known.number || known.sort != sort) known = {sort, sorts_.number(sort)};
      return known.number;
    }

   private:
    struct Known {
      stored::PlainSort sort;
      std::optional<std::uint32_t> number;
    };
    RowSorts& sorts_;
    std::array<Known, 256> known_{};
  };

 private:
  struct Hash {
    std::size_t operator()(const stored::PlainSort& s) const {
      const auto byte = [](auto word, unsigned shift) { return std::uint64_t{static_cast<std::uint8_t>(word)} << shift; };
      std::uint64_t hash = std::uint64_t{s.source} << 32 | s.unit;
      hash = (hash ^ hash >> 31) * 0x9e3779b97f4a7c15u;
      hash ^= byte(s.kind, 0) | byte(s.status, 8) | byte(s.certainty, 16) | byte(s.author, 24) | byte(s.precision, 32) |
              byte(s.end_form, 40) | byte(s.value_form, 48) | byte(s.comparator, 56);
      hash = (hash ^ hash >> 29) * 0xd6e8feb86659fd93u;
      hash ^= byte(s.scale, 0) | std::uint64_t{static_cast<std::uint16_t>(s.offset_minutes)} << 8;
      hash *= 0x9e3779b97f4a7c15u;
      return hash >> 32;
    }
  };

  std::mutex mutex_;
  std::vector<stored::PlainSort> sorts_;
  std::unordered_map<stored::PlainSort, std::uint32_t, Hash> numbers_;
};

}  // namespace chartline::engine
