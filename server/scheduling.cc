#include "server/scheduling.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace chartline::server {
namespace {

constexpr int scan_niceness = 10;
constexpr std::uint64_t turn_ns = 100'000;  // the shortest that Linux gives

// As the system call takes it; Debian's C library declares neither.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;
};

id_t this_thread() { return static_cast<id_t>(syscall(SYS_gettid)); }

}  // namespace

// On Linux a thread has a niceness of its own.
void yield_to_others() { (void)setpriority(PRIO_PROCESS, this_thread(), scan_niceness); }

void run_in_short_turns() {
  Attributes attributes;
  attributes.nice = getpriority(PRIO_PROCESS, this_thread());
  attributes.runtime = turn_ns;
  (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace chartline::server
