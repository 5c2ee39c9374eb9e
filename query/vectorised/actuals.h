// Actuals: what a run came to, beside what its plan expected. Counted by all threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace chartline::query::vectorised {

struct Actuals {
  struct OfLeaf {
    std::atomic<std::uint64_t> postings{0}, events{0};  // read; kept
  };
  explicit Actuals(std::size_t leaves) : of_leaf(leaves) {}
  std::vector<OfLeaf> of_leaf;
  std::atomic<std::uint64_t> met{0};           // patients who meet the condition of candidates
  std::atomic<std::uint64_t> odd{0};           // patients whom columns leave undecided
  std::atomic<std::uint64_t> asked{0};         // of the reference
  std::atomic<std::uint64_t> opened{0};        // timelines, to see which encounters events are of
  std::atomic<std::uint64_t> incomparable{0};  // values whose unit does not go with the one that the query writes
  std::atomic<std::uint64_t> read_us{0}, evaluate_us{0}, reference_us{0};  // processor time, about: of all threads
};

}  // namespace chartline::query::vectorised
