// Cells: the text of one field of a CSV row, read as what it stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/record/decimal.h"
#include "formats/record/time.h"

namespace chartline::exchange {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline std::string_view trimmed(std::string_view cell) {  // without outer white space
  while (!cell.empty() && is_space(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && is_space(cell.back())) cell.remove_suffix(1);
  return cell;
}
std::string lower(std::string_view text);  // ASCII letters only

// A column's name as an attribute's: lower case, every other run of characters one _.
std::string attribute_name(std::string_view column);

// A whole number, also as spreadsheets and data frames write it: "8507", "-12", "8507.0".
std::optional<std::int64_t> parse_whole(std::string_view cell);

// The number of a cell, where all of its digits can be kept: what is so long may name something, and is not to be rounded
// unawares. Elsewhere number_fault() says why there is none.
std::optional<record::Decimal> plain_number_cell(std::string_view cell);
struct NumberFault {
  std::string_view rule, reason;
};
NumberFault number_fault(std::string_view cell);
inline constexpr NumberFault long_number = {"long_number",
                                            "a number has more digits than can be kept; it is kept as text"};

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
