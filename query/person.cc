#include "query/person.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "engine/person_about.h"

namespace chartline::query {

using engine::PatientRef;

struct PersonReader::Parts {
  Parts(const engine::View& of, Names wanted) : view(of), names(wanted) { filter.include_hidden = true; }

  engine::View view;
  Names names;
  engine::TimelineFilter filter{};
  std::optional<std::vector<PatientRef>> nobody{};  // looked up when first asked
  // Rooms used again for each person.
  engine::Timeline timeline{};
  std::vector<record::Event> events{};
  record::Arena identifiers{};
};

PersonReader::PersonReader(const engine::View& view, Names names) : parts_(std::make_unique<Parts>(view, names)) {}
PersonReader::~PersonReader() = default;

Result<bool> PersonReader::read(PatientRef patient, Person& into) {
  Parts& parts = *parts_;
  if (!parts.view.sees(patient)) return false;
  const std::vector<PatientRef> linked = parts.view.linked(patient);
  if (linked.front() != patient) return false;
  if (!parts.nobody) parts.nobody = TRY(parts.view.nobody());
  if (std::ranges::binary_search(*parts.nobody, patient)) return false;
  TRY(parts.view.timeline(patient, parts.filter, stored::field_hot, parts.timeline));
  const engine::PersonDemographics who = TRY(engine::person_demographics(parts.view, linked));
  const bool known = who.birth.known() || who.dead || !who.sex.empty();
  if (parts.timeline.empty() && !known) return false;

  parts.events.clear();
  for (std::size_t i = 0; i < parts.timeline.size(); ++i) parts.events.push_back(TRY(parts.timeline.event(i)));
  into.patient = patient;
  into.events = parts.events;
  into.birth = who.birth, into.death = who.death;
  into.dead = who.dead;
  into.sex = who.sex;
  into.name = {};
  if (parts.names == Names::left_out) return true;
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
