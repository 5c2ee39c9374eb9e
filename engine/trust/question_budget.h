// A budget of questions. Noise hides a person in one or two figures; many questions that ask the same in other words are many draws
// of noise, and their mean tells more. So a role under disclosure control may ask so many different questions in so many days. To
// ask a question again is free: it gets the same noise.
//
// Kept in the store's meta, over sessions and restarts:
//
//   trust/questions/HASH := period:u64 question:u64...      HASH: of the project, whose members share one budget, or of the user
//
// Periods are counted in whole days from 1970-01-01.
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.h"
#include "engine/store.h"
#include "engine/trust/grant.h"

namespace chartline::engine {

// Takes what these questions (hashes of what they ask) cost from the budget of the grant: all of them, or, where not all are left,
// none: `denied`, saying when a new period begins. Free where the grant has no budget.
Result<void> spend_questions(Store& store, const Grant& grant, std::span<const std::uint64_t> questions, Micros now);

}  // namespace chartline::engine
