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

// Who of a range of ids is put into batches: bits, or as long as they are few a list of them, which touches less memory.
class Candidates {
 public:
  // Nobody yet.
  void start(PatientId first, PatientId past) {
    first_ = first, past_ = past;
    next_ = 0;
    few_.clear();
    words_.clear();
  }
  void add(PatientId id) {
    add(1, [id](std::size_t) { return id; });
  }
  // So many, each by its number.
  template <typename Of>
  void add(std::size_t count, const Of& of) {
    if (words_.empty() && few_.size() + count <= few_max) {
      few_.reserve(few_max);
      for (std::size_t k = 0; k < count; ++k) few_.push_back(of(k));
      return;
    }
    become_bits();
    for (std::size_t k = 0; k < count; ++k) set(of(k));
  }
  void only_those_of(Candidates& others) {  // of the same ids
    become_bits(), others.become_bits();
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= others.words_[i];
  }
  void add_those_of(Candidates& others) {  // likewise
    become_bits(), others.become_bits();
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= others.words_[i];
  }
  void remove(PatientId id) {
    if (words_.empty()) return (void)std::erase(few_, id);
    words_[(id - first_) / 64] &= ~(std::uint64_t{1} << ((id - first_) % 64));
  }
  std::int64_t count() {
    if (!words_.empty()) return count_bits(words_);
    std::ranges::sort(few_);
    return std::unique(few_.begin(), few_.end()) - few_.begin();
  }
  bool has(PatientId id) const {
    return words_[(id - first_) / 64] >> ((id - first_) % 64) & 1;
  }  // once next() was asked

  // The next of them, into a batch used before; false: there are no more.
  bool next(Batch& batch) {
    become_bits();
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
  static constexpr std::size_t few_max = 256;

  void set(PatientId id) { words_[(id - first_) / 64] |= std::uint64_t{1} << ((id - first_) % 64); }
  void become_bits() {
    if (!words_.empty()) return;
    words_.assign((past_ - first_ + 63) / 64, 0);
    for (const PatientId id : few_) set(id);
  }

  PatientId first_ = 0, past_ = 0;
  std::size_t next_ = 0;          // word
  std::vector<PatientId> few_{};  // in any order, some several times; where there are no words
  std::vector<std::uint64_t> words_{};
};

}  // namespace chartline::query::vectorised
