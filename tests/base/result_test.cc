#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace chartline {
namespace {

Result<int> number(int n) {
  if (n < 0) return invalid_request("negative");
  return n;
}

Result<int> sum_plus_one(int a, int b) { return TRY(number(TRY(number(a)) + TRY(number(b)))) + 1; }

Result<void> only_positive(int n) {
  TRY(number(n));
  return {};
}

Result<std::string> described(int n) {
  TRY(only_positive(n));
  return std::to_string(TRY(number(n)));
}

Result<std::unique_ptr<int>> boxed(int n) { return std::make_unique<int>(TRY(number(n))); }

// Owns memory before the TRY that fails in the same expression: a sanitizer build sees whether it is let go.
Result<std::string> joined(int n) {
  const std::string line = std::string(100, 'x') + described(1).value() + TRY(described(n));
  return line;
}

TEST(Result, HoldsAValue) {
  Result<int> result = number(3);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 3);
  EXPECT_EQ(result.value_or(9), 3);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = number(-1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, Fault::invalid_request);
  EXPECT_EQ(result.error().message, "negative");
  EXPECT_EQ(result.value_or(9), 9);
}

TEST(Result, TryGivesTheValue) {
  EXPECT_EQ(sum_plus_one(1, 2).value(), 4);
  EXPECT_EQ(described(12).value(), "12");
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_FALSE(sum_plus_one(-1, 2));
  EXPECT_FALSE(sum_plus_one(1, -2));
  EXPECT_FALSE(only_positive(-1));
  EXPECT_EQ(described(-1).error().message, "negative");
}

TEST(Result, TryMovesWhatCannotBeCopied) {
  const std::unique_ptr<int> box = std::move(boxed(5)).value();
  EXPECT_EQ(*box, 5);
  EXPECT_FALSE(boxed(-5));
}

TEST(Result, TryInsideALargerExpressionLeavesNothingBehind) {
  EXPECT_EQ(joined(7).value(), std::string(100, 'x') + "17");
  EXPECT_FALSE(joined(-7));
}

TEST(Result, EachFaultHasItsNumberAndWord) {
  const std::vector<std::pair<int, std::string_view>> words = {
      {1, "invalid_request"}, {2, "not_found"}, {3, "denied"},     {4, "conflict"}, {5, "busy"},
      {6, "unavailable"},     {7, "corrupt"},   {8, "unsupported"}};
  for (const auto& [number, word] : words) EXPECT_EQ(name(static_cast<Fault>(number)), word);
}

TEST(Result, EachMakerSetsItsFault) {
  EXPECT_EQ(invalid_request("").fault, Fault::invalid_request);
  EXPECT_EQ(not_found("").fault, Fault::not_found);
  EXPECT_EQ(denied("").fault, Fault::denied);
  EXPECT_EQ(conflict("").fault, Fault::conflict);
  EXPECT_EQ(busy("").fault, Fault::busy);
  EXPECT_EQ(unavailable("").fault, Fault::unavailable);
  EXPECT_EQ(corrupt("").fault, Fault::corrupt);
  EXPECT_EQ(unsupported("").fault, Fault::unsupported);
}

TEST(ResultDeathTest, ReadingTheValueOfAFailureStops) {
  const Result<int> failed = number(-1);
  EXPECT_DEATH(static_cast<void>(failed.value()), "value of a failed Result was read: negative");
  const Result<void> nothing = only_positive(-1);
  EXPECT_DEATH(nothing.value(), "negative");
}

}  // namespace
}  // namespace chartline
