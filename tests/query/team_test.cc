// Who leads a pass waits for no helper: those of the pool who are busy come too late, and find nothing left.
#include "query/team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <new>

namespace chartline::query {
namespace {

std::vector<PatientRange> ranges(std::uint32_t count) {
  std::vector<PatientRange> all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back({.shard = 0, .first = i * 10, .past = i * 10 + 10});
  return all;
}

// A row for each range: where it begins.
class Beginnings final : public Finder {
 public:
  Result<void> find(const PatientRange& range, Stop&, Outlet&, std::span<Findings> into) override {
    into[0].rows.push_back({std::int64_t{range.first}});
    return {};
  }
};

class TeamTest : public testing::Test {
 protected:
  Executors executors() {
    return {.make = [this]() -> Result<std::unique_ptr<Finder>> {
      ++finders_;
      return std::unique_ptr<Finder>(std::make_unique<Beginnings>());
    }};
  }
  Team::Taker taker() {
    return {.part = [this](std::vector<Findings>& part) -> Result<void> {
              for (const auto& row : part[0].rows) taken_.push_back(std::get<std::int64_t>(row[0]));
              return {};
            },
            .range_done = [this](const PatientRange&) { ++done_; }};
  }
  static Threads::Helpers of(ThreadPool& pool) {
    return [&pool]() -> Result<ThreadPool*> { return &pool; };
  }
  void expect_everything(std::uint32_t count) {
    ASSERT_EQ(taken_.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) EXPECT_EQ(taken_[i], i * 10);
    EXPECT_EQ(done_, count);
  }

  std::atomic<unsigned> finders_ = 0;
  std::vector<std::int64_t> taken_;
  unsigned done_ = 0;
};

TEST_F(TeamTest, OfOneLooksThroughEverything) {
  const RunOptions options;
  Limits limits(options);
  const Executors made = executors();
  ASSERT_TRUE(std::make_shared<Team>(ranges(100), made, 1, limits, 0)->lead(nullptr, taker()));
  expect_everything(100);
  EXPECT_EQ(finders_, 1u);
}

TEST_F(TeamTest, WaitsForNoHelperThatIsBusy) {
  std::promise<void> gate;
  auto pool = ThreadPool::start({.threads = 1}).value();
  auto busy = pool->submit([opened = gate.get_future().share()]() -> Result<void> {
    opened.wait();
    return {};
  });
  {
    const RunOptions options;
    Limits limits(options);
    const Executors made = executors();
    ASSERT_TRUE(std::make_shared<Team>(ranges(100), made, 1, limits, 3)->lead(of(*pool), taker()));
  }  // what the team was made of is gone when the helper comes
  expect_everything(100);
  gate.set_value();
  ASSERT_TRUE(busy.get());
  pool = nullptr;
  EXPECT_EQ(finders_, 1u) << "the leader's alone";
}

TEST_F(TeamTest, OfManyGivesTheSameInOrder) {
  auto pool = ThreadPool::start({.threads = 3}).value();
  const RunOptions options;
  Limits limits(options);
  const Executors made = executors();
  ASSERT_TRUE(std::make_shared<Team>(ranges(2'000), made, 1, limits, 3)->lead(of(*pool), taker()));
  expect_everything(2'000);
  EXPECT_LE(finders_, 4u);
}

TEST_F(TeamTest, AsksForNoHelpersWithOneRange) {
  const auto no_helpers = []() -> Result<ThreadPool*> { return unavailable("the system gives no threads"); };
  const RunOptions options;
  Limits limits(options);
  const Executors made = executors();
  ASSERT_TRUE(std::make_shared<Team>(ranges(1), made, 1, limits, 3)->lead(no_helpers, taker()));
  expect_everything(1);
  const auto ended = std::make_shared<Team>(ranges(2), made, 1, limits, 3)->lead(no_helpers, taker());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "the system gives no threads");
  EXPECT_FALSE(limits.check()) << "everyone is told";
}

TEST_F(TeamTest, EndsWithWhomeverTakesNoMore) {
  const RunOptions options;
  Limits limits(options);
  const Executors made = executors();
  Team::Taker full = taker();
  full.part = [](std::vector<Findings>&) -> Result<void> { return unavailable("there is no room left"); };
  const auto ended = std::make_shared<Team>(ranges(100), made, 1, limits, 0)->lead(nullptr, full);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "there is no room left");
  EXPECT_LT(done_, 100u);
  EXPECT_FALSE(limits.check()) << "everyone is told";
}

// The helpers use what the leader holds: it stays for as long as one of them is there.
TEST_F(TeamTest, EndsWithWhomeverThrowsWhatIsGiven) {
  // Who looks through the first range waits for another to have found something.
  class FirstLast final : public Finder {
   public:
    explicit FirstLast(std::atomic<bool>& others) : others_(others) {}
    Result<void> find(const PatientRange& range, Stop&, Outlet&, std::span<Findings> into) override {
      if (range.first == 0) others_.wait(false);
      into[0].rows.push_back({std::int64_t{range.first}});
      if (range.first > 0) others_ = true, others_.notify_all();
      return {};
    }

   private:
    std::atomic<bool>& others_;
  };
  auto pool = ThreadPool::start({.threads = 3}).value();
  const RunOptions options;
  Limits limits(options);
  std::atomic<bool> others = false;
  const Executors made{.make = [&]() -> Result<std::unique_ptr<Finder>> {
    return std::unique_ptr<Finder>(std::make_unique<FirstLast>(others));
  }};
  Team::Taker thrower = taker();
  thrower.part = [](std::vector<Findings>& part) -> Result<void> {
    if (std::get<std::int64_t>(part[0].rows[0][0]) > 0) throw std::bad_alloc();
    return {};
  };
  const auto ended = std::make_shared<Team>(ranges(100), made, 1, limits, 3)->lead(of(*pool), thrower);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "memory ran out");
  EXPECT_FALSE(limits.check()) << "everyone is told";
}

}  // namespace
}  // namespace chartline::query
