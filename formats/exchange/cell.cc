#include "formats/exchange/cell.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace chartline::exchange {
namespace {

using record::Precision;
using record::Time;

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_midnight(const Time& time) {
  return time.precision >= Precision::second && time.local % record::micros_per_day == 0;
}

// 1900-01-01 00:00:00, as databases print a date in a column made for moments.
Time without_midnight(Time time) {
  if (is_midnight(time)) time.precision = Precision::day;
  return time;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), lower_letter);
  return small;
}

std::string attribute_name(std::string_view column) {
  std::string name;
  for (const char c : column) {
    const char letter = lower_letter(c);
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
      name.push_back(letter);
    else if (!name.empty() && name.back() != '_')
      name.push_back('_');
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

std::optional<std::int64_t> parse_whole(std::string_view cell) {
  if (const auto dot = cell.find('.'); dot != std::string_view::npos) {
    if (cell.find_first_not_of('0', dot + 1) != std::string_view::npos) return std::nullopt;
    cell = cell.substr(0, dot);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error != std::errc{} || end != cell.data() + cell.size()) return std::nullopt;
  return number;
}

std::optional<Time> parse_local(std::string_view cell, const record::Zone& zone) {
  constexpr std::int16_t not_said = std::numeric_limits<std::int16_t>::min();
  auto time = record::parse_time(cell, not_said);
  if (time && time->offset_minutes == not_said) time->offset_minutes = zone.offset_minutes(time->local);
  return time;
}

Moment moment(std::string_view date, std::string_view datetime, const record::Zone& zone) {
  if (date.empty() && datetime.empty()) return {};
  if (datetime.empty() || date.empty()) {
    const auto time = parse_local(date.empty() ? datetime : date, zone);
    if (!time) return {Moment::State::bad, {}};
    return {Moment::State::known, without_midnight(*time)};
  }
  auto day = parse_local(date, zone);
  const auto time = parse_local(datetime, zone);
  if (!day) return {Moment::State::bad, {}};
  day = without_midnight(*day);
  if (!time || time->day() != day->day()) return {Moment::State::differs, *day};
  return {Moment::State::known, without_midnight(*time)};
}

}  // namespace chartline::exchange
