#include "engine/patient_indexes.h"

#include <memory>
#include <utility>

namespace chartline::engine {
namespace {

constexpr std::size_t buckets_min = 16;

}  // namespace

PatientIndexes::PatientIndexes() : buckets_(buckets_min), set_(Set::bucket_traits(buckets_.data(), buckets_.size())) {}
PatientIndexes::~PatientIndexes() { clear(); }

PatientIndexes::Held* PatientIndexes::find(PatientId patient) {
  const auto same = [](PatientId one, const Held& held) { return one == held.patient; };
  const auto at = set_.find(patient, Held::hash_of, same);
  if (at == set_.end()) return nullptr;
  at->asked = true;
  return &*at;
}

PatientIndexes::Held& PatientIndexes::add(PatientId patient, PatientIndex index) {
  auto held = std::make_unique<Held>(patient, std::move(index));
  if (set_.size() == buckets_.size()) grow();
  set_.insert(*held);
  newest_first_.push_front(*held);
  count(*held);
  return *held.release();
}

void PatientIndexes::count(Held& held) {
  bytes_ -= held.bytes;
  held.bytes = sizeof held + held.index.bytes();
  bytes_ += held.bytes;
}

// What was asked for goes to the front instead of out, once, as in the DecodedCache.
void PatientIndexes::trim() {
  for (std::size_t looks = set_.size() * 2; bytes_ > bytes_max && looks > 0 && !newest_first_.empty(); --looks) {
    Held& oldest = newest_first_.back();
    const bool asked = std::exchange(oldest.asked, false);
    if (asked || oldest.in_flight > 0) {
      newest_first_.splice(newest_first_.begin(), newest_first_, newest_first_.iterator_to(oldest));
    } else {
      drop(oldest);
    }
  }
}

void PatientIndexes::clear() {
  while (!newest_first_.empty()) drop(newest_first_.back());
}

void PatientIndexes::drop(Held& held) {
  bytes_ -= held.bytes;
  set_.erase(set_.iterator_to(held));
  newest_first_.erase(newest_first_.iterator_to(held));
  delete &held;
}

void PatientIndexes::grow() {
  std::vector<Set::bucket_type> more(buckets_.size() * 2);
  set_.rehash(Set::bucket_traits(more.data(), more.size()));
  buckets_.swap(more);
}

}  // namespace chartline::engine
