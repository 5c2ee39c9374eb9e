// Cell: one value of a result. What a query gives, it gives in cells: group keys, columns of a list, figures.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "formats/record/time.h"

namespace chartline::query {

struct Missing {
  friend auto operator<=>(Missing, Missing) = default;
};

// A number keeps no unit here: the column says it. A code is text "system:code".
using Cell = std::variant<Missing, bool, std::int64_t, double, record::Time, std::string>;
using Key = std::vector<Cell>;  // one cell for each group

inline bool is_missing(const Cell& cell) { return std::holds_alternative<Missing>(cell); }

// The order in which results are given: missing last, false before true, numbers by size (whole or not), times by their
// first instant and then precision, text by bytes, but where it begins with a number by that first: a band "90-99" before "100-109".
std::strong_ordering compare(const Cell& a, const Cell& b);
std::strong_ordering compare(const Key& a, const Key& b);
struct CellOrder {
  bool operator()(const Cell& a, const Cell& b) const { return compare(a, b) < 0; }
};
struct KeyOrder {
  bool operator()(const Key& a, const Key& b) const { return compare(a, b) < 0; }
};

// As CSV writes it: "" for missing, `true`, 5.7 (the shortest text that reads back as the same number), 2024-03-31.
std::string print(const Cell& cell);

}  // namespace chartline::query
