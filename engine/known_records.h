// KnownRecords: the records of one patient by key, in one block of memory, because an index is built for a write and thrown
// away soon after. Open addressing over the keys' own bits, at most half full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash.h"

namespace chartline::engine {

struct KnownRecord {
  Hash128 content;                 // sum over its events
  std::uint32_t first_number = 0;  // its events have consecutive numbers
  std::uint32_t events = 0;        // 0: no record
  std::uint64_t version_hash = 0;  // 0: without a version
  std::uint64_t original = 0;      // of its bytes as received; 0: none are kept
  bool hidden = false;             // every event entered in error
};

class KnownRecords {
 public:
  void reserve(std::size_t records) {
    std::size_t slots = slots_.empty() ? 2 : slots_.size();
    while (slots < records * 2) slots *= 2;
    if (slots != slots_.size()) spread(slots);
  }
  // Null where the key is not known.
  const KnownRecord* find(const Hash128& key) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[place(key)];
    return slot.used ? &slot.record : nullptr;
  }
  // The record of this key, made empty where it is not known.
  KnownRecord& operator[](const Hash128& key) {
    reserve(used_ + 1);
    Slot& slot = slots_[place(key)];
    if (!slot.used) slot.used = true, slot.key = key, ++used_;
    return slot.record;
  }
  void erase(const Hash128& key) {
    if (find(key) == nullptr) return;
    slots_[place(key)] = {};
    --used_;
    spread(slots_.size());  // whoever stood behind it moves up; rare: only a refused write takes records back
  }
  template <typename Each>
  void for_each(const Each& each) const {
    for (const Slot& slot : slots_)
      if (slot.used) each(slot.key, slot.record);
  }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    Hash128 key;
    KnownRecord record;
    bool used = false;
  };
  std::size_t place(const Hash128& key) const {
    std::size_t at = key.low & (slots_.size() - 1);
    while (slots_[at].used && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void spread(std::size_t slots) {
    std::vector<Slot> before(slots);
    before.swap(slots_);
    for (const Slot& slot : before)
      if (slot.used) slots_[place(slot.key)] = slot;
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t used_ = 0;
};

}  // namespace chartline::engine
