// Decimals are exact where 18 digits suffice, have one form each, and compare as the numbers they stand for. Judges:
// the C library's strtod, and a comparison of full decimal expansions, digit by digit.
#include "formats/record/decimal.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace chartline::record {
namespace {

constexpr std::uint64_t seed = 1205;

Decimal parsed(std::string_view text) { return parse_decimal(text).value(); }

TEST(ParseDecimal, KeepsWhatWasWritten) {
  const struct {
    const char* text;
    Decimal number;
  } cases[] = {
      {"0", {0, 0}},
      {"-0", {0, 0}},
      {"0.000", {0, 0}},
      {"0e999999999999999999999", {0, 0}},
      {"120.5", {1205, 1}},
      {"+120.5", {1205, 1}},
      {"-120.50", {-1205, 1}},
      {"1.5", {15, 1}},
      {"1.50", {15, 1}},
      {"007", {7, 0}},
      {"100", {1, -2}},
      {"1e2", {1, -2}},
      {"1E+2", {1, -2}},
      {"100e-2", {1, 0}},
      {"0.01", {1, 2}},
      {"1e-18", {1, 18}},
      {"0.000000000000000001", {1, 18}},
      {"1e18", {1, -18}},
      {"1e20", {100, -18}},
      {"100000000000000000000", {100, -18}},
      {"999999999999999999", {999'999'999'999'999'999, 0}},
      {"-999999999999999999e18", {-999'999'999'999'999'999, -18}},
      {"0.999999999999999999", {999'999'999'999'999'999, 18}},
      {"37.00000000000000000000000000", {37, 0}},
  };
  for (const auto& [text, number] : cases) {
    EXPECT_EQ(parse_decimal(text), number) << text;
    EXPECT_TRUE(is_normal(number)) << text;
  }
  const std::string compensated = "0." + std::string(400, '0') + "1e401";
  EXPECT_EQ(parse_decimal(compensated), (Decimal{1, 0}));
}

TEST(ParseDecimal, RoundsWhatIsTooLong) {
  EXPECT_EQ(parsed("1234567890123456789").to_double(), 1234567890123456789.0);
  EXPECT_EQ(parsed("0.1000000000000000055511151231257827"), (Decimal{1, 1})) << "the double next to 0.1";
  EXPECT_EQ(parsed("1e40"), (Decimal{std::bit_cast<std::int64_t>(1e40), Decimal::binary}));
  EXPECT_EQ(parsed("-1e-300"), (Decimal{std::bit_cast<std::int64_t>(-1e-300), Decimal::binary}));
  EXPECT_EQ(parsed("1.7976931348623157e308").to_double(), std::numeric_limits<double>::max());
  EXPECT_EQ(parsed("5e-324").to_double(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(parsed(std::string(300, '9')).to_double(), 1e300);
}

TEST(ParseDecimal, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "+",
                           "-",
                           "+-1",
                           "--1",
                           ".",
                           ".5",
                           "5.",
                           "-.5",
                           "1.e5",
                           "1e",
                           "1e+",
                           "1e-",
                           "e5",
                           "1e5.5",
                           "1 ",
                           " 1",
                           "1,5",
                           "1_000",
                           "1'000",
                           "0x10",
                           "1.2.3",
                           "nan",
                           "NaN",
                           "inf",
                           "-Infinity",
                           "1e400",
                           "-1e400",
                           "1e-400",
                           "1f",
                           "1d",
                           "½",
                           "１",
                           "1e99999999999999999999",
                           "1e-99999999999999999999",
                           "<5",
                           "120/80",
                           "1-",
                           "1+1"}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_decimal(std::string_view("1\0", 2)), std::nullopt);
  EXPECT_EQ(parse_decimal(std::string(1'000'000, '9')), std::nullopt) << "beyond the doubles";
  EXPECT_EQ(parse_decimal(std::string(1'000'000, '0')), Decimal{});
}

TEST(PrintDecimal, IsPlainWhereShort) {
  for (const char* text : {"0", "120.5", "-120.5", "0.05", "-0.05", "100", "1.00000000000000001", "0.000000000000000001",
                           "100000000000000000000", "999999999999999999e18", "1e+40", "-1e-300"}) {
    EXPECT_EQ(print(parsed(text)), text) << text;
  }
  EXPECT_EQ(print(parsed("1.50")), "1.5");
  EXPECT_EQ(print(parsed("1e5")), "100000");
  std::string out = "=";
  print_to(out, Decimal{-5, 2});
  EXPECT_EQ(out, "=-0.05");
}

// A decimal text of any shape: few or many digits, with and without point and exponent.
std::string any_number(std::mt19937_64& random) {
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  std::string text = below(4) == 0 ? "-" : "";
  const auto add_digits = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) text += static_cast<char>('0' + (below(3) == 0 ? 0 : below(10)));
  };
  add_digits(1 + below(below(8) == 0 ? 30 : 5));
  if (below(2) == 0) text += '.', add_digits(1 + below(below(8) == 0 ? 30 : 5));
  if (below(4) == 0)
    text += 'e' + std::to_string(static_cast<int>(below(below(3) == 0 ? 560 : 40)) - static_cast<int>(below(280)));
  return text;
}

TEST(DecimalProperties, AgreeWithTheCLibraryAndReadBack) {
  std::mt19937_64 random(seed);
  int kept = 0;
  for (int i = 0; i < 500'000; ++i) {
    const std::string text = any_number(random);
    const double judged = std::strtod(text.c_str(), nullptr);
    const auto number = parse_decimal(text);
    if (!number) {
      ASSERT_TRUE(std::isinf(judged) || judged == 0) << "seed " << seed << ", " << text;
      continue;
    }
    ++kept;
    ASSERT_EQ(number->to_double(), judged) << "seed " << seed << ", " << text;
    ASSERT_TRUE(is_normal(*number)) << "seed " << seed << ", " << text;
    ASSERT_EQ(parse_decimal(print(*number)), number) << "seed " << seed << ", " << text << " as " << print(*number);
  }
  EXPECT_GT(kept, 400'000);
}

TEST(DecimalProperties, EveryDoubleSurvives) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const Decimal number = decimal(value);
    ASSERT_EQ(number.to_double(), value) << "seed " << seed;
    ASSERT_TRUE(is_normal(number)) << "seed " << seed;
    ASSERT_EQ(parse_decimal(print(number)), number) << "seed " << seed;
  }
  EXPECT_EQ(decimal(0.1), (Decimal{1, 1}));
  EXPECT_EQ(decimal(-0.0), Decimal{});
  EXPECT_EQ(decimal(103.765962265792), parsed("103.765962265792"));
  EXPECT_EQ(decimal(158.45368570160622), parsed("158.45368570160622"));
}

// Sign, and all digits before and after the point, without limit.
struct Expansion {
  bool negative = false;
  std::string whole;
  std::string fraction;
};

Expansion expansion(const Decimal& number) {
  std::string text;
  if (number.is_exact()) {
    text = std::to_string(number.mantissa);
    const bool negative = text.starts_with('-');
    if (negative) text.erase(0, 1);
    if (number.scale <= 0) {
      text += std::string(static_cast<std::size_t>(-number.scale), '0') + ".";
    } else {
      const auto scale = static_cast<std::size_t>(number.scale);
      if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
      text.insert(text.size() - scale, 1, '.');
    }
    if (negative) text.insert(0, 1, '-');
  } else {
    std::vector<char> buffer(1'500);
    std::snprintf(buffer.data(), buffer.size(), "%.1100f", number.to_double());
    text = buffer.data();
  }
  Expansion expanded;
  expanded.negative = text.starts_with('-');
  if (expanded.negative) text.erase(0, 1);
  expanded.whole = text.substr(0, text.find('.'));
  expanded.fraction = text.substr(text.find('.') + 1);
  expanded.whole.insert(0, 400 - expanded.whole.size(), '0');
  expanded.fraction.resize(1'100, '0');
  return expanded;
}

std::partial_ordering judged_order(const Decimal& a, const Decimal& b) {
  const Expansion x = expansion(a);
  const Expansion y = expansion(b);
  if (x.negative != y.negative) return x.negative ? std::partial_ordering::less : std::partial_ordering::greater;
  const std::partial_ordering size = x.whole + x.fraction <=> y.whole + y.fraction;
  return x.negative ? 0 <=> size : size;
}

TEST(CompareDecimals, AgreesWithFullExpansions) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 40'000; ++i) {
    const auto a = parse_decimal(any_number(random));
    if (!a) continue;
    Decimal b = *a;
    switch (random() % 4) {
      case 0: b = parse_decimal(any_number(random)).value_or(Decimal{}); break;
      case 1:  // a neighbour in the last digit
        if (b.is_exact() && b.mantissa < 900'000'000'000'000'000) b = decimal(b.mantissa + 1, b.scale);
        break;
      case 2:  // the nearest double, kept as one
        b = {std::bit_cast<std::int64_t>(a->to_double()), Decimal::binary};
        break;
      default:  // the next double
        b = decimal(std::nextafter(a->to_double(), 0));
        break;
    }
    ASSERT_EQ(compare(*a, b), judged_order(*a, b)) << "seed " << seed << ", " << print(*a) << " and " << print(b);
    ASSERT_EQ(compare(b, *a), judged_order(b, *a)) << "seed " << seed << ", " << print(b) << " and " << print(*a);
  }
}

TEST(CompareDecimals, AtTheEdges) {
  const std::vector<Decimal> ascending = {
      parsed("-1e300"),
      parsed("-1e36"),
      parsed("-999999999999999999e18"),
      parsed("-1"),
      parsed("-1e-18"),
      parsed("-1e-19"),
      parsed("0"),
      parsed("1e-300"),
      parsed("1e-19"),
      parsed("1e-18"),
      parsed("0.0000123456789012"),
      parsed("1.2345678901234567e-5"),
      parsed("0.0000123456789013"),
      parsed("0.3"),
      parsed("1"),
      parsed("1.00000000000000001"),
      parsed("999999999999999999"),
      parsed("999999999999999999e18"),
      parsed("1e36"),
      parsed("1e37"),
      parsed("1e300"),
  };
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(compare(ascending[i], ascending[j]), static_cast<std::partial_ordering>(i <=> j))
          << print(ascending[i]) << " and " << print(ascending[j]);
    }
  }
  EXPECT_EQ(compare(parsed("1.50"), parsed("1.5")), std::partial_ordering::equivalent);
}

TEST(IsNormal, RefusesWhatStoredBytesMightHold) {
  for (const Decimal& number :
       {Decimal{10, 0}, Decimal{0, 1}, Decimal{1, 19}, Decimal{1, -19}, Decimal{1, 126}, Decimal{1, -128},
        Decimal{1'000'000'000'000'000'001, 0}, Decimal{std::numeric_limits<std::int64_t>::min(), 0},
        Decimal{std::bit_cast<std::int64_t>(0.5), Decimal::binary}, Decimal{0, Decimal::binary},
        Decimal{std::bit_cast<std::int64_t>(std::numeric_limits<double>::quiet_NaN()), Decimal::binary},
        Decimal{std::bit_cast<std::int64_t>(std::numeric_limits<double>::infinity()), Decimal::binary}}) {
    EXPECT_FALSE(is_normal(number)) << number.mantissa << " " << int{number.scale};
  }
}

TEST(MakeDecimal, Normalises) {
  EXPECT_EQ(decimal(1500, 3), (Decimal{15, 1}));
  EXPECT_EQ(decimal(0, 5), Decimal{});
  EXPECT_EQ(decimal(5, -20), (Decimal{500, -18}));
  EXPECT_EQ(decimal(std::numeric_limits<std::int64_t>::min(), 0).to_double(), -9223372036854775808.0);
  EXPECT_EQ(decimal(std::numeric_limits<std::int64_t>::max(), 19).to_double(), 0.9223372036854775807);
  EXPECT_EQ(decimal(1, -300).to_double(), 1e300);
}

TEST(MakeDecimalDeath, WantsFiniteNumbers) {
  EXPECT_DEATH(static_cast<void>(decimal(std::numeric_limits<double>::infinity())), "finite");
  EXPECT_DEATH(static_cast<void>(decimal(std::numeric_limits<double>::quiet_NaN())), "finite");
  EXPECT_DEATH(static_cast<void>(decimal(1, -400)), "out of the doubles");
}

}  // namespace
}  // namespace chartline::record
