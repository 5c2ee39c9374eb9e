#include "base/elsewhere.h"

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

// This thread stays on the processor where it is, so that it knows which that is.
class StaysHere {
 public:
  StaysHere() {
    CPU_ZERO(&only_here);
    CPU_SET(here, &only_here);
    EXPECT_EQ(pthread_setaffinity_np(pthread_self(), sizeof only_here, &only_here), 0);
  }
  ~StaysHere() { EXPECT_EQ(pthread_setaffinity_np(pthread_self(), sizeof before, &before), 0); }

  const cpu_set_t before = allowed(pthread_self());
  const int here = sched_getcpu();
  cpu_set_t only_here;
};

TEST(Elsewhere, KeepsASleepingThreadFromComingHereUntilItIsAwake) {
  std::promise<void> wake, slept_on;
  Elsewhere elsewhere;
  std::thread sleeper([&] {
    wake.get_future().wait();
    elsewhere.arrive();
    slept_on.get_future().wait();
  });
  const cpu_set_t before = allowed(sleeper.native_handle());
  {
    const StaysHere stays;
    elsewhere.send(sleeper.native_handle());
    const cpu_set_t now = allowed(sleeper.native_handle());
    if (CPU_COUNT(&before) > 1) {
      EXPECT_FALSE(CPU_ISSET(stays.here, &now));
      EXPECT_EQ(CPU_COUNT(&now), CPU_COUNT(&before) - 1);
    } else {
      EXPECT_TRUE(equal(now, before));  // there is nowhere else
    }
    wake.set_value();
    while (!equal(allowed(sleeper.native_handle()), before)) std::this_thread::yield();
  }
  slept_on.set_value();
  sleeper.join();
}

TEST(Elsewhere, LeavesAThreadWhereItMustBe) {
  const StaysHere stays;
  Elsewhere elsewhere;
  elsewhere.send(pthread_self());
  EXPECT_TRUE(equal(allowed(pthread_self()), stays.only_here));
  elsewhere.arrive();
  EXPECT_TRUE(equal(allowed(pthread_self()), stays.only_here));
}

TEST(Elsewhere, WhoWasOfferedATaskMayGoAnywhereOnceItRuns) {
  const auto pool = std::move(ThreadPool::start({.threads = 2})).value();
  for (int i = 0; i < 100; ++i) {
    std::promise<cpu_set_t> seen;
    ASSERT_TRUE(pool->offer([&seen] { seen.set_value(allowed(pthread_self())); }));
    EXPECT_TRUE(equal(seen.get_future().get(), allowed(pthread_self())));
  }
}

}  // namespace
}  // namespace chartline
