// The parts of check(): each looks at one moment of one shard and adds what it finds. Runs are got by the names that heads
// and directories give them; scans, which may end early over a damaged file, only look for keys that nothing names.
#pragma once

#include <string>

#include "engine/maintenance.h"
#include "engine/store_parts.h"

namespace chartline::engine {

class Findings {
 public:
  Findings(CheckReport& into, const CheckOptions& options, std::uint64_t steps)
      : report(into), options_(options), steps_(steps) {}

  CheckReport& report;
  void add(std::string finding);
  // Any error of reading is a finding; true where there was none.
  template <typename T>
  bool sound(const Result<T>& result) {
    if (!result) add(result.error().message);
    return result.has_value();
  }
  // `unavailable` once the caller has asked to stop.
  Result<void> step(std::uint64_t steps = 1);

 private:
  const CheckOptions& options_;
  std::uint64_t steps_, done_ = 0, reported_ = 0;
};

// "timeline: shard 3, "
std::string place(Table table, const ShardMoment& shard);
// A code's directory as it lies on disk, past the cache; an empty one where none was folded.
Result<stored::Directory> stored_directory(const ShardMoment& shard, Name code);
// Every name number of the row is one that the dictionary has given.
bool names_are_known(const stored::Row& row, const Dictionary& names);

// Heads and their runs; the shard's counters. A step for each patient.
Result<void> check_patients(const ShardMoment& shard, Findings& findings);
// Directories and their runs. A step for each code.
Result<void> check_postings(const ShardMoment& shard, Findings& findings);
// Names, demographics and the other values of the meta table, and terminology.
Result<void> check_meta(const ShardMoment& shard, Findings& findings);
Result<void> check_log(const Shard& log, const ShardMoment& shard, Findings& findings);
// The audit log, computed anew.
Result<void> check_audit(const Shard& log, const ShardMoment& shard, Findings& findings);
// Keys of timeline, details, history, originals and postings that nothing names.
Result<void> check_orphans(const ShardMoment& shard, Findings& findings);
// The identity table of the first shard, forward against reverse, and the link log.
Result<void> check_identity(const ShardMoment& first, std::uint64_t secret, std::span<const ShardMoment> shards,
                            Findings& findings);
// Terminology: every value whole, and of a version that is there.
Result<void> check_terminology(const ShardMoment& first, Findings& findings);

// Postings, directories and demographics made anew from the timelines. A step for each patient.
Result<void> check_rebuilt(const ShardMoment& shard, Findings& findings);
// What is left of the log against the timelines and the history.
Result<void> check_replay(const Shard& log, const ShardMoment& shard, Findings& findings);

}  // namespace chartline::engine
