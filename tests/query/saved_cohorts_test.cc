#include "query/saved_cohorts.h"

#include <gtest/gtest.h>

#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

std::string saved(engine::Store& store, std::string_view name, std::string_view text, const PrepareOptions& options = {}) {
  const auto complaints = save_cohort(store, name, text, options).value();
  return complaints.empty() ? "" : render(complaints, text);
}

std::string asked(engine::Store& store, std::string_view text) {
  const auto prepared = prepare(store, text, {}).value();
  if (!prepared.complaints.empty()) return render(prepared.complaints, text);
  Answers answers;
  EXPECT_TRUE(run(prepared, store, store.view(), {}, answers));
  std::string rows;
  for (const Answer& answer : answers.all) {
    for (const auto& row : answer.rows) {
      for (const Cell& cell : row) rows += print(cell) + "|";
      rows += "\n";
    }
  }
  return rows;
}

class SavedCohorts : public ::testing::Test {
 protected:
  void SetUp() override {
    small_.tell(
        "ann female 1950-03-01\n"
        "ann 2018-01-01 condition local:stroke\n"
        "ann 2019-06-01 condition local:stroke\n"
        "ann 2019-07-01 condition local:bleed\n"
        "bob male 1990-07-15\n"
        "bob 2019-02-01 condition local:stroke\n"
        "cat female 1940-01-01\n");
  }
  engine::Store& store() { return small_.store(); }
  SmallStore small_;
};

TEST_F(SavedCohorts, AreUsedLikeDefinitions) {
  EXPECT_EQ(saved(store(), "old", "param youngest = 65\ncohort old = age(2020-01-01) >= youngest\ncount old"), "");
  EXPECT_EQ(saved_cohorts(store()).value(), std::vector<std::string>{"old"});
  EXPECT_EQ(asked(store(), "count old"), "2|\n");
  EXPECT_EQ(asked(store(), "count in old and exists condition[*] by sex"), "female|1|\n");
  EXPECT_EQ(asked(store(), "list in old select patient; flow in old, sex = female; tally condition[*] by old"),
            "ann|\ncat|\n1|in old|2||\n2|sex = female|2|0|\nfalse|1|\ntrue|3|\n");
  EXPECT_EQ(asked(store(), "events condition[local:bleed] of old").substr(0, 24), "ann|condition|local:blee");
}

TEST_F(SavedCohorts, StandByThemselvesAsPrinted) {
  EXPECT_EQ(saved(store(), "old",
                  "param youngest=17 ; codes c={local:stroke,local:bleed}\n let dx = first condition[ c ]\n"
                  "cohort old = exists dx and age(dx) >= youngest   # what is this\nlist old",
                  {.parameters = {{"youngest", "65"}}}),
            "");
  EXPECT_EQ(saved_cohort_text(store(), "old").value(),
            "param youngest = 65\ncodes c = { local:stroke, local:bleed }\nlet dx = first condition[c]\n"
            "cohort old = exists dx and age(dx) >= youngest\n");
  // Names of its own stay its own.
  EXPECT_EQ(asked(store(), "let dx = 1\nparam youngest = 200\ncount old"), "1|\n");
}

TEST_F(SavedCohorts, KeepTheirIndexDates) {
  EXPECT_EQ(
      saved(store(), "strokes", "cohort strokes per condition[local:stroke] as ix until ix + 60d = age(ix) >= 18"), "");
  EXPECT_EQ(asked(store(), "count strokes by year(ix)"), "2018|1|\n2019|2|\n");
  EXPECT_EQ(asked(store(), "list in strokes"),
            "ann|2018-01-01|2018-03-02|\nann|2019-06-01|2019-07-31|\nbob|2019-02-01|2019-04-02|\n");
  EXPECT_EQ(asked(store(), "incidence condition[local:bleed] after ix in strokes by year(ix)").substr(0, 7), "2018|1|");
  EXPECT_EQ(asked(store(), "events condition[local:bleed] within 60d after ix of strokes").substr(0, 14),
            "ann|condition|");
  EXPECT_EQ(asked(store(), "list in strokes select patient, date(ix)"),
            "ann|2018-01-01|\nann|2019-06-01|\nbob|2019-02-01|\n");
}

TEST_F(SavedCohorts, MayUseOthers) {
  EXPECT_EQ(saved(store(), "old", "cohort old = age(2020-01-01) >= 65"), "");
  EXPECT_EQ(saved(store(), "ill", "cohort ill = in old and exists condition[*]"), "");
  EXPECT_EQ(asked(store(), "count ill"), "1|\n");
  EXPECT_EQ(asked(store(), "cohort well = in old and not in ill\nlist well"), "cat|\n");
  EXPECT_EQ(asked(store(), "why ann in ill").substr(0, 10), "in ill|yes");
  EXPECT_EQ(saved(store(), "old", "cohort old = age(2020-01-01) >= 75"), "");
  EXPECT_EQ(asked(store(), "count ill"), "0|\n");
}

TEST_F(SavedCohorts, CirclesAreRefused) {
  EXPECT_EQ(saved(store(), "a", "cohort a = true"), "");
  EXPECT_EQ(saved(store(), "b", "cohort b = in a"), "");
  EXPECT_EQ(saved(store(), "c", "cohort c = in b"), "");
  EXPECT_EQ(saved(store(), "a", "cohort a = in c"),
            "1:15: the saved cohort `c`: the saved cohort `b`: the saved cohort `a` would be defined by itself\n"
            "  cohort a = in c\n"
            "                ^\n");
  EXPECT_EQ(asked(store(), "count c"), "3|\n");
}

TEST_F(SavedCohorts, WhatIsWrongIsNotSaved) {
  EXPECT_NE(saved(store(), "old", "cohort old = age(2020-01-01) >= nothing"), "");
  EXPECT_EQ(saved(store(), "old", "cohort young = true"),
            "1:1: the text defines no cohort `old`\n  cohort young = true\n  ^\n  expected: cohort old = ...\n");
  EXPECT_TRUE(saved_cohorts(store()).value().empty());
}

TEST_F(SavedCohorts, ForgottenOnesAreUnknown) {
  EXPECT_EQ(saved(store(), "old", "cohort old = age(2020-01-01) >= 65"), "");
  EXPECT_EQ(saved(store(), "ill", "cohort ill = in old and exists condition[*]"), "");
  EXPECT_TRUE(forget_cohort(store(), "old").value());
  EXPECT_FALSE(forget_cohort(store(), "old").value());
  EXPECT_EQ(saved_cohorts(store()).value(), std::vector<std::string>{"ill"});
  EXPECT_NE(asked(store(), "count old").find("`old` is not a known name"), std::string::npos);
  EXPECT_NE(asked(store(), "count ill").find("the saved cohort `ill`: there is no cohort `old`"), std::string::npos)
      << asked(store(), "count ill");
}

}  // namespace
}  // namespace chartline::query
