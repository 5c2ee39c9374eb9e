#include "engine/about_store.h"

#include <optional>
#include <utility>

#include "engine/trust/grant.h"
#include "formats/stored/postings.h"

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

namespace {

using Names = std::set<Name>;

// Moves from `wanted` to `shown` the names that events of one patient carry.
Result<void> take_carried(const View& view, PatientRef patient, Names& wanted, Names& shown, Timeline& timeline) {
  TimelineFilter filter;
  for (const Name name : wanted) {
    const record::Code code = view.code_of(patient.shard, name);
    filter.codes.push_back({.system = code.system, .code = code.code});
  }
  TRY(view.own_timeline(patient, filter, stored::field_hot, timeline));
  for (std::size_t i = 0; i < timeline.size(); ++i)
    if (const auto taken = wanted.extract(timeline.code(i))) shown.insert(taken.value());
  return {};
}

Result<bool> has_postings_of(const View& view, std::uint32_t shard, Name name) {
  const std::uint32_t patients = view.patients(shard);
  for (std::uint32_t block = 0; block * stored::block_patients < patients; ++block)
    if (!TRY(view.merged_postings(shard, name, block, block)).empty()) return true;
  return false;
}

// Those of one shard's names that an event carries which the view shows.
Result<Names> shown_of(const View& view, std::uint32_t shard, Names wanted) {
  if (!view.grant()) return wanted;
  // That a code is carried may be a figure of one person.
  if (!view.grant()->may(Right::rows)) return Names();
  Names shown;
  Timeline timeline;
  if (view.has_postings()) {
    for (const Name name : wanted)
      if (TRY(has_postings_of(view, shard, name))) shown.insert(name);
    for (const Name name : shown) wanted.erase(name);
    for (const PatientRef patient : view.seen_in_part())
      if (patient.shard == shard && !wanted.empty()) TRY(take_carried(view, patient, wanted, shown, timeline));
    return shown;
  }
  for (std::uint32_t id = 0; id < view.patients(shard) && !wanted.empty(); ++id)
    if (view.sees({shard, id})) TRY(take_carried(view, {shard, id}, wanted, shown, timeline));
  return shown;
}

}  // namespace

Result<std::set<std::string>> code_systems(const View& view, std::string_view code) {
  const bool is_prefix = code.ends_with('*');
  if (is_prefix) code.remove_suffix(1);
  std::set<std::string> systems;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    Names wanted;
    for (Name name = 1; name <= view.codes(shard); ++name) {
      const record::Code known = view.code_of(shard, name);
      if (is_prefix ? known.code.starts_with(code) : known.code == code) wanted.insert(name);
    }
    for (const Name name : TRY(shown_of(view, shard, std::move(wanted))))
      systems.emplace(view.code_of(shard, name).system);
  }
  return systems;
}

Result<std::vector<bool>> knows_codes(const View& view, std::span<const record::Code> codes) {
  std::vector<bool> known(codes.size());
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    std::vector<std::optional<Name>> names;
    Names wanted;
    for (const record::Code& code : codes) {
      names.push_back(view.find_code(shard, {.system = code.system, .code = code.code}));
      if (names.back()) wanted.insert(*names.back());
    }
    const Names shown = TRY(shown_of(view, shard, std::move(wanted)));
    for (std::size_t i = 0; i < codes.size(); ++i)
      if (names[i] && shown.contains(*names[i])) known[i] = true;
  }
  return known;
}

std::vector<std::uint64_t> position_before(std::span<const FeedEntry> oldest, std::vector<std::uint64_t> end) {
  for (const FeedEntry& entry : oldest) end[entry.shard] = 0;
  return end;
}

}  // namespace chartline::engine
