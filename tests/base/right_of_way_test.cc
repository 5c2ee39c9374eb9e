// Who computes gives way to who waits, and to nobody where nobody waits.
#include "base/right_of_way.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "base/lasting_claim.h"

namespace chartline {
namespace {

// Both threads on one processor, so that either runs only while the other does not.
void stay_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  ASSERT_EQ(pthread_setaffinity_np(pthread_self(), sizeof set, &set), 0);
}

constexpr int turns = 50;

// Of so many who ask once, each with a turn before it, how many leave the processor to one who always has a little to do.
int turns_ended(const RightOfWay& way, int processor) {
  std::atomic<bool> begun = false, over = false;
  std::thread other([&] {
    stay_on(processor);
    begun = true;
    while (!over) sched_yield();
  });
  int ended = 0;
  for (int turn = 0; turn < turns; ++turn) {
    std::thread([&] {
      stay_on(processor);
      while (!begun) sched_yield();
      rusage before{}, after{};
      getrusage(RUSAGE_THREAD, &before);
      way.give();
      getrusage(RUSAGE_THREAD, &after);
      ended += after.ru_nvcsw + after.ru_nivcsw > before.ru_nvcsw + before.ru_nivcsw;
    }).join();
  }
  over = true;
  other.join();
  return ended;
}

bool is_given(const RightOfWay& way, int processor) {
  int ended = 0;  // the system may let who gave way go on at once, where others have had more of the processor
  for (int tries = 0; tries < 50 && ended < turns / 4; ++tries) ended = turns_ended(way, processor);
  return ended >= turns / 4;
}

TEST(RightOfWayTest, IsGivenOnlyWhileSomebodyWaits) {
  const int processor = sched_getcpu();
  ASSERT_GE(processor, 0);
  RightOfWay way;
  EXPECT_LT(turns_ended(way, processor), turns / 4) << "nobody waits";
  {
    const RightOfWay::Claim one(way);
    { const RightOfWay::Claim another(way); }
    EXPECT_TRUE(is_given(way, processor)) << "one still waits";
  }
  EXPECT_LT(turns_ended(way, processor), turns / 4) << "nobody waits any more";
}

TEST(LastingClaimTest, LastsUntilNobodyHasRenewedItForAWhile) {
  RightOfWay way;
  LastingClaim claim(way);
  const int processor = sched_getcpu();
  claim.pass();
  EXPECT_LT(turns_ended(way, processor), turns / 4) << "nobody has waited yet";
  claim.renew();
  EXPECT_TRUE(is_given(way, processor));
  claim.pass();  // the first since
  claim.renew();
  claim.pass();
  EXPECT_TRUE(is_given(way, processor)) << "it was renewed since the pass before";
  claim.pass();
  EXPECT_LT(turns_ended(way, processor), turns / 4) << "nobody has waited for a while";
}

}  // namespace
}  // namespace chartline
