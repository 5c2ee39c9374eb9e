#include "engine/delta.h"

#include <mutex>

#include "base/check.h"

namespace chartline::engine {
namespace {

// Once for each put, however often its rows carry the code.
void note(std::vector<const DeltaPut*>& puts, const DeltaPut& put) {
  if (puts.empty() || puts.back() != &put) puts.push_back(&put);
}

template <typename Map, typename Key>
void append_up_to(const Map& map, const Key& key, std::uint64_t commit_max, std::vector<const DeltaPut*>& out) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  for (const DeltaPut* put : found->second) {
    if (put->commit > commit_max) return;
    out.push_back(put);
  }
}

}  // namespace

void Segment::publish(std::span<const DeltaPut> puts, std::shared_ptr<const void> memory, std::size_t bytes) {
  if (puts.empty()) return;
  const std::unique_lock lock(mutex_);
  for (const DeltaPut& given : puts) {
    Held& held = puts_.emplace_back(Held{.put = given});
    const DeltaPut& put = held.put;
    check(put.commit >= last_commit_.load(std::memory_order_relaxed) && put.commit > 0, "commits ascend");
    Chain& chain = by_patient_[put.patient];
    (chain.last ? chain.last->next : chain.first) = &held;
    chain.last = &held;
    by_block_[stored::block_of(put.patient)].push_back(&put);
    for (const stored::Row& row : put.added) {
      note(by_code_[row.code], put);
      for (const Name translation : row.translations) note(by_code_[translation], put);
      for (const stored::RowAttribute& attribute : row.attributes)
        note(by_code_[stored::postings_of_attribute(attribute.name)], put);
    }
    for (const std::uint32_t number : put.removed) {
      removals_[stored::block_of(put.patient)].push_back(
          {.commit = put.commit, .removal = {.patient = put.patient, .number = number}});
    }
    last_commit_.store(put.commit, std::memory_order_release);
  }
  memory_.push_back(std::move(memory));
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void Segment::of_patient(PatientId patient, std::uint64_t commit_max, std::vector<const DeltaPut*>& out) const {
  if (empty()) return;
  const std::shared_lock lock(mutex_);
  const auto found = by_patient_.find(patient);
  if (found == by_patient_.end()) return;
  for (const Held* held = found->second.first; held && held->put.commit <= commit_max; held = held->next)
    out.push_back(&held->put);
}

void Segment::of_code(Name code, std::uint64_t commit_max, std::vector<const DeltaPut*>& out) const {
  if (empty()) return;
  const std::shared_lock lock(mutex_);
  append_up_to(by_code_, code, commit_max, out);
}

void Segment::of_block(std::uint32_t block, std::uint64_t commit_max, std::vector<const DeltaPut*>& out) const {
  if (empty()) return;
  const std::shared_lock lock(mutex_);
  append_up_to(by_block_, block, commit_max, out);
}

void Segment::removals(std::uint64_t commit_max, std::uint32_t first_block, std::uint32_t last_block,
                       std::vector<stored::Removal>& out) const {
  if (empty()) return;
  const std::shared_lock lock(mutex_);
  for (auto at = removals_.lower_bound(first_block); at != removals_.end() && at->first <= last_block; ++at) {
    for (const Removed& removed : at->second) {
      if (removed.commit > commit_max) break;
      out.push_back(removed.removal);
    }
  }
}

void Segment::all(std::vector<const DeltaPut*>& out) const {
  const std::shared_lock lock(mutex_);
  for (const Held& held : puts_) out.push_back(&held.put);
}

}  // namespace chartline::engine
