// A history is a list of steps - bulk load, import, write, retry, correct, hide, erase, link, unlink, fold, compact, check,
// back up, restore, reopen, crash, several threads at once - played against a store and the naive model, which must agree.
// Each step carries its own seed, so that any of them can be left out and the others stay what they are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace chartline::engine {

struct Step {
  enum class What : std::uint8_t {
    load,  // in bulk, into the empty store: stands first
    import,
    write,
    retry,
    correct,
    hide,
    erase,
    link,  // or unlink, where they are linked
    together,
    fold,
    compact,
    check,
    compare,
    reopen,
    crash,    // of a store in memory
    back_up,  // this and the next: of a store over files
    restore,
    lie,  // the model is told wrongly: never at random
  };
  What what;
  std::uint64_t seed;
};

struct HistoryPlan {
  std::uint64_t seed = 1;
  std::uint32_t shards = 1;
  std::string folder{};  // "": in memory
  std::vector<Step> steps{};
};
HistoryPlan random_history(std::uint64_t seed, int steps, const std::string& folder);

// Plays it. What differs first is the error: after how many steps, and how.
Result<void> play(const HistoryPlan& plan);

// The least history that still fails: runs of steps are left out, the longest first, as long as one can be.
HistoryPlan shrink(HistoryPlan plan, const std::function<bool(const HistoryPlan&)>& fails);

// A step a line: `write 8123`.
std::string print(const HistoryPlan& plan);

}  // namespace chartline::engine
