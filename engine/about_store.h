// What a store tells of itself to whoever asks, from near or far.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/store.h"

namespace chartline::engine {

// Its statistics as figures with names, in the order in which they are shown.
std::vector<std::pair<std::string, std::uint64_t>> figures(const StoreStats& stats);

// The systems of a code; one that ends in `*` is how codes begin. Of a whole store, where it has met the code; of a narrowed View,
// where an event that it shows carries it, which takes a walk over the timelines of patients who are shown in part.
Result<std::set<std::string>> code_systems(const View& view, std::string_view code);
// The same of codes with their systems: of each, whether it is known. One walk for all.
Result<std::vector<bool>> knows_codes(const View& view, std::span<const record::Code> codes);

// Where a reader stands who was given the oldest changes kept: before the first of each shard that keeps some, and at the end of
// the others.
std::vector<std::uint64_t> position_before(std::span<const FeedEntry> oldest, std::vector<std::uint64_t> end);

}  // namespace chartline::engine
