#include "query/calendar.h"

#include <date/date.h>
#include <gtest/gtest.h>

#include <random>

namespace chartline::query {
namespace {

using record::Day;

Day day(std::string_view text) { return record::parse_time(text)->day(); }

std::string after(std::string_view from, Duration by, MonthEnd mode) {
  const std::optional<Day> landed = add(day(from), by, mode);
  return landed ? record::print(record::day_time(*landed)) : "none";
}

TEST(Calendar, AddsMonthsAndYearsInBothModes) {
  struct Row {
    std::string_view from;
    Duration by;
    std::string_view roll, clamp;
  };
  using enum DurationUnit;
  const Row rows[] = {
      {"2024-02-29", {1, years}, "2025-03-01", "2025-02-28"},
      {"2024-01-31", {1, months}, "2024-03-01", "2024-02-29"},
      {"2023-01-31", {1, months}, "2023-03-01", "2023-02-28"},
      {"2024-03-31", {-1, months}, "2024-03-01", "2024-02-29"},
      {"2024-03-31", {1, months}, "2024-05-01", "2024-04-30"},
      {"2024-02-29", {4, years}, "2028-02-29", "2028-02-29"},
      {"2024-02-29", {-1, years}, "2023-03-01", "2023-02-28"},
      {"2023-12-15", {1, months}, "2024-01-15", "2024-01-15"},
      {"2024-01-15", {-1, months}, "2023-12-15", "2023-12-15"},
      {"2024-02-28", {2, days}, "2024-03-01", "2024-03-01"},
      {"2024-01-01", {2, weeks}, "2024-01-15", "2024-01-15"},
      {"9999-12-31", {1, days}, "none", "none"},
      {"0001-01-01", {-1, months}, "none", "none"},
      {"2024-01-01", {INT64_MAX, years}, "none", "none"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(after(row.from, row.by, MonthEnd::roll), row.roll) << row.from << " + " << print(row.by);
    EXPECT_EQ(after(row.from, row.by, MonthEnd::clamp), row.clamp) << row.from << " + " << print(row.by);
  }
}

TEST(Calendar, AgreesWithTheDateLibrary) {
  std::mt19937_64 random(20240229);
  const Day first = day("1800-01-01"), last = day("2200-12-31");
  for (int run = 0; run < 20'000; ++run) {
    const Day from = first + static_cast<Day>(random() % static_cast<std::uint64_t>(last - first));
    const int count = static_cast<int>(random() % 2400) - 1200;
    const date::year_month_day start{date::sys_days{date::days{from}}};
    const date::year_month_day moved = start + date::months{count};
    const date::sys_days end_of_month = date::year_month_day_last{moved.year() / moved.month() / date::last};
    const Day clamped =
        moved.ok() ? date::sys_days{moved}.time_since_epoch().count() : end_of_month.time_since_epoch().count();
    const Day rolled = moved.ok() ? clamped : clamped + 1;
    EXPECT_EQ(add(from, {count, DurationUnit::months}, MonthEnd::clamp), clamped) << from << " " << count;
    EXPECT_EQ(add(from, {count, DurationUnit::months}, MonthEnd::roll), rolled) << from << " " << count;
  }
}

// Whole months are the most that can be added without passing.
TEST(Calendar, CountsTheMostWholeMonths) {
  std::mt19937_64 random(31);
  const Day first = day("1900-01-01");
  for (int run = 0; run < 20'000; ++run) {
    const Day from = first + static_cast<Day>(random() % 40'000), to = from + static_cast<Day>(random() % 4'000);
    for (const MonthEnd mode : {MonthEnd::roll, MonthEnd::clamp}) {
      const std::int64_t count = whole_months(from, to, mode);
      EXPECT_LE(*add(from, {count, DurationUnit::months}, mode), to);
      EXPECT_GT(*add(from, {count + 1, DurationUnit::months}, mode), to);
      EXPECT_EQ(whole_months(to, from, mode), -count);
    }
  }
}

TEST(Calendar, BirthdaysOfALeapling) {
  const Day born = day("2004-02-29");
  EXPECT_EQ(whole_years(born, day("2025-02-28"), MonthEnd::roll), 20);
  EXPECT_EQ(whole_years(born, day("2025-03-01"), MonthEnd::roll), 21);
  EXPECT_EQ(whole_years(born, day("2025-02-27"), MonthEnd::clamp), 20);
  EXPECT_EQ(whole_years(born, day("2025-02-28"), MonthEnd::clamp), 21);
  EXPECT_EQ(whole_years(born, day("2024-02-29"), MonthEnd::roll), 20);
}

TEST(Calendar, ExactDurations) {
  EXPECT_EQ(micros({6, DurationUnit::hours}), 6 * 3'600'000'000LL);
  EXPECT_EQ(micros({90, DurationUnit::minutes}), 90 * 60'000'000LL);
  EXPECT_EQ(micros({10, DurationUnit::seconds}), 10'000'000LL);
}

}  // namespace
}  // namespace chartline::query
