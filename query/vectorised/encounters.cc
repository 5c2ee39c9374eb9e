#include "query/vectorised/encounters.h"

#include <algorithm>
#include <cstring>

#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

using typed::Node;

Result<void> EncounterReader::read(engine::PatientRef patient) {
  if (has_read_ && patient == patient_) return {};
  has_read_ = false;
  ++opened_;
  constexpr std::uint32_t fields =
      stored::field_number | stored::field_kind | stored::field_record | stored::field_encounter;
  TRY(view_.own_timeline(patient, {.include_hidden = true}, fields, timeline_));
  columns_.read(timeline_, stored::field_number | stored::field_kind);
  place_.assign(64 + 2 * columns_.size(), no_event);
  far_.clear();
  for (std::uint32_t i = 0; i < columns_.size(); ++i) {
    const std::uint32_t number = columns_.number[i];
    if (number < place_.size()) place_[number] = i;
    else far_.emplace(number, i);
  }
  patient_ = patient;
  has_read_ = true;
  return {};
}

std::string_view EncounterReader::of(std::uint32_t number) const {
  std::uint32_t i = no_event;
  if (number < place_.size()) i = place_[number];
  else if (const auto far = far_.find(number); far != far_.end()) i = far->second;
  if (i == no_event) return {};
  const bool is_encounter = columns_.kind[i] == static_cast<std::uint8_t>(record::Kind::encounter);
  return is_encounter ? timeline_.record(i) : timeline_.encounter(i);
}

namespace {

// What events share who are of one encounter. Ids differ at their ends, so that few texts are compared.
struct Shared {
  engine::Name source;
  std::uint64_t end = 0;
  std::string_view encounter;

  Shared(engine::Name of, std::string_view text) : source(of), encounter(text) {
    const std::size_t bytes = std::min(text.size(), sizeof end);
    std::memcpy(&end, text.data() + text.size() - bytes, bytes);
  }
  friend auto operator<=>(const Shared&, const Shared&) = default;
};

// Looking through so many takes no longer than bringing them in order.
constexpr std::size_t unsorted_max = 64;

bool holds(const std::vector<Shared>& all, const Shared& one) {
  if (all.size() <= unsorted_max) return std::ranges::find(all, one) != all.end();
  return std::ranges::binary_search(all, one);
}

}  // namespace

// Whether any of some events is of the source and of the encounter of each row's. A timeline is read where sources are the same.
Truths Evaluation::of_same_encounter(const Node& others, const Frame& candidates) {
  const EventColumn column = candidates_of(candidates);
  const ListsPtr lists = this->events(others, candidates);
  for (const Events* events : {column.events, lists->events}) want(events, field_source | field_number | field_grouped);
  Truths made(candidates.rows(), Truth::no);
  if (in_rehearsal()) return rehearsal_->asks_encounters = true, made;
  if (!encounters_) encounters_.emplace(*view_);

  std::vector<engine::Name> sources;  // of the list, ascending
  std::vector<Shared> shared;         // of the list, once it is needed
  bool is_read = false;
  for (std::size_t row = 0, before = no_event; row < made.size(); ++row) {
    const Place place = candidates.place[row];
    const std::uint32_t list = list_of(*lists, candidates, row);
    if ((*block_.odd)[place] || lists->count(list) == 0) continue;
    if (list != before) {
      before = list, is_read = false;
      sources.clear(), shared.clear();
      for (std::uint32_t k = lists->first(list); k < lists->past(list); ++k) {
        const engine::Name of = lists->events->source[lists->at(k)];
        if (sources.empty() || sources.back() != of) sources.push_back(of);
      }
      std::ranges::sort(sources);
      sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    }
    const engine::Name source = column.events->source[column.index[row]];
    if (!std::ranges::binary_search(sources, source)) continue;
    if (is_over()) break;
    if (!encounters_->read({block_.shard, block_.batch->id(place)})) {
      make_odd(place);  // the reference says why
      continue;
    }
    if (!is_read) {
      is_read = true;
      for (std::uint32_t k = lists->first(list); k < lists->past(list); ++k) {
        const std::uint32_t other = lists->at(k);
        const std::string_view encounter = encounters_->of(lists->events->number[other]);
        if (!encounter.empty()) shared.emplace_back(lists->events->source[other], encounter);
      }
      if (shared.size() > unsorted_max) std::ranges::sort(shared);
    }
    const std::string_view encounter = encounters_->of(column.events->number[column.index[row]]);
    made[row] = query::truth(!encounter.empty() && holds(shared, Shared(source, encounter)));
  }
  return made;
}

}  // namespace chartline::query::vectorised
