// How many patients have an event of one leaf: they are counted from its postings, and no rows are made of them.
#pragma once

#include <vector>

#include "query/vectorised/range_finder.h"

namespace chartline::query::vectorised {

// Of plans that count whoever has an event (Plans::counts_whoever).
class WhoeverFinder final : public RangeFinder {
 public:
  explicit WhoeverFinder(std::shared_ptr<const Question> question) : RangeFinder(std::move(question)) {}
  Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) override;

 private:
  Result<std::int64_t> count_seen(std::uint32_t shard, Stop& stop);  // of the candidates

  LeafReader reader_{};
  Candidates candidates_{};
};

}  // namespace chartline::query::vectorised
