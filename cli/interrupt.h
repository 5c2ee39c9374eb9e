// Ctrl-C: the first one asks the work at hand to stop at the next safe place, the second ends the process at once. Both
// are safe: what was acknowledged is on stable storage.
#pragma once

#include <atomic>

#include "base/result.h"

namespace chartline::cli {

void watch_for_interrupt();  // SIGINT and SIGTERM; once, at start
bool interrupted();
const std::atomic<bool>& interruption();  // the same, for work that looks at it itself
void forget_interrupt();                  // the work is over: the next one is a first one again
Result<void> stop_if_interrupted();       // unavailable once interrupted
inline constexpr int exit_interrupted = 130;

}  // namespace chartline::cli
