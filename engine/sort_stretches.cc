#include "engine/sort_stretches.h"

#include <algorithm>
#include <cstddef>

namespace chartline::engine {

void sort_stretches(std::vector<TimePlace>& pairs) {
  thread_local std::vector<std::size_t> starts;  // of the stretches, and the end
  thread_local std::vector<TimePlace> merged;
  starts.assign(1, 0);
  for (std::size_t i = 1; i < pairs.size(); ++i)
    if (pairs[i] < pairs[i - 1]) starts.push_back(i);
  starts.push_back(pairs.size());
  const auto at = [&](std::size_t place) { return pairs.begin() + static_cast<std::ptrdiff_t>(place); };
  while (starts.size() > 2) {
    merged.resize(pairs.size());
    std::size_t kept = 1;
    for (std::size_t i = 0; i + 1 < starts.size(); i += 2) {
      const std::size_t past = starts[std::min(i + 2, starts.size() - 1)];
      std::merge(at(starts[i]), at(starts[i + 1]), at(starts[i + 1]), at(past),
                 merged.begin() + static_cast<std::ptrdiff_t>(starts[i]));
      starts[kept++] = past;
    }
    starts.resize(kept);
    pairs.swap(merged);
  }
}

}  // namespace chartline::engine
