#include "engine/sort_stretches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace chartline::engine {
namespace {

// Of any number of stretches, rising and falling, with many of one time.
TEST(SortStretches, SortsAsAnySortDoes) {
  std::mt19937_64 random(7);
  for (std::size_t round = 0; round < 500; ++round) {
    std::vector<TimePlace> pairs;
    Micros at = 0;
    const std::uint64_t turns = 1 + random() % 9;
    for (std::uint32_t i = 0, count = static_cast<std::uint32_t>(random() % 300); i < count; ++i) {
      at = random() % turns == 0 ? static_cast<Micros>(random() % 50) : at + static_cast<Micros>(random() % 3);
      pairs.emplace_back(at, i);
    }
    if (round % 5 == 0) std::ranges::reverse(pairs);
    std::vector<TimePlace> sorted = pairs;
    std::ranges::sort(sorted);
    sort_stretches(pairs);
    ASSERT_EQ(pairs, sorted) << "round " << round;
  }
}

}  // namespace
}  // namespace chartline::engine
