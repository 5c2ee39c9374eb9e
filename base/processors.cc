#include "base/processors.h"

namespace chartline {

Processors::Processors() {
  // A machine of more processors than a set holds has one that names none, and nothing is asked of it.
  if (sched_getaffinity(0, sizeof all_, &all_) != 0) CPU_ZERO(&all_);
}

bool Processors::allow_others(pthread_t thread) const {
  cpu_set_t others = all_;
  const int here = sched_getcpu();
  if (here >= 0) CPU_CLR(here, &others);
  return CPU_COUNT(&others) > 0 && pthread_setaffinity_np(thread, sizeof others, &others) == 0;
}

void Processors::allow_all(pthread_t thread) const { pthread_setaffinity_np(thread, sizeof all_, &all_); }

}  // namespace chartline
