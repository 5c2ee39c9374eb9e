#include <fmt/format.h>

#include "cli/open_store.h"
#include "cli/runs.h"

namespace chartline::cli {

Result<void> run_init(const Invocation& invocation, Console& console) {
  const std::string folder = TRY(store_folder(invocation));
  engine::InitOptions options;
  options.shards = static_cast<std::uint32_t>(invocation.number("shards"));
  options.zone = invocation.text("zone");
  TRY(placed(engine::Store::init(folder, options), folder));
  TRY(placed(engine::Store::open(folder, {}), folder));  // makes its shards, so that readers find them
  console.note(fmt::format("made a store in {}: {} shard{}, times in {}", folder, options.shards,
                           options.shards == 1 ? "" : "s", options.zone));
  return {};
}

}  // namespace chartline::cli
