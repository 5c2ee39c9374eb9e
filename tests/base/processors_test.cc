#include "base/processors.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/thread_pool.h"

namespace chartline {
namespace {

cpu_set_t allowed(pthread_t thread) {
  cpu_set_t set;
  EXPECT_EQ(pthread_getaffinity_np(thread, sizeof set, &set), 0);
  return set;
}

bool equal(const cpu_set_t& one, const cpu_set_t& other) { return CPU_EQUAL(&one, &other); }

TEST(Processors, KeepASleepingThreadFromComingHereUntilItMay) {
  const cpu_set_t before = allowed(pthread_self());
  if (CPU_COUNT(&before) < 2) GTEST_SKIP() << "skipped: needs two processors";
  const Processors processors;
  std::promise<void> end;
  std::thread sleeper([ended = end.get_future()]() mutable { ended.wait(); });
  // This thread stays where it is, so that it knows where that is.
  const int here = sched_getcpu();
  cpu_set_t only_here;
  CPU_ZERO(&only_here);
  CPU_SET(here, &only_here);
  ASSERT_EQ(pthread_setaffinity_np(pthread_self(), sizeof only_here, &only_here), 0);

  EXPECT_TRUE(processors.allow_others(sleeper.native_handle()));
  const cpu_set_t others = allowed(sleeper.native_handle());
  EXPECT_FALSE(CPU_ISSET(here, &others));
  EXPECT_EQ(CPU_COUNT(&others), CPU_COUNT(&before) - 1);

  processors.allow_all(sleeper.native_handle());
  EXPECT_TRUE(equal(allowed(sleeper.native_handle()), before));
  end.set_value();
  sleeper.join();
  ASSERT_EQ(pthread_setaffinity_np(pthread_self(), sizeof before, &before), 0);
}

TEST(Processors, OfOneThereAreNoOthers) {
  const cpu_set_t before = allowed(pthread_self());
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(pthread_setaffinity_np(pthread_self(), sizeof one, &one), 0);
  const Processors processors;
  EXPECT_FALSE(processors.allow_others(pthread_self()));
  EXPECT_TRUE(equal(allowed(pthread_self()), one));
  ASSERT_EQ(pthread_setaffinity_np(pthread_self(), sizeof before, &before), 0);
}

TEST(Processors, WhoWasOfferedATaskMayGoAnywhereOnceItRuns) {
  const auto pool = std::move(ThreadPool::start({.threads = 2})).value();
  for (int i = 0; i < 100; ++i) {
    std::promise<cpu_set_t> seen;
    ASSERT_TRUE(pool->offer([&seen] { seen.set_value(allowed(pthread_self())); }));
    EXPECT_TRUE(equal(seen.get_future().get(), allowed(pthread_self())));
  }
}

}  // namespace
}  // namespace chartline
