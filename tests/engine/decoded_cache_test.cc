#include "engine/decoded_cache.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace chartline::engine {
namespace {

using Value = std::vector<int>;

DecodedCache::Key key(std::uint64_t owner, std::uint64_t run = 1, DecodedCache::Sort sort = DecodedCache::Sort::run) {
  return {.sort = sort, .shard = 0, .owner = owner, .run = run};
}
std::shared_ptr<const Value> value(int n) { return std::make_shared<const Value>(1, n); }

TEST(DecodedCache, KeepsWhatItIsGiven) {
  DecodedCache cache(1 << 20);
  EXPECT_EQ(cache.find<Value>(key(1)), nullptr);
  cache.keep(key(1), value(7), 100);
  ASSERT_NE(cache.find<Value>(key(1)), nullptr);
  EXPECT_EQ(cache.find<Value>(key(1))->front(), 7);
  EXPECT_EQ(cache.find<Value>(key(1, 2)), nullptr);
  EXPECT_EQ(cache.find<Value>(key(1, 1, DecodedCache::Sort::postings)), nullptr);
  cache.keep(key(1), value(8), 100);
  EXPECT_EQ(cache.find<Value>(key(1))->front(), 8);
  EXPECT_EQ(cache.hits(), 3U);
  EXPECT_EQ(cache.misses(), 3U);
}

TEST(DecodedCache, GivesTheFirstThatWasKept) {
  DecodedCache cache(1 << 20);
  const auto first = value(7), second = value(8);
  EXPECT_EQ(cache.keep_first(key(1), first, 100), first);
  EXPECT_EQ(cache.keep_first(key(1), second, 100), first);
  EXPECT_EQ(cache.find<Value>(key(1)), first);
  EXPECT_EQ(cache.keep_first(key(2), second, 2 << 20), second);  // too large to be kept
  EXPECT_EQ(cache.find<Value>(key(2)), nullptr);
}

TEST(DecodedCache, StaysWithinItsBytes) {
  constexpr std::uint64_t bytes_max = 1 << 20;
  DecodedCache cache(bytes_max);
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    cache.keep(key(random() % 5'000), value(i), random() % 4'000);
    ASSERT_LE(cache.bytes(), bytes_max) << "after " << i;
  }
  EXPECT_GT(cache.bytes(), bytes_max / 2);
  cache.keep(key(1), value(1), bytes_max);
  EXPECT_EQ(cache.find<Value>(key(1)), nullptr);
}

TEST(DecodedCache, GivesNoPlaceOfOthersToWhatIsReadInPassing) {
  constexpr std::uint64_t bytes_max = 1 << 20, bytes = 1'000, many = 4 * bytes_max / bytes;
  DecodedCache cache(bytes_max);
  const auto pass = [&] {
    std::uint64_t found = 0;
    for (std::uint64_t owner = 0; owner < many; ++owner) {
      if (cache.find<Value>(key(owner))) ++found;
      else if (cache.admits(key(owner), true)) cache.keep(key(owner), value(1), bytes);
    }
    return found;
  };
  EXPECT_EQ(pass() + pass(), 0U);
  EXPECT_GT(pass(), many / 8);  // those who came while there was room, where the last that came would all be gone
  // But in the end they give way, and so does what nobody asks for any more.
  for (std::uint64_t owner = 0; owner < many; ++owner) {
    if (!cache.find<Value>(key(owner, 2)) && cache.admits(key(owner, 2))) cache.keep(key(owner, 2), value(2), bytes);
    if (!cache.find<Value>(key(owner, 2)) && cache.admits(key(owner, 2))) cache.keep(key(owner, 2), value(2), bytes);
  }
  EXPECT_LT(pass(), many / 64);
  for (int i = 0; i < 100; ++i) pass();
  EXPECT_GT(pass(), many / 8);
}

TEST(DecodedCache, KeepsOverAFoldWhatTheFoldDidNotChange) {
  const auto head = [](std::uint64_t patient, std::uint64_t serial) {
    return key(patient, serial, DecodedCache::Sort::head);
  };
  DecodedCache cache(1 << 20);
  cache.keep(cache.settled(head(1, 10)), value(7), 100);  // read from the base with serial 10
  cache.keep(cache.settled(head(2, 10)), value(8), 100);
  cache.changed(head(2, 20));  // the fold that makes base 20
  EXPECT_NE(cache.find<Value>(cache.settled(head(1, 20))), nullptr);
  EXPECT_EQ(cache.find<Value>(cache.settled(head(2, 20))), nullptr);
  // What an older reader finds of it goes under its own base, and is no newer reader's.
  cache.keep(cache.settled(head(2, 15)), value(8), 100);
  EXPECT_EQ(cache.find<Value>(cache.settled(head(2, 20))), nullptr);
  EXPECT_EQ(cache.find<Value>(cache.settled(head(2, 25))), nullptr);
  cache.keep(cache.settled(head(2, 20)), value(9), 100);
  ASSERT_NE(cache.find<Value>(cache.settled(head(2, 25))), nullptr);
  EXPECT_EQ(cache.find<Value>(cache.settled(head(2, 25)))->front(), 9);
  EXPECT_EQ(cache.find<Value>(cache.settled(head(2, 15)))->front(), 8);
  cache.all_changed(30);
  EXPECT_EQ(cache.find<Value>(cache.settled(head(1, 30))), nullptr);
  EXPECT_EQ(cache.find<Value>(cache.settled(head(2, 31))), nullptr);
}

TEST(DecodedCache, KeepsNothingWithoutBytes) {
  DecodedCache cache(0);
  cache.keep(key(1), value(1), 1);
  EXPECT_EQ(cache.find<Value>(key(1)), nullptr);
  cache.admits(key(1));
}

TEST(DecodedCache, DropsWhatWasAskedForLongestAgo) {
  DecodedCache cache(1 << 20);
  cache.keep(key(0), value(0), 1'000);
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    cache.keep(key(i + 1), value(1), 1'000);
    ASSERT_NE(cache.find<Value>(key(0)), nullptr);
  }
  EXPECT_EQ(cache.find<Value>(key(1)), nullptr);
}

TEST(DecodedCache, GivesValuesThatOutliveTheirPlace) {
  std::shared_ptr<const Value> held;
  {
    DecodedCache cache(1 << 20);
    cache.keep(key(1), value(7), 100);
    held = cache.find<Value>(key(1));
  }
  EXPECT_EQ(held->front(), 7);
}

TEST(DecodedCache, GivesOnceWhatIsTaken) {
  DecodedCache cache(1 << 20);
  cache.keep(key(1), value(7), 100);
  cache.keep(key(2), value(8), 100);
  const std::uint64_t bytes = cache.bytes();
  const auto taken = cache.take<Value>(key(1));
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(taken->front(), 7);
  EXPECT_LT(cache.bytes(), bytes);
  EXPECT_EQ(cache.find<Value>(key(1)), nullptr);
  EXPECT_EQ(cache.take<Value>(key(1)), nullptr);
  EXPECT_NE(cache.find<Value>(key(2)), nullptr);
}

TEST(DecodedCache, LetsGoOfEverything) {
  DecodedCache cache(1 << 20);
  const std::uint64_t empty = cache.bytes();
  for (std::uint64_t i = 0; i < 100; ++i) cache.keep(key(i), value(7), 100);
  EXPECT_GT(cache.bytes(), empty);
  cache.clear();
  EXPECT_EQ(cache.bytes(), empty);
  EXPECT_EQ(cache.find<Value>(key(1)), nullptr);
}

TEST(DecodedCache, AdmitsTheSecondTime) {
  DecodedCache cache(1 << 20);
  EXPECT_FALSE(cache.admits(key(1)));
  EXPECT_TRUE(cache.admits(key(1)));
  EXPECT_FALSE(cache.admits(key(2)));
}

TEST(DecodedCache, IsSharedBetweenThreads) {
  DecodedCache cache(1 << 18);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t owner = random() % 500;
        const auto found = cache.find<Value>(key(owner));
        if (found && found->front() != static_cast<int>(owner)) ADD_FAILURE() << "the value of another key";
        if (!found) cache.keep(key(owner), value(static_cast<int>(owner)), 500);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache.hits() + cache.misses(), 80'000U);
}

}  // namespace
}  // namespace chartline::engine
