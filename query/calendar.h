// Calendar arithmetic on local dates. A month is added to the number of the month; where that month has no such day,
// the mode says what becomes of it.
//
//              2024-01-31 + 1mo    2024-02-29 + 1y
//   roll       2024-03-01          2025-03-01         the first day of the next month
//   clamp      2024-02-29          2025-02-28         the last day of the month
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "formats/record/time.h"
#include "query/token.h"

namespace chartline::query {

enum class MonthEnd : std::uint8_t { roll, clamp };

// For calendar units (d w mo y); the count may be negative. Nothing beyond the years 1 to 9999.
std::optional<record::Day> add(record::Day day, const Duration& duration, MonthEnd mode);
inline Duration opposite(const Duration& duration) { return {-duration.count, duration.unit}; }

Micros micros(const Duration& exact);  // for exact units (h min s)

// The most whole months (years) that can be added to `from` without passing `to`; for an earlier `to`, the opposite of
// the count from there. An age is years from the birth: birthdays that have come.
std::int64_t whole_months(record::Day from, record::Day to, MonthEnd mode);
std::int64_t whole_years(record::Day from, record::Day to, MonthEnd mode);

}  // namespace chartline::query
