#include "engine/person_about.h"

#include <tuple>

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

constexpr std::string_view unknown_sex = "unknown";

void take_earlier(record::Time& known, const record::Time& other) {
  if (!other.known()) return;
  const auto order = [](const record::Time& time) { return std::tuple(time.instant(), time.precision); };
  if (!known.known() || order(other) < order(known)) known = other;
}

bool is_better_sex(std::string_view sex, std::string_view than) {
  if (sex.empty() || than.empty()) return !sex.empty();
  return std::tuple(sex == unknown_sex, sex) < std::tuple(than == unknown_sex, than);
}

}  // namespace

Result<PersonDemographics> person_demographics(const View& view, std::span<const PatientRef> linked) {
  PersonDemographics person;
  for (const PatientRef patient : linked) {
    const Demographics one = TRY(view.demographics(patient));
    take_earlier(person.birth, one.birth);
    take_earlier(person.death, one.death);
    const std::string_view sex = one.sex ? view.code_of(patient.shard, one.sex).code : std::string_view();
    if (is_better_sex(sex, person.sex)) person.sex = sex;
    person.dead = person.dead || one.dead;
  }
  return person;
}

Result<PersonAbout> person_about(const View& view, PatientRef patient, record::Arena& room) {
  PersonAbout person;
  const std::vector<PatientRef> linked = view.linked(patient);
  for (const PatientRef one : linked) {
    for (const record::Identifier& identifier : TRY(view.identifiers(one, room)))
      person.identifiers.push_back(identifier);
  }
  const PersonDemographics known = TRY(person_demographics(view, linked));
  person.birth = known.birth, person.death = known.death, person.dead = known.dead;
  person.sex = known.sex;
  person.name = TRY(name_of(view, patient));
  return person;
}

}  // namespace chartline::engine
