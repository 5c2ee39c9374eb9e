#include "engine/about_store.h"

namespace chartline::engine {

std::vector<std::pair<std::string, std::uint64_t>> figures(const StoreStats& stats) {
  std::vector<std::pair<std::string, std::uint64_t>> all = {
      {"shards", stats.shards},           {"patients", stats.patients}, {"events", stats.events},
      {"past_events", stats.past_events}, {"codes", stats.codes},       {"unfolded_commits", stats.unfolded_commits},
      {"delta_bytes", stats.delta_bytes}};
  for (const TableStats& table : stats.tables) {
    all.emplace_back(std::string(name(table.table)) + "_keys", table.keys);
    all.emplace_back(std::string(name(table.table)) + "_file_bytes", table.file_bytes);
  }
  return all;
}

std::set<std::string> code_systems(const View& view, std::string_view code) {
  const bool is_prefix = code.ends_with('*');
  if (is_prefix) code.remove_suffix(1);
  std::set<std::string> systems;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (Name name = 1; name <= view.codes(shard); ++name) {
      const record::Code known = view.code_of(shard, name);
      if (is_prefix ? known.code.starts_with(code) : known.code == code) systems.emplace(known.system);
    }
  }
  return systems;
}

std::vector<std::uint64_t> position_before(std::span<const FeedEntry> oldest, std::vector<std::uint64_t> end) {
  for (const FeedEntry& entry : oldest) end[entry.shard] = 0;
  return end;
}

}  // namespace chartline::engine
