// The same things said give the same content hash, whatever became of them since.
#include <gtest/gtest.h>

#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

constexpr Micros start = 1'700'000'000'000'000;

TEST(Hash, DoesNotTellHowTheContentCameIn) {
  for (const std::uint64_t seed : {11, 12, 13}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomHistory history{
        .seed = seed, .people = 20, .writes = 100, .links = false, .folds = false, .ids = RandomHistory::Ids::always};
    std::string expected;
    for (const std::uint32_t shards : {1u, 8u}) {
      SCOPED_TRACE(std::to_string(shards) + " shards");
      TestFolder folder;
      FixedClock clock(start);
      auto one_by_one = make_store(folder.path("one-by-one"), shards, clock);
      tell(*one_by_one, clock, history);
      if (expected.empty()) expected = hash_of(*one_by_one);
      EXPECT_EQ(hash_of(*one_by_one), expected);
      ASSERT_TRUE(one_by_one->fold());
      EXPECT_EQ(hash_of(*one_by_one), expected);
      ASSERT_TRUE(one_by_one->compact());
      one_by_one = nullptr;
      one_by_one = open_store(folder.path("one-by-one"), clock);
      EXPECT_EQ(hash_of(*one_by_one), expected);
      EXPECT_NE(hash_of(*one_by_one, true), expected);

      auto folded_often = make_store(folder.path("folded-often"), shards, clock);
      RandomHistory often = history;
      often.folds = true;
      tell(*folded_often, clock, often);
      EXPECT_EQ(hash_of(*folded_often), expected);

      auto through_log = make_store(folder.path("through-log"), shards, clock);
      import(*through_log, history, ImportOptions::Path::log);
      EXPECT_EQ(hash_of(*through_log), expected);

      auto bulk = make_store(folder.path("bulk"), shards, clock);
      EXPECT_TRUE(import(*bulk, history, ImportOptions::Path::bulk).bulk);
      EXPECT_EQ(hash_of(*bulk), expected);
    }
  }
}

TEST(Hash, OfRowsWithoutIdsIsThatOfTheirImport) {
  for (const std::uint64_t seed : {21, 22}) {
    const RandomHistory history{.seed = seed, .people = 20, .writes = 100};
    TestFolder folder;
    FixedClock clock(start);
    auto through_log = make_store(folder.path("through-log"), 8, clock), bulk = make_store(folder.path("bulk"), 1, clock);
    import(*through_log, history, ImportOptions::Path::log);
    import(*bulk, history, ImportOptions::Path::bulk);
    EXPECT_EQ(hash_of(*through_log), hash_of(*bulk)) << "seed " << seed;
  }
}

TEST(Hash, IsTheSameAfterImportingAgain) {
  for (const std::uint64_t seed : {23, 24}) {
    const RandomHistory history{.seed = seed, .people = 20, .writes = 100, .ids = RandomHistory::Ids::never};
    TestFolder folder;
    FixedClock clock(start);
    auto store = make_store(folder.path("store"), 8, clock);
    import(*store, history, ImportOptions::Path::bulk);
    const std::string before = hash_of(*store, true);
    import(*store, history, ImportOptions::Path::automatic);
    EXPECT_EQ(hash_of(*store, true), before) << "seed " << seed;
  }
}

TEST(Hash, TellsEveryChange) {
  TestFolder folder;
  FixedClock clock(start);
  auto store = make_store(folder.path("store"), 1, clock);
  record::Arena arena;
  const auto say = [&](const std::string& person, const std::string& text) {
    clock.advance(1000);
    ASSERT_TRUE(store->write(std::vector{said_of(person, "one", text, arena)}, {}));
  };
  std::vector<std::string> seen{hash_of(*store)};
  const auto differs = [&] {
    for (const std::string& before : seen) EXPECT_NE(hash_of(*store), before);
    seen.push_back(hash_of(*store));
  };
  say("p1", "first"), differs();
  say("p2", "first"), differs();
  say("p1", "second"), differs();
  ASSERT_TRUE(store->link({"test", "p1"}, {"test", "p2"}));
  differs();
  ASSERT_TRUE(store->unlink({"test", "p1"}, {"test", "p2"}));
  EXPECT_EQ(hash_of(*store), seen[seen.size() - 2]) << "link and unlink are each other's inverse";
  const std::string history = hash_of(*store, true);
  say("p1", "first"), say("p1", "second");
  EXPECT_EQ(hash_of(*store), seen[seen.size() - 2]);
  EXPECT_NE(hash_of(*store, true), history);
}

}  // namespace
}  // namespace chartline::engine
