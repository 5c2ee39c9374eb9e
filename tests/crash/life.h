// A store at work: writers in their own threads, or turn by turn, and beside them somebody who folds, compacts and backs up.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "tests/crash/promises.h"

namespace chartline::crash {

// What is heard of a life; from several threads.
using Tell = std::function<void(const std::string& line)>;

struct Life {
  std::string store;    // its folder
  std::string backups;  // a folder beside it
  std::uint64_t seed = 1;
  std::uint64_t acts_max = 10;   // of each writer
  std::uint64_t rounds_max = 3;  // of upkeep
  bool trims = false;            // the log is let go as soon as it is folded
};

engine::StoreOptions options_of(const Life& life);

// All threads at once. Ends after the last act, or at the first error, which it gives.
Result<void> live(engine::Store& store, const Promises& promises, const Life& life, const Tell& tell);
// One after the other, for who wants the n-th step to be the same each time. After an error it goes on with others, and gives
// the first.
Result<void> live_in_turns(engine::Store& store, const Promises& promises, const Life& life, const Tell& tell);

}  // namespace chartline::crash
