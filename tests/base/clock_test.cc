#include "base/clock.h"

#include <gtest/gtest.h>

namespace chartline {
namespace {

TEST(SystemClock, GivesMicrosecondsSince1970) {
  SystemClock clock;
  const Micros first = clock.now();
  EXPECT_GT(first, Micros{1'700'000'000'000'000});  // November 2023
  EXPECT_LT(first, Micros{7'000'000'000'000'000});  // the year 2191
}

TEST(FixedClock, StandsStillUntilTold) {
  FixedClock clock(1'000);
  EXPECT_EQ(clock.now(), 1'000);
  EXPECT_EQ(clock.now(), 1'000);
  clock.advance(-1'500);
  EXPECT_EQ(clock.now(), -500);
  clock.set(7);
  EXPECT_EQ(clock.now(), 7);
}

TEST(FixedClock, ServesAsAClock) {
  FixedClock fixed(42);
  Clock& clock = fixed;
  EXPECT_EQ(clock.now(), 42);
}

}  // namespace
}  // namespace chartline
