// How many patients have an event of one leaf: they are counted from its postings, and no rows are made of them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "query/vectorised/range_finder.h"

namespace chartline::query::vectorised {

// Where codes are shared (Question::shares): who was found in each shard so far, whichever range found them, and how many of its
// ranges are to come. The last tells how many they are.
class FoundTogether {
 public:
  explicit FoundTogether(const Question& question);
  std::optional<std::int64_t> add(std::uint32_t shard, Candidates& found);  // by one more of its ranges

 private:
  struct OfShard {
    Candidates found{};
    std::size_t ranges_left = 0;
  };
  std::mutex mutex_;
  std::vector<OfShard> shards_{};
};

// Of plans that count whoever has an event (Plans::counts_whoever).
class WhoeverFinder final : public RangeFinder {
 public:
  WhoeverFinder(std::shared_ptr<const Question> question, std::shared_ptr<FoundTogether> together)
      : RangeFinder(std::move(question)), together_(std::move(together)) {}
  Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) override;

 private:
  Result<std::int64_t> count_seen(std::uint32_t shard, Stop& stop);  // of the candidates

  const std::shared_ptr<FoundTogether> together_;
  LeafReader reader_{};
  Candidates candidates_{};
};

}  // namespace chartline::query::vectorised
