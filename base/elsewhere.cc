#include "base/elsewhere.h"

#include <utility>

namespace chartline {

void Elsewhere::send(pthread_t thread) {
  // Refused on a machine of more processors than a set holds.
  if (pthread_getaffinity_np(thread, sizeof before_, &before_) != 0) return;
  cpu_set_t others = before_;
  const int here = sched_getcpu();
  if (here < 0 || !CPU_ISSET(here, &others)) return;
  CPU_CLR(here, &others);
  sent_ = CPU_COUNT(&others) > 0 && pthread_setaffinity_np(thread, sizeof others, &others) == 0;
}

void Elsewhere::arrive() {
  if (std::exchange(sent_, false)) pthread_setaffinity_np(pthread_self(), sizeof before_, &before_);
}

}  // namespace chartline
