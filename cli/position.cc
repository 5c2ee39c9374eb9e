#include "cli/position.h"

#include <fmt/format.h>

#include "cli/text.h"

namespace chartline::cli {

Result<Position> parse_position(std::string_view text, const Position& now) {
  Position position;
  while (true) {
    const std::string_view number = text.substr(0, text.find(','));
    const auto commit = parse_number(number);
    if (!commit)
      return invalid_request(
          "--since: a position is a commit number for each shard, joined by commas, as in 1200 or 1200,1187");
    position.push_back(*commit);
    if (number.size() == text.size()) break;
    text.remove_prefix(number.size() + 1);
  }
  if (position.size() != now.size())
    return invalid_request(fmt::format("--since names {} shards, and the store has {}", position.size(), now.size()));
  for (std::size_t shard = 0; shard < now.size(); ++shard) {
    if (position[shard] > now[shard])
      return invalid_request(fmt::format("--since lies ahead of shard {}, whose last commit is {}", shard, now[shard]));
  }
  return position;
}

}  // namespace chartline::cli
