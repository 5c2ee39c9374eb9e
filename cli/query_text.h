// The text of a query: typed behind -e, in a file behind -f, or on standard input.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/console.h"
#include "cli/options.h"

namespace chartline::cli {

struct QueryText {
  std::string text;
  std::string origin;  // the file; "" for what was typed
};

// invalid_request where it is longer than a query may be.
Result<QueryText> query_text(const Invocation& invocation, Console& console);
Result<std::string> read_query_file(const std::string& path);

}  // namespace chartline::cli
