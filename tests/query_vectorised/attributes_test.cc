// Events are found by patient and number: of patients with few, with many, and with numbers that nobody gives.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {
namespace {

TEST(ByNumber, FindsWhatIsThereAndNothingElse) {
  std::mt19937 random(20261128);
  constexpr std::size_t places = 200;
  for (int time = 0; time < 50; ++time) {
    Events events;
    for (std::uint32_t place = 0; place < places; ++place) {
      if (random() % 3 == 0) continue;
      const std::uint32_t step = random() % 4 == 0 ? 1 + random() % 1'000 : 1 + random() % 3;
      std::uint32_t number = random() % 5 == 0 ? 0 : 1 + random() % 70;
      for (std::uint32_t left = random() % 30; left > 0; --left, number += step) {
        events.place.push_back(static_cast<Place>(place));
        events.number.push_back(left == 1 && random() % 9 == 0 ? UINT32_MAX : number);
      }
    }
    const ByNumber found(events, places);
    std::vector<std::vector<std::uint32_t>> numbers(places);
    for (std::uint32_t at = 0; at < events.size(); ++at) {
      EXPECT_EQ(found.find(events.place[at], events.number[at]), at);
      numbers[events.place[at]].push_back(events.number[at]);
    }
    for (std::uint32_t place = 0; place < places; ++place) {
      for (const std::uint32_t number : {0u, 1u, 2u, 63u, 64u, 65u, 5'000u, UINT32_MAX - 1, UINT32_MAX}) {
        const bool is_there = std::ranges::find(numbers[place], number) != numbers[place].end();
        EXPECT_EQ(found.find(static_cast<Place>(place), number) != no_event, is_there) << place << " " << number;
      }
    }
  }
}

}  // namespace
}  // namespace chartline::query::vectorised
