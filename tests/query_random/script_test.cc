// Random stores: what a script says reads back the same, and holds what stores of real life hold.
#include <gtest/gtest.h>

#include "tests/query_random/script.h"
#include "tests/query_random/seed.h"

namespace chartline::query::random {
namespace {

TEST(Script, ReadsBackWhatItPrints) {
  for (std::uint64_t seed = seed_of_run(), end = seed + 20; seed < end; ++seed) {
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed));
    const std::string text = print(random_script(seed, 20));
    std::string complaint;
    const auto again = parse_script(text, complaint);
    ASSERT_TRUE(again) << complaint;
    ASSERT_EQ(print(*again), text);
  }
}

TEST(Script, SaysWhatItCannotRead) {
  std::string complaint;
  EXPECT_FALSE(parse_script("wrote p1 kind=condition\n", complaint));
  EXPECT_EQ(complaint, "no step: wrote p1 kind=condition");
  EXPECT_FALSE(parse_script("write p1 start=yesterday\n", complaint));
  EXPECT_EQ(complaint, "`start=yesterday` in: write p1 start=yesterday");
}

TEST(Script, PlaysIntoStoresOfOneAndOfEightShards) {
  for (const std::uint32_t shards : {1u, 8u}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      Replay replay(random_script(seed, 60), shards);
      replay.play();
      const engine::View view = replay.store().view();
      std::size_t events = 0, linked = 0, patients = 0;
      for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
        for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
          const engine::PatientRef patient{shard, stored::PatientId{id}};
          ++patients;
          linked += view.linked(patient).size() > 1;
          events += view.timeline(patient, {.include_hidden = true}).value().size();
        }
      }
      EXPECT_GT(patients, 50u);
      EXPECT_GT(events, 250u);
      EXPECT_GT(linked, 0u);
    }
  }
}

}  // namespace
}  // namespace chartline::query::random
