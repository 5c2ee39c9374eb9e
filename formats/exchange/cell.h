// Cells: the text of one field of a CSV row, read as what it stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/record/time.h"

namespace chartline::exchange {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline std::string_view trimmed(std::string_view cell) {  // without outer white space
  while (!cell.empty() && is_space(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && is_space(cell.back())) cell.remove_suffix(1);
  return cell;
}
std::string lower(std::string_view text);         // ASCII letters only

// A column's name as an attribute's: lower case, every other run of characters one _.
std::string attribute_name(std::string_view column);

// A whole number, also as spreadsheets and data frames write it: "8507", "-12", "8507.0".
std::optional<std::int64_t> parse_whole(std::string_view cell);

// A time as parse_time reads it; without an offset of its own it gets the zone's.
std::optional<record::Time> parse_local(std::string_view cell, const record::Zone& zone);

// A date column and its datetime companion, either of which may be empty. The datetime is taken where it falls on the
// date; at midnight it says no more than the date. `differs`: the two disagree, and the date was taken.
struct Moment {
  enum class State : std::uint8_t { absent, known, differs, bad };
  State state = State::absent;
  record::Time time;
};
Moment moment(std::string_view date, std::string_view datetime, const record::Zone& zone);

}  // namespace chartline::exchange
