#include "base/right_of_way.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chartline {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::nanoseconds turn_min = std::chrono::microseconds(50);
constexpr std::chrono::nanoseconds hand_over_max = std::chrono::microseconds(200);

// When a turn was last ended on a processor of the machine by who gave way.
std::array<std::atomic<std::int64_t>, 256> ended;

std::atomic<std::int64_t>& ended_here() {
  const int processor = sched_getcpu();
  return ended[processor < 0 ? 0 : static_cast<std::size_t>(processor) % ended.size()];
}

std::chrono::nanoseconds now() { return Clock::now().time_since_epoch(); }

}  // namespace

// Who comes back because another gave way soon gives way again: turns are short, and whoever waits for a device is run soon.
// Who comes back because somebody's turn was over who gives no way computes as long as it was away: it gets its share of
// the processor all the same.
void RightOfWay::end_turn() {
  thread_local std::chrono::nanoseconds next{0};
  const std::chrono::nanoseconds left = now();
  if (left < next) return;
  ended_here().store(left.count(), std::memory_order_relaxed);
  sched_yield();
  const std::chrono::nanoseconds back = now();
  const bool let_in = back - std::chrono::nanoseconds(ended_here().load(std::memory_order_relaxed)) < hand_over_max;
  next = back + (let_in ? turn_min : std::max(turn_min, back - left));
}

}  // namespace chartline
