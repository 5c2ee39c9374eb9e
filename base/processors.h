// Processors: where a thread may be woken.
//
// Linux wakes a thread on the processor of whoever calls it unless it finds an idle one, and on a virtual machine takes an idle
// processor for one that the host has taken away: the thread then waits for the end of its caller's turn, up to 4 ms, beside
// a processor that does nothing. Who calls a thread for help and computes on therefore keeps it from coming here.
#pragma once

#include <pthread.h>
#include <sched.h>

namespace chartline {

class Processors {
 public:
  Processors();  // those that this process may use now

  // Allows a thread, which sleeps, all processors but the caller's; false where there is no other, or the system refuses.
  bool allow_others(pthread_t thread) const;
  // Takes that back.
  void allow_all(pthread_t thread) const;

 private:
  cpu_set_t all_;
};

}  // namespace chartline
