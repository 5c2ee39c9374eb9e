#include "cli/interrupt.h"

#include <csignal>

namespace chartline::cli {
namespace {

volatile std::sig_atomic_t signalled = 0;

void remember(int) { signalled = 1; }

}  // namespace

void watch_for_interrupt() {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one finds the default: the end
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Whoever reads our output may leave; the write then fails and says so.
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return signalled != 0; }

Result<void> stop_if_interrupted() {
  if (interrupted()) return unavailable("interrupted");
  return {};
}

}  // namespace chartline::cli
