// What the pages cannot ask: rows bound from outside, intervals of a measure, members with index dates, saved cohorts.
#include "query/reference/evaluator.h"

#include <gtest/gtest.h>

#include "query/resolve.h"
#include "tests/query/literal_codes.h"
#include "tests/query/made_person.h"

namespace chartline::query {
namespace {

using Saved = std::map<std::string, std::shared_ptr<const Program>, std::less<>>;

std::shared_ptr<const Program> program_of(std::string_view text, Saved saved = {}) {
  Known known{.systems = {}, .code_lists = {}, .any_code_list = false, .cohorts = {}, .assumes_today = false};
  for (const auto& [name, program] : saved) known.cohorts.push_back(name);
  Complaints complaints;
  typed::Query query = compile(text, known, complaints);
  EXPECT_TRUE(complaints.empty()) << render(std::move(complaints).sorted(), text);
  LiteralCodes codes;
  auto program = link(std::move(query), MonthEnd::roll, codes, std::move(saved));
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

TEST_F(EvaluatorTest, SavedCohortsAreAskedByTheirOwnProgram) {
  const auto saved = program_of("let strokes = condition[icd10:I63]\ncohort stroke = count(strokes) >= 2");
  const auto program =
      program_of("let strokes = 7\ncohort women_with_stroke = in stroke and sex = female", {{"stroke", saved}});
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

}  // namespace
}  // namespace chartline::query
