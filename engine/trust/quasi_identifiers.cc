#include "engine/trust/quasi_identifiers.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/person_about.h"

namespace chartline::engine {
namespace {

constexpr std::array<std::string_view, 5> sets = {"birth", "birth, sex", "birth, sex, death",
                                                  "birth, sex, death, place", "birth, sex, death, place, rare codes"};

struct OnePerson {
  std::string birth, sex, death, place;
  std::set<std::string> codes;
};

void add_code(const record::Code& code, std::set<std::string>& codes) {
  if (!code.empty()) codes.insert(std::string(code.system) + "|" + std::string(code.code));
}

Result<OnePerson> read_person(const View& view, PatientRef patient, Timeline& timeline) {
  OnePerson person;
  const PersonDemographics who = TRY(person_demographics(view, view.linked(patient)));
  person.birth = record::print(who.birth), person.sex = who.sex;
  if (who.dead) person.death = "dead " + record::print(who.death).substr(0, 4);
  TRY(view.timeline(patient, {.include_hidden = true}, stored::field_hot, timeline));
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    const record::Event event = TRY(timeline.event(i));
    add_code(event.code, person.codes);
    for (const record::Code& code : event.translations) add_code(code, person.codes);
    add_code(event.value.code, person.codes);
    if (event.kind != record::Kind::patient) continue;
    for (const record::Attribute& attribute : event.attributes) {
      if (attribute.value.form == record::Value::Form::text) person.place += std::string(attribute.value.text) + "\n";
    }
  }
  return person;
}

}  // namespace

std::uint64_t QuasiIdentifierSet::people_in_fewer_than(std::uint64_t size) const {
  std::uint64_t people = 0;
  for (const auto& [of, classes_of] : sizes) people += of < size ? of * classes_of : 0;
  return people;
}

Result<QuasiIdentifiers> quasi_identifiers(const View& view) {
  const std::vector<PatientRef> nobody = TRY(view.nobody());
  QuasiIdentifiers found;
  std::vector<OnePerson> people;
  std::map<std::string, std::uint64_t> codes;
  Timeline timeline;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
      const PatientRef patient{shard, id};
      if (!view.sees(patient) || view.linked(patient).front() != patient || std::ranges::binary_search(nobody, patient))
        continue;
      OnePerson person = TRY(read_person(view, patient, timeline));
      if (timeline.empty()) continue;
      for (const std::string& code : person.codes) ++codes[code];
      people.push_back(std::move(person));
    }
  }
  found.people = people.size();
  for (const auto& [code, of] : codes) {
    if (of < rare_below) found.rare_codes.emplace_back(code, of);
  }
  std::ranges::stable_sort(found.rare_codes, {}, [](const auto& one) { return one.second; });
  for (std::size_t fields = 1; fields <= sets.size(); ++fields) {
    std::map<std::string, std::uint64_t> classes;
    for (const OnePerson& person : people) {
      std::string value = person.birth;
      if (fields > 1) value += "\n" + person.sex;
      if (fields > 2) value += "\n" + person.death;
      if (fields > 3) value += "\n" + person.place;
      if (fields > 4) {
        for (const std::string& code : person.codes) value += codes[code] < rare_below ? "\n" + code : "";
      }
      ++classes[value];
    }
    QuasiIdentifierSet set{.fields = std::string(sets[fields - 1]), .classes = classes.size()};
    for (const auto& [value, size] : classes) ++set.sizes[size];
    found.sets.push_back(std::move(set));
  }
  return found;
}

}  // namespace chartline::engine
