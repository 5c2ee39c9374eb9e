#include "query/vectorised/ages.h"

namespace chartline::query::vectorised {

// From one birthday to the next are never more than 366 days.
void Ages::draw(std::size_t size) {
  for (auto years = static_cast<std::int64_t>(last_birth_.size()); last_birth_.size() < size; ++years) {
    record::Day last = last_birth_.back() - 366;
    while (whole_years(last + 1, on_, mode_) >= years) ++last;
    last_birth_.push_back(last);
  }
}

}  // namespace chartline::query::vectorised
