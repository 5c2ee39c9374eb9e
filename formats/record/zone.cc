// Zone: the transitions of one named zone, laid out so that a wall-clock time finds its offset in a few steps.
//
// 1. The zone's transitions are read once from the system's time-zone data, as far as they go (2037 for most zones).
// 2. Each becomes a switch in wall-clock time: the first local time at which the new offset holds.
// 3. A coarse index, one entry for each slice of about 100 days, names the first switch that may matter there.
// 4. Later dates take the offset of the same date, on the same weekday, in the last years that are known.
#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <vector>

#include "base/check.h"
#include "formats/record/time.h"

namespace chartline::record {

class ZoneTable {
 public:
  explicit ZoneTable(const date::time_zone& zone);
  std::int16_t offset_minutes(Micros local) const;

 private:
  struct Switch {
    Micros local;  // from here on
    std::int16_t offset_minutes;
  };
  static constexpr int slice_bits = 43;  // 2^43 microseconds are 101.8 days
  std::int16_t offset_in_table(Micros local) const;

  std::int16_t first_offset_ = 0;  // before every switch
  std::vector<Switch> switches_;
  Micros index_start_ = 0;
  std::vector<std::uint32_t> index_;  // slice of wall-clock time -> number of switches before its start
};

namespace {

using std::chrono::seconds;

constexpr int last_rule_year = 2037;  // most zones' data end here, most likely with the rules of today
const Micros rules_end = Micros{days_from_civil(last_rule_year + 1, 1, 1)} * micros_per_day;

std::int16_t whole_minutes(seconds offset) {
  return static_cast<std::int16_t>(std::chrono::duration_cast<std::chrono::minutes>(offset).count());
}

unsigned weekday(Day day) { return static_cast<unsigned>(((day + 4) % 7 + 7) % 7); }

// The same date on the same weekday in one of the last known years. Eleven years in a row begin on all seven weekdays,
// before March as after it. 29 February is taken as 28 February: no zone changes its clocks on it by rule.
Micros same_date_in_known_years(Micros local) {
  const auto day = static_cast<Day>(local / micros_per_day);
  const CivilDay date = civil(day);
  const bool leap_day = date.month == 2 && date.day == 29;
  const unsigned wanted = weekday(leap_day ? day - 1 : day);
  for (int year = last_rule_year; year > last_rule_year - 11; --year) {
    const Day candidate = days_from_civil(year, date.month, leap_day ? 28 : date.day);
    if (weekday(candidate) == wanted) return candidate * micros_per_day + local % micros_per_day;
  }
  return local;
}

}  // namespace

ZoneTable::ZoneTable(const date::time_zone& zone) {
  const date::sys_seconds start = date::sys_days{date::year{1800} / 1 / 1};
  const date::sys_seconds stop = date::sys_days{date::year{2200} / 1 / 1};
  date::sys_info before = zone.get_info(start);
  first_offset_ = whole_minutes(before.offset);
  while (before.end > start && before.end < stop) {
    const date::sys_info after = zone.get_info(before.end);
    check(after.end > before.end, "time-zone periods follow one another");
    if (after.offset != before.offset) {
      // Skipped and repeated wall-clock times both belong to the offset before the change.
      const seconds local = before.end.time_since_epoch() + std::max(before.offset, after.offset);
      switches_.push_back({local.count() * micros_per_second, whole_minutes(after.offset)});
    }
    before = after;
  }
  if (switches_.empty()) return;
  index_start_ = switches_.front().local;
  const Micros last = switches_.back().local;
  std::uint32_t passed = 0;
  for (Micros slice = index_start_; slice <= last; slice += Micros{1} << slice_bits) {
    while (passed < switches_.size() && switches_[passed].local <= slice) ++passed;
    index_.push_back(passed);
  }
}

std::int16_t ZoneTable::offset_in_table(Micros local) const {
  if (switches_.empty() || local < index_start_) return first_offset_;
  const auto slice = static_cast<std::size_t>((local - index_start_) >> slice_bits);
  std::size_t passed = slice < index_.size() ? index_[slice] : switches_.size();
  while (passed < switches_.size() && switches_[passed].local <= local) ++passed;
  return switches_[passed - 1].offset_minutes;
}

std::int16_t ZoneTable::offset_minutes(Micros local) const {
  const bool known = local < rules_end || switches_.empty() || local < switches_.back().local;
  return offset_in_table(known ? local : same_date_in_known_years(local));
}

Result<Zone> Zone::find(std::string_view name) {
  Zone zone;
  if (name == "UTC") return zone;
  try {
    zone.table_ = std::make_shared<const ZoneTable>(*date::locate_zone(std::string(name)));
  } catch (const std::exception&) {
    return invalid_request(
        "unknown time zone: use a name like Europe/London, and see that the system's time-zone data (tzdata) is "
        "installed");
  }
  zone.name_ = name;
  return zone;
}

std::int16_t Zone::offset_minutes(Micros local) const {
  return table_ ? table_->offset_minutes(local) : std::int16_t{0};
}

}  // namespace chartline::record
