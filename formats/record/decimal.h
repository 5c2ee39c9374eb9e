// Decimal: a number as a clinician wrote it. Exact (mantissa x 10^-scale, trailing zeros dropped) wherever 18 digits
// suffice, else the nearest double; one number has one representation, so equal numbers have equal fields.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chartline::record {

struct Decimal {
  static constexpr std::int8_t binary = 127;  // scale of a number held as the bits of a double in `mantissa`

  std::int64_t mantissa = 0;
  std::int8_t scale = 0;  // -18..18, or `binary`

  double to_double() const;
  bool is_exact() const { return scale != binary; }
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

Decimal decimal(std::int64_t mantissa, int scale);        // normalised
Decimal decimal(double value);                            // the shortest decimal that reads back to it, where 18 digits suffice
std::optional<Decimal> parse_decimal(std::string_view text);  // [+-]digits[.digits][e[+-]digits]; finite; nothing around it
std::partial_ordering compare(const Decimal& a, const Decimal& b);  // by value, exactly
std::string print(const Decimal& number);                 // plain digits where short, else with an exponent; parses back to equal
void print_to(std::string& out, const Decimal& number);

}  // namespace chartline::record
