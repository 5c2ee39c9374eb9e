#include "base/signal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace chartline {
namespace {

TEST(Signal, GivesWhatWasToldBefore) {
  Signal signal;
  signal.tell(2);
  EXPECT_EQ(signal.await(), 2);
  signal.tell(1);
  signal.tell(3);  // instead
  EXPECT_EQ(signal.await(), 3);
}

TEST(Signal, SleepsUntilItIsTold) {
  Signal signal;
  std::thread teller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    signal.tell(7);
  });
  EXPECT_EQ(signal.await(), 7);
  teller.join();
}

// Back and forth: a call that is missed would leave both asleep.
TEST(Signal, MissesNothing) {
  constexpr int times = 100'000;
  Signal there, back;
  std::thread other([&] {
    for (int i = 1; i <= times; ++i) {
      ASSERT_EQ(there.await(), i);
      back.tell(i);
    }
  });
  for (int i = 1; i <= times; ++i) {
    there.tell(i);
    ASSERT_EQ(back.await(), i);
  }
  other.join();
}

}  // namespace
}  // namespace chartline
