#include "engine/person_about.h"

namespace chartline::engine {
namespace {

std::string text_attribute(const record::Event& event, std::string_view name) {
  for (const record::Attribute& attribute : event.attributes)
    if (attribute.name == name) return std::string(attribute.value.text);
  return {};
}

// The name as told last.
Result<std::string> name_of(const View& view, PatientRef patient) {
  TimelineFilter filter;
  filter.kinds = 1u << static_cast<unsigned>(record::Kind::patient);
  Timeline told = TRY(view.timeline(patient, filter));
  std::string name;
  Micros latest = INT64_MIN;
  for (std::size_t i = 0; i < told.size(); ++i) {
    const record::Event event = TRY(told.event(i));
    std::string full = text_attribute(event, record::attribute::given_name);
    const std::string family = text_attribute(event, record::attribute::family_name);
    full.append(full.empty() || family.empty() ? "" : " ").append(family);
    if (full.empty()) full = text_attribute(event, "name");
    if (!full.empty() && event.recorded >= latest) name = full, latest = event.recorded;
  }
  return name;
}

}  // namespace

Result<PersonAbout> person_about(const View& view, PatientRef patient, record::Arena& room) {
  PersonAbout person;
  for (const PatientRef one : view.linked(patient)) {
    for (const record::Identifier& identifier : TRY(view.identifiers(one, room)))
      person.identifiers.push_back(identifier);
  }
  const Demographics known = TRY(view.demographics(patient));
  person.birth = known.birth, person.death = known.death, person.dead = known.dead;
  if (known.sex != 0) person.sex = view.code_of(patient.shard, known.sex).code;
  person.name = TRY(name_of(view, patient));
  return person;
}

}  // namespace chartline::engine
