#include "base/signal.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"

namespace chartline {
namespace {

static_assert(sizeof(std::atomic<int>) == sizeof(int) && std::atomic<int>::is_always_lock_free,
              "the system sees an int");

void futex(std::atomic<int>& word, int operation, int value) {
  syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

}  // namespace

int Signal::await() {
  for (;;) {
    int now = word_.load();
    if (now > 0) return word_.exchange(nothing);
    if (now == nothing && !word_.compare_exchange_strong(now, asleep)) continue;
    futex(word_, FUTEX_WAIT, asleep);  // returns at once where it was told meanwhile, and now and then for no reason
  }
}

void Signal::tell(int what) {
  check(what > 0, "something is told");
  if (word_.exchange(what) == asleep) futex(word_, FUTEX_WAKE, 1);
}

}  // namespace chartline
