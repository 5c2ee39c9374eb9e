// Seeded random histories against the naive model, on shards 1 and 8, over memory and over files: tests/engine/history.h. One
// that fails is cut down to the fewest steps that still fail, and printed. CHARTLINE_SEED replays a run from its first
// history, CHARTLINE_HISTORIES plays more or fewer of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/engine/history.h"
#include "tests/lane.h"

namespace chartline::engine {
namespace {

constexpr int steps_each = 40;
constexpr std::uint64_t one_over_files_in = 40;

std::string scratch_folder() {
  std::error_code failed;
  const std::filesystem::path memory = "/dev/shm";
  const bool roomy = std::filesystem::space(memory, failed).available > (2ull << 30) && !failed;
  return ((roomy ? memory : std::filesystem::temp_directory_path()) / ("chartline-history-" + std::to_string(::getpid())))
      .string();
}

bool fails(const HistoryPlan& plan) { return !play(plan); }

void play_histories(std::uint64_t seed, std::uint64_t histories, std::chrono::seconds at_most) {
  const Lane lane("histories", seed);
  const auto end = std::chrono::steady_clock::now() + at_most;
  std::uint64_t played_so_far = 0, over_files = 0, steps = 0;
  for (std::uint64_t i = 0; i < histories && std::chrono::steady_clock::now() < end; ++i, ++played_so_far) {
    const bool files = (seed + i) % one_over_files_in == 0;
    HistoryPlan plan = random_history(seed + i, steps_each, files ? scratch_folder() : "");
    const auto played = play(plan);
    steps += plan.steps.size(), over_files += files;
    if (played) continue;
    plan = shrink(std::move(plan), fails);
    const auto again = play(plan);
    FAIL() << "CHARTLINE_SEED=" << seed + i << "\n"
           << played.error().message << "\ncut down to\n"
           << print(plan) << (again ? "which does not fail each time" : again.error().message);
  }
  lane.tell(std::to_string(played_so_far) + " histories of " + std::to_string(steps) + " steps (" +
            std::to_string(over_files) + " over files) agree with the model");
}

TEST(LaneHistories, AgreeWithTheModel) {
  play_histories(lane_seed(), number_from("CHARTLINE_HISTORIES", 2'000), std::chrono::hours(24));
}
// A million take some eight hours of one core; a soak ends after three and a half, with another seed each time.
TEST(SoakHistories, AgreeWithTheModel) {
  play_histories(soak_seed(), number_from("CHARTLINE_HISTORIES", 1'000'000), std::chrono::minutes(210));
}

// A model that was told wrongly: it is noticed, and what is left of the history is what was said and the lie.
TEST(Histories, ThatFailAreCutDown) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    HistoryPlan plan = random_history(seed, steps_each, "");
    plan.steps.insert(plan.steps.begin() + 40, {Step::What::lie, 1});
    const auto played = play(plan);
    ASSERT_FALSE(played);
    plan = shrink(std::move(plan), fails);
    EXPECT_LE(plan.steps.size(), 4u) << print(plan);
    EXPECT_GE(plan.steps.size(), 2u) << print(plan);
    EXPECT_NE(print(plan).find("lie 1"), std::string::npos) << print(plan);
    EXPECT_TRUE(fails(plan));
  }
}

}  // namespace
}  // namespace chartline::engine
