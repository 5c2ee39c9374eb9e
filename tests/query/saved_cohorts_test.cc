#include "query/saved_cohorts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "query/code_lists.h"
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
            "1:12: the saved cohort `c`: the saved cohort `b`: the saved cohort `a` would be defined by itself\n"
            "  cohort a = in c\n"
            "             ^^^^\n");
  EXPECT_EQ(asked(store(), "count c"), "3|\n");
}

// One that is nowhere is complained about once.
TEST_F(SavedCohorts, WhatIsNowhereIsNotLookedFor) {
  for (const char* text : {"count in old", "events any[*] of old", "why 'ann' in old"}) {
    const std::string told = asked(store(), text);
    EXPECT_NE(told.find("there is no cohort `old`"), std::string::npos) << told;
    EXPECT_EQ(told.find("the saved cohort"), std::string::npos) << told;
  }
}

// Names meet within one text alone: what a text defines is not what another kept under the same name.
TEST_F(SavedCohorts, OthersOfTheSameNameAreNotMeant) {
  EXPECT_EQ(saved(store(), "old", "let born_by = 1950\ncohort old = year(birth) <= born_by"), "");
  EXPECT_EQ(saved(store(), "ill", "let born_by = exists condition[*]\ncohort ill = in old and born_by"), "");
  EXPECT_EQ(asked(store(), "cohort old = sex = male\nlet born_by = 7\nlist in old; list in ill"), "bob|\nann|\n");
  EXPECT_EQ(asked(store(), "list in ill or in old"), "ann|\ncat|\n");
  EXPECT_NE(asked(store(), "let x = in old\ncohort old = true\ncount x").find("there is no cohort `old`"),
            std::string::npos);
}

// A word of a text is no cohort because one is called so.
TEST_F(SavedCohorts, ArePutToUseWhereTheyAreMeant) {
  EXPECT_EQ(saved(store(), "age", "cohort age = exists condition[@no_list] or true"),
            "1:31: there is no code list @no_list\n"
            "  cohort age = exists condition[@no_list] or true\n"
            "                                ^^^^^^^^\n"
            "  expected: what was imported into this store\n");
  ASSERT_TRUE(store().set_meta("query/cohorts", "age\nhits\nlast_code\n"));
  ASSERT_TRUE(store().set_meta("query/cohort/age", "cohort age = in nobody"));
  ASSERT_TRUE(store().set_meta("query/cohort/hits", "cohort hits = in nobody"));
  ASSERT_TRUE(store().set_meta("query/cohort/last_code", "cohort last_code = in nobody"));
  EXPECT_EQ(asked(store(), "# age\nlist age(2020-01-01) > 60 select patient, count(condition[*] as last_code) as hits"),
            "ann|3|\ncat|0|\n");
  EXPECT_EQ(saved(store(), "age", "cohort age = age(2020-01-01) > 60"), "");
  EXPECT_EQ(asked(store(), "list in age and age(2020-01-01) < 79"), "ann|\n");
  EXPECT_NE(asked(store(), "list in hits").find("the saved cohort `hits`: there is no cohort `nobody`"),
            std::string::npos);
}

// Each uses the one before it twice: read once each, they cost no more than their number.
TEST_F(SavedCohorts, AreReadOnceHoweverOftenTheyAreUsed) {
  EXPECT_EQ(saved(store(), "c0", "cohort c0 = exists condition[local:bleed]"), "");
  for (int i = 1; i <= 60; ++i) {
    const std::string name = "c" + std::to_string(i), last = std::to_string(i - 1);
    const std::string before = i == 1 ? "c0" : "c" + std::to_string(i - 2);
    ASSERT_EQ(saved(store(), name, "cohort " + name + " = in c" + last + " and in " + before), "");
  }
  EXPECT_EQ(asked(store(), "list in c60"), "ann|\n");
  EXPECT_EQ(asked(store(), "as of 2030-01-01 list in c60"), "ann|\n");
}

TEST_F(SavedCohorts, TowersOfThemAreRefused) {
  const auto tower = [&](int from, int past) {
    std::string complaint;
    for (int i = from; i < past && complaint.empty(); ++i) {
      const std::string name = "c" + std::to_string(i);
      complaint = saved(store(), name, "cohort " + name + " = in c" + std::to_string(i - 1));
    }
    return complaint;
  };
  EXPECT_EQ(saved(store(), "c0", "cohort c0 = exists condition[local:bleed]"), "");
  EXPECT_EQ(tower(1, 180), "");
  EXPECT_EQ(asked(store(), "list in c179"), "ann|\n");
  EXPECT_NE(tower(180, 400).find("too many others stand between it and the query"), std::string::npos);
  std::string deep = "cohort d0 = true\n";
  for (int i = 1; i < 480; ++i) deep += "cohort d" + std::to_string(i) + " = in d" + std::to_string(i - 1) + "\n";
  EXPECT_EQ(saved(store(), "d479", deep), "");
  std::string too_deep = "cohort e0 = in d479\n";
  for (int i = 1; i < 480; ++i) too_deep += "cohort e" + std::to_string(i) + " = in e" + std::to_string(i - 1) + "\n";
  EXPECT_NE(saved(store(), "e479", too_deep).find("too many levels deep"), std::string::npos);
}

// The columns of postings answer for kept cohorts as for those of the text.
TEST_F(SavedCohorts, AreAnsweredFromColumns) {
  EXPECT_EQ(
      saved(store(), "strokes", "codes c = { local:stroke }\ncohort strokes per condition[c] as ix = age(ix) >= 18"),
      "");
  EXPECT_EQ(saved(store(), "ill", "let mark = attr.site = 'left'\ncohort ill = in strokes and mark"), "");
  EXPECT_EQ(asked(store(), "explain count in strokes by year(ix)").substr(0, 25), "way|columns of postings|p");
  EXPECT_EQ(asked(store(), "explain count in strokes and sex = female").substr(0, 25), "way|columns of postings|p");
  EXPECT_EQ(asked(store(), "explain list in ill").substr(0, 33), "way|columns find candidates, whom");
  EXPECT_EQ(asked(store(), "explain count not in ill").substr(0, 71),
            "way|the reference, person by person: attributes that are no numbers|pat");
  const std::string past = asked(store(), "as of 2030-01-01 explain count in strokes");
  EXPECT_EQ(past.substr(0, past.find("|patients")),
            "way|columns of postings; the reference is asked about everyone who has changed since that instant");
}

// What `today` was when it was kept, it stays.
TEST_F(SavedCohorts, KeepTheDayOnWhichTheyWereSaved) {
  const PrepareOptions options{.parameters = {}, .today = record::parse_time("2020-01-01")->day()};
  EXPECT_EQ(saved(store(), "old", "# by age\ncohort old = age(today) >= 65  # years", options), "");
  EXPECT_EQ(saved_cohort_text(store(), "old").value(),
            "param today = 2020-01-01\n# by age\ncohort old = age(today) >= 65  # years");
  EXPECT_EQ(asked(store(), "list in old"), "ann|\ncat|\n");
  EXPECT_EQ(asked(store(), "param today = 1980-01-01\nlist in old"), "ann|\ncat|\n");
  EXPECT_EQ(saved(store(), "ill", "# ill\ncohort ill = exists condition[*]", options), "");
  EXPECT_EQ(saved_cohort_text(store(), "ill").value(), "# ill\ncohort ill = exists condition[*]");
  EXPECT_EQ(saved(store(), "elder", "cohort elder = age(today) >= fewest # years",
                  {.parameters = {{"fewest", "75"}}, .today = options.today}),
            "");
  EXPECT_EQ(saved_cohort_text(store(), "elder").value(),
            "param fewest = 75\nparam today = 2020-01-01\ncohort elder = age(today) >= fewest # years");
  EXPECT_EQ(asked(store(), "list in elder"), "cat|\n");
}

// What is wrong with a parameter stands in no line of the text, and is said once.
TEST_F(SavedCohorts, ParametersAreComplainedAboutByName) {
  const auto complaints = [&](std::string_view text, const std::string& value) {
    return render(prepare(store(), text, {.parameters = {{"today", value}}}).value().complaints, text);
  };
  EXPECT_EQ(complaints("count age(today) > 3", "foo"), "parameter `today`: `foo` is not a known name\n");
  EXPECT_EQ(complaints("count age(today) > 3", "2020-"),
            "parameter `today`: the statement ends here\n  expected: a value, an event expression or a condition\n");
  EXPECT_EQ(complaints("param today = 2020\ncount age(today) > 3", "foo"),
            "1:1: parameter `today`: `foo` is not a known name\n  param today = 2020\n  ^^^^^^^^^^^^^^^^^^\n");
}

TEST_F(SavedCohorts, ManyMaySaveAtOnce) {
  constexpr int writers = 8, each = 12;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < each; ++i) {
        const std::string name = "c" + std::to_string(writer) + "_" + std::to_string(i);
        EXPECT_TRUE(save_cohort(store(), name, "cohort " + name + " = true", {}).value().empty());
        if (i > 0) {
          const std::string before = "c" + std::to_string(writer) + "_" + std::to_string(i - 1);
          EXPECT_EQ(i % 2 && forget_cohort(store(), before).value(), i % 2 == 1);
        }
        CodeLists lists(store());
        EXPECT_TRUE(lists.keep("shared", {{.code = {"local", name}}}, {}, 0));
        EXPECT_TRUE(lists.keep(name, {{.code = {"local", name}}}, {}, 0));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(saved_cohorts(store()).value().size(), std::size_t{writers * each / 2});
  CodeLists lists(store());
  const std::vector<CodeList> all = lists.all().value();
  ASSERT_EQ(all.size(), std::size_t{writers * each + 1});
  const CodeList& shared = *std::ranges::find(all, "shared", &CodeList::name);
  ASSERT_EQ(shared.versions.size(), std::size_t{writers * each});
  std::set<std::string> kept;
  for (const ListVersion& version : shared.versions)
    kept.insert(lists.entries("shared", version.number).value().front().code.code);
  EXPECT_EQ(kept.size(), std::size_t{writers * each});
}

TEST_F(SavedCohorts, WhatIsWrongIsNotSaved) {
  EXPECT_NE(saved(store(), "old", "cohort old = age(2020-01-01) >= nothing"), "");
  EXPECT_EQ(saved(store(), "old", "cohort young = true"),
            "the text defines no cohort `old`\n  expected: cohort old = ...\n");
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
