// Sorting by time what mostly is sorted already.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace chartline::engine {

using TimePlace = std::pair<Micros, std::uint32_t>;  // when, and the place of what was then

// Ascending. Quick where the pairs come in few ascending stretches, as the parts of a record do: stretches are merged, two by two.
void sort_stretches(std::vector<TimePlace>& pairs);

}  // namespace chartline::engine
