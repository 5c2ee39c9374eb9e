// PatientSet: which patients, exactly. Either nobody but those added, or everyone known at one moment but those removed; who
// came later is in neither. Whole blocks that are as the rest cost nothing, so that a ward and "all but a few" are both small.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "formats/stored/change.h"
#include "formats/stored/postings.h"

namespace chartline::engine {

using stored::PatientRef;

class PatientSet {
 public:
  using Block = std::bitset<stored::block_patients>;

  PatientSet() = default;  // nobody
  explicit PatientSet(std::vector<std::uint32_t> given)
      : given_(std::move(given)) {}  // ids 0 .. given[shard]-1 of each shard

  void add(PatientRef patient);
  void remove(PatientRef patient);
  void keep(const PatientSet& others);  // those of both; made of the same moment

  bool contains(PatientRef patient) const;
  Block block(std::uint32_t shard, std::uint32_t number) const;  // patients number x 4,096 + i
  // How many of the ids first .. past-1.
  std::uint32_t count(std::uint32_t shard, std::uint32_t first, std::uint32_t past) const;
  std::uint64_t size() const;
  std::vector<PatientRef> all() const;  // ascending; for few

  void write(Writer& out) const;  // the same bytes for the same set, made in the same way
  friend bool operator==(const PatientSet&, const PatientSet&) = default;

 private:
  Block& changed(PatientRef patient);
  std::uint32_t given(std::uint32_t shard) const { return shard < given_.size() ? given_[shard] : 0; }

  std::vector<std::uint32_t> given_;                                 // by shard; empty: nobody
  std::map<std::pair<std::uint32_t, std::uint32_t>, Block> blocks_;  // shard, block: those that were changed
};

}  // namespace chartline::engine
