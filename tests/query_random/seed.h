// The seed of a run: CHARTLINE_SEED, or one that never changes, so that every run of the tests asks the same. Soak runs
// take a new one from the clock and print it.
#pragma once

#include <cstdint>

#include "tests/lane.h"

namespace chartline::query::random {

inline std::uint64_t seed_of_run() { return number_from("CHARTLINE_SEED", 1); }

}  // namespace chartline::query::random
