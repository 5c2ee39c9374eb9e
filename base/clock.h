// Clock: the only source of "now". Handed down from main, so that any run can be replayed with a FixedClock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace chartline {

using Micros = std::int64_t;  // microseconds since 1970-01-01T00:00:00Z

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Micros now() = 0;
};

class SystemClock final : public Clock {
 public:
  Micros now() override {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  }
};

// Stands still until told otherwise; safe to share between threads.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Micros at) : at_(at) {}
  Micros now() override { return at_; }
  void set(Micros at) { at_ = at; }
  void advance(Micros by) { at_ += by; }

 private:
  std::atomic<Micros> at_;
};

}  // namespace chartline
