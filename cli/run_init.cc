#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/runs.h"

namespace chartline::cli {

Result<void> run_init(const Invocation& invocation, Console& console) {
  const std::string folder = TRY(store_folder(invocation));
  engine::InitOptions options;
  options.shards = static_cast<std::uint32_t>(invocation.number("shards"));
  options.zone = invocation.text("zone");
  const auto made = engine::Store::init(folder, options);
  if (!made) {
    Error error = made.error();
    error.message = fmt::format("{}: {}", folder, error.message);
    return error.fault == Fault::conflict ? advise(std::move(error), "name a new folder, or an empty one") : error;
  }
  console.note(fmt::format("made a store in {}: {} shard{}, times in {}", folder, options.shards, options.shards == 1 ? "" : "s", options.zone));
  return {};
}

}  // namespace chartline::cli
