// Passwords come from the terminal without being shown, or as the first line of standard input: never as an argument, which
// others of the machine can read.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/console.h"

namespace chartline::cli {

// On a terminal it is asked for twice. invalid_request where the two differ or none is given.
Result<std::string> new_password(const std::string& user, Console& console);

}  // namespace chartline::cli
