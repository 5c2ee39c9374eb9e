// What the parts of LeafReader share.
#pragma once

#include <cstdint>
#include <optional>

#include "query/vectorised/leaf.h"

namespace chartline::query::vectorised {

// The second of the first instant, UTC: of what has no time the least of all.
inline std::int64_t second_of(record::Day day, std::uint32_t second, int offset_minutes, std::uint32_t flags) {
  if (stored::precision_of(flags) == record::Precision::none) return INT64_MIN;
  return std::int64_t{day} * 86'400 + second - std::int64_t{offset_minutes} * 60;
}

// Grows in the order of events, as far as it is known here.
inline constexpr std::int64_t order_second = 8, order_day = 86'400 * order_second;
inline std::int64_t order_of(std::int64_t at, record::Precision precision) {
  return at == INT64_MIN ? INT64_MIN : at * order_second + static_cast<std::int64_t>(precision);
}
inline std::int64_t order_of(const stored::Posting& posting) {
  return order_of(second_of(posting.day, posting.second, posting.offset, posting.flags),
                  stored::precision_of(posting.flags));
}
inline std::int64_t order_at(const stored::PostingColumns& from, std::size_t i) {
  const int offset = static_cast<int>(from.offset[i]) - (1 << 15);
  return order_of(second_of(from.day_at(i), from.second[i], offset, from.flags[i]), stored::precision_of(from.flags[i]));
}

// The scale that all numbers of a run are written with: that by which one of them comes of its mantissa.
inline std::optional<int> scale_of(const stored::PostingColumns& run, std::size_t first, std::size_t past) {
  constexpr std::int64_t exact_max = std::int64_t{1} << 53;
  for (std::size_t i = first; i < past; ++i) {
    const std::int64_t mantissa = unzigzag(run.value[i]);
    if (mantissa == 0) continue;
    if (mantissa > exact_max || mantissa < -exact_max) return std::nullopt;
    const double number = run.number_at(i);
    double power = 1;
    for (int scale = 0; scale <= 18; ++scale, power *= 10) {
      if (static_cast<double>(mantissa) / power == number) return scale;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace chartline::query::vectorised
