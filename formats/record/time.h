// Time: when something happened, as exactly as the source knew it. Wall-clock microseconds where it happened, the
// offset from UTC there, and the precision recorded. A Time stands for the whole interval in which the moment may lie.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace chartline::record {

inline constexpr Micros micros_per_second = 1'000'000;
inline constexpr Micros micros_per_day = 86'400 * micros_per_second;

using Day = std::int32_t;  // local calendar days since 1970-01-01

// Coarser sorts first. `none`: the event has no time at all.
enum class Precision : std::uint8_t { none = 0, year = 1, month = 2, day = 3, second = 4, finer = 5 };

std::string_view name(Precision precision);

struct Time {
  Micros local = 0;                 // wall clock; the start of the year, month, day or second that is known; 0 for none
  std::int16_t offset_minutes = 0;  // east of UTC
  Precision precision = Precision::none;

  // Its first instant, UTC; the least of all for none, so that events without a time come first.
  Micros instant() const { return known() ? local - offset_minutes * 60 * micros_per_second : INT64_MIN; }
  Day day() const;  // its first local date
  bool known() const { return precision != Precision::none; }
  friend bool operator==(const Time&, const Time&) = default;
};

// The half-open interval of instants [first, past) in which the time may lie; everything for none.
struct Interval {
  Micros first{};
  Micros past{};
};
Interval interval(const Time& time);

Time day_time(Day day, std::int16_t offset_minutes = 0);       // a date
Time at_instant(Micros utc, std::int16_t offset_minutes = 0);  // an instant: second, or finer where it has a fraction

// ISO 8601 as FHIR, OMOP and common CSV write it: 2024, 2024-02, 2024-02-29, 2024-02-29T10:00[:00[.123]][Z|+01:00],
// also a space for the T. Years 0001 to 9999; no 24:00 and no leap seconds; offsets to 14:00 either way; 1 to 9 digits
// of fraction, cut to microseconds. Without an offset, `default_offset_minutes` is taken. Nothing else is accepted.
std::optional<Time> parse_time(std::string_view text, std::int16_t default_offset_minutes = 0);

// What parse_time reads back to an equal Time: 2024, 2024-02, 2024-02-29, 2024-02-29T10:00:00Z, with 3 or 6 digits of
// fraction where finer; "" for none. Years, months and days have no place for their offset: give it to parse_time.
std::string print(const Time& time);
void print_to(std::string& out, const Time& time);

// Whether it is one that parse_time can give, or none; what stored bytes hold need not be.
bool is_normal(const Time& time);

struct CivilDay {
  int year;
  unsigned month, day;
};
CivilDay civil(Day day);
Day days_from_civil(int year, unsigned month, unsigned day);
bool is_civil(int year, unsigned month, unsigned day);  // 2023-02-29 is not

class ZoneTable;

// The offset of a named zone ("Europe/London", "UTC") at a local wall-clock time. invalid_request for an unknown zone.
// A time that the clocks skip or repeat takes the offset from before the change: in London 2024-03-31 01:30 is +00:00
// and 2024-10-27 01:30 is +01:00. Years beyond the time-zone data (2037 for most zones) keep its last rules. Offsets of
// seconds, older than about 1920, lose their seconds. Cheap to copy and to ask (some 10 ns), and safe to share between
// threads; UTC needs no time-zone data.
class Zone {
 public:
  static Result<Zone> find(std::string_view name);
  Zone() = default;  // UTC
  const std::string& name() const { return name_; }
  std::int16_t offset_minutes(Micros local) const;

 private:
  std::string name_ = "UTC";
  std::shared_ptr<const ZoneTable> table_;  // none for UTC
};

// The four kinds of end.
struct End {
  enum class Form : std::uint8_t { point = 0, at = 1, ongoing = 2, unknown = 3 };
  Form form = Form::point;
  Time at{};  // for Form::at
  friend bool operator==(const End&, const End&) = default;
};
std::string_view name(End::Form form);

}  // namespace chartline::record
