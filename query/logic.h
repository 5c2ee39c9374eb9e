// Kleene's three-valued logic. The order no < unknown < yes makes `and` the least and `or` the greatest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace chartline::query {

enum class Truth : std::uint8_t { no, unknown, yes };

constexpr Truth truth(bool known) { return known ? Truth::yes : Truth::no; }
constexpr Truth both(Truth a, Truth b) { return std::min(a, b); }
constexpr Truth either(Truth a, Truth b) { return std::max(a, b); }
constexpr Truth opposite(Truth a) { return static_cast<Truth>(2 - static_cast<int>(a)); }

// `yes_if` where it holds for every possibility, `no_if` where for none.
constexpr Truth for_all(bool yes_if, bool no_if) { return yes_if ? Truth::yes : no_if ? Truth::no : Truth::unknown; }

constexpr std::string_view name(Truth truth) {
  return truth == Truth::yes ? "yes" : truth == Truth::no ? "no" : "unknown";
}

}  // namespace chartline::query
