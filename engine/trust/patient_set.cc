#include "engine/trust/patient_set.h"

#include <algorithm>

namespace chartline::engine {

using stored::block_of;
using stored::block_patients;

PatientSet::Block PatientSet::block(std::uint32_t shard, std::uint32_t number) const {
  if (const auto at = blocks_.find({shard, number}); at != blocks_.end()) return at->second;
  const std::uint64_t base = std::uint64_t{number} * block_patients, past = given(shard);
  Block all;
  if (past <= base) return all;
  all.set();
  return past - base >= block_patients ? all : all >> (block_patients - (past - base));
}

PatientSet::Block& PatientSet::changed(PatientRef patient) {
  const std::pair key(patient.shard, block_of(patient.id));
  const auto at = blocks_.find(key);
  return at != blocks_.end() ? at->second : blocks_.emplace(key, block(key.first, key.second)).first->second;
}

void PatientSet::add(PatientRef patient) { changed(patient).set(patient.id % block_patients); }
void PatientSet::remove(PatientRef patient) {
  if (contains(patient)) changed(patient).reset(patient.id % block_patients);
}

void PatientSet::keep(const PatientSet& others) {
  for (auto& [key, bits] : blocks_) bits &= others.block(key.first, key.second);
  if (!given_.empty()) {
    for (const auto& [key, bits] : others.blocks_) {
      if (!blocks_.contains(key)) blocks_.emplace(key, block(key.first, key.second) & bits);
    }
  }
  given_.resize(std::min(given_.size(), others.given_.size()));
  for (std::size_t shard = 0; shard < given_.size(); ++shard)
    given_[shard] = std::min(given_[shard], others.given_[shard]);
}

bool PatientSet::contains(PatientRef patient) const {
  if (const auto at = blocks_.find({patient.shard, block_of(patient.id)}); at != blocks_.end())
    return at->second[patient.id % block_patients];
  return patient.id < given(patient.shard);
}

std::uint32_t PatientSet::count(std::uint32_t shard, std::uint32_t first, std::uint32_t past) const {
  if (first >= past) return 0;
  const auto in = [&](std::uint32_t from, std::uint32_t to) {  // of a block that was changed, or not
    const auto at = blocks_.find({shard, block_of(from)});
    if (at == blocks_.end()) return std::min(to, std::max(from, given(shard))) - from;
    if (to - from == block_patients) return static_cast<std::uint32_t>(at->second.count());
    std::uint32_t found = 0;
    for (std::uint32_t id = from; id < to; ++id) found += at->second[id % block_patients];
    return found;
  };
  std::uint32_t sum = 0;
  for (std::uint32_t from = first; from < past;) {
    const std::uint64_t end = (std::uint64_t{block_of(from)} + 1) * block_patients;
    const auto to = static_cast<std::uint32_t>(std::min<std::uint64_t>(end, past));
    sum += in(from, to);
    from = to;
  }
  return sum;
}

std::uint64_t PatientSet::size() const {
  std::uint64_t sum = 0;
  for (std::uint32_t shard = 0; shard < given_.size(); ++shard) sum += given_[shard];
  for (const auto& [key, bits] : blocks_) {
    const std::uint64_t base = std::uint64_t{key.second} * block_patients, past = given(key.first);
    sum += bits.count();
    sum -= past > base ? std::min<std::uint64_t>(past - base, block_patients) : 0;
  }
  return sum;
}

std::vector<PatientRef> PatientSet::all() const {
  std::vector<PatientRef> found;
  for (std::uint32_t shard = 0; shard < given_.size(); ++shard) {
    for (std::uint32_t id = 0; id < given_[shard]; ++id) {
      if (contains({shard, id})) found.push_back({shard, id});
    }
  }
  for (const auto& [key, bits] : blocks_) {
    for (std::uint32_t place = 0; place < block_patients; ++place) {
      const PatientRef patient{key.first, key.second * block_patients + place};
      if (bits[place] && patient.id >= given(key.first)) found.push_back(patient);
    }
  }
  std::ranges::sort(found);
  return found;
}

void PatientSet::write(Writer& out) const {
  out.varint(given_.size());
  for (const std::uint32_t past : given_) out.varint(past);
  for (const auto& [key, bits] : blocks_) {
    out.varint(key.first), out.varint(key.second);
    for (std::uint32_t place = 0; place < block_patients; ++place) {
      if (bits[place]) out.varint(place + 1);
    }
    out.varint(0);
  }
}

}  // namespace chartline::engine
