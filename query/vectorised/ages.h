// Ages: how old people are on one day, by the day of their birth. Instead of reckoning by the calendar for each of them, the day
// of birth is compared with the last one of who is so old: a table that is drawn once for the day, by the calendar.
#pragma once

#include <cstdint>
#include <vector>

#include "query/calendar.h"

namespace chartline::query::vectorised {

class Ages {
 public:
  Ages(record::Day on, MonthEnd mode) : on_(on), mode_(mode), last_birth_{on} {}

  record::Day on() const { return on_; }
  // whole_years() from the birth to the day; 0 for who is born later.
  std::int64_t of(record::Day birth) {
    if (birth >= on_) return 0;
    std::size_t years =
        static_cast<std::size_t>((std::int64_t{on_} - birth) * 400 / days_in_400_years);  // one more or less
    if (years > years_max) return whole_years(birth, on_, mode_);
    if (last_birth_.size() < years + 3) draw(years + 3);
    while (birth <= last_birth_[years + 1]) ++years;
    while (birth > last_birth_[years]) --years;
    return static_cast<std::int64_t>(years);
  }

 private:
  static constexpr std::int64_t days_in_400_years = 146'097;
  static constexpr std::size_t years_max = 200;
  void draw(std::size_t size);

  record::Day on_;
  MonthEnd mode_;
  std::vector<record::Day> last_birth_;  // the latest day of birth of who is so many years old, or older
};

}  // namespace chartline::query::vectorised
