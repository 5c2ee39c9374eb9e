#include "query/attrition.h"

#include <gtest/gtest.h>

namespace chartline::query {
namespace {

std::string steps(std::string_view text, std::string_view cohort) {
  std::string all;
  for (const AttritionStep& step : attrition_of(text, cohort)) all += step.title + " | " + step.condition + "\n";
  return all;
}

TEST(Attrition, FollowsTheDefinitionsThatACohortIsDrawnFrom) {
  constexpr std::string_view text = R"(codes dm = { icd10:E11* }
# first, what began it
let entries = condition[dm] as e with (registration[*] where date <= e)
let aged = entries as ix where age(ix) > 18  # said behind it
# the first one
let one = first aged
let stays = one as ix ending date(ix) + 30d
cohort c per eras(stays, gap 0d) as stay until date(stay.end) = true
)";
  EXPECT_EQ(steps(text, "c"),
            "first, what began it | exists entries\n"
            "exists aged | exists aged\n"
            "the first one | exists one\n"
            "in c | in c\n");
  EXPECT_EQ(steps(text, "d"), "");
}

TEST(Attrition, TakesConditionsApart) {
  EXPECT_EQ(steps("let adult = age(2020) > 18\ncohort c = adult and (sex = female or no death[*]) and alive(2020)", "c"),
            "adult | adult\n"
            "sex = female or no death[*] | (sex = female or no death[*])\n"
            "alive(2020) | alive(2020)\n");
  EXPECT_EQ(steps("cohort c = sex = female or no death[*]", "c"),
            "sex = female or no death[*] | (sex = female or no death[*])\n");
  EXPECT_EQ(steps("cohort c per condition[*] as ix = true", "c"), "in c | in c\n");
  EXPECT_EQ(steps("cohort c = )", "c"), "");
}

}  // namespace
}  // namespace chartline::query
