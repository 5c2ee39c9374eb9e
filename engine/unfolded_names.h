// UnfoldedNames: the identifiers that came since the last fold, in order of arrival, found by the hash of their value and by patient. For whoever holds the
// lock of the identity, which everybody waits for who brings somebody new: so one is added without an allocation, as a rule.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "formats/record/event.h"
#include "formats/stored/change.h"

namespace chartline::engine {

class UnfoldedNames {
 public:
  struct Entry {
    std::string text;  // system and value, one after the other
    std::uint32_t system_bytes = 0;
    stored::PatientRef patient;
    std::uint64_t hash = 0;      // of the value
    std::uint64_t position = 0;  // ascends
    bool first = false;          // nothing stands under its hash, in the table as little as here

    std::string_view system() const { return std::string_view(text).substr(0, system_bytes); }
    std::string_view value() const { return std::string_view(text).substr(system_bytes); }
    bool is(const record::Identifier& one) const { return value() == one.value && system() == one.system; }
  };

  // `none_folded`: the table has nothing under this hash.
  void add(stored::PatientRef patient, const record::Identifier& identifier, std::uint64_t hash, std::uint64_t position,
           bool none_folded);
  // In order of arrival.
  template <typename Use>
  void of_hash(std::uint64_t hash, const Use& use) const {
    by_hash_.each(hash, [&](std::uint32_t at) {
      if (entries_[at].hash == hash) use(entries_[at]);
    });
  }
  template <typename Use>
  void of_patient(stored::PatientRef patient, const Use& use) const {
    by_patient_.each(hash_of(patient), [&](std::uint32_t at) {
      if (entries_[at].patient == patient) use(entries_[at]);
    });
  }
  template <typename Use>
  void after(std::uint64_t position, const Use& use) const {
    for (std::size_t at = place_after(position); at < entries_.size(); ++at) use(entries_[at]);
  }
  // They stay where they are until they are let go.
  std::vector<const Entry*> up_to(std::uint64_t position) const;
  // Gives them to the caller, who may free them without the lock.
  std::deque<Entry> let_go(std::uint64_t position);
  void forget(stored::PatientRef patient);

 private:
  // Open addressing, at most half full: places of entries, and half of the hash that leads to each.
  class Places {
   public:
    void add(std::uint64_t hash, std::uint32_t place) {
      std::size_t at = hash & mask();
      while (slots_[at].place != 0) at = (at + 1) & mask();
      slots_[at] = {tag(hash), place + 1};
    }
    template <typename Use>
    void each(std::uint64_t hash, const Use& use) const {
      for (std::size_t at = hash & mask(); slots_[at].place != 0; at = (at + 1) & mask())
        if (slots_[at].tag == tag(hash)) use(slots_[at].place - 1);
    }
    std::size_t size() const { return slots_.size(); }
    void clear(std::size_t size) { slots_.assign(size, {}); }

   private:
    struct Slot {
      std::uint32_t tag = 0, place = 0;  // 0: none
    };
    std::size_t mask() const { return slots_.size() - 1; }
    static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
    std::vector<Slot> slots_ = std::vector<Slot>(slots_min);
  };
  static constexpr std::size_t slots_min = 1024;
  static std::uint64_t hash_of(stored::PatientRef patient) {
    const std::uint64_t mixed = (std::uint64_t{patient.shard} << 32 | patient.id) * 0x9e3779b97f4a7c15;
    return mixed ^ mixed >> 32;
  }
  std::size_t place_after(std::uint64_t position) const;
  void place_all();

  std::deque<Entry> entries_;  // none of them moves
  Places by_hash_, by_patient_;
};

}  // namespace chartline::engine
