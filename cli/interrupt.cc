#include "cli/interrupt.h"

#include <csignal>

namespace chartline::cli {
namespace {

std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

void remember(int) { signalled = true; }

// SA_RESETHAND: the second one finds the default, the end.
void watch(int signal) {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void watch_for_interrupt() {
  watch(SIGINT);
  watch(SIGTERM);
  // Whoever reads our output may leave; the write then fails and says so.
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return signalled; }

const std::atomic<bool>& interruption() { return signalled; }

void forget_interrupt() {
  signalled = false;
  watch(SIGINT);
}

Result<void> stop_if_interrupted() {
  if (interrupted()) return unavailable("interrupted");
  return {};
}

}  // namespace chartline::cli
