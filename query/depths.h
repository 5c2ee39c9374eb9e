// Depths: how many levels there are in what a query says, those of the definitions that it names included. Trees are
// walked by recursion, so that their depth is bounded before anything walks them, however many definitions stand on one another.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "query/complaint.h"
#include "query/typed.h"

namespace chartline::query {

inline constexpr std::uint32_t depth_max = 1000;

// Of definitions, by name.
using Depths = std::map<std::string, std::uint32_t, std::less<>>;

// The depths of the definitions of a query, beside those that are known: of saved cohorts. A statement that is too deep is
// complained about, and counts as none: one complaint for one tower.
Depths bounded_depths(const typed::Query& query, Depths known, Complaints& complaints);

}  // namespace chartline::query
