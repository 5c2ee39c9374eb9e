// Elsewhere: where a sleeping thread is woken.
//
// Linux wakes a thread on the processor of whoever calls it unless it finds an idle one, and on a virtual machine takes an idle
// processor for one that the host has taken away: the thread then waits for the end of its caller's turn, up to 4 ms, beside
// a processor that does nothing. Who calls a thread for help and computes on therefore keeps it from coming here.
#pragma once

#include <pthread.h>
#include <sched.h>

namespace chartline {

class Elsewhere {
 public:
  // By the caller, before it wakes the thread: takes its own processor from those that the thread may use. Does nothing where that
  // would leave none, or the system refuses.
  void send(pthread_t thread);
  // By the thread, once it is awake: takes that back.
  void arrive();

 private:
  bool sent_ = false;
  cpu_set_t before_;  // what the thread might use
};

}  // namespace chartline
