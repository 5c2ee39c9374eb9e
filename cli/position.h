// Positions of the feed on the command line: a commit number for each shard, joined by commas.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/source.h"

namespace chartline::cli {

// What --since says; `now`: where the feed ends.
Result<Position> parse_position(std::string_view text, const Position& now);

}  // namespace chartline::cli
