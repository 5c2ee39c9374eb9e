// Presence: whether anything is known of a patient at all. Who has neither an event nor demographics (erased, or given an
// id and nothing else) is nobody, and no `no ...` is true of them.
#pragma once

#include "query/vectorised/leaf.h"

namespace chartline::query::vectorised {

// Of the asked ones of a block those who are somebody.
Result<Odd> present(const engine::View& view, std::uint32_t shard, std::uint32_t block, const Odd& asked);

}  // namespace chartline::query::vectorised
