// Another process of the same tests: it opens or fills a store, and prints a few words.
//   integration_child hash FOLDER                       its content hash, read-only
//   integration_child import FOLDER CSV MEMORY_BYTES    the content hash of the store made of an event CSV, within small bounds
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chartline::integration {

struct ChildOutcome {
  std::vector<std::string> words;   // printed
  std::uint64_t peak_bytes = 0;     // resident, at most
};

// Throws where the child fails.
ChildOutcome run_child(const std::vector<std::string>& arguments);

}  // namespace chartline::integration
