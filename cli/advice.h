// Advice that can be followed as it stands: a command that it names is given the place that the failed one worked on.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace chartline::cli {

// Lines of advice that end in `chartline COMMAND ...` get the --store, --server or --users of the invocation, where the command takes
// it and nothing there says it.
Error with_places(Error error, const Invocation& invocation);

}  // namespace chartline::cli
