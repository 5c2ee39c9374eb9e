#include "query/calendar.h"

#include "base/check.h"

namespace chartline::query {
namespace {

using record::Day;

constexpr std::int64_t months_max = 12 * 10'000;

std::optional<Day> in_range(std::int64_t day) {
  static const Day first = record::days_from_civil(1, 1, 1);
  static const Day last = record::days_from_civil(9999, 12, 31);
  if (day < first || day > last) return std::nullopt;
  return static_cast<Day>(day);
}

std::optional<Day> add_months(Day day, std::int64_t count, MonthEnd mode) {
  const record::CivilDay from = record::civil(day);
  const std::int64_t months = std::int64_t{from.year} * 12 + from.month - 1 + count;
  if (months < 12 || months >= months_max) return std::nullopt;
  const int year = static_cast<int>(months / 12);
  const auto month = static_cast<unsigned>(months % 12) + 1;
  unsigned last = from.day;
  while (!record::is_civil(year, month, last)) --last;
  const Day landed = record::days_from_civil(year, month, last);
  const bool exists = last == from.day;
  return in_range(exists || mode == MonthEnd::clamp ? landed : std::int64_t{landed} + 1);
}

}  // namespace

std::optional<Day> add(Day day, const Duration& duration, MonthEnd mode) {
  check(!duration.exact(), "a date moves by calendar units");
  // Beyond this many, every unit leaves the calendar; within it, nothing overflows.
  constexpr std::int64_t count_max = 4'000'000;
  if (duration.count > count_max || duration.count < -count_max) return std::nullopt;
  switch (duration.unit) {
    case DurationUnit::weeks: return in_range(day + 7 * duration.count);
    case DurationUnit::months: return add_months(day, duration.count, mode);
    case DurationUnit::years: return add_months(day, 12 * duration.count, mode);
    default: return in_range(day + duration.count);
  }
}

Micros micros(const Duration& exact) {
  check(exact.exact(), "an exact duration is in hours, minutes or seconds");
  const std::int64_t seconds = exact.unit == DurationUnit::hours ? 3600 : exact.unit == DurationUnit::minutes ? 60 : 1;
  return exact.count * seconds * record::micros_per_second;
}

std::int64_t whole_months(Day from, Day to, MonthEnd mode) {
  if (to < from) return -whole_months(to, from, mode);
  const record::CivilDay a = record::civil(from), b = record::civil(to);
  std::int64_t count = (std::int64_t{b.year} - a.year) * 12 + b.month - a.month;
  // In the month of `to` the day may not have come yet, nor, rolled over, that of the month before.
  for (; count > 0; --count) {
    const std::optional<Day> landed = add_months(from, count, mode);
    if (landed && *landed <= to) break;
  }
  return count;
}

std::int64_t whole_years(Day from, Day to, MonthEnd mode) { return whole_months(from, to, mode) / 12; }

}  // namespace chartline::query
