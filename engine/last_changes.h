// LastChanges: when the patients of a block last changed, for questions as of an instant. Whoever has not changed since is the
// same then as now, and all that is known of the present holds for them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/moment.h"

namespace chartline::engine {

struct LastChanges {
  std::vector<Micros> of;  // Head::last_change by place in the block, for the ids given
  Micros latest = INT64_MIN;
  std::size_t bytes() const { return sizeof *this + of.capacity() * sizeof of[0]; }
};

// What the heads of the base say, through the cache. What is not folded yet stands in the segments.
Result<std::shared_ptr<const LastChanges>> read_last_changes(const ShardMoment& shard, std::uint32_t block);

}  // namespace chartline::engine
