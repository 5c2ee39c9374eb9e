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

// mantissa x 10^-scale. Broken invariant if it is beyond the doubles.
Decimal decimal(std::int64_t mantissa, int scale);

// The shortest decimal that reads back to it, where a scale of 18 suffices. Broken invariant for NaN and infinities.
Decimal decimal(double value);

// [+-]digits[.digits][e[+-]digits], e or E, nothing around it. Nothing for a number beyond the doubles, or nearer to
// zero than any of them without being zero. What is too long to be exact becomes the decimal of the nearest double. -0
// is 0.
std::optional<Decimal> parse_decimal(std::string_view text);

// Whether it is one that the three above can give; what stored bytes hold need not be.
bool is_normal(const Decimal& number);

std::partial_ordering compare(const Decimal& a, const Decimal& b);  // by value, exactly
std::string print(const Decimal& number);  // plain digits up to 21, then with an exponent; parses back to equal
void print_to(std::string& out, const Decimal& number);

}  // namespace chartline::record
