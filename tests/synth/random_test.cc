#include "formats/synth/random.h"

#include <gtest/gtest.h>

namespace chartline::synth {
namespace {

double as_double(Fixed x) { return static_cast<double>(x) / one; }

TEST(Random, DrawsAreTheSameEverywhere) {
  Random random(mix(1, 7));
  EXPECT_EQ(random.next(), 18099442628819215862u);
  EXPECT_EQ(random.below(1'000'000), 776'597u);
  EXPECT_EQ(random.normal(), 76'690);
  EXPECT_EQ(random.log_normal(one), 101'518);
}

TEST(Random, BelowReachesAllAndNoMore) {
  Random random(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 60'000; ++i) ++seen[random.below(6)];
  for (const int times : seen) EXPECT_NEAR(times, 10'000, 400);
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
  Random random(2);
  double sum = 0, squares = 0;
  constexpr int draws = 200'000;
  for (int i = 0; i < draws; ++i) {
    const double x = as_double(random.normal());
    sum += x, squares += x * x;
  }
  EXPECT_NEAR(sum / draws, 0, 0.01);
  EXPECT_NEAR(squares / draws, 1, 0.02);
}

TEST(Random, LogNormalHasMeanOneAndALongTail) {
  Random random(3);
  double sum = 0;
  int beyond_three = 0;
  constexpr int draws = 200'000;
  for (int i = 0; i < draws; ++i) {
    const double x = as_double(random.log_normal(one));
    sum += x, beyond_three += x > 3;
  }
  EXPECT_NEAR(sum / draws, 1, 0.02);
  EXPECT_NEAR(beyond_three / static_cast<double>(draws), 1 / 37.0, 0.004);
}

TEST(Random, PowersOfTwoAreExactToTheFourthDigit) {
  EXPECT_EQ(exp2(0), one);
  EXPECT_EQ(exp2(10 * one), one << 10);
  EXPECT_EQ(exp2(-3 * one), one >> 3);
  EXPECT_NEAR(as_double(exp2(one / 2)), 1.41421356, 0.0001);
  EXPECT_NEAR(as_double(exp2(-one / 4)), 0.84089642, 0.0001);
}

TEST(Zipf, RanksFallAsTheirNumber) {
  const Zipf zipf(100, 0);
  Random random(4);
  std::array<int, 100> seen{};
  constexpr int draws = 500'000;
  for (int i = 0; i < draws; ++i) ++seen[zipf.pick(random)];
  const double first = draws / 5.187;  // the sum of 1/1 .. 1/100
  for (const std::size_t rank : {0u, 1u, 9u, 99u})
    EXPECT_NEAR(seen[rank], first / static_cast<double>(rank + 1), 400) << rank;
}

}  // namespace
}  // namespace chartline::synth
