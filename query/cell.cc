#include "query/cell.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace chartline::query {
namespace {

// Truths, numbers, times and texts stand apart; missing is last.
int rank(const Cell& cell) {
  constexpr std::array ranks = {4, 0, 1, 1, 2, 3};  // of each form
  static_assert(ranks.size() == std::variant_size_v<Cell>);
  return ranks[cell.index()];
}

double number(const Cell& cell) {
  const auto* whole = std::get_if<std::int64_t>(&cell);
  return whole ? static_cast<double>(*whole) : std::get<double>(cell);
}

// Results hold no NaN; whoever made one would still get a total order.
std::strong_ordering by_size(double a, double b) {
  if (a < b) return std::strong_ordering::less;
  if (a > b) return std::strong_ordering::greater;
  return std::isnan(a) <=> std::isnan(b);
}

std::string print(double value) {
  std::array<char, 32> room;
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value);
  return {room.data(), end.ptr};
}

bool begins_with_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

std::strong_ordering by_text(std::string_view a, std::string_view b) {
  const bool a_counts = begins_with_number(a), b_counts = begins_with_number(b);
  if (a_counts != b_counts) return b_counts <=> a_counts;
  if (a_counts) {
    double from = HUGE_VAL, to = HUGE_VAL;  // what is too large for a double
    std::from_chars(a.data(), a.data() + a.size(), from, std::chars_format::fixed);
    std::from_chars(b.data(), b.data() + b.size(), to, std::chars_format::fixed);
    if (const auto order = by_size(from, to); order != 0) return order;
  }
  return a <=> b;
}

}  // namespace

std::strong_ordering compare(const Cell& a, const Cell& b) {
  if (rank(a) != rank(b)) return rank(a) <=> rank(b);
  switch (rank(a)) {
    case 0: return std::get<bool>(a) <=> std::get<bool>(b);
    case 1: {
      const auto *x = std::get_if<std::int64_t>(&a), *y = std::get_if<std::int64_t>(&b);
      return x && y ? *x <=> *y : by_size(number(a), number(b));
    }
    case 2: {
      const auto &x = std::get<record::Time>(a), &y = std::get<record::Time>(b);
      if (x.instant() != y.instant()) return x.instant() <=> y.instant();
      if (x.precision != y.precision) return x.precision <=> y.precision;
      return x.offset_minutes <=> y.offset_minutes;
    }
    case 3: return by_text(std::get<std::string>(a), std::get<std::string>(b));
    default: return std::strong_ordering::equal;
  }
}

std::strong_ordering compare(const Key& a, const Key& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (const auto order = compare(a[i], b[i]); order != 0) return order;
  }
  return a.size() <=> b.size();
}

std::string print(const Cell& cell) {
  if (const auto* truth = std::get_if<bool>(&cell)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  if (const auto* value = std::get_if<double>(&cell)) return print(*value);
  if (const auto* time = std::get_if<record::Time>(&cell)) return record::print(*time);
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return {};
}

}  // namespace chartline::query
