#include "engine/unfolded_names.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace chartline::engine {

void UnfoldedNames::add(stored::PatientRef patient, const record::Identifier& identifier, std::uint64_t hash,
                        std::uint64_t position, bool none_folded) {
  bool first = none_folded;
  of_hash(hash, [&](const Entry&) { first = false; });
  Entry& entry = entries_.emplace_back();
  entry.text.reserve(identifier.system.size() + identifier.value.size());
  entry.text.append(identifier.system).append(identifier.value);
  entry.system_bytes = static_cast<std::uint32_t>(identifier.system.size());
  entry.patient = patient, entry.hash = hash, entry.position = position, entry.first = first;
  if (entries_.size() * 2 > by_hash_.size()) return place_all();
  const auto place = static_cast<std::uint32_t>(entries_.size() - 1);
  by_hash_.add(hash, place), by_patient_.add(hash_of(patient), place);
}

std::vector<const UnfoldedNames::Entry*> UnfoldedNames::up_to(std::uint64_t position) const {
  std::vector<const Entry*> all(place_after(position));
  for (std::size_t at = 0; at < all.size(); ++at) all[at] = &entries_[at];
  return all;
}

std::deque<UnfoldedNames::Entry> UnfoldedNames::let_go(std::uint64_t position) {
  const auto past = entries_.begin() + static_cast<std::ptrdiff_t>(place_after(position));
  std::deque<Entry> left(std::make_move_iterator(past), std::make_move_iterator(entries_.end()));
  entries_.erase(past, entries_.end());
  entries_.swap(left);
  place_all();
  return left;
}

void UnfoldedNames::forget(stored::PatientRef patient) {
  if (std::erase_if(entries_, [&](const Entry& entry) { return entry.patient == patient; }) > 0) place_all();
}

std::size_t UnfoldedNames::place_after(std::uint64_t position) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(entries_, position, {}, &Entry::position) - entries_.begin());
}

void UnfoldedNames::place_all() {
  const std::size_t slots = std::bit_ceil(std::max(slots_min, entries_.size() * 2 + 1));
  by_hash_.clear(slots), by_patient_.clear(slots);
  for (std::uint32_t place = 0; place < entries_.size(); ++place)
    by_hash_.add(entries_[place].hash, place), by_patient_.add(hash_of(entries_[place].patient), place);
}

}  // namespace chartline::engine
