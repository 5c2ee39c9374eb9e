// TextNumbers: texts that come again and again, each with a number from 0, in order of first sight. Open addressing; the texts decide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/same_text.h"
#include "formats/record/event.h"

namespace chartline::exchange {

class TextNumbers {
 public:
  struct Found {
    std::uint32_t number;
    bool is_new;
  };
  Found of(std::string_view text) {
    const std::uint64_t hash = hash_of(text);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot slot = slots_[at];
      if (slot.past == 0) return {add(text, hash), true};
      if (slot.tag == tag && same_text(texts_[slot.past - 1], text)) return {slot.past - 1, false};
    }
  }
  std::string_view text(std::uint32_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }
  void clear() {
    slots_.assign(slots_min, {}), mask_ = slots_min - 1;
    texts_.clear(), hashes_.clear(), room_.clear();
  }

 private:
  static constexpr std::size_t slots_min = 1024;
  struct Slot {
    std::uint32_t tag = 0;   // upper half of the hash
    std::uint32_t past = 0;  // the number and one; 0: free
  };

  // Two words that overlap hold a short text whole.
  static std::uint64_t hash_of(std::string_view text) {
    if (text.size() > 2 * sizeof(std::uint64_t)) return hash64(text);
    std::uint64_t first = 0, last = 0;
    std::memcpy(&first, text.data(), std::min(text.size(), sizeof first));
    if (text.size() > sizeof last) std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
    std::uint64_t hash = (first ^ text.size()) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 29 ^ last) * 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
  }

  std::uint32_t add(std::string_view text, std::uint64_t hash) {
    texts_.push_back(room_.text(text));
    hashes_.push_back(hash);
    const auto number = static_cast<std::uint32_t>(texts_.size() - 1);
    if (texts_.size() * 2 > slots_.size()) {
      slots_.assign(slots_.size() * 2, {});
      mask_ = slots_.size() - 1;
      for (std::uint32_t known = 0; known < number; ++known) place(known);
    }
    place(number);
    return number;
  }
  void place(std::uint32_t number) {
    std::size_t at = hashes_[number] & mask_;
    while (slots_[at].past != 0) at = (at + 1) & mask_;
    slots_[at] = {static_cast<std::uint32_t>(hashes_[number] >> 32), number + 1};
  }

  std::vector<Slot> slots_ = std::vector<Slot>(slots_min);
  std::size_t mask_ = slots_min - 1;
  std::vector<std::string_view> texts_;
  std::vector<std::uint64_t> hashes_;
  record::Arena room_;
};

}  // namespace chartline::exchange
