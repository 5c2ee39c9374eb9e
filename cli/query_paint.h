// Queries in colour: keywords, kinds of events, functions, codes, numbers and times, comments.
#pragma once

#include <string>
#include <string_view>

#include "cli/console.h"

namespace chartline::cli {

// The same characters; where colour is off, the same text. Takes any text, also one that is not finished.
std::string painted_query(std::string_view text, const Look& look);

}  // namespace chartline::cli
