#include "query/person.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/maintenance.h"
#include "query/run.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

// Everyone's events as words, in the order in which they are read.
std::string everyone(const engine::View& view) {
  PersonReader reader(view);
  Person person;
  std::string text;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
      if (!reader.read({shard, id}, person).value()) continue;
      text += std::string(person.name) + " " + std::string(person.sex) + " " + record::print(person.birth) +
              (person.dead ? " dead " : "") + record::print(person.death) + ":";
      for (const record::Event& event : person.events) {
        if (event.kind != record::Kind::patient) text += " " + std::string(event.code.code);
      }
      text += "\n";
    }
  }
  return text;
}

TEST(PersonReader, ReadsWholeTimelinesInTheTotalOrder) {
  SmallStore small;
  small.tell(
      "ann female 1950-03-01\n"
      "ann 2020-05-05T10:00:00Z observation local:e\n"
      "ann 2020-05-05 observation local:d\n"
      "ann 2020 observation local:b\n"
      "ann - observation local:a\n"
      "ann 2020-05 observation local:c source=west\n"
      "ann 2020-05 observation local:c0 source=east\n"
      "ann 2020-06-01 observation local:wrong status=entered-in-error\n");
  EXPECT_EQ(everyone(small.store().view()), "ann female 1950-03-01: a b c0 c d e wrong\n");
  ASSERT_TRUE(small.store().fold());
  EXPECT_EQ(everyone(small.store().view()), "ann female 1950-03-01: a b c0 c d e wrong\n");
}

TEST(PersonReader, OrderIsComesBefore) {
  for (const std::uint32_t shards : {1u, 4u}) {
    SmallStore small(shards);
    std::string lines;
    for (int i = 0; i < 300; ++i) {
      const int who = i % 7, day = 1 + (i * 11) % 9;
      lines += "p" + std::to_string(who) + " 2020-01-0" + std::to_string(day) + (i % 3 ? "" : "T10:00:00Z") +
               " observation local:" + std::to_string(i) + (i % 2 ? " source=west" : "") + "\n";
      if (i != 150) continue;
      small.tell(lines);
      lines.clear();
      ASSERT_TRUE(small.store().fold());
    }
    small.tell(lines + "link p1 p2\nlink p3 p1\n");
    const engine::View view = small.store().view();
    PersonReader reader(view);
    Person person;
    std::size_t persons = 0, events = 0;
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
      for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
        if (!reader.read({shard, id}, person).value()) continue;
        ++persons, events += person.events.size();
        EXPECT_TRUE(std::ranges::is_sorted(person.events, comes_before)) << person.name;
      }
    }
    EXPECT_EQ(persons, 5u);
    EXPECT_EQ(events, 300u);
  }
}

TEST(PersonReader, OfASexThatOneSourceKnowsAnotherThatDoesNotTakesNothingAway) {
  SmallStore small;
  small.tell("ann unknown 1950\nzoe x-other 1950\nlink ann zoe\n");
  EXPECT_TRUE(everyone(small.store().view()).starts_with("ann x-other 1950")) << everyone(small.store().view());
}

TEST(PersonReader, LinkedPatientsAreOnePersonWhateverTheirReferences) {
  const std::string lines =
      "bea female 1950-03-01\n"
      "bea 2021-01-01 condition local:b\n"
      "abe - 1949-01-01 2022-02-02\n"
      "abe 2020-01-01 condition local:a\n"
      "cat male -\n"
      "dan male 1960-01-01\n"
      "link cat bea\n"
      "link bea abe\n";
  for (const std::uint32_t shards : {1u, 8u}) {
    SmallStore small(shards);
    small.tell(lines);
    std::string text = everyone(small.store().view());
    EXPECT_NE(text.find("abe female 1949-01-01 dead 2022-02-02: a b\n"), std::string::npos) << text;
    EXPECT_NE(text.find("dan male 1960-01-01:\n"), std::string::npos) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  }
}

TEST(PersonReader, PassesOverWhoHasNothing) {
  SmallStore small;
  small.tell(
      "at 2024-01-01\n"
      "ann female 1950-03-01\n"
      "bob 2020-01-01 condition local:b\n"
      "at 2024-02-01\n"
      "cat male 1990-01-01\n");
  EXPECT_EQ(everyone(small.store().view_as_of(record::parse_time("2024-01-15")->instant())),
            "ann female 1950-03-01:\nbob  : b\n");
  EXPECT_EQ(everyone(small.store().view_as_of(record::parse_time("2023-12-31")->instant())), "");
  ASSERT_TRUE(engine::erase(small.store(), record::Identifier{"test", "bob"}));
  EXPECT_EQ(everyone(small.store().view()), "ann female 1950-03-01:\ncat male 1990-01-01:\n");
}

// What is read of everyone where only this is asked.
std::string as_asked(SmallStore& small, const std::string& text) {
  const engine::View view = small.store().view();
  const Prepared prepared = prepare(small.store(), text, {}).value();
  EXPECT_TRUE(prepared.complaints.empty()) << text;
  std::vector<const typed::Node*> statements;
  for (const typed::Ptr& statement : prepared.program->query.statements)
    if (!is_definition(statement->op)) statements.push_back(statement.get());
  PersonReader reader(view, wanted_by(statements, *prepared.program));
  Person person;
  std::string read;
  for (std::uint32_t id = 0; id < view.patients(0); ++id) {
    if (!reader.read({0, id}, person).value()) continue;
    read += std::string(person.name) + ":";
    for (const record::Event& event : person.events) {
      if (event.kind == record::Kind::patient) continue;
      read += " " + std::string(event.code.code) + (event.value.text.empty() ? "" : "=") +
              std::string(event.value.text) + (event.record.empty() ? "" : "#") +
              (event.attributes.empty() ? "" : "+") + (event.recorded == 0 ? "" : "@");
    }
    read += ";";
  }
  return read;
}

TEST(PersonReader, ReadsWhatIsAskedAndNoMore) {
  SmallStore small;
  small.tell(
      "ann female 1950-03-01\n"
      "ann 2020-01-01 condition local:a\n"
      "ann 2020-01-02 condition local:b attr.site=left\n"
      "ann 2020-01-03 observation local:a 5 mg\n"
      "ann 2020-01-04..2021-01-01 registration local:r\n"
      "bob 2020-01-01 document local:d found\n"
      "cat male 1990-01-01\n");
  ASSERT_TRUE(small.store().fold());  // what is not folded yet is there anyway
  const auto expect = [&](const std::string& text, const std::string& read) {
    EXPECT_EQ(as_asked(small, text), read) << text;
  };
  expect("count exists condition[local:a] by sex", ": a;:;:;");
  expect("list exists condition[local:a]", "ann: a;bob:;cat:;");
  expect("list exists condition[local:a] select patient, sex", "ann: a;bob:;cat:;");
  expect("list exists condition[local:a] select sex", ": a;:;:;");
  expect("let c = condition[local:a]\ncount exists c", ": a;:;:;");
  expect("cohort c = exists any[local:a]\ncount in c", ": a a;:;:;");
  expect("count exists condition[local:a] as x where value > 1 or exists condition[local:b] before x", ": a b;:;:;");
  expect("count registered(2020-02-01) or exists document[*] where text = 'found'", ": r;: d=found;:;");
  expect("count attr.site = 'left'", ":;:;:;");
  expect("count exists condition[*] where attr.site = 'left'", ": a b+;:;:;");
  expect("count exists condition[local:a] where recorded > 2020", ": a@;:;:;");
  expect("count exists condition[local:b] same encounter as condition[local:a]", ": a# b#;:;:;");
  expect("cohort c per condition[local:a] as i = true\nevents observation[*] of c", "ann: a#@ a#@;bob:;cat:;");
  expect("cohort c per condition[local:a] as i = true\nincidence condition[local:a] in c", ": a b a r;: d;:;");
}

}  // namespace
}  // namespace chartline::query
