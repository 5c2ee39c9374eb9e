// Ages by a table of birthdays are those of the calendar.
#include "query/vectorised/ages.h"

#include <gtest/gtest.h>

#include <random>

namespace chartline::query::vectorised {
namespace {

using record::Day;

TEST(Ages, AreThoseOfTheCalendar) {
  constexpr std::uint64_t seed = 20261127;
  std::mt19937_64 random(seed);
  const Day first = record::days_from_civil(1890, 1, 1), last = record::days_from_civil(2104, 12, 31);
  std::uniform_int_distribution<Day> any_day(first, last);
  for (const MonthEnd mode : {MonthEnd::roll, MonthEnd::clamp}) {
    for (int i = 0; i < 200; ++i) {
      const Day on = any_day(random);
      Ages ages(on, mode);
      for (int k = 0; k < 200; ++k) {
        const Day birth = any_day(random);
        const std::int64_t expected = birth > on ? 0 : whole_years(birth, on, mode);
        ASSERT_EQ(ages.of(birth), expected) << "seed " << seed << ": born on " << birth << ", on " << on;
      }
    }
  }
}

// Where calendars go wrong: the day before a birthday, the day and the one after; 29 February; a century without one.
TEST(Ages, OfBirthdays) {
  for (const MonthEnd mode : {MonthEnd::roll, MonthEnd::clamp}) {
    for (const int year : {1896, 1900, 1904, 1999, 2000, 2023, 2024, 2100}) {
      for (const auto& [month, day] : {std::pair{2u, 28u}, {2u, 29u}, {3u, 1u}, {12u, 31u}, {1u, 1u}}) {
        if (!record::is_civil(year, month, day)) continue;
        const Day on = record::days_from_civil(year, month, day);
        Ages ages(on, mode);
        for (int years = 0; years <= 210; ++years)
          for (Day birth = record::days_from_civil(year - years, month, 25) - 1, i = 0; i < 10; ++i)
            for (const Day one : {birth + i, birth + i - 26})
              if (one <= on) {
                ASSERT_EQ(ages.of(one), whole_years(one, on, mode)) << "born on " << one << ", on " << on;
              }
      }
    }
  }
}

}  // namespace
}  // namespace chartline::query::vectorised
