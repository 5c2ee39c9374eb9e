// OnlyFromMemory: for a thread that must not wait for a disk. While one of these lives, a read of this thread that would have to
// wait ends `busy` instead, and missed() says so: what was read until then is thrown away, and asked again on a thread that may
// wait. A read that memory can answer is as it always is.
#pragma once

namespace chartline::engine {

class OnlyFromMemory {
 public:
  OnlyFromMemory();
  ~OnlyFromMemory();
  OnlyFromMemory(const OnlyFromMemory&) = delete;
  OnlyFromMemory& operator=(const OnlyFromMemory&) = delete;
  bool missed() const { return missed_; }

  // For tables: the one of this thread, or null.
  static OnlyFromMemory* of_this_thread();
  void miss() { missed_ = true; }

 private:
  OnlyFromMemory* const outer_;
  bool missed_ = false;
};

}  // namespace chartline::engine
