#include "query/vectorised/range_finder.h"

#include <algorithm>

namespace chartline::query::vectorised {

Result<void> RangeFinder::know_changed(const PatientRange& range) {
  if (!is_past()) return {};
  apart_then_ = question_->apart;
  for (std::uint32_t block = range.first / block_patients; block * block_patients < range.past; ++block) {
    // Batches of a narrowed view have only those whom it shows.
    const Odd changed = TRY(question_->then.changed_since(range.shard, block)) & view_.seen(range.shard, block);
    for (std::uint32_t place = 0; place < block_patients; ++place)
      if (changed[place]) apart_then_.push_back({range.shard, block * block_patients + place});
  }
  std::ranges::sort(apart_then_);
  apart_then_.erase(std::unique(apart_then_.begin(), apart_then_.end()), apart_then_.end());
  return {};
}

}  // namespace chartline::query::vectorised
