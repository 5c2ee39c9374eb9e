#include "query/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace chartline::query {
namespace {

std::optional<double> converted(double value, std::string_view from, std::string_view to, std::string_view loinc = "") {
  const auto a = parse_unit(from), b = parse_unit(to);
  if (!a || !b) return std::nullopt;
  return convert(value, *a, *b, analyte({.system = "loinc", .code = loinc}));
}

TEST(Units, ConvertWithinADimension) {
  struct Row {
    double value;
    std::string_view from, to;
    double expected;
  };
  const Row rows[] = {
      {1, "g/L", "mg/dL", 100},
      {1, "mmol/L", "umol/L", 1000},
      {70, "kg", "[lb_av]", 154.3235835},
      {37, "Cel", "[degF]", 98.6},
      {98.6, "[degF]", "Cel", 37},
      {120, "mm[Hg]", "kPa", 15.9986865},
      {1.8, "m", "cm", 180},
      {72, "/min", "Hz", 1.2},
      {5, "10*9/L", "10*3/uL", 5},
      {5, "10^9/L", "10*3/uL", 5},
      {60, "mL/min/{1.73_m2}", "mL/min", 60},
      {25, "kg/m2", "g/cm2", 2.5},
      {25, "kg/m^2", "kg/m2", 25},
      {40, "U/L", "ukat/L", 0.666666667},
      {1, "%", "mmol/mol", 10},
      {140, "meq/L", "mmol/L", 140},
      {100, "[iU]/mL", "k[iU]/L", 100},
      {1, "wk", "d", 7},
      {2, "mg/(24.h)", "mg/d", 2},
      {5, "{cells}/uL", "/uL", 5},
      {1, "m.s-2", "m/s2", 1},
  };
  for (const Row& row : rows) {
    const std::optional<double> got = converted(row.value, row.from, row.to);
    ASSERT_TRUE(got) << row.from << " to " << row.to;
    EXPECT_NEAR(*got, row.expected, 1e-6 * std::abs(row.expected)) << row.from << " to " << row.to;
  }
}

TEST(Units, ConvertMolesByTheMolarMass) {
  EXPECT_NEAR(*converted(100, "mg/dL", "mmol/L", "2345-7"), 5.5507, 1e-3);
  EXPECT_NEAR(*converted(5.5507, "mmol/L", "mg/dL", "2345-7"), 100, 1e-2);
  EXPECT_NEAR(*converted(200, "mg/dL", "mmol/L", "2093-3"), 5.1726, 1e-3);
  EXPECT_NEAR(*converted(1, "mg/dL", "umol/L", "2160-0"), 88.40, 1e-2);
  EXPECT_NEAR(*converted(10, "mg/dL", "mmol/L", "17861-6"), 2.4951, 1e-3);
  EXPECT_FALSE(converted(100, "mg/dL", "mmol/L", "0000-0"));
  // Two equivalents of calcium or magnesium are a mole.
  EXPECT_NEAR(*converted(5, "meq/L", "mmol/L", "17861-6"), 2.5, 1e-9);
  EXPECT_NEAR(*converted(2.5, "mmol/L", "meq/L", "1995-0"), 5, 1e-9);
  EXPECT_NEAR(*converted(5, "meq/L", "mg/dL", "17861-6"), 10.0195, 1e-4);
  EXPECT_NEAR(*converted(2, "meq/L", "ueq/L", "19123-9"), 2000, 1e-6);
  EXPECT_NEAR(*converted(4, "meq/L", "mmol/L", "2823-3"), 4, 1e-9);
  EXPECT_FALSE(converted(100, "mg/dL", "mm[Hg]", "2345-7"));
}

TEST(Units, ConvertHaemoglobinA1cByTheMasterEquation) {
  EXPECT_NEAR(*converted(6.5, "%", "mmol/mol", "4548-4"), 47.53, 0.01);
  EXPECT_NEAR(*converted(48, "mmol/mol", "%", "4548-4"), 6.543, 1e-3);
  EXPECT_NEAR(*converted(58, "mmol/mol", "%", "59261-8"), 7.458, 1e-3);
  EXPECT_NEAR(*converted(*converted(7.1, "%", "mmol/mol", "4548-4"), "mmol/mol", "%", "4548-4"), 7.1, 1e-12);
}

TEST(Units, RefuseWhatIsNone) {
  for (const std::string_view text :
       {"", "furlong", "mg/", "mg//dL", "(mg", "mg)", "{open", "mmHg", "m^", "10*", "mg dL", "m999", "[degF]/h", "cCel",
        "m[lb_av]", "kdeg", "1000000000000000000000000000000000000000000000000000000000000000000"}) {
    EXPECT_FALSE(parse_unit(text)) << text;
  }
  EXPECT_FALSE(parse_unit(std::string(60, '(')));
  EXPECT_EQ(suggested_unit("mmHg"), "mm[Hg]");
  EXPECT_EQ(suggested_unit("furlong"), "");
}

TEST(Units, SuggestOnlyUnits) {
  for (const std::string_view written :
       {"mmHg", "lb", "in", "C", "IU/L", "mcg/L", "bpm", "x10^9/L", "percent", "mEq/L", "mOsm/kg", "st", "hr", "KG"})
    EXPECT_TRUE(parse_unit(suggested_unit(written))) << written;
}

TEST(Units, TakeAnyBytes) {
  std::mt19937_64 random(5);
  static constexpr std::string_view likely = "mgLdl/.(){}[]10*^-+%Hgiu ";
  for (int run = 0; run < 20'000; ++run) {
    std::string text(random() % 14, ' ');
    for (char& c : text) c = random() % 8 ? likely[random() % likely.size()] : static_cast<char>(random());
    const std::optional<Unit> unit = parse_unit(text);
    EXPECT_TRUE(!unit || std::isnormal(unit->factor)) << text;
  }
}

}  // namespace
}  // namespace chartline::query
