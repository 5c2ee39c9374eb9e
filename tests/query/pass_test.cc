// A pass takes what is found in the order of the patients, and holds little of it, however much there is and however slowly it
// is taken.
#include "query/pass.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

constexpr std::int64_t rows_each = 500;  // of a patient

// Rows that number themselves: patient and row.
class ManyRows final : public Finder {
 public:
  ManyRows(std::atomic<std::int64_t>& made, std::optional<std::uint32_t> fails_at) : made_(made), fails_at_(fails_at) {}

  Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) override {
    for (std::uint32_t id = range.first; id < range.past; ++id) {
      TRY(stop.check());
      TRY(outlet.give(into));
      if (id == fails_at_) return corrupt("what was stored is not what was written");
      for (std::int64_t row = 0; row < rows_each; ++row, ++made_)
        into[0].rows.push_back({std::int64_t{id}, row, std::string(100, 'x')});
      into[1].add({}, 0, 1, 1);
    }
    return stop.check();
  }

 private:
  std::atomic<std::int64_t>& made_;
  const std::optional<std::uint32_t> fails_at_;
};

class PassTest : public testing::Test {
 protected:
  PassTest() {
    std::string lines;
    for (int i = 0; i < patients; ++i) lines += "p" + std::to_string(i) + " female 1950-01-01\n";
    small_.tell(lines);
  }

  // The rows that were made and not yet taken, at most.
  std::int64_t run(const RunOptions& options, std::optional<std::uint32_t> fails_at, Result<void>& outcome) {
    std::atomic<std::int64_t> made = 0;
    std::int64_t taken = 0, persons = 0, most = 0;
    Limits limits(options);
    auto pool = ThreadPool::start({.threads = 3, .queued_max = 1000}).value();
    const engine::View view = small_.store().view();
    Pass pass(view, {.count = 4, .helpers = [&]() -> Result<ThreadPool*> { return pool.get(); }}, limits, options);
    const Executors executors{.range_patients = 50, .make = [&]() -> Result<std::unique_ptr<Finder>> {
                                return std::unique_ptr<Finder>(std::make_unique<ManyRows>(made, fails_at));
                              }};
    outcome = pass.run(executors, 2, [&](std::vector<Findings>& found) -> Result<void> {
      most = std::max(most, made - taken);
      for (const auto& row : found[0].rows) {
        EXPECT_EQ(std::get<std::int64_t>(row[0]), taken / rows_each);
        EXPECT_EQ(std::get<std::int64_t>(row[1]), taken % rows_each);
        ++taken;
      }
      for (const auto& [key, figures] : found[1].counts) persons += figures[0];
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return limits.check_memory(0);
    });
    if (outcome) {
      EXPECT_EQ(taken, patients * rows_each);
      EXPECT_EQ(persons, patients);
      EXPECT_EQ(limits.waiting_bytes(), 0u);
    }
    return most;
  }

  static constexpr int patients = 1000;
  SmallStore small_;
};

TEST_F(PassTest, HoldsLittleOfWhatIsFound) {
  Result<void> outcome;
  // A row is some 250 bytes: 2 MiB of them wait, and a part of 4,096 for each thread and the one in hand.
  const std::int64_t most = run({.memory_bytes_max = 8u << 20}, std::nullopt, outcome);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_LT(most, 60'000);
  EXPECT_GT(most, 4'096);
}

TEST_F(PassTest, EndsWhereMemoryDoesNotDo) {
  Result<void> outcome;
  run({.memory_bytes_max = 100'000}, std::nullopt, outcome);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().fault, Fault::unavailable);
  EXPECT_NE(outcome.error().message.find("more memory than its limit"), std::string::npos);
}

TEST_F(PassTest, EndsWithTheFailureOfARange) {
  Result<void> outcome;
  run({}, 777, outcome);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().fault, Fault::corrupt);
}

TEST_F(PassTest, EndsWhileFindersWait) {
  std::atomic<bool> cancel = false;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    cancel = true;
  });
  Result<void> outcome;
  run({.memory_bytes_max = 8u << 20, .cancel = &cancel}, std::nullopt, outcome);
  later.join();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "the query was cancelled");
}

}  // namespace
}  // namespace chartline::query
