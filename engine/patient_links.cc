#include "engine/patient_links.h"

#include <algorithm>
#include <set>
#include <utility>

namespace chartline::engine {

using stored::PatientRef;

void PatientLinks::load(const std::vector<LinkRecord>& folded) {
  for (const LinkRecord& link : folded) entries_.push_back({link, true, 0});
  folded_ = entries_.size();
  regroup();
}

bool PatientLinks::add(PatientRef a, PatientRef b, bool linked, std::uint64_t position) {
  if (b < a) std::swap(a, b);
  bool now = false;
  for (const auto& [link, committed, at] : entries_)
    if (link.a == a && link.b == b) now = link.linked;
  if (now == linked) return false;
  entries_.push_back({{a, b, linked, 0}, false, position});
  return true;
}

bool PatientLinks::learn(const LinkRecord& link, std::uint64_t position) {
  // A fold may reach further than the watermark it was made for.
  if (std::ranges::find(entries_, link, &Entry::link) != entries_.end()) return false;
  entries_.push_back({link, true, position});
  regroup();
  return true;
}

std::span<const PatientLinks::Entry> PatientLinks::after(std::uint64_t position) const {
  const auto first = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.position > position; });
  return {first, entries_.end()};
}

bool PatientLinks::commit(std::uint64_t position, Micros recorded) {
  bool any = false, wait = false;
  for (Entry& entry : entries_) {
    if (entry.committed) continue;
    if (entry.position > position) wait = true;
    else entry.committed = any = true, entry.link.recorded = recorded;
  }
  if (any) regroup();
  return wait;
}

// Connected components of the edges that stand at an instant.
PatientLinks::Groups PatientLinks::groups_of(Micros as_of) const {
  std::set<std::pair<PatientRef, PatientRef>> edges;
  for (const auto& [link, committed, position] : entries_) {
    if (!committed || link.recorded > as_of) continue;
    if (link.linked) edges.insert({link.a, link.b});
    else edges.erase({link.a, link.b});
  }
  std::map<PatientRef, PatientRef> least;  // union-find, each pointing towards the least of its group
  const auto root = [&](PatientRef at) {
    for (auto next = least.find(at); next != least.end() && next->second != at; next = least.find(at))
      at = next->second;
    return at;
  };
  for (const auto& [a, b] : edges) {
    const PatientRef x = root(a), y = root(b);
    least.try_emplace(x, x), least.try_emplace(y, y), least.try_emplace(a, x), least.try_emplace(b, y);
    if (x != y) least[std::max(x, y)] = std::min(x, y);
  }
  Groups members;
  for (const auto& [patient, up] : least) members[root(patient)].push_back(patient);
  Groups by_patient;
  for (const auto& [first, group] : members)
    for (const PatientRef& patient : group) by_patient[patient] = group;
  return by_patient;
}

bool PatientLinks::are_one(PatientRef a, PatientRef b) const {
  if (a == b) return true;
  const auto group = groups_.find(a);
  return group != groups_.end() && std::ranges::binary_search(group->second, b);
}

PatientLinks::Group PatientLinks::person(PatientRef patient, Micros as_of) const {
  if (entries_.empty()) return {patient};
  const bool newest = entries_.back().committed && entries_.back().link.recorded <= as_of;
  const Groups groups = newest ? Groups() : groups_of(as_of);
  const Groups& of = newest ? groups_ : groups;
  const auto at = of.find(patient);
  return at == of.end() ? Group{patient} : at->second;
}

std::vector<PatientLinks::Group> PatientLinks::persons(Micros as_of) const {
  std::vector<Group> all;
  for (const auto& [patient, group] : groups_of(as_of))
    if (group.front() == patient) all.push_back(group);
  return all;
}

// As many entries as stand in the table once that position is folded.
std::uint64_t PatientLinks::foldable(std::uint64_t position) const {
  std::uint64_t count = folded_;
  while (count < entries_.size() && entries_[count].committed && entries_[count].position <= position) ++count;
  return count;
}

std::vector<LinkRecord> PatientLinks::to_fold(std::uint64_t position) const {
  std::vector<LinkRecord> links;
  for (std::uint64_t place = folded_, past = foldable(position); place < past; ++place)
    links.push_back(entries_[place].link);
  return links;
}

void PatientLinks::let_go(std::uint64_t position) { folded_ = foldable(position); }

void PatientLinks::forget(PatientRef patient, Batch& batch) {
  const auto concerns = [&](const Entry& one) { return one.link.a == patient || one.link.b == patient; };
  for (std::uint64_t place = 0; place < folded_; ++place) batch.erase(Table::identity, link_key(place));
  const auto unfolded = entries_.begin() + static_cast<std::ptrdiff_t>(folded_);
  folded_ -= static_cast<std::uint64_t>(std::count_if(entries_.begin(), unfolded, concerns));
  std::erase_if(entries_, concerns);
  for (std::uint64_t place = 0; place < folded_; ++place)
    batch.put(Table::identity, link_key(place), encode_link(entries_[place].link));
  regroup();
}

}  // namespace chartline::engine
