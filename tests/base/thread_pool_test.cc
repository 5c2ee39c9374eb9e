#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/base/sanitized.h"

namespace chartline {
namespace {

std::unique_ptr<ThreadPool> pool_of(unsigned threads, std::size_t queued_max = 64) {
  return std::move(ThreadPool::start({.threads = threads, .queued_max = queued_max})).value();
}

TEST(ThreadPool, HasTheThreadsAskedFor) {
  EXPECT_EQ(pool_of(3)->threads(), 3U);
  EXPECT_GE(pool_of(0)->threads(), 1U);
}

TEST(ThreadPoolDeathTest, SaysWhenTheSystemGivesNoMoreThreads) {
  if (is_sanitized()) GTEST_SKIP() << "skipped: a sanitizer needs the address space that this test takes away";
  const auto start_too_many = [] {
    const rlimit few{.rlim_cur = 256 << 20, .rlim_max = 256 << 20};  // bytes of address space; each stack takes 8 MiB
    setrlimit(RLIMIT_AS, &few);
    const auto pool = ThreadPool::start({.threads = 1000});
    std::exit(!pool && pool.error().fault == Fault::unavailable ? 0 : 1);
  };
  EXPECT_EXIT(start_too_many(), testing::ExitedWithCode(0), "");
}

TEST(ThreadPool, GivesWhatTheTaskGives) {
  const auto pool = pool_of(2);
  std::future<Result<int>> good = pool->submit([]() -> Result<int> { return 7; });
  std::future<Result<int>> bad = pool->submit([]() -> Result<int> { return not_found("nobody"); });
  EXPECT_EQ(good.get().value(), 7);
  EXPECT_EQ(bad.get().error().fault, Fault::not_found);
}

TEST(ThreadPool, TakesTasksThatCannotBeCopied) {
  const auto pool = pool_of(1);
  auto box = std::make_unique<int>(5);
  std::future<Result<std::unique_ptr<int>>> back =
      pool->submit([box = std::move(box)]() mutable -> Result<std::unique_ptr<int>> { return std::move(box); });
  EXPECT_EQ(*back.get().value(), 5);
}

TEST(ThreadPool, TurnsExceptionsIntoErrorsWithoutTheirText) {
  const auto pool = pool_of(1);
  const Result<void> thrown = pool->submit([]() -> Result<void> { throw std::runtime_error("secret"); }).get();
  EXPECT_EQ(thrown.error().fault, Fault::unavailable);
  EXPECT_EQ(thrown.error().message.find("secret"), std::string::npos);
  const Result<void> odd = pool->submit([]() -> Result<void> { throw 3; }).get();
  EXPECT_EQ(odd.error().fault, Fault::unavailable);
  const Result<void> memory = pool->submit([]() -> Result<void> { throw std::bad_alloc(); }).get();
  EXPECT_EQ(memory.error().fault, Fault::busy);
  EXPECT_TRUE(pool->submit([]() -> Result<void> { return {}; }).get());  // the thread lives on
}

TEST(ThreadPool, EndsOnlyWhenAllQueuedTasksHaveRun) {
  std::atomic<int> ran = 0;
  {
    const auto pool = pool_of(2, 100);
    for (int i = 0; i < 100; ++i) {
      pool->submit([&ran]() -> Result<void> {
        ++ran;
        return {};
      });
    }
  }
  EXPECT_EQ(ran, 100);
}

TEST(ThreadPool, HoldsBackWhoSubmitsTooFast) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  std::atomic<int> submitted = 0;
  const auto pool = pool_of(1, 2);
  std::thread submitter([&] {
    for (int i = 0; i < 10; ++i) {
      pool->submit([opened]() -> Result<void> {
        opened.wait();
        return {};
      });
      ++submitted;
    }
  });
  while (submitted < 3) std::this_thread::yield();  // one runs, two wait
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(submitted, 3);
  gate.set_value();
  submitter.join();
  EXPECT_EQ(submitted, 10);
}

TEST(ThreadPool, ATaskMaySubmitMoreThanTheQueueHolds) {
  std::atomic<int> ran = 0;
  const auto pool = pool_of(1, 1);
  const Result<void> outcome = pool->submit([&]() -> Result<void> {
                                     for (int i = 0; i < 20; ++i) {
                                       pool->submit([&ran]() -> Result<void> {
                                         ++ran;
                                         return {};
                                       });
                                     }
                                     return {};
                                   })
                                   .get();
  EXPECT_TRUE(outcome);
  while (ran < 20) std::this_thread::yield();
}

TEST(ThreadPool, TakesNoOfferWhenItsQueueIsFull) {
  std::promise<void> gate;
  std::atomic<int> ran = 0;
  {
    const auto pool = pool_of(1, 2);
    std::promise<void> begun;
    ASSERT_TRUE(pool->offer([&begun, opened = gate.get_future().share()] {
      begun.set_value();
      opened.wait();
    }));
    begun.get_future().wait();
    EXPECT_TRUE(pool->offer([&ran] { ++ran; }));
    EXPECT_TRUE(pool->offer([&ran] { ++ran; }));
    EXPECT_FALSE(pool->offer([&ran] { ran += 100; }));
    gate.set_value();
  }
  EXPECT_EQ(ran, 2);
}

TEST(ParallelFor, MeetsEveryNumberOnce) {
  const auto pool = pool_of(4);
  for (const std::size_t count : {0U, 1U, 2U, 7U, 100U, 1001U}) {
    for (const std::size_t range_max : {0U, 1U, 3U, 100U, 5000U}) {
      std::vector<std::atomic<int>> met(count);
      const Result<void> outcome =
          pool->parallel_for(count, range_max, [&](std::size_t first, std::size_t past) -> Result<void> {
            EXPECT_LT(first, past);
            EXPECT_LE(past - first, std::max<std::size_t>(1, range_max));
            for (std::size_t i = first; i < past; ++i) ++met[i];
            return {};
          });
      EXPECT_TRUE(outcome);
      for (const std::atomic<int>& times : met) ASSERT_EQ(times, 1) << count << " by " << range_max;
    }
  }
}

TEST(ParallelFor, UsesMoreThanOneThread) {
  const auto pool = pool_of(3);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::atomic<int> started = 0;
  const Result<void> outcome = pool->parallel_for(2, 1, [&](std::size_t, std::size_t) -> Result<void> {
    ++started;
    while (started < 2) std::this_thread::yield();  // goes on only once both ranges run at the same time
    std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
    return {};
  });
  EXPECT_TRUE(outcome);
  EXPECT_EQ(seen.size(), 2U);
}

TEST(ParallelFor, GivesTheErrorOfTheLowestRange) {
  const auto pool = pool_of(4);
  for (int round = 0; round < 50; ++round) {
    const Result<void> outcome = pool->parallel_for(1000, 10, [](std::size_t first, std::size_t) -> Result<void> {
      if (first == 500) std::this_thread::sleep_for(std::chrono::microseconds(200));
      if (first >= 500) return corrupt("range " + std::to_string(first));
      return {};
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message, "range 500");
  }
}

TEST(ParallelFor, TurnsExceptionsIntoErrors) {
  const auto pool = pool_of(2);
  const Result<void> outcome =
      pool->parallel_for(10, 1, [](std::size_t, std::size_t) -> Result<void> { throw std::runtime_error("secret"); });
  EXPECT_EQ(outcome.error().fault, Fault::unavailable);
}

TEST(ParallelFor, MayStandInsideAnother) {
  const auto pool = pool_of(2, 1);
  std::atomic<std::size_t> sum = 0;
  const Result<void> outcome = pool->parallel_for(20, 1, [&](std::size_t first, std::size_t) -> Result<void> {
    return pool->parallel_for(100, 7, [&](std::size_t from, std::size_t to) -> Result<void> {
      for (std::size_t i = from; i < to; ++i) sum += first;
      return {};
    });
  });
  EXPECT_TRUE(outcome);
  EXPECT_EQ(sum, 190U * 100);
}

}  // namespace
}  // namespace chartline
