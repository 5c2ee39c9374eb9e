// Another process of the same tests: it opens or fills a store, and prints the content hash and its own peak of memory.
//   integration_child hash FOLDER                       of a store that is there, read-only
//   integration_child read FOLDER                       within small bounds; prints how much it read
//   integration_child ask FOLDER                        cohort questions, within small bounds; prints a hash of the answers
//   integration_child import FOLDER CSV MEMORY_BYTES    of one made of an event CSV, within small bounds
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chartline::integration {

struct ChildOutcome {
  std::string hash;
  std::uint64_t peak_bytes = 0;  // resident, at most
};

// Throws where the child fails.
ChildOutcome run_child(const std::vector<std::string>& arguments);

}  // namespace chartline::integration
