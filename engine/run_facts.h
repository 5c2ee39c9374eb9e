// RunFacts: what a run of postings holds at most, noted when it is first read whole, so that later questions about values, or about
// events of one kind, pass over runs that cannot hold one. Runs never change, so what was noted stays true. Noted once, by whoever comes first;
// of everyone's postings, whoever reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "formats/stored/postings.h"

namespace chartline::engine {

class RunFacts {
 public:
  struct Facts {
    std::uint32_t flags = 0;  // that some posting has
    // No number is below or above; low > high: there is none.
    double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  };

  // Null: nothing was noted yet.
  const Facts* known() const { return state_.load(std::memory_order_acquire) == State::noted ? &facts_ : nullptr; }
  void note(const stored::PostingColumns& run) {  // of all its postings: flags and values
    if (known()) return;
    note(facts_of(run));
  }
  void note(const Facts& facts);

  // Bit 1 << Kind of those that its events are of; 0: not noted yet, or it has none.
  std::uint32_t kinds() const { return kinds_.load(std::memory_order_relaxed); }
  void note_kinds(const stored::PostingColumns& run) {  // of all its postings: kinds
    if (kinds() == 0) note_kinds(kinds_of(run));
  }
  void note_kinds(std::uint32_t kinds) { kinds_.store(kinds, std::memory_order_relaxed); }

  // The fields that it is noted from.
  static constexpr std::uint32_t fields = stored::posting_field_flags | stored::posting_field_value;
  static Facts facts_of(const stored::PostingColumns& run);

 private:
  static std::uint32_t kinds_of(const stored::PostingColumns& run);
  enum class State : std::uint8_t { nothing, being_noted, noted };
  std::atomic<State> state_ = State::nothing;
  Facts facts_{};
  std::atomic<std::uint32_t> kinds_ = 0;
};

}  // namespace chartline::engine
