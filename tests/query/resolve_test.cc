#include "query/resolve.h"

#include <gtest/gtest.h>

#include "query/parse.h"
#include "query/print.h"
#include "tests/query/random_tree.h"

namespace chartline::query {
namespace {

constexpr bool any_list = true;

typed::Query compiled(std::string_view text, Complaints& complaints, Known known = {}) {
  known.any_code_list = any_list;
  return compile(text, known, complaints);
}

// Most of them mean nothing; none breaks an invariant, and complaints stand within the text.
TEST(Resolve, TakesRandomTrees) {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    RandomTree random(seed);
    tree::Query query;
    for (int i = 0; i < 3; ++i) query.statements.push_back(random.statement(static_cast<int>(seed % 5)));
    const std::string text = print(query);
    Complaints complaints;
    const typed::Query made = compiled(text, complaints);
    (void)typed::print(made);
    for (const Complaint& one : std::move(complaints).sorted()) {
      ASSERT_LE(one.span.begin, one.span.end) << "seed " << seed;
      ASSERT_LE(one.span.end, text.size()) << "seed " << seed;
      ASSERT_FALSE(one.message.empty()) << "seed " << seed;
    }
  }
}

// What is printed means what was read.
TEST(Resolve, PrintedTextMeansTheSame) {
  const std::string_view text =
      "param today = 2024-03-31\n"
      "codes a1c = { loinc:4548-4, loinc:59261-8 }\n"
      "let recent = observation[a1c] within 12mo before today\n"
      "cohort high = (last recent).value > 58 'mmol/mol' and not not exists recent where value is not missing\n"
      "count high by sex, band(age(today), 10)\n";
  Complaints complaints;
  const std::string first = typed::print(compiled(text, complaints));
  Complaints of_tree;
  const std::string printed = print(parse(text, of_tree));
  EXPECT_EQ(typed::print(compiled(printed, complaints)), first);
  EXPECT_TRUE(complaints.empty()) << render(std::move(complaints).sorted(), text);
}

TEST(Resolve, TodayIsAssumedOnlyWhereAsked) {
  Complaints strict;
  compiled("count alive(today)", strict);
  EXPECT_EQ(strict.size(), 1u);
  Complaints shell;
  compiled(
      "count alive(today)", shell,
      {.systems = {}, .code_lists = {}, .any_code_list = true, .cohorts = {}, .cohort_indexes = {}, .assumes_today = true});
  EXPECT_TRUE(shell.empty());
}

TEST(Resolve, OneMistakeIsOneComplaint) {
  for (const std::string_view text : {
           "let a = unknown_name\nlet b = a + 1\ncount b > 3 and exists a",
           "codes c = nosystem:1\ncount exists condition[c] and no condition[c]",
           "cohort c = 5\ncount c\nflow c, in c",
           "count unknown_name > 3",
           "count (last observation[@x]).value > 3 'furlong'",
           "list true select unknown_name + 3 as a, 5 as b",
       }) {
    Complaints complaints;
    compiled(text, complaints);
    EXPECT_EQ(complaints.size(), 1u) << render(std::move(complaints).sorted(), text);
  }
}

// Each definition on the one before it: a tower that no stack would hold.
TEST(Resolve, TowersOfDefinitionsAreBounded) {
  for (const std::string_view step : {" + 1", " + a"}) {
    std::string text = "let a = 1\nlet v0 = 1\n";
    for (int i = 1; i < 5000; ++i)
      text += "let v" + std::to_string(i) + " = v" + std::to_string(i - 1) + std::string(step) + "\n";
    Complaints complaints;
    compiled(text, complaints);
    ASSERT_FALSE(complaints.empty());
    EXPECT_LE(complaints.size(), 20u);
  }
  std::string text = "let v0 = 1\n";
  for (int i = 1; i < 300; ++i)
    text += "let v" + std::to_string(i) + " = v" + std::to_string(i - 1) + " + v" + std::to_string(i - 1) + "\n";
  Complaints complaints;
  compiled(text, complaints);
  EXPECT_TRUE(complaints.empty());
}

TEST(Resolve, AsIsRefusedUnderNoAndNot) {
  struct Row {
    std::string_view text;
    std::size_t complaints;
  };
  for (const Row& row :
       {Row{"count exists condition[@a] as c", 0}, Row{"count no condition[@a] as c", 1},
        Row{"count not exists condition[@a] as c", 1}, Row{"count not (true and no condition[@a] as c)", 1},
        Row{"count no condition[@a] without (condition[@b] as c with (condition[@a] after c))", 0},
        Row{"count count(condition[@a] as c with (condition[@b] after c)) = 0", 0}}) {
    Complaints complaints;
    compiled(row.text, complaints);
    EXPECT_EQ(complaints.size(), row.complaints) << row.text << "\n"
                                                 << render(std::move(complaints).sorted(), row.text);
  }
}

}  // namespace
}  // namespace chartline::query
