// The program: words in, exit code out.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"

namespace chartline::cli {

int run_program(const std::vector<std::string>& words, Console& console);

}  // namespace chartline::cli
