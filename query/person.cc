#include "query/person.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "engine/person_about.h"

namespace chartline::query {

using engine::PatientRef;

struct PersonReader::Parts {
  Parts(const engine::View& of, Wanted what) : view(of.passing()), wanted(std::move(what)), codes(of.shards()) {
    filter.include_hidden = true;
    filter.kinds = wanted.whole_kinds;
    for (int kind = 0; kind < record::kind_count; ++kind) {
      if (wanted.codes[kind].empty()) continue;
      filter.kinds |= 1u << kind;
      for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
        std::vector<bool>& of_kind = codes[shard][kind];
        of_kind.resize(view.codes(shard) + std::size_t{1});
        for (const CodeSet* set : wanted.codes[kind])
          for (const engine::Name name : set->names(view, shard)) of_kind[name] = true;
      }
    }
  }

  bool wants(std::size_t i) const {
    const auto kind = static_cast<std::size_t>(timeline.kind(i));
    if (wanted.whole_kinds >> kind & 1) return true;
    return codes[timeline.patient(i).shard][kind][timeline.code(i)] || timeline.may_have_translations(i);
  }

  // Whether the store has any event of somebody of whom none is wanted.
  Result<bool> has_any(PatientRef patient) {
    if (!timeline.empty()) return true;
    engine::TimelineFilter any{.include_hidden = true, .limit = 1};
    TRY(view.timeline(patient, any, stored::field_time, timeline));
    return !std::exchange(timeline, {}).empty();
  }

  engine::View view;
  const Wanted wanted;
  std::vector<std::array<std::vector<bool>, record::kind_count>> codes;  // of each shard and kind: whether a code is wanted
  engine::TimelineFilter filter{};
  std::optional<std::vector<PatientRef>> nobody{};  // looked up when first asked
  // Rooms used again for each person.
  engine::Timeline timeline{};
  std::vector<record::Event> events{};
  record::Arena identifiers{};
};

PersonReader::PersonReader(const engine::View& view, Wanted wanted)
    : parts_(std::make_unique<Parts>(view, std::move(wanted))) {}
PersonReader::~PersonReader() = default;

Result<bool> PersonReader::read(PatientRef patient, Person& into) {
  Parts& parts = *parts_;
  if (!parts.view.sees(patient)) return false;
  const std::vector<PatientRef> linked = parts.view.linked(patient);
  if (linked.front() != patient) return false;
  if (!parts.nobody) parts.nobody = TRY(parts.view.nobody());
  if (std::ranges::binary_search(*parts.nobody, patient)) return false;
  TRY(parts.view.timeline(patient, parts.filter, parts.wanted.fields, parts.timeline));
  const engine::PersonDemographics who = TRY(engine::person_demographics(parts.view, linked));
  const bool known = who.birth.known() || who.dead || !who.sex.empty();
  if (!known && !TRY(parts.has_any(patient))) return false;

  parts.events.clear();
  for (std::size_t i = 0; i < parts.timeline.size(); ++i) {
    if (!parts.wants(i)) continue;
    parts.events.push_back(parts.timeline.event_as_read(i, parts.wanted.fields));
  }
  into.patient = patient;
  into.events = parts.events;
  into.birth = who.birth, into.death = who.death;
  into.dead = who.dead;
  into.sex = who.sex;
  into.name = {};
  if (!parts.wanted.names) return true;
  parts.identifiers.clear();
  for (const PatientRef one : linked) {
    const auto identifiers = TRY(parts.view.identifiers(one, parts.identifiers));
    if (identifiers.empty()) continue;
    const std::string_view name = identifiers.front().value;
    if (into.name.empty() || name < into.name) into.name = name;
  }
  return true;
}

bool comes_before(const record::Event& a, const record::Event& b) {
  const auto order = [](const record::Event& event) {
    return std::tuple(event.start.instant(), event.start.precision, event.source.organisation, event.source.system,
                      event.sequence, event.record, event.part, event.ordinal, event.number);
  };
  return order(a) < order(b);
}

}  // namespace chartline::query
