#include "formats/record/decimal.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/check.h"

namespace chartline::record {
namespace {

__extension__ using Int128 = __int128;

constexpr int max_digits = 18;
constexpr int max_scale = 18;
constexpr std::uint64_t mantissa_limit = 1'000'000'000'000'000'000;  // 10^18: the first number of 19 digits

constexpr auto powers_of_ten = [] {
  std::array<std::int64_t, 19> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

std::uint64_t magnitude(std::int64_t number) {
  return number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
}

double bits_as_double(const Decimal& number) { return std::bit_cast<double>(number.mantissa); }

// The one exact representation of mantissa x 10^-scale, if it has one.
std::optional<Decimal> exact(bool negative, std::uint64_t mantissa, std::int64_t scale) {
  if (mantissa == 0) return Decimal{};
  while (mantissa % 10 == 0 && scale > -max_scale) mantissa /= 10, --scale;
  while (scale < -max_scale && mantissa < mantissa_limit / 10) mantissa *= 10, ++scale;
  if (mantissa >= mantissa_limit || scale < -max_scale || scale > max_scale) return std::nullopt;
  const auto digits = static_cast<std::int64_t>(mantissa);
  return Decimal{negative ? -digits : digits, static_cast<std::int8_t>(scale)};
}

// The double nearest to digits[.digits][e[+-]digits]; nothing if it is too large, or too small and not zero.
std::optional<double> nearest_double(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

double nearest_double(std::int64_t mantissa, int scale) {
  const auto value = nearest_double(std::to_string(mantissa) + 'e' + std::to_string(-std::int64_t{scale}));
  check(value.has_value(), "the scale takes the number out of the doubles");
  return *value;
}

// The significant digits and the power of ten of a well-formed unsigned number. Digits after the 18th that are not zero
// make it too long to be exact.
struct Scanned {
  std::uint64_t mantissa = 0;
  std::int64_t scale = 0;
  bool too_long = false;
};

constexpr bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

class Scan {
 public:
  explicit Scan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  std::optional<Scanned> number() {
    if (!digits(0)) return std::nullopt;
    if (skip('.') && !digits(1)) return std::nullopt;
    scanned_.scale -= static_cast<std::int64_t>(waiting_);
    if ((skip('e') || skip('E')) && !exponent()) return std::nullopt;
    if (at_ != end_) return std::nullopt;
    return scanned_;
  }

 private:
  bool skip(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  // Zeros wait until a digit other than zero follows, so that trailing ones never count.
  bool digits(int scale_per_digit) {
    const char* first = at_;
    for (; at_ != end_ && is_digit(*at_); ++at_) {
      scanned_.scale += scale_per_digit;
      ++waiting_;
      if (*at_ == '0') continue;
      if (scanned_.mantissa == 0) waiting_ = 1;
      significant_ += waiting_;
      if (significant_ > max_digits) {
        scanned_.too_long = true;
      } else {
        scanned_.mantissa = scanned_.mantissa * static_cast<std::uint64_t>(powers_of_ten[waiting_]) +
                            static_cast<std::uint64_t>(*at_ - '0');
      }
      waiting_ = 0;
    }
    return at_ != first;
  }

  bool exponent() {
    const bool negative = skip('-');
    if (!negative) skip('+');
    const char* first = at_;
    std::int64_t power = 0;
    for (; at_ != end_ && is_digit(*at_); ++at_) {
      if (power < 1'000'000'000'000) power = power * 10 + (*at_ - '0');
    }
    scanned_.scale += negative ? power : -power;
    return at_ != first;
  }

  const char* at_;
  const char* end_;
  Scanned scanned_;
  std::size_t waiting_ = 0;
  std::size_t significant_ = 0;
};

// digits[.digits] of at most 18 characters, which is nearly every number of a record; nothing for any other text.
std::optional<Decimal> parse_short(std::string_view text, bool negative) {
  if (text.size() > max_digits) return std::nullopt;
  const char* at = text.data();
  const char* end = at + text.size();
  std::uint64_t mantissa = 0;
  for (; at != end && is_digit(*at); ++at) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
  if (at == text.data()) return std::nullopt;
  if (at == end) return exact(negative, mantissa, 0);
  if (*at != '.') return std::nullopt;
  const char* fraction = ++at;
  for (; at != end && is_digit(*at); ++at) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
  if (at == fraction || at != end) return std::nullopt;
  return exact(negative, mantissa, end - fraction);
}

// 10^exponent, up to 10^36.
Int128 power_of_ten(int exponent) {
  return exponent <= max_scale ? Int128{powers_of_ten[exponent]}
                               : Int128{powers_of_ten[max_scale]} * powers_of_ten[exponent - max_scale];
}

int sign(std::int64_t number) { return (number > 0) - (number < 0); }

std::partial_ordering compare_exact(const Decimal& a, const Decimal& b) {
  if (a.scale == b.scale) return a.mantissa <=> b.mantissa;
  if (sign(a.mantissa) != sign(b.mantissa)) return sign(a.mantissa) <=> sign(b.mantissa);
  if (a.scale > b.scale) return 0 <=> compare_exact(b, a);
  // The same sign, and a's last digit weighs more. 10^19 times any mantissa but zero is beyond every mantissa.
  const int places = b.scale - a.scale;
  if (a.mantissa == 0) return std::partial_ordering::equivalent;
  if (places > max_scale) return sign(a.mantissa) <=> 0;
  return Int128{a.mantissa} * powers_of_ten[places] <=> Int128{b.mantissa};
}

// Rounding keeps order, so unequal doubles decide. Equal ones leave two numbers that differ by less than 2^-52 of
// either; as integers of one weight one of them is below 2^123, and so is the other.
std::partial_ordering compare_to_double(const Decimal& a, double b) {
  const double rounded = a.to_double();
  if (rounded != b || b == 0) return rounded <=> b;
  int exponent = 0;
  const double fraction = std::frexp(b, &exponent);
  exponent -= 53;
  Int128 left = Int128{a.mantissa} * power_of_ten(a.scale < 0 ? -a.scale : 0);
  Int128 right = Int128{static_cast<std::int64_t>(std::ldexp(fraction, 53))} * power_of_ten(a.scale > 0 ? a.scale : 0);
  (exponent < 0 ? left : right) *= Int128{1} << (exponent < 0 ? -exponent : exponent);
  return left <=> right;
}

}  // namespace

double Decimal::to_double() const {
  if (!is_exact()) return bits_as_double(*this);
  check(scale >= -max_scale && scale <= max_scale, "the scale of an exact decimal");
  // Both operands are exact doubles, so one correctly rounded operation gives the nearest.
  constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
  const auto power = static_cast<double>(powers_of_ten[scale < 0 ? -scale : scale]);
  if (mantissa <= exact_in_double && mantissa >= -exact_in_double) {
    return scale < 0 ? static_cast<double>(mantissa) * power : static_cast<double>(mantissa) / power;
  }
  return nearest_double(mantissa, scale);
}

Decimal decimal(std::int64_t mantissa, int scale) {
  if (const auto number = exact(mantissa < 0, magnitude(mantissa), scale)) return *number;
  return decimal(nearest_double(mantissa, scale));
}

Decimal decimal(double value) {
  check(std::isfinite(value), "a decimal is a finite number");
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const char* digits = value < 0 || (value == 0 && std::signbit(value)) ? text + 1 : text;
  const auto scanned = Scan({digits, static_cast<std::size_t>(end - digits)}).number();
  check(scanned.has_value() && !scanned->too_long, "a double has at most 17 significant digits");
  if (const auto number = exact(value < 0, scanned->mantissa, scanned->scale)) return *number;
  return {std::bit_cast<std::int64_t>(value), Decimal::binary};
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (const auto number = parse_short(text, negative)) return number;
  const auto scanned = Scan(text).number();
  if (!scanned) return std::nullopt;
  if (!scanned->too_long) {
    if (const auto number = exact(negative, scanned->mantissa, scanned->scale)) return number;
  }
  const auto value = nearest_double(text);
  if (!value) return std::nullopt;
  return decimal(negative ? -*value : *value);
}

bool is_normal(const Decimal& number) {
  if (!number.is_exact()) return std::isfinite(bits_as_double(number)) && decimal(bits_as_double(number)) == number;
  return exact(number.mantissa < 0, magnitude(number.mantissa), number.scale) == number;
}

std::partial_ordering compare(const Decimal& a, const Decimal& b) {
  if (a.is_exact() && b.is_exact()) return compare_exact(a, b);
  if (a.is_exact()) return compare_to_double(a, bits_as_double(b));
  if (b.is_exact()) return 0 <=> compare_to_double(b, bits_as_double(a));
  return bits_as_double(a) <=> bits_as_double(b);
}

void print_to(std::string& out, const Decimal& number) {
  char text[32];
  if (!number.is_exact()) {
    out.append(text, std::to_chars(text, text + sizeof text, bits_as_double(number)).ptr);
    return;
  }
  if (number.mantissa < 0) out += '-';
  const char* text_end = std::to_chars(text, text + sizeof text, magnitude(number.mantissa)).ptr;
  const std::string_view digits(text, static_cast<std::size_t>(text_end - text));
  if (number.scale <= 0) {
    constexpr std::size_t plain_digits_max = 21;
    const auto zeros = static_cast<std::size_t>(-number.scale);
    out += digits;
    if (digits.size() + zeros <= plain_digits_max) {
      out.append(zeros, '0');
    } else {
      out += 'e';
      out += std::to_string(zeros);
    }
    return;
  }
  const auto places = static_cast<std::size_t>(number.scale);
  if (digits.size() > places) {
    out += digits.substr(0, digits.size() - places);
  } else {
    out += '0';
  }
  out += '.';
  if (digits.size() < places) out.append(places - digits.size(), '0');
  out += digits.size() > places ? digits.substr(digits.size() - places) : digits;
}

std::string print(const Decimal& number) {
  std::string out;
  print_to(out, number);
  return out;
}

}  // namespace chartline::record
