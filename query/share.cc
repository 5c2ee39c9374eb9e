#include "query/share.h"

#include <algorithm>
#include <functional>

namespace chartline::query {

void Share::add(std::int64_t of_one_person) {
  if (of_one_person <= 0) return;
  ++people_;
  sum_ += of_one_person;
  const auto at = std::ranges::upper_bound(largest_, of_one_person, std::greater<>());
  if (at == largest_.end()) return;
  std::move_backward(at, largest_.end() - 1, largest_.end());
  *at = of_one_person;
}

void Share::merge(const Share& others) {
  std::array<std::int64_t, 2 * (few_people + 1)> both{};
  std::ranges::merge(largest_, others.largest_, both.begin(), std::greater<>());
  std::copy_n(both.begin(), largest_.size(), largest_.begin());
  people_ += others.people_;
  sum_ += others.sum_;
}

std::int64_t Share::cut_sum() const {
  std::int64_t sum = sum_;
  for (const std::int64_t one : largest_) sum -= one - eighth();
  return sum;
}

}  // namespace chartline::query
