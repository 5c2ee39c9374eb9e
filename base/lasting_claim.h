// LastingClaim: the right of way of those who wait for a device again and again, and wake others when they have waited: who hears of
// it, and whom that one answers. A claim by each that ends with its wait would leave all of these waiting for the end of a turn.
//
// It is held from the first renew() on, until a pass() comes with no renew() since the one before.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "base/right_of_way.h"

namespace chartline {

class LastingClaim {
 public:
  explicit LastingClaim(RightOfWay& of) : of_(of) {}

  // By whoever is going to wait.
  void renew() {
    if (renewed_.exchange(true, std::memory_order_relaxed)) return;
    const std::lock_guard lock(mutex_);
    if (!claim_) claim_.emplace(of_);
  }
  // Now and then, by somebody who goes round anyway.
  void pass() {
    const std::lock_guard lock(mutex_);
    if (!renewed_.exchange(false, std::memory_order_relaxed)) claim_.reset();
  }

 private:
  RightOfWay& of_;
  std::atomic<bool> renewed_ = false;
  std::mutex mutex_;
  std::optional<RightOfWay::Claim> claim_;
};

}  // namespace chartline
