// Delta: what has been acknowledged and not yet folded, in memory, so that readers see it at once. A chain of segments:
// commits are published to the last one; a folder freezes it, folds it, and drops it. Views hold the segments they saw.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "formats/stored/change.h"
#include "formats/stored/postings.h"
#include "formats/stored/row.h"

namespace chartline::engine {

using stored::Name;
using stored::PatientId;

struct DeltaPut {
  std::uint64_t commit = 0;
  Micros recorded = 0;
  PatientId patient = 0;
  std::span<stored::Row> added{};            // rows carry number and recorded
  std::span<const std::uint32_t> removed{};  // numbers of events that this put replaced
  std::string_view original{};               // of added[0]'s record
};

class Segment {
 public:
  // `memory` owns what the puts borrow and is held as long as the segment lives; `bytes` is what it takes. Commits ascend
  // from 1.
  void publish(std::span<const DeltaPut> puts, std::shared_ptr<const void> memory, std::size_t bytes);

  // Puts of one patient up to a commit, oldest first; appended to `out`. Pointers live as long as the segment.
  void of_patient(PatientId patient, std::uint64_t commit_max, std::vector<const DeltaPut*>& out) const;
  // Puts with an added row that carries the code, primary or translation; 0: with one that has no primary code.
  void of_code(Name code, std::uint64_t commit_max, std::vector<const DeltaPut*>& out) const;
  // Puts of the patients of one block, oldest first.
  void of_block(std::uint32_t block, std::uint64_t commit_max, std::vector<const DeltaPut*>& out) const;
  // Every (patient, number) taken away up to a commit from the patients of these blocks; unsorted.
  void removals(std::uint64_t commit_max, std::uint32_t first_block, std::uint32_t last_block,
                std::vector<stored::Removal>& out) const;
  // Every put, oldest first (for the folder; the segment must be frozen).
  void all(std::vector<const DeltaPut*>& out) const;

  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  bool empty() const { return last_commit() == 0; }
  std::uint64_t last_commit() const {
    return last_commit_.load(std::memory_order_acquire);
  }  // of the newest put; 0 for none

 private:
  struct Held {
    DeltaPut put;
    const Held* next = nullptr;  // of the same patient
  };
  struct Chain {
    const Held* first = nullptr;
    Held* last = nullptr;
  };
  mutable std::shared_mutex mutex_;
  std::deque<Held> puts_;                            // none of them moves
  std::unordered_map<PatientId, Chain> by_patient_;  // most have one or two
  std::unordered_map<Name, std::vector<const DeltaPut*>> by_code_;
  std::unordered_map<std::uint32_t, std::vector<const DeltaPut*>> by_block_;  // of patients
  struct Removed {
    std::uint64_t commit;
    stored::Removal removal;
  };
  std::map<std::uint32_t, std::vector<Removed>> removals_;  // by block of patients
  std::vector<std::shared_ptr<const void>> memory_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint64_t> last_commit_{0};  // 0: nothing published
};

}  // namespace chartline::engine
