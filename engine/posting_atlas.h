// PostingAtlas: the runs of postings of all codes of one base side by side, for who reads all codes, and what was noted of
// each when it was read. Made once for each base, from the directories; what an older atlas knows of runs that are still
// there is taken over.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/moment.h"
#include "engine/run_facts.h"
#include "engine/view.h"

namespace chartline::engine {

class PostingAtlas {
 public:
  struct Run {
    stored::PostingRun run;
    mutable RunFacts facts;
  };

  static Result<std::shared_ptr<const PostingAtlas>> of(const ShardMoment& shard);

  std::span<const Run> runs(Name code) const {
    if (code + std::size_t{1} >= first_.size()) return {};
    return {runs_.get() + first_[code], first_[code + 1] - first_[code]};
  }

 private:
  static Result<std::shared_ptr<const PostingAtlas>> draw(const ShardMoment& shard);
  void take_over(const PostingAtlas& older);
  std::size_t bytes() const;

  std::vector<std::uint32_t> first_;  // by code, and the end
  std::unique_ptr<Run[]> runs_;
};

// The postings of every code that has any in these blocks, run by run as name_postings() gives them; without runs that are
// known to hold nothing `wanted`.
Result<void> name_all_postings(const ShardMoment& shard, std::uint32_t first_block, std::uint32_t last_block,
                               const View::WantsRun& wanted, const View::EachCode& each);

}  // namespace chartline::engine
