// Right of way: threads that compute let those go first who only wait for a device, and have a little to do in between.
//
// Linux gives the processor to a thread that wakes up only at the end of the turn of whoever computes there, up to 4 ms, and
// a durable write wakes up several: the writer, and threads of the system's own. Where all processors are busy with reading,
// writes would take a hundred times as long as the disk does. So whoever computes asks now and then whether anybody waits,
// and if so ends its turn.
#pragma once

#include <atomic>

namespace chartline {

class RightOfWay {
 public:
  // Held by who waits for a device.
  class Claim {
   public:
    explicit Claim(RightOfWay& of) : of_(of) { of_.claims_.fetch_add(1, std::memory_order_relaxed); }
    ~Claim() { of_.claims_.fetch_sub(1, std::memory_order_relaxed); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    RightOfWay& of_;
  };

  // Asked by who computes, every few microseconds or so: costs next to nothing where nobody waits.
  void give() const {
    if (claims_.load(std::memory_order_relaxed) > 0) end_turn();
  }

 private:
  static void end_turn();

  std::atomic<int> claims_{0};
};

}  // namespace chartline
