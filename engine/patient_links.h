// PatientLinks: which patients are one person, now and at any earlier instant. A log of links and unlinks, of which whoever asks gets
// the groups that stood then: nothing is copied, so unlinking takes back exactly what linking did. For whoever holds the lock of the identity.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "engine/identity_bytes.h"
#include "engine/storage/tables.h"

namespace chartline::engine {

class PatientLinks {
 public:
  using Group = std::vector<stored::PatientRef>;  // ascending
  struct Entry {
    LinkRecord link{};  // a < b; `recorded` once it is committed
    bool committed = false;
    std::uint64_t position = 0;  // of the identity; ascends
  };

  // -- entries: as the table has them, as a writer wants them, as the log of changes tells them again
  void load(const std::vector<LinkRecord>& folded);
  bool add(stored::PatientRef a, stored::PatientRef b, bool linked, std::uint64_t position);  // false: it is so already
  bool learn(const LinkRecord& link, std::uint64_t position);                                 // false: it is known
  std::span<const Entry> after(std::uint64_t position) const;
  // Those up to a position that were not yet are; whether any still wait.
  bool commit(std::uint64_t position, Micros recorded);

  // -- who is one person, by the links that are committed
  bool are_one(stored::PatientRef a, stored::PatientRef b) const;  // now
  Group person(stored::PatientRef patient, Micros as_of) const;    // {patient} alone where not linked
  std::vector<Group> persons(Micros as_of) const;                  // of two and more

  // -- what the table holds: the first of the entries, and those that the next fold is to add
  std::uint64_t folded() const { return folded_; }
  std::vector<LinkRecord> to_fold(std::uint64_t position) const;
  void let_go(std::uint64_t position);  // that fold is written
  void forget(stored::PatientRef patient, Batch& batch);

 private:
  using Groups = std::map<stored::PatientRef, Group>;
  Groups groups_of(Micros as_of) const;
  void regroup() { groups_ = groups_of(INT64_MAX); }
  std::uint64_t foldable(std::uint64_t position) const;

  std::vector<Entry> entries_;
  std::uint64_t folded_ = 0;
  Groups groups_;  // for the present
};

}  // namespace chartline::engine
