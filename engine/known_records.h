// KnownRecords: the records of one patient by key, in one block of memory, because an index is built for a write and thrown
// away soon after. A few stand one after the other, as they came; more in a table, at most half full, by the keys' own bits.
#pragma once

#include <bit>
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
    const std::size_t wanted = records > few ? records * 2 : records;
    if (wanted > slots_.size()) spread(std::bit_ceil(wanted));
  }
  // Null where the key is not known.
  const KnownRecord* find(const Hash128& key) const {
    const std::size_t at = place(key);
    return is_used(at) ? &slots_[at].record : nullptr;
  }
  // The record of this key; where it is not known an empty one, which the caller gives its events.
  KnownRecord& operator[](const Hash128& key) {
    std::size_t at = place(key);
    if (is_used(at)) return slots_[at].record;
    reserve(++used_);
    at = place(key);
    slots_[at].key = key;
    return slots_[at].record;
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
      if (slot.record.events > 0) each(slot.key, slot.record);
  }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    Hash128 key;
    KnownRecord record;  // without events: nobody's
  };
  static_assert(sizeof(Slot) == 64, "a line of the processor's cache");
  static constexpr std::size_t few = 8;

  bool is_used(std::size_t at) const { return at < slots_.size() && slots_[at].record.events > 0; }
  // Where it is, or would be; past the end where there is no room.
  std::size_t place(const Hash128& key) const {
    const bool table = slots_.size() > few;
    std::size_t at = table ? key.low & (slots_.size() - 1) : 0;
    while (is_used(at) && slots_[at].key != key) at = table ? (at + 1) & (slots_.size() - 1) : at + 1;
    return at;
  }
  void spread(std::size_t slots) {
    std::vector<Slot> before(slots);
    before.swap(slots_);
    for (const Slot& slot : before)
      if (slot.record.events > 0) slots_[place(slot.key)] = slot;
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t used_ = 0;
};

}  // namespace chartline::engine
