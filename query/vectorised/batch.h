// Batches: patients of one shard, at most block_patients of them together, ascending; each has a place. Where a question is
// about whoever has an event of some leaves, only they are put into batches, and what it costs grows with them and not with the
// store; else a batch is a whole block.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "query/vectorised/events.h"
#include "query/vectorised/sift_columns.h"

namespace chartline::query::vectorised {

using stored::PatientId;

struct Batch {
  PatientId first = 0, past = 0;  // the span of ids
  std::vector<PatientId> some{};  // of the span; empty: everyone

  bool is_everyone() const { return some.empty(); }
  std::uint32_t patients() const { return is_everyone() ? past - first : static_cast<std::uint32_t>(some.size()); }
  PatientId id(std::size_t place) const { return is_everyone() ? first + static_cast<PatientId>(place) : some[place]; }
};

// The places of patients who are in a batch, asked for in ascending order.
class Places {
 public:
  explicit Places(const Batch& batch) : batch_(batch) {}

  Place operator()(PatientId id) {
    if (batch_.is_everyone()) return static_cast<Place>(id - batch_.first);
    const std::vector<PatientId>& some = batch_.some;
    if (some[at_] != id && some[++at_] != id) at_ = found_behind(id);
    return static_cast<Place>(at_);
  }

 private:
  // Mostly not far behind.
  std::size_t found_behind(PatientId id) const {
    const std::vector<PatientId>& some = batch_.some;
    std::size_t low = at_ + 1, step = 1;
    while (low + step < some.size() && some[low + step] <= id) low += step, step *= 2;
    const auto begin = some.begin() + static_cast<std::ptrdiff_t>(low);
    const auto end = some.begin() + static_cast<std::ptrdiff_t>(std::min(low + step, some.size()));
    return static_cast<std::size_t>(std::lower_bound(begin, end, id) - some.begin());
  }

  const Batch& batch_;
  std::size_t at_ = 0;
};

// Who of a range of ids is put into batches.
class Candidates {
 public:
  // Nobody yet.
  void start(PatientId first, PatientId past) {
    first_ = first;
    next_ = 0;
    words_.assign((past - first + 63) / 64, 0);
  }
  void add(PatientId id) { words_[(id - first_) / 64] |= std::uint64_t{1} << ((id - first_) % 64); }
  void only_those_of(const Candidates& others) {  // of the same ids
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= others.words_[i];
  }
  void remove(PatientId id) { words_[(id - first_) / 64] &= ~(std::uint64_t{1} << ((id - first_) % 64)); }
  std::int64_t count() const {
    return count_bits(words_);
  }
  bool has(PatientId id) const { return words_[(id - first_) / 64] >> ((id - first_) % 64) & 1; }

  // The next of them, into a batch used before; false: there are no more.
  bool next(Batch& batch) {
    batch.some.clear();
    for (; next_ < words_.size() && batch.some.size() + 64 <= block_patients; ++next_) {
      for (std::uint64_t left = words_[next_]; left != 0; left &= left - 1)
        batch.some.push_back(first_ + static_cast<PatientId>(next_ * 64) + static_cast<PatientId>(std::countr_zero(left)));
    }
    if (batch.some.empty()) return false;
    batch.first = batch.some.front(), batch.past = batch.some.back() + 1;
    return true;
  }

 private:
  PatientId first_ = 0;
  std::size_t next_ = 0;  // word
  std::vector<std::uint64_t> words_{};
};

}  // namespace chartline::query::vectorised
