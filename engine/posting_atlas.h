// PostingAtlas: the runs of postings of many codes of one base side by side, for who reads all codes, and what was noted of
// each when it was read. Drawn from the directories once for each base, in pages of some thousand codes; what an older page
// knows of runs that are still there is taken over.
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
  static constexpr Name page_codes = 4096;

  // The page of the codes from page x page_codes on.
  static Result<std::shared_ptr<const PostingAtlas>> page(const ShardMoment& shard, std::uint32_t page);

  // Of the code at this place of the page.
  std::span<const Run> runs(std::size_t place) const {
    if (place + 1 >= first_.size()) return {};
    return {runs_.get() + first_[place], first_[place + 1] - first_[place]};
  }

  const PostingSizes& sizes() const { return sizes_; }  // of its codes together

 private:
  static Result<std::shared_ptr<const PostingAtlas>> draw(const ShardMoment& shard, std::uint32_t page);
  void take_over(const PostingAtlas& older);
  std::size_t bytes() const;

  std::vector<std::uint32_t> first_;  // of each code, and the end
  std::unique_ptr<Run[]> runs_;
  PostingSizes sizes_;
};

// Of all codes together, folded.
Result<PostingSizes> sizes_of_all_postings(const ShardMoment& shard);

// The postings of every code that has any in these blocks, run by run as name_postings() gives them; without runs that are
// known to hold nothing `wanted`.
Result<void> name_all_postings(const ShardMoment& shard, std::uint32_t first_block, std::uint32_t last_block,
                               const View::WantsRun& wanted, const View::EachCode& each);

}  // namespace chartline::engine
