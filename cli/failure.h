// Failures: how an Error leaves the program.
//
//   0 ok   1 not found, or in conflict with what is there   2 usage   3 query   4 denied   5 corrupt
//   6 unavailable or busy   7 not supported by this build   130 interrupted
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/console.h"

namespace chartline::cli {

// The program's own, beside those of the libraries: a query's text is wrong, and its complaints have been said.
inline constexpr Fault wrong_query{103};

inline constexpr int exit_ok = 0;
int exit_code(Fault fault);

// What stands behind a line end in a message is advice: the first line says the cause and the place.
Error advise(Error error, std::string_view advice);

void print_failure(const Error& error, std::string_view command, Console& console);

}  // namespace chartline::cli
