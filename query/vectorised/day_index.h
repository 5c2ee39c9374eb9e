// The days of a list of events, to find those within a span of days without looking at all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "formats/record/time.h"

namespace chartline::query::vectorised {

class DayIndex {
 public:
  explicit DayIndex(std::vector<record::Day> days) : days_(std::move(days)) {
    if (std::ranges::is_sorted(days_)) return;
    order_.resize(days_.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::ranges::sort(order_, {}, [this](std::uint32_t i) { return days_[i]; });
    std::ranges::sort(days_);
  }

  // The numbers of those in the list, ascending; until it is asked again.
  const std::vector<std::uint32_t>& within(record::Day first, record::Day last) {
    const auto low = std::ranges::lower_bound(days_, first) - days_.begin();
    const auto past = std::max(low, std::ranges::upper_bound(days_, last) - days_.begin());
    found_.resize(static_cast<std::size_t>(past - low));
    if (order_.empty()) {
      std::iota(found_.begin(), found_.end(), static_cast<std::uint32_t>(low));
    } else {
      std::copy(order_.begin() + low, order_.begin() + past, found_.begin());
      std::ranges::sort(found_);
    }
    return found_;
  }

 private:
  std::vector<record::Day> days_;       // ascending
  std::vector<std::uint32_t> order_{};  // whose each is; empty: they were ascending
  std::vector<std::uint32_t> found_{};
};

}  // namespace chartline::query::vectorised
