// Traffic: how much is under way. A call counts among those of its connection, which may be silent meanwhile, and among those of
// the server, which ends only when they are answered. What a client holds on to - sessions, timelines, queries, runs, ingests,
// imports, feeds - counts among the objects of its connection. For the loop's thread.
#pragma once

#include <kj/async.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "server/metrics.h"

namespace chartline::server {

// Of the whole server.
class Traffic {
 public:
  // From here on no call is taken.
  void end() { ending_ = true; }
  bool is_ending() const { return ending_; }
  // When nothing is under way. One waits at a time.
  kj::Promise<void> quiet() {
    if (calls_ == 0) return kj::READY_NOW;
    auto pair = kj::newPromiseAndFulfiller<void>();
    quiet_ = kj::mv(pair.fulfiller);
    return kj::mv(pair.promise);
  }

 private:
  friend class UnderWay;
  std::size_t calls_ = 0;
  bool ending_ = false;
  kj::Own<kj::PromiseFulfiller<void>> quiet_;  // null: nobody waits
};

// Of one connection.
struct ConnectionUse {
  std::size_t calls = 0, objects = 0;
};

// While one of these is held, the call that it stands for is under way.
class UnderWay {
 public:
  // How long it took is told to `took`, where there is one.
  UnderWay(Traffic& traffic, std::shared_ptr<ConnectionUse> use, std::shared_ptr<const void> hold,
           Histogram* took = nullptr)
      : traffic_(&traffic), use_(std::move(use)), hold_(std::move(hold)), took_(took) {
    ++use_->calls, ++traffic_->calls_;
  }
  UnderWay(UnderWay&& other) noexcept = default;
  UnderWay& operator=(UnderWay&&) = delete;
  ~UnderWay() {
    if (!use_) return;
    --use_->calls;
    const auto took = std::chrono::steady_clock::now() - begun_;
    if (took_)
      took_->observe(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    if (--traffic_->calls_ == 0 && traffic_->quiet_.get() != nullptr) traffic_->quiet_->fulfill();
  }

 private:
  Traffic* traffic_;
  std::shared_ptr<ConnectionUse> use_;  // null once moved from
  std::shared_ptr<const void> hold_;
  Histogram* took_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// While one of these is held, the object that it stands for is its client's.
class HeldObject {
 public:
  explicit HeldObject(std::shared_ptr<ConnectionUse> use) : use_(std::move(use)) { ++use_->objects; }
  HeldObject(HeldObject&& other) noexcept = default;
  HeldObject& operator=(HeldObject&&) = delete;
  ~HeldObject() {
    if (use_) --use_->objects;
  }

 private:
  std::shared_ptr<ConnectionUse> use_;  // null once moved from
};

}  // namespace chartline::server
