#include "query/person.h"

#include <algorithm>
#include <optional>
#include <tuple>

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

namespace {

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

Result<PersonDemographics> demographics_of(const engine::View& view, std::span<const PatientRef> linked) {
  PersonDemographics person;
  for (const PatientRef patient : linked) {
    const engine::Demographics one = TRY(view.demographics(patient));
    take_earlier(person.birth, one.birth);
    take_earlier(person.death, one.death);
    const std::string_view sex = one.sex ? view.code_of(patient.shard, one.sex).code : std::string_view();
    if (is_better_sex(sex, person.sex)) person.sex = sex;
    person.dead = person.dead || one.dead;
  }
  return person;
}

Result<bool> PersonReader::read(PatientRef patient, Person& into) {
  Parts& parts = *parts_;
  if (!parts.view.sees(patient)) return false;
  const std::vector<PatientRef> linked = parts.view.linked(patient);
  if (linked.front() != patient) return false;
  if (!parts.nobody) parts.nobody = TRY(parts.view.nobody());
  if (std::ranges::binary_search(*parts.nobody, patient)) return false;
  TRY(parts.view.timeline(patient, parts.filter, stored::field_hot, parts.timeline));
  const PersonDemographics who = TRY(demographics_of(parts.view, linked));
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
