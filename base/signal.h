// Signal: one thread waits to be told something by another.
//
// Does what waiting on a std::atomic does, but asks the system only where there is somebody to put to sleep or to wake, and never
// ends its turn to see whether the other has spoken meanwhile: where many wait, each of those turns goes to one who waits too.
#pragma once

#include <atomic>

namespace chartline {

class Signal {
 public:
  // By the one who waits: sleeps until it is told, and gives what it was told, a number above 0. Then it may wait again.
  int await();
  // By anyone, once for each time that the other waits. What was told by then is forgotten.
  void tell(int what);

 private:
  static constexpr int nothing = 0, asleep = -1;
  std::atomic<int> word_{nothing};
};

}  // namespace chartline
