// What the pages cannot ask: rows bound from outside, intervals of a measure, members with index dates, saved cohorts.
#include "query/reference/evaluator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <thread>

#include "query/bring_in.h"
#include "query/finder.h"
#include "query/resolve.h"
#include "tests/query/literal_codes.h"
#include "tests/query/made_person.h"

namespace chartline::query {
namespace {

using Saved = std::vector<std::shared_ptr<const SavedCohort>>;

typed::Query typed_of(std::string_view text, const Saved& saved) {
  Known known{.systems = {}, .code_lists = {}, .any_code_list = false, .cohorts = {}, .assumes_today = false};
  for (const auto& cohort : saved) known.cohorts.push_back(cohort->name);
  Complaints complaints;
  typed::Query query = compile(text, known, complaints);
  EXPECT_TRUE(complaints.empty()) << render(std::move(complaints).sorted(), text);
  return query;
}

std::shared_ptr<const Program> program_of(std::string_view text, Saved saved = {}) {
  LiteralCodes codes;
  auto program = link(typed_of(text, saved), codes, {.saved = saved, .text = std::string(text)});
  EXPECT_TRUE(program) << program.error().message;
  return *program;
}

class EvaluatorTest : public testing::Test {
 protected:
  EvaluatorTest() {
    person_.add("born 1950-05-01, female");
    person_.add("2024-01-01  condition    icd10:I63");
    person_.add("2024-01-05  medication   atc:B01AF01");
    person_.add("2024-06-01  condition    icd10:I63");
    person_.add("2024-06-02  observation  loinc:1-1 = 5");
  }
  MadePerson person_;
};

TEST_F(EvaluatorTest, MembersAreIndexEventsForWhichThePredicateHolds) {
  const auto program = program_of(
      "cohort treated per condition[icd10:I63] as ix until ix + 1y = exists medication[*] within 14d after ix\n"
      "cohort women = sex = female\n"
      "cohort men = sex = male\n");
  Evaluator evaluator(*program);
  evaluator.start(person_.person());
  const auto treated = evaluator.members(program->definition("treated"));
  ASSERT_EQ(treated.size(), 1u);
  EXPECT_EQ(treated[0].index->start, *record::parse_time("2024-01-01"));
  EXPECT_EQ(treated[0].until, record::parse_time("2025-01-01"));
  const auto women = evaluator.members(program->definition("women"));
  ASSERT_EQ(women.size(), 1u);
  EXPECT_FALSE(women[0].index || women[0].until);
  EXPECT_TRUE(evaluator.members(program->definition("men")).empty());
}

TEST_F(EvaluatorTest, ARowIsWhatItIsBoundTo) {
  const auto program = program_of("list true per condition[*] select it.date, age(it), count(observation[*] after it)");
  const typed::Node& rows = *program->query.statements[0];
  const std::uint32_t slot = std::get<typed::Slot>(rows.data).number;
  Evaluator evaluator(*program);
  evaluator.start(person_.person());
  const auto cell = [&](std::size_t column) { return evaluator.cell(*rows.parts[2 + column]->parts[0]); };
  const std::vector<Item> items = evaluator.events(*rows.parts[1]);
  ASSERT_EQ(items.size(), 2u);
  evaluator.bind(slot, items[1]);
  EXPECT_EQ(print(cell(0)), "2024-06-01");
  EXPECT_EQ(cell(1), Cell(std::int64_t{74}));
  EXPECT_EQ(cell(2), Cell(std::int64_t{1}));
  evaluator.bind(slot, items[0]);
  EXPECT_EQ(print(cell(0)), "2024-01-01");
  EXPECT_EQ(cell(1), Cell(std::int64_t{73}));
  evaluator.unbind(slot);
  EXPECT_TRUE(is_missing(cell(0)));
}

TEST_F(EvaluatorTest, TheIntervalOfAMeasureMoves) {
  const auto program = program_of(
      "measure exists condition[*] in interval over age(interval.start) >= 70 every 1mo from 2024-01-01 to 2024-06-30");
  const typed::Node& measure = *program->query.statements[0];
  Evaluator evaluator(*program);
  evaluator.start(person_.person());
  const auto asked = [&](std::string_view from, std::string_view to) {
    evaluator.set_interval(record::parse_time(from)->day(), record::parse_time(to)->day());
    return evaluator.truth(*measure.parts[0]);
  };
  EXPECT_EQ(asked("2024-01-01", "2024-01-31"), Truth::yes);
  EXPECT_EQ(asked("2024-02-01", "2024-02-29"), Truth::no);
  EXPECT_EQ(asked("2024-06-01", "2024-06-30"), Truth::yes);
  EXPECT_EQ(evaluator.truth(*measure.parts[1]), Truth::yes);
}

TEST_F(EvaluatorTest, SavedCohortsKeepTheirOwnNames) {
  const std::string text = "let strokes = condition[icd10:I63]\ncohort stroke = count(strokes) >= 2";
  const auto saved = std::make_shared<SavedCohort>(SavedCohort{"stroke", text, typed_of(text, {})});
  const auto program = program_of("let strokes = 7\ncohort women_with_stroke = in stroke and sex = female", {saved});
  EXPECT_EQ(program->printed(*program->definition("stroke/strokes").parts[0]), "condition[icd10:I63]");
  Evaluator evaluator(*program);
  evaluator.start(person_.person());
  EXPECT_EQ(evaluator.members(program->definition("women_with_stroke")).size(), 1u);
  MadePerson other;
  other.add("female");
  other.add("2024-01-01  condition    icd10:I63");
  evaluator.start(other.person());
  EXPECT_TRUE(evaluator.members(program->definition("women_with_stroke")).empty());
  evaluator.start(person_.person());
  EXPECT_EQ(evaluator.members(program->definition("women_with_stroke")).size(), 1u);
}

// Each definition doubles the one before it: reckoned once each, they cost no more than their number.
TEST_F(EvaluatorTest, DefinitionsThatStandOnOneAnotherAreReckonedOnce) {
  std::string text = "let v0 = 1\nlet c0 = alive(2024-01-01)\nlet e0 = condition[*]\n";
  const auto line = [&](const std::string& name, int i, const std::string& word) {
    const std::string last = name + std::to_string(i - 1);
    text += "let " + name + std::to_string(i) + " = " + last + word + last + "\n";
  };
  for (int i = 1; i <= 300; ++i) {
    line("v", i, " + ");
    line("c", i, " or false or ");
    line("e", i, " | ");
  }
  const auto program = program_of(text);
  Evaluator evaluator(*program);
  evaluator.start(person_.person());
  const auto body = [&](std::string_view name) -> const typed::Node& { return *program->definition(name).parts[0]; };
  EXPECT_EQ(std::get<double>(evaluator.cell(body("v300"))), std::ldexp(1, 300));
  EXPECT_EQ(evaluator.truth(body("c300")), Truth::yes);
  EXPECT_EQ(evaluator.events(body("e300")).size(), 2u);
}

// The deepest that the resolver lets through fits the stack of a thread.
TEST_F(EvaluatorTest, TheDeepestTowerIsEvaluated) {
  std::string text = "let v0 = condition[*]\n";
  int levels = 0;
  for (int i = 1; levels + 6 < 990; ++i, levels += 5)
    text += "let v" + std::to_string(i) + " = condition[*] with (v" + std::to_string(i - 1) + " on or after it)\n";
  text += "cohort deep = exists v" + std::to_string(levels / 5);
  const auto program = program_of(text);
  std::thread thread([&] {
    Evaluator evaluator(*program);
    evaluator.start(person_.person());
    EXPECT_EQ(evaluator.members(program->definition("deep")).size(), 1u);
  });
  thread.join();
}

// A stop that lets `checks` of them pass.
class StopAfter final : public Stop {
 public:
  explicit StopAfter(int checks) : left_(checks) {}
  Result<void> check() override {
    if (left_ == 0) return unavailable("enough");
    --left_;
    return {};
  }
  Result<void> check_memory(std::size_t) override { return {}; }

 private:
  int left_;
};

TEST_F(EvaluatorTest, WhatWouldTakeTooLongEndsEarly) {
  for (int i = 0; i < 2000; ++i) person_.add("2024-01-01  observation  loinc:1-1 = 5");
  const auto program = program_of(
      "cohort slow = exists observation[*] with (observation[*] on or after it with (observation[*] on or after it "
      "with "
      "(observation[*] on or after it with (observation[*] after it))))");
  Evaluator evaluator(*program);
  evaluator.start(person_.person());
  StopAfter stop(10);
  evaluator.heed(&stop);
  evaluator.members(program->definition("slow"));
  EXPECT_FALSE(stop.check());
}

}  // namespace
}  // namespace chartline::query
