// Where what is counted of all codes needs no patient to be complete, threads share out the codes: none is counted twice or left
// out, and whoever is out of the ordinary is still left to the reference.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "query/run.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

constexpr int patients = 9'000, codes = 23;  // of three blocks

constexpr const char* by_code = "cohort everything per any[*] as each = true\ncount in everything by each.code\n";
constexpr const char* high_by_year = "tally any[*] where value > 30 by year(it)\n";

// Five events of each, of some codes, with a value.
std::string many_lines() {
  std::string lines;
  for (int patient = 0; patient < patients; ++patient) {
    const std::string name = "p" + std::to_string(patient);
    lines += name + " female 1950-01-01\n";
    for (int i = 0; i < 5; ++i)
      lines += name + " 200" + std::to_string(i + 1) + "-02-01 condition local:c" +
               std::to_string(patient * (i + 1) % codes) + " " + std::to_string((patient + i) % 50) + "\n";
  }
  return lines;
}

std::vector<std::string> asked(engine::Store& store, const std::string& text, const RunOptions& options) {
  const Prepared prepared = prepare(store, text, {}).value();
  EXPECT_TRUE(prepared.complaints.empty()) << render(prepared.complaints, text);
  Answers answers;
  EXPECT_TRUE(run(prepared, store, store.view(), options, answers));
  std::vector<std::string> lines;
  for (const auto& row : answers.all.at(0).rows) {
    std::string& line = lines.emplace_back();
    for (const Cell& cell : row) line += print(cell) + "|";
  }
  return lines;
}

// More than once: codes are shared out by what was noted of their runs before.
void expect_same(engine::Store& store, const std::string& text, std::size_t rows) {
  const auto reference = asked(store, text, {.executor = Executor::reference});
  EXPECT_EQ(reference.size(), rows) << text;
  for (const unsigned threads : {1u, 2u, 3u, 2u})
    EXPECT_EQ(asked(store, text, {.executor = Executor::vectorised, .threads = threads}), reference)
        << threads << " threads: " << text;
}

class SharedCodes : public ::testing::Test {
 protected:
  SharedCodes() {
    small_.tell(many_lines());
    EXPECT_TRUE(store().fold());
  }
  engine::Store& store() { return small_.store(); }
  SmallStore small_;
};

TEST_F(SharedCodes, PatientsByCodeAreTheSameForAnyNumberOfThreads) { expect_same(store(), by_code, codes); }

TEST_F(SharedCodes, EventsByYearAreTheSameForAnyNumberOfThreads) {
  expect_same(store(), high_by_year, 5);
  expect_same(store(), "tally any[*] by date(it)\n", 5);
}

TEST_F(SharedCodes, EventsBySeveralGroupsAreTheSameForAnyNumberOfThreads) {
  expect_same(store(), "tally any[*] by kind, year(it)\n", 5);
  expect_same(store(), "tally condition[*] by year(it), code\n", 5 * codes);
  expect_same(store(), "tally condition[*] by code, source, month(it)\n", 5 * codes);
}

TEST_F(SharedCodes, WhoeverHasAnEventIsCountedOnce) {
  const std::string in_a_year = "count exists any[*] in 2003 where value > 20\n", of_any = "count exists any[*]\n";
  for (const std::string& text : {in_a_year, of_any}) expect_same(store(), text, 1);
  small_.tell("p1 2003-03-01 condition local:c3 40\np9001 2003-03-01 condition local:new 41\n");
  for (const std::string& text : {in_a_year, of_any}) expect_same(store(), text, 1);
}

TEST_F(SharedCodes, WithEventsThatAreNotFoldedYet) {
  small_.tell("p1 2001-03-01 condition local:c3 40\np8999 2007-03-01 condition local:new 41\n");
  expect_same(store(), by_code, codes + 1);
  expect_same(store(), high_by_year, 6);
}

// Days are counted through a table of two hundred years; others are not lost.
TEST_F(SharedCodes, WithDaysLongAgo) {
  small_.tell(
      "p1 1850-03-01 condition local:c3 40\np4500 2150-03-01 condition local:c4 41\np4500 1850-07-01 condition "
      "local:c9 41\n");
  expect_same(store(), high_by_year, 7);
  ASSERT_TRUE(store().fold());
  expect_same(store(), high_by_year, 7);
}

// Their patients are left to the reference, whichever of their events anybody counts.
TEST_F(SharedCodes, WithDatesThatAreNotKnownToTheDay) {
  expect_same(store(), high_by_year, 5);
  small_.tell("p1 2001-03 condition local:c3 40\np4500 2002 condition local:c4 41\n");
  expect_same(store(), high_by_year, 5);
  ASSERT_TRUE(store().fold());
  expect_same(store(), high_by_year, 5);
  expect_same(store(), "cohort some per any[*] in 2001-01-15..2002-03-15 as each = true\ncount in some by each.code\n",
              codes);
}

TEST_F(SharedCodes, AsOfAnInstantAfterWhichSomeHaveChanged) {
  small_.tell("at 2024-02-01\np8999 2007-03-01 condition local:new 41\np8998 2001-03-01 condition local:c3 45\n");
  const std::string definition = "cohort everything per any[*] as each = true\n";
  expect_same(store(), definition + "as of 2024-01-15 count in everything by each.code\n", codes);
  expect_same(store(), "as of 2024-01-15 " + std::string(high_by_year), 5);
}

}  // namespace
}  // namespace chartline::query
