// Real records, made de-identified: every true identifier, name, date of birth and free text is searched for in everything that a
// project can be given.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/person_about.h"
#include "engine/trust/deidentify.h"
#include "tests/disclosure/planner.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::query {
namespace {

using engine::PatientRef;
using engine::View;
using Form = record::Value::Form;

// What must not be found: within a text anywhere, or as the whole of one.
struct Canaries {
  std::set<std::string> parts, wholes;
};

// The word for a kind of event is no secret: the kind is shown.
void gather(const record::Value& value, Canaries& into) {
  if (value.form == Form::text && value.text.size() > 3 && !record::parse_kind(value.text))
    into.wholes.emplace(value.text);
}

Canaries canaries_of(const View& view, const std::vector<PatientRef>& patients) {
  Canaries all;
  record::Arena room;
  for (const PatientRef patient : patients) {
    const auto about = engine::person_about(view, patient, room);
    EXPECT_TRUE(about);
    for (const record::Identifier& one : about->identifiers) all.parts.emplace(one.value);
    auto timeline = view.timeline(patient, {.include_hidden = true});
    EXPECT_TRUE(timeline);
    for (std::size_t i = 0; i < timeline->size(); ++i) {
      const record::Event event = timeline->event(i).value();
      for (const std::string_view id : {event.record, event.encounter, event.source_person}) {
        if (!id.empty()) all.wholes.emplace(id);
      }
      gather(event.value, all);
      for (const record::Attribute& one : event.attributes) {
        gather(one.value, all);
        const bool name = one.name == record::attribute::given_name || one.name == record::attribute::family_name;
        if (name && one.value.text.size() > 3) all.parts.emplace(one.value.text);
      }
    }
  }
  all.parts.erase("");
  return all;
}

std::vector<std::string> texts_of(const View& view, const std::vector<PatientRef>& patients) {
  std::vector<std::string> texts;
  record::Arena room;
  const auto add = [&](std::string_view text) { texts.emplace_back(text); };
  const auto add_value = [&](const record::Value& value) {
    add(value.text), add(value.code.code), add(record::print(value.date));
  };
  for (const PatientRef patient : patients) {
    const auto about = engine::person_about(view, patient, room);
    EXPECT_TRUE(about);
    add(about->name), add(record::print(about->birth)), add(record::print(about->death));
    EXPECT_EQ(about->identifiers.size(), 1u);
    EXPECT_EQ(about->birth.precision, record::Precision::year);
    for (const record::Identifier& one : about->identifiers) add(one.value);
    EXPECT_TRUE(view.history(patient, room)->empty());
    auto timeline = view.timeline(patient, {.include_hidden = true});
    EXPECT_TRUE(timeline);
    for (std::size_t i = 0; i < timeline->size(); ++i) {
      const record::Event event = timeline->event(i).value();
      add(event.record), add(event.encounter), add(event.source_person), add(event.version);
      add(record::print(event.start)), add(record::print(event.end.at));
      add_value(event.value);
      for (const record::Attribute& one : event.attributes) add_value(one.value);
      EXPECT_EQ(*view.original(patient, event), std::nullopt);
    }
  }
  return texts;
}

TEST(Canary, NothingTrueIsInAnythingThatAProjectIsGiven) {
  integration::ScratchStore scratch(integration::Where::memory);
  engine::Store& store = *scratch;
  integration::import_into(store, exchange::Format::fhir, {"data/sample/synthea-fhir.tar.xz"});
  const View plain = store.view();
  std::vector<PatientRef> patients;
  const auto nobody = plain.nobody();
  ASSERT_TRUE(nobody);
  for (std::uint32_t shard = 0; shard < plain.shards(); ++shard) {
    for (std::uint32_t id = 0; id < plain.patients(shard); ++id) {
      if (!std::ranges::binary_search(*nobody, PatientRef{shard, id})) patients.push_back({shard, id});
    }
  }
  ASSERT_GT(patients.size(), 10u);
  const Canaries canaries = canaries_of(plain, patients);
  ASSERT_GT(canaries.parts.size(), 3 * patients.size());
  ASSERT_GT(canaries.wholes.size(), 1000u);

  engine::Grant grant = *planner(store, engine::Disclosure::none, 3);
  grant.rights |= engine::mask(engine::Right::rows);
  const engine::ProjectKey::Secret secret{7};
  grant.deidentified = std::make_shared<const engine::Deidentification>(
      engine::DeidentificationRules{.today = record::days_from_civil(2026, 1, 1)},
      engine::ProjectKey(secret, "canary"));
  const auto sealed = engine::seal(std::move(grant));
  const View view = plain.narrowed(sealed);
  std::vector<std::string> texts = texts_of(view, patients);
  const auto answers =
      ask(store, sealed,
          "cohort all = true\nlist true\nlist true select patient, birth, death, sex\nevents any[*] of all\n"
          "list true per any[*] select patient, start, date, end, value, text, encounter, source, recorded\n"
          "count true by birth\ntally any[*] by encounter\nexplain analyze count true");
  ASSERT_TRUE(answers) << answers.error().message;
  for (const Answer& answer : *answers) {
    EXPECT_FALSE(answer.rows.empty()) << answer.schema.text;
    for (const auto& row : answer.rows) {
      for (const Cell& cell : row) texts.push_back(print(cell));
    }
  }
  int found = 0;
  std::string whole;
  for (const std::string& text : texts) {
    if (canaries.wholes.contains(text) && ++found < 5)
      ADD_FAILURE() << "a true text is shown, as long as " << text.size();
    whole += text + "\n";
  }
  for (const std::string& part : canaries.parts) {
    if (whole.find(part) != std::string::npos && ++found < 10)
      ADD_FAILURE() << "found: something of who somebody is: " << part;
    const auto patient = view.find(part);
    EXPECT_TRUE(patient && !*patient);
  }
  EXPECT_EQ(found, 0);
}

}  // namespace
}  // namespace chartline::query
