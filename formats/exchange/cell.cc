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

// A number's digits from the first to the last that is not zero, and the power of ten of the last.
struct Written {
  std::string digits;
  std::int64_t power = 0;
  friend bool operator==(const Written&, const Written&) = default;
};

Written written(std::string_view number) {
  Written told;
  const auto e = number.find_first_of("eE");
  bool in_fraction = false;
  for (const char c : number.substr(0, e)) {
    in_fraction = in_fraction || c == '.';
    if (c < '0' || c > '9') continue;
    if (c != '0' || !told.digits.empty()) told.digits.push_back(c);
    told.power -= in_fraction ? 1 : 0;
  }
  while (!told.digits.empty() && told.digits.back() == '0') told.digits.pop_back(), ++told.power;
  if (told.digits.empty()) return {};
  if (e == std::string_view::npos) return told;
  std::string_view exponent = number.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::int64_t power = 0;
  std::from_chars(exponent.data(), exponent.data() + exponent.size(),
                  power);  // parse_decimal() has seen that it is a number
  told.power += power;
  return told;
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
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9')) name.push_back(letter);
    else if (!name.empty() && name.back() != '_') name.push_back('_');
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

std::optional<record::Decimal> plain_number_cell(std::string_view cell) {
  constexpr std::size_t digits_kept = 18;
  const auto number = record::parse_decimal(cell);
  if (!number || (number->is_exact() && cell.size() <= digits_kept)) return number;
  const std::string kept = record::print(*number);
  return kept == cell || written(kept) == written(cell) ? number : std::nullopt;
}

NumberFault number_fault(std::string_view cell) {
  if (record::parse_decimal(cell)) return long_number;
  return {"bad_number", "it is no number; kept as text"};
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
