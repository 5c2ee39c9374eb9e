// What a planner is told by each statement: figures under control, all others made anew from them, and never a row.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/about_store.h"
#include "tests/disclosure/planner.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using engine::Disclosure;

constexpr int patients = 240;

// 240 people, a third of them men; all but a few have diabetes, from 2010 on; five of them a rare disease.
class ControlledRun : public ::testing::Test {
 protected:
  ControlledRun() : small_(2) {
    std::string lines;
    for (int i = 0; i < patients; ++i) {
      const std::string name = "p" + std::to_string(i);
      lines += name + (i % 3 ? " female " : " male ") + std::to_string(1930 + i % 60) + "-06-01\n";
      lines += name + " 2009-01-01.. registration local:gp\n";
      if (i % 8) lines += name + " 20" + std::to_string(10 + i % 4) + "-03-01 condition icd10:E11\n";
      for (int n = 0; n < i % 5; ++n)
        lines += name + " 201" + std::to_string(4 + n) + "-0" + std::to_string(1 + i % 9) +
                 "-01 observation loinc:4548-4 50\n";
      if (i < 5) lines += name + " 2015-01-01 condition local:rare\n";
      if (i == 5) lines += name + " 2016-01-01 condition local:rarest\n";
    }
    small_.tell(lines);
    EXPECT_TRUE(small_.store().fold());
  }
  std::vector<Answer> ask(std::string_view text, Disclosure mode = Disclosure::nhs_hes,
                          Executor executor = Executor::automatic) {
    auto answers = query::ask(small_.store(), planner(small_.store(), mode, 7), text, executor);
    EXPECT_TRUE(answers) << answers.error().message;
    return answers ? std::move(*answers) : std::vector<Answer>();
  }
  std::vector<std::string> rows(std::string_view text) { return printed(ask(text).at(0)); }
  Error refused(std::string_view text) {
    const auto answers = query::ask(small_.store(), planner(small_.store(), Disclosure::nhs_hes, 7), text);
    EXPECT_FALSE(answers) << text;
    return answers ? Error{} : answers.error();
  }
  SmallStore small_;
};

constexpr std::string_view cohort = "cohort dm per condition[icd10:E11] as ix until ix + 5y = true\n";
std::int64_t whole(const Cell& cell) { return std::get<std::int64_t>(cell); }

TEST_F(ControlledRun, CountIsRoundedAndFewAreNotTold) {
  const Answer all = ask("count exists condition[icd10:E11]").at(0);
  ASSERT_EQ(all.rows.size(), 1u);
  EXPECT_EQ(whole(all.rows[0][0]) % 5, 0);
  EXPECT_NEAR(static_cast<double>(whole(all.rows[0][0])), 210, 25);
  const std::vector<std::string> nothing = {""};
  EXPECT_EQ(rows("count exists condition[local:rare]"), nothing);
  EXPECT_EQ(rows("count exists condition[local:rarest]"), nothing);
  EXPECT_EQ(rows("count exists condition[local:none]"), nothing);
}

TEST_F(ControlledRun, WhetherACodeIsCarriedIsNotTold) {
  const record::Code rarest[] = {{"local", "rarest", ""}, {"icd10", "E11", ""}};
  const engine::View view = small_.store().view();
  EXPECT_EQ(engine::knows_codes(view, rarest).value(), (std::vector<bool>{true, true}));
  EXPECT_EQ(engine::knows_codes(view.narrowed(planner(small_.store(), Disclosure::nhs_hes, 7)), rarest).value(),
            (std::vector<bool>{false, false}));
}

TEST_F(ControlledRun, GroupsAreByWordsOfSoManyBytesAndNotByTooMany) {
  const std::string text = "count true by case when sex = male then '" + std::string(300, 'm') + "' else 'other' end";
  for (const Executor executor : {Executor::reference, Executor::vectorised})
    EXPECT_EQ(std::get<std::string>(ask(text, Disclosure::nhs_hes, executor).at(0).rows.at(0)[0]), std::string(256, 'm'));
  std::string many = "count true by sex";
  for (int i = 0; i < 16; ++i) many += ", sex";
  EXPECT_EQ(refused(many).fault, Fault::invalid_request);
}

TEST_F(ControlledRun, AGroupOfFewIsNotThere) {
  EXPECT_TRUE(rows("count exists condition[local:rare] by sex").empty());
  EXPECT_TRUE(rows("count true by birth").empty());  // four were born on each day
  EXPECT_EQ(rows("count true by sex").size(), 2u);
}

TEST_F(ControlledRun, FlowLosesWhatItTells) {
  const Answer flow =
      ask("flow true, exists condition[icd10:E11], count(observation[*]) >= 3, exists condition[local:rare], true").at(0);
  ASSERT_EQ(flow.rows.size(), 5u);
  EXPECT_TRUE(is_missing(flow.rows[0][3]));
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_LE(whole(flow.rows[i][2]), whole(flow.rows[i - 1][2]));
    if (!is_missing(flow.rows[i][3])) {
      EXPECT_EQ(whole(flow.rows[i][3]), whole(flow.rows[i - 1][2]) - whole(flow.rows[i][2]));
    }
  }
  for (std::size_t i = 3; i < 5; ++i) EXPECT_TRUE(is_missing(flow.rows[i][2]) && is_missing(flow.rows[i][3]));
}

TEST_F(ControlledRun, MeasuresDivideWhatTheyTell) {
  const std::string text = "measure exists observation[*] in interval over exists condition[icd10:E11] ";
  for (const std::string by : {"", "by sex "}) {
    const Answer measure = ask(text + by + "every 1y from 2013-01-01 to 2018-12-31").at(0);
    EXPECT_EQ(measure.rows.size(), by.empty() ? 6u : 12u);
    int told = 0;
    for (const auto& row : measure.rows) {
      const std::size_t at = by.empty() ? 2 : 3;
      if (is_missing(row[at])) {
        EXPECT_TRUE(is_missing(row[at + 2]));
        continue;
      }
      ++told;
      EXPECT_LE(whole(row[at]), whole(row[at + 1]));
      EXPECT_DOUBLE_EQ(std::get<double>(row[at + 2]),
                       static_cast<double>(whole(row[at])) / static_cast<double>(whole(row[at + 1])));
    }
    EXPECT_GT(told, 3);
  }
  const Answer none = ask("measure exists condition[local:rare] over exists condition[local:rare] every 1y from "
                          "2014-01-01 to 2015-12-31")
                          .at(0);
  EXPECT_EQ(printed(none), (std::vector<std::string>{"2014-01-01|2014-12-31|||", "2015-01-01|2015-12-31|||"}));
  EXPECT_TRUE(
      rows(
          "measure exists condition[*] over exists condition[local:rare] by sex every 1y from 2014-01-01 to 2015-12-31")
          .empty());
}

TEST_F(ControlledRun, TalliesCountTheEventsOfEnoughPeople) {
  const Answer tally = ask("tally observation[*]").at(0);
  EXPECT_NEAR(static_cast<double>(whole(tally.rows[0][0])), 480, 120);
  EXPECT_EQ(rows("tally condition[local:rare]"), std::vector<std::string>{""});
  EXPECT_EQ(rows("tally condition[local:none]"), std::vector<std::string>{""});
  EXPECT_TRUE(rows("tally condition[local:rare] by sex").empty());
  EXPECT_EQ(rows("tally observation[*] by sex").size(), 2u);
}

TEST_F(ControlledRun, CountsByRowsOfACohort) {
  const Answer years = ask(std::string(cohort) + "count in dm by year(ix)").at(0);
  EXPECT_EQ(years.rows.size(), 4u);
  for (const auto& row : years.rows) EXPECT_NEAR(static_cast<double>(whole(row[1])), 52, 40);
}

TEST_F(ControlledRun, RatesAreOfTheFiguresTold) {
  const Answer rates = ask(std::string(cohort) + "incidence observation[*] after ix in dm").at(0);
  ASSERT_EQ(rates.rows.size(), 1u);
  const auto& row = rates.rows[0];
  EXPECT_NEAR(static_cast<double>(whole(row[0])), 210, 25);
  const double rate = std::get<double>(row[3]);
  EXPECT_NEAR(rate, 1000 * static_cast<double>(whole(row[1])) / std::get<double>(row[2]), 1e-9);
  EXPECT_LT(std::get<double>(row[4]), rate);
  EXPECT_GT(std::get<double>(row[5]), rate);
  const Answer rare = ask("cohort r per condition[local:rare] as ix = true\nincidence observation[*] in r").at(0);
  EXPECT_EQ(printed(rare), std::vector<std::string>{"|||||"});
  EXPECT_TRUE(rows("cohort r per condition[local:rare] as ix = true\nincidence observation[*] in r by sex").empty());
  EXPECT_EQ(rows("cohort r per condition[local:none] as ix = true\nincidence observation[*] in r"),
            std::vector<std::string>{"|||||"});
  EXPECT_EQ(rows(std::string(cohort) + "incidence condition[local:rare] after ix in dm").at(0).find("||"), 3u);
}

TEST_F(ControlledRun, SurvivalGoesDownInStepsOfEnoughEvents) {
  const Answer curve = ask(std::string(cohort) + "survival observation[*] after ix in dm").at(0);
  ASSERT_GT(curve.rows.size(), 3u);
  EXPECT_EQ(whole(curve.rows[0][0]), 0);
  for (std::size_t i = 1; i < curve.rows.size(); ++i) {
    const auto& row = curve.rows[i];
    EXPECT_EQ(whole(row[0]) % 30, 0);
    EXPECT_GT(whole(row[1]), 7);
    EXPECT_GT(whole(row[2]), 7);
    const double before = std::get<double>(curve.rows[i - 1][4]);
    EXPECT_DOUBLE_EQ(std::get<double>(row[4]),
                     before * (1 - static_cast<double>(whole(row[2])) / static_cast<double>(whole(row[1]))));
  }
  EXPECT_EQ(rows("cohort r per condition[local:rare] as ix = true\nsurvival observation[*] in r"),
            std::vector<std::string>{"0||||"});
  EXPECT_TRUE(rows("cohort r per condition[local:rare] as ix = true\nsurvival observation[*] in r by sex").empty());
  EXPECT_EQ(ask(std::string(cohort) + "survival condition[local:rare] after ix in dm").at(0).rows.size(), 1u);
}

TEST_F(ControlledRun, AFlowOfNobodyTellsItsSteps) {
  EXPECT_EQ(rows("flow exists condition[local:none] as 'none', true"),
            (std::vector<std::string>{"1|none||", "2|true||"}));
}

TEST_F(ControlledRun, SurvivalEndsWhereFewAreLeft) {
  const Answer all = ask("cohort e per registration[*] as ix = exists condition[icd10:E11]\n"
                         "survival condition[icd10:E11] after ix in e")
                         .at(0);
  ASSERT_GE(all.rows.size(), 4u);
  for (const auto& row : all.rows) EXPECT_GT(whole(row[1]), 7);
  // Everyone once, however many index dates they have: four in five have any.
  const Answer once = ask("cohort o per observation[*] as ix = true\nsurvival condition[local:none] after ix in o").at(0);
  EXPECT_NEAR(static_cast<double>(whole(once.rows.at(0)[1])), 192, 25);
  EXPECT_EQ(once.rows.size(), 1u);
}

// Takes so many calls, and then no more.
class FailingSink final : public ResultSink {
 public:
  explicit FailingSink(int calls) : left_(calls) {}
  Result<void> begin(const Schema&) override { return take(); }
  Result<void> rows(const Batch&) override { return take(); }
  Result<void> end() override { return take(); }

 private:
  Result<void> take() {
    if (left_-- > 0) return {};
    return unavailable("the sink is full");
  }
  int left_;
};

TEST_F(ControlledRun, ASinkThatFailsEndsTheRun) {
  for (const std::string text : {"count true by sex", "tally observation[*]", "flow true"}) {
    const auto prepared = prepare(small_.store(), text, {});
    ASSERT_TRUE(prepared && prepared->complaints.empty());
    const engine::View view = small_.store().view().narrowed(planner(small_.store(), Disclosure::nhs_hes, 7));
    for (int calls = 0; calls < 4; ++calls) {
      FailingSink sink(calls);
      const auto ran = run(*prepared, small_.store(), view, {.threads = 1}, sink);
      EXPECT_EQ(static_cast<bool>(ran), calls == 3) << text << " " << calls;
    }
  }
}

TEST_F(ControlledRun, BothExecutorsTellTheSame) {
  const std::string text =
      std::string(cohort) +
      "count exists condition[*] by sex\ntally observation[*] by sex\ncount in dm by year(ix)\n"
      "flow true, exists condition[icd10:E11]\nincidence observation[*] in dm by sex\nsurvival observation[*] in dm\n"
      "measure exists observation[*] in interval over true by sex every 1y from 2013-01-01 to 2018-12-31";
  for (const Disclosure mode : {Disclosure::nhs_hes, Disclosure::opensafely, Disclosure::midpoint6}) {
    const auto automatic = ask(text, mode), reference = ask(text, mode, Executor::reference),
               columns = ask(text, mode, Executor::vectorised);
    ASSERT_EQ(automatic.size(), 7u);
    for (std::size_t i = 0; i < automatic.size(); ++i) {
      EXPECT_EQ(printed(automatic[i]), printed(reference[i])) << automatic[i].schema.text;
      EXPECT_EQ(printed(automatic[i]), printed(columns[i])) << automatic[i].schema.text;
    }
  }
}

TEST_F(ControlledRun, APlannerHasNeitherRowsNorPlans) {
  for (const std::string text :
       {"list true", "list exists condition[*] select birth", "cohort c = true\nevents condition[*] of c",
        "cohort c = true\nwhy 'test|p1' in c", "explain count true", "explain analyze count true", "explain list true",
        "as of 2024-01-01 list true", "as of 2024-01-01 explain count true", "count true\nlist true"}) {
    const Error error = refused(text);
    EXPECT_EQ(error.fault, Fault::denied) << text << ": " << error.message;
  }
}

TEST_F(ControlledRun, ThePastIsControlledToo) {
  EXPECT_EQ(rows("as of 2024-01-01 count exists condition[local:rare]"), std::vector<std::string>{""});
  EXPECT_NEAR(std::stod(rows("as of 2024-01-01 count true").at(0)), 240, 25);
}

TEST_F(ControlledRun, WithoutAKeyThereAreNoFigures) {
  engine::Grant grant = *planner(small_.store(), Disclosure::nhs_hes, 7);
  grant.figures_key = nullptr;
  const auto answers = query::ask(small_.store(), engine::seal(std::move(grant)), "count true");
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().fault, Fault::denied);
}

}  // namespace
}  // namespace chartline::query
