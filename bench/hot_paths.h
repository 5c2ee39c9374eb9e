// The hot paths from end to end, each as a piece of work that can be repeated: over a small synthetic population, in memory,
// on one thread. paths_bench.cc measures their time, instructions.sh their instructions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace chartline::bench {

// What one run went through.
struct Done {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  // of text or packed runs; 0 where there are none
};

struct HotPath {
  std::string name;
  std::function<std::function<Done()>()> prepare;  // gives the work, which may be done again and again
};

const std::vector<HotPath>& hot_paths();

}  // namespace chartline::bench
