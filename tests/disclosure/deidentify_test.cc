// What a project sees of records: laws of pseudonyms and of dates, what is left out, and that nothing true is found anywhere.
#include "engine/trust/deidentify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "engine/person_about.h"
#include "engine/trust/quasi_identifiers.h"
#include "query/cell.h"
#include "tests/disclosure/planner.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using engine::Deidentification;
using engine::DeidentificationRules;
using engine::PatientRef;
using engine::View;
using Dates = DeidentificationRules::Dates;
using record::Precision;

const record::Day today = record::days_from_civil(2024, 6, 1);

std::shared_ptr<const engine::Grant> researcher(engine::Store& store, DeidentificationRules rules,
                                                std::string_view project) {
  engine::Grant grant = *planner(store, engine::Disclosure::none, 1);
  grant.role = engine::Role::researcher;
  grant.rights = engine::mask(engine::Right::rows) | engine::mask(engine::Right::figures);
  grant.project = project;
  rules.today = today;
  const engine::ProjectKey::Secret secret{42};
  grant.deidentified = std::make_shared<const Deidentification>(std::move(rules), engine::ProjectKey(secret, project));
  return engine::seal(std::move(grant));
}

class Project : public ::testing::Test {
 protected:
  Project() : small_(2) {
    small_.tell(R"(
      ann female 1950-03-01
      ann 2020-01-10T10:30:00Z encounter local:visit record=enc-secret-1
      ann 2020-01-10T11:00:00Z observation loinc:4548-4 58 mmol/mol encounter=enc-secret-1 record=obs-secret-1
      ann 2020-02-20..2020-03-05 medication local:m attr.dose=5 attr.given=2020-02-21 attr.site=left
      ann 2020-02-20 document local:letter Ann-lives-in-Leeds source=RYJ
      ann 2021 condition icd10:E11
      ann 2021-07 condition local:rare
      old female 1921-03-01
      old 2020-01-10 condition icd10:E11
      dead male 1890-05-05 1984-05-05
      dead 1980-01-01 condition icd10:E11
      bob male 1980-03-01
      bobby male 1980-03-01
      bob 2020-01-10 condition icd10:E11
      bobby 2020-01-30 condition icd10:I10
      link bob bobby
    )");
  }
  View view(DeidentificationRules rules = {}, std::string_view project = "asthma") {
    return small_.store().view().narrowed(researcher(small_.store(), std::move(rules), project));
  }
  PatientRef patient(std::string_view name) { return *small_.store().view().find("test|" + std::string(name)).value(); }
  std::vector<record::Event> events(const View& view, std::string_view name) {
    timelines_.push_back(view.timeline(patient(name), {.include_hidden = true}).value());
    std::vector<record::Event> all;
    for (std::size_t i = 0; i < timelines_.back().size(); ++i) all.push_back(timelines_.back().event(i).value());
    return all;
  }
  record::Event event(const View& view, std::string_view name, record::Kind kind) {
    for (const record::Event& one : events(view, name)) {
      if (one.kind == kind) return one;
    }
    return ADD_FAILURE() << name, record::Event{};
  }
  std::string pseudonym(const View& view, std::string_view name) {
    return std::string(view.identifiers(patient(name), room_).value().at(0).value);
  }
  SmallStore small_;
  record::Arena room_;
  std::vector<engine::Timeline> timelines_;
};

TEST_F(Project, APseudonymStandsForAllIdentifiersAndFindsItsPatient) {
  const View asthma = view();
  EXPECT_EQ(asthma.identifiers(patient("ann"), room_)->size(), 1u);
  const std::string ann = pseudonym(asthma, "ann");
  EXPECT_EQ(ann.size(), 32u);
  EXPECT_EQ(ann, pseudonym(view(), "ann"));
  EXPECT_EQ(*asthma.find(ann), patient("ann"));
  EXPECT_EQ(*asthma.find("pseudonym|" + ann), patient("ann"));
  std::string other = ann;
  other[3] = other[3] == '0' ? '1' : '0';
  std::string upper = ann;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (const std::string& nobody : {std::string("ann"), std::string("test|ann"), other, ann + "0", std::string(32, '0'),
                                    std::string(32, 'z'), std::string()})
    EXPECT_EQ(*asthma.find(nobody), std::nullopt) << nobody;
  EXPECT_TRUE(upper == ann || !*asthma.find(upper));
  EXPECT_EQ(*view({}, "falls").find(ann), std::nullopt);
}

TEST_F(Project, LinkedPatientsAreOnePersonWithOnePseudonymAndOneShift) {
  const View asthma = view();
  EXPECT_EQ(pseudonym(asthma, "bob"), pseudonym(asthma, "bobby"));
  std::vector<record::Event> conditions;
  for (const record::Event& one : events(asthma, "bob")) {
    if (one.kind == record::Kind::condition) conditions.push_back(one);
  }
  ASSERT_EQ(conditions.size(), 2u);
  EXPECT_EQ(conditions[1].start.day() - conditions[0].start.day(), 20);
}

TEST_F(Project, AShiftKeepsIntervalsOrderAndTimesOfDay) {
  const View asthma = view(), plain = small_.store().view();
  const auto* grant = asthma.grant();
  const int shift = grant->deidentified->shift_days(patient("ann"));
  EXPECT_NE(shift, 0);
  EXPECT_LE(std::abs(shift), 365);
  const auto changed = events(asthma, "ann"), as_it_was = events(plain, "ann");
  ASSERT_EQ(changed.size(), as_it_was.size());
  int days = 0;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    EXPECT_EQ(changed[i].kind, as_it_was[i].kind);
    EXPECT_EQ(changed[i].code.code, as_it_was[i].code.code);
    if (as_it_was[i].start.precision < Precision::day) continue;
    EXPECT_EQ(changed[i].start.local - as_it_was[i].start.local, shift * record::micros_per_day);
    EXPECT_EQ(changed[i].start.precision, as_it_was[i].start.precision);
    ++days;
  }
  EXPECT_EQ(days, 4);
  const record::Event medication = event(asthma, "ann", record::Kind::medication);
  EXPECT_EQ(medication.end.at.day() - medication.start.day(), 14);
  for (const record::Attribute& one : medication.attributes) {
    if (one.name == "given") {
      EXPECT_EQ(one.value.date.day() - medication.start.day(), 1);
    }
  }
}

// Whoever sees when clocks change sees by how many days dates are shifted.
TEST_F(Project, TimesAreOfTheClocksOfOneZoneWithoutTheirOffset) {
  small_.tell(R"(
    dead 1983-07-01T10:00:00+01:00 observation local:summer
    dead 1983-07-01T09:30:00Z observation local:later
    dead 1983-12-01T10:00:00Z observation local:winter
    dead 1983-12-02T10:00:00-05:00 observation local:elsewhere
  )");
  const View london = view({.zone = record::Zone::find("Europe/London").value()});
  const int shift = london.grant()->deidentified->shift_days(patient("dead"));
  const auto shown = [&](std::string_view code) {
    for (const record::Event& one : events(london, "dead")) {
      if (one.code.code != code) continue;
      EXPECT_EQ(one.start.offset_minutes, 0);
      return record::print(record::at_instant(one.start.local - shift * record::micros_per_day));
    }
    return std::string("none");
  };
  EXPECT_EQ(shown("summer"), "1983-07-01T10:00:00Z");
  EXPECT_EQ(shown("later"), "1983-07-01T10:30:00Z");
  EXPECT_EQ(shown("winter"), "1983-12-01T10:00:00Z");
  EXPECT_EQ(shown("elsewhere"), "1983-12-02T15:00:00Z");
}

TEST_F(Project, DatesAreCoarsenedWhereTheRulesSaySo) {
  for (const record::Event& one : events(view({.dates = Dates::month}), "ann"))
    EXPECT_LE(one.start.precision, Precision::month);
  for (const record::Event& one : events(view({.dates = Dates::year}), "ann")) {
    EXPECT_LE(one.start.precision, Precision::year);
    if (one.end.form == record::End::Form::at) {
      EXPECT_EQ(record::print(one.end.at), "2020");
    }
  }
  EXPECT_EQ(record::print(event(view({.dates = Dates::month}), "ann", record::Kind::medication).end.at), "2020-03");
}

TEST_F(Project, OfABirthTheYearIsSeenAndOfTheVeryOldNotThat) {
  const View years = view({.dates = Dates::year});
  const auto born = [&](std::string_view name) { return record::print(years.demographics(patient(name))->birth); };
  EXPECT_EQ(born("ann"), "1950");
  EXPECT_EQ(born("old"), "1934");   // 103 years old: 90 and over
  EXPECT_EQ(born("dead"), "1894");  // died at 94
  const auto shifted = view().demographics(patient("ann"));
  EXPECT_EQ(shifted->birth.precision, Precision::year);
  EXPECT_TRUE(years.demographics(patient("dead"))->dead);
  EXPECT_EQ(record::print(years.demographics(patient("dead"))->death), "1984");
  EXPECT_EQ(years.code_of(patient("ann").shard, years.demographics(patient("ann"))->sex).code, "female");
}

TEST_F(Project, TextIsLeftOutAndIdsAreTokens) {
  const View asthma = view({.cut_attributes = {{"site", 2}}});
  for (const record::Event& one : events(asthma, "ann")) {
    EXPECT_NE(one.value.form, record::Value::Form::text);
    EXPECT_TRUE(one.version.empty());
    EXPECT_FALSE(one.has_original);
    EXPECT_EQ(one.recorded, 0);
    EXPECT_EQ(one.record.size(), 16u);
  }
  const record::Event encounter = event(asthma, "ann", record::Kind::encounter);
  EXPECT_EQ(event(asthma, "ann", record::Kind::observation).encounter, encounter.record);
  const record::Event medication = event(asthma, "ann", record::Kind::medication);
  ASSERT_EQ(medication.attributes.size(), 3u);
  EXPECT_EQ(medication.attributes[2].value.text, "le");
  EXPECT_EQ(event(view(), "ann", record::Kind::medication).attributes.size(), 2u);
  EXPECT_TRUE(asthma.history(patient("ann"), room_)->empty());
  EXPECT_EQ(*asthma.original(patient("ann"), encounter), std::nullopt);
}

// FHIR has codes that are words alone.
TEST_F(Project, WordsInThePlaceOfACodeAreLeftOut) {
  small_.tell("dead 1983-08-01 observation text:fell-at-Anns-in-Leeds text:and-again");
  const record::Event fall = event(view(), "dead", record::Kind::observation);
  EXPECT_TRUE(fall.code.empty()) << fall.code.code;
  EXPECT_EQ(fall.value.form, record::Value::Form::none);
}

TEST_F(Project, CodesAndSourcesAreLeftOutOnRequest) {
  const View few = view({.keeps_sources = false, .left_out_codes = {{"local", "rare"}}});
  int conditions = 0;
  for (const record::Event& one : events(few, "ann")) {
    EXPECT_TRUE(one.source.organisation.empty() && one.source.system.empty());
    EXPECT_NE(one.code.code, "rare");
    conditions += one.kind == record::Kind::condition;
  }
  EXPECT_EQ(conditions, 2);
}

// Its system is a hash of who the carer is: the same in all projects, and that of a name that is guessed.
TEST_F(Project, TheSourceOfACarersContributionsIsLeftOut) {
  small_.tell("ann 2021-08-01 observation local:mood 3 source=carer author=carer\n");
  for (const record::Event& one : events(view(), "ann")) EXPECT_NE(one.source.organisation, "carer");
}

TEST_F(Project, NothingOfTwoProjectsIsEqual) {
  const View asthma = view(), falls = view({}, "falls");
  std::set<std::string> tokens;
  for (const std::string_view name : {"ann", "old", "dead", "bob"}) {
    EXPECT_NE(pseudonym(asthma, name), pseudonym(falls, name));
    for (const View* project : {&asthma, &falls}) {
      std::set<std::string> own;
      for (const record::Event& one : events(*project, name))
        own.insert(std::string(one.record)), own.insert(std::string(one.encounter));
      own.erase("");
      for (const std::string& token : own) EXPECT_TRUE(tokens.insert(token).second) << token;
    }
  }
  int same = 0;
  for (std::uint32_t id = 0; id < 1000; ++id) {
    same += asthma.grant()->deidentified->shift_days({0, id}) == falls.grant()->deidentified->shift_days({0, id});
  }
  EXPECT_LT(same, 12);
  EXPECT_NE(asthma.grant()->mark, falls.grant()->mark);
  EXPECT_EQ(asthma.grant()->mark, view().grant()->mark);
}

TEST_F(Project, PseudonymsAndShiftsAreSpreadOverAllThereAre) {
  const auto how = view().grant()->deidentified;
  std::set<std::string> pseudonyms;
  int later = 0;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    for (std::uint32_t id = 0; id < 700; ++id) {
      const PatientRef one{shard, id};
      pseudonyms.insert(how->pseudonym(one));
      EXPECT_EQ(how->patient_of(how->pseudonym(one)), one);
      EXPECT_NE(how->shift_days(one), 0);
      EXPECT_LE(std::abs(how->shift_days(one)), 365);
      later += how->shift_days(one) > 0;
    }
  }
  EXPECT_EQ(pseudonyms.size(), 2100u);
  EXPECT_NEAR(later, 1050, 150);
  EXPECT_EQ(view({.shift_days_max = 0}).grant()->deidentified->shift_days({0, 0}), 0);
}

TEST_F(Project, NobodyIsFoundByATrueDate) {
  const auto count = [&](std::string_view text) {
    const auto answers = ask(small_.store(), researcher(small_.store(), {}, "asthma"), text);
    EXPECT_TRUE(answers) << answers.error().message;
    return printed(answers->at(0)).at(0);
  };
  EXPECT_EQ(count("count birth = 1950-03-01"), "0");
  EXPECT_EQ(count("count exists encounter[*] where date = 2020-01-10"), "0");
  EXPECT_EQ(count("count exists document[*] where contains(text, 'Leeds')"), "0");
  EXPECT_EQ(count("count exists medication[*] where attr.site = 'left'"), "0");
  EXPECT_EQ(count("count exists observation[*] same encounter as (first encounter[*])"), "1");
  EXPECT_EQ(count("count true"), "4");
}

TEST_F(Project, RowsComeInNoOrderOfTheStore) {
  const auto names = [&](std::string_view project) {
    const auto answers = ask(small_.store(), researcher(small_.store(), {}, project), "list true\ncount true");
    EXPECT_TRUE(answers) << answers.error().message;
    EXPECT_EQ(printed(answers->at(1)).at(0), "4");
    return printed(answers->at(0));
  };
  const auto asthma = names("asthma"), falls = names("falls");
  ASSERT_EQ(asthma.size(), 4u);
  const auto before = [](const std::string& a, const std::string& b) {
    return query::compare(query::Cell(a), query::Cell(b)) < 0;
  };
  EXPECT_TRUE(std::ranges::is_sorted(asthma, before) && std::ranges::is_sorted(falls, before));
  for (const std::string& name : asthma) EXPECT_EQ(std::ranges::count(falls, name), 0);
}

TEST_F(Project, PostingsAndTheirPagesAreNotThere) {
  const View asthma = view();
  EXPECT_FALSE(asthma.has_postings());
  EXPECT_EQ(asthma.demographics(0, 0).error().fault, Fault::unsupported);
  EXPECT_EQ(asthma.directory(0, 1).error().fault, Fault::unsupported);
}

TEST_F(Project, FoldedAndNotItIsTheSameAndFiltersSeeTheDatesShown) {
  const auto told = [&](const View& of) {
    std::string all;
    for (const record::Event& one : events(of, "ann")) all += record::print(one.start) + std::string(one.record) + "\n";
    return all;
  };
  const std::string before = told(view());
  ASSERT_TRUE(small_.store().fold());
  EXPECT_EQ(told(view()), before);
  const View asthma = view();
  const record::Day visit = event(asthma, "ann", record::Kind::encounter).start.day();
  EXPECT_EQ(asthma.timeline(patient("ann"), {.from = visit, .to = visit})->size(), 2u);
  std::vector<PatientRef> all = {patient("ann"), patient("old")};
  std::size_t seen = 0;
  ASSERT_TRUE(asthma.timelines(all, {}, stored::field_hot, [&](PatientRef, engine::Timeline& one) -> Result<void> {
    seen += one.size();
    return {};
  }));
  EXPECT_EQ(seen, 9u);
  auto page = asthma.timeline(patient("ann"), {.limit = 2}).value();
  EXPECT_EQ(asthma.timeline(patient("ann"), {.cursor = page.next()})->size(), 5u);
}

TEST_F(Project, SomebodyRareIsCounted) {
  const auto found = engine::quasi_identifiers(view({.dates = Dates::year}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->people, 4u);
  EXPECT_EQ(found->sets.front().fields, "birth");
  EXPECT_EQ(found->sets.front().k(), 1u);
  EXPECT_EQ(found->sets.front().classes, 4u);
  EXPECT_EQ(found->sets.front().people_in_fewer_than(8), 4u);
  EXPECT_EQ(found->sets.front().people_in_fewer_than(1), 0u);
  EXPECT_EQ(found->rare_codes.front().second, 1u);
  EXPECT_NE(std::ranges::find(found->rare_codes, std::pair<std::string, std::uint64_t>("local|rare", 1)),
            found->rare_codes.end());
}

TEST_F(Project, ThePastIsSeenByTheSameRules) {
  const View past = small_.store().view_as_of(INT64_MAX - 1).narrowed(researcher(small_.store(), {}, "asthma"));
  EXPECT_EQ(pseudonym(past, "ann"), pseudonym(view(), "ann"));
  EXPECT_EQ(event(past, "ann", record::Kind::medication).start, event(view(), "ann", record::Kind::medication).start);
}

// When each event was recorded would tell by how many days the dates of its patient are shifted.
TEST_F(Project, RowsOfThePastAreNotTold) {
  const auto fault_of = [&](std::string_view text) {
    const auto answers = ask(small_.store(), researcher(small_.store(), {}, "asthma"), text);
    return answers ? "told" : std::string(name(answers.error().fault));
  };
  EXPECT_EQ(fault_of("list true"), "told");
  EXPECT_EQ(fault_of("as of 2099-01-01 count true"), "told");
  for (const std::string_view text :
       {"as of 2099-01-01 list true", "cohort c = true\nas of 2099-01-01 events any[*] of c",
        "count true\nas of 2099-01-01 explain analyze list true"})
    EXPECT_EQ(fault_of(text), "denied") << text;
}

// MEDS tells a birth as an event of its day.
TEST_F(Project, ThatTheDayOfBirthIsAnEventTellsNoMore) {
  small_.tell("old 1921-03-01..1921-03-02 patient local:MEDS_BIRTH");
  const auto of_old = events(view(), "old");
  const auto birth = std::ranges::find(of_old, "MEDS_BIRTH", [](const record::Event& one) { return one.code.code; });
  ASSERT_NE(birth, of_old.end());
  EXPECT_EQ(record::print(birth->start), "1934");
  EXPECT_EQ(record::print(birth->end.at), "1934");
}

}  // namespace
}  // namespace chartline::query
