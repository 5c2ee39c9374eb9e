// What a run may be told: threads, limits, cancel, progress, parameters; and that its answer depends on none of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "query/run.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

constexpr int patients = 1000;

// Each patient with some conditions and observations, by arithmetic.
void tell_many(SmallStore& small) {
  std::string lines;
  for (int i = 0; i < patients; ++i) {
    const std::string name = "p" + std::to_string(i);
    const auto year = [&](int n) { return std::to_string(2000 + (i * 7 + n * 3) % 24); };
    lines += name + (i % 3 ? " female " : " male ") + std::to_string(1930 + i % 70) + "-06-01\n";
    for (int n = 0; n < i % 4; ++n)
      lines += name + " " + year(n) + "-03-0" + std::to_string(1 + i % 9) + " condition icd10:E11.9\n";
    if (i % 2)
      lines += name + " " + year(5) + "-05-01 observation loinc:4548-4 " + std::to_string(40 + i % 40) + " mmol/mol\n";
    if (i % 50 == 1) lines += "link " + name + " p" + std::to_string(i - 1) + "\n";
  }
  small.tell(lines);
  ASSERT_TRUE(small.store().fold());
}

constexpr std::string_view every_statement =
    "cohort old = age(2020-01-01) >= 65\n"
    "cohort dx per condition[icd10:E11*] as ix until ix + 3y = true\n"
    "count old by sex, band(age(2020-01-01), 10)\n"
    "tally condition[*] by year(it), sex\n"
    "list old select patient, count(condition[*]) as n\n"
    "flow old, exists condition[*], exists observation[*]\n"
    "events observation[*] of old\n"
    "measure exists condition[*] in interval over alive(interval.start) by sex every 5y from 2000-01-01 to 2023-12-31\n"
    "incidence observation[*] in dx by sex\n"
    "survival observation[*] in dx\n"
    "list in dx\n";

Result<std::vector<Answer>> answers_of(engine::Store& store, std::string_view text, const RunOptions& options) {
  const Prepared prepared = TRY(prepare(store, text, {}));
  EXPECT_TRUE(prepared.complaints.empty()) << render(prepared.complaints, text);
  Answers answers;
  TRY(run(prepared, store, store.view(), options, answers));
  return std::move(answers.all);
}

std::vector<std::string> printed(const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& line = lines.emplace_back();
    for (const Cell& cell : row) line += print(cell) + "|";
  }
  return lines;
}

class RunOptionsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    small_ = new SmallStore();
    tell_many(*small_);
  }
  static void TearDownTestSuite() { delete small_; }
  static engine::Store& store() { return small_->store(); }
  static SmallStore* small_;
};
SmallStore* RunOptionsTest::small_ = nullptr;

TEST_F(RunOptionsTest, AnswersDoNotDependOnThreads) {
  const auto one = answers_of(store(), every_statement, {.threads = 1}).value();
  ASSERT_EQ(one.size(), 9u);
  for (const Answer& answer : one) EXPECT_FALSE(answer.rows.empty()) << answer.schema.text;
  for (int again = 0; again < 3; ++again) {
    const auto four = answers_of(store(), every_statement, {.threads = 4}).value();
    for (std::size_t i = 0; i < one.size(); ++i)
      EXPECT_EQ(printed(one[i].rows), printed(four[i].rows)) << one[i].schema.text;
  }
}

// Patients come in another order, for they have other references; the rows are the same.
TEST_F(RunOptionsTest, AnswersDoNotDependOnShards) {
  SmallStore of_eight(8);
  tell_many(of_eight);
  const auto one = answers_of(store(), every_statement, {}).value(),
             eight = answers_of(of_eight.store(), every_statement, {}).value();
  for (std::size_t i = 0; i < one.size(); ++i) {
    auto a = printed(one[i].rows), b = printed(eight[i].rows);
    std::ranges::sort(a), std::ranges::sort(b);
    EXPECT_EQ(a, b) << one[i].schema.text;
  }
}

TEST_F(RunOptionsTest, AnswersDoNotDependOnTheExecutor) {
  const auto reference = answers_of(store(), every_statement, {.executor = Executor::reference}).value();
  for (const Executor executor : {Executor::vectorised, Executor::automatic}) {
    const auto other = answers_of(store(), every_statement, {.executor = executor, .threads = 3}).value();
    for (std::size_t i = 0; i < reference.size(); ++i)
      EXPECT_EQ(printed(reference[i].rows), printed(other[i].rows)) << reference[i].schema.text;
  }
}

TEST_F(RunOptionsTest, StatementsInOnePassAnswerAsEachByItself) {
  const auto together = answers_of(store(), every_statement, {}).value();
  const std::size_t definitions = every_statement.find("count");
  std::size_t i = 0;
  for (std::size_t at = definitions; at < every_statement.size(); ++i) {
    const std::size_t end = every_statement.find('\n', at);
    const std::string alone =
        std::string(every_statement.substr(0, definitions)) + std::string(every_statement.substr(at, end - at));
    const auto answer = answers_of(store(), alone, {}).value();
    EXPECT_EQ(printed(answer.at(0).rows), printed(together[i].rows)) << answer[0].schema.text;
    at = end + 1;
  }
}

TEST_F(RunOptionsTest, RowsThatDoNotFitIntoMemoryAreFoundAgain) {
  const std::string_view text =
      "count true\n"
      "list true select patient, age(2020-01-01), count(condition[*]), count(observation[*]), 1, 2, 3, 4, 5, 6, 7, 8\n"
      "list true select patient, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3\n";
  const auto free = answers_of(store(), text, {}).value();
  const auto bounded = answers_of(store(), text, {.memory_bytes_max = 200'000}).value();
  ASSERT_EQ(bounded.size(), free.size());
  for (std::size_t i = 0; i < free.size(); ++i) EXPECT_EQ(printed(free[i].rows), printed(bounded[i].rows));
}

TEST_F(RunOptionsTest, MemoryBeyondTheLimitIsRefusedInWords) {
  const auto refused =
      answers_of(store(), "tally condition[*] by patient, year(it), month(it)", {.memory_bytes_max = 20'000});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::unavailable);
  EXPECT_EQ(refused.error().message,
            "the query's results need more memory than its limit of 20000 bytes: group by less, or ask for fewer rows");
}

// Of a measure whose intervals have groups of their own each holds its own, and not a place for all that there are.
TEST_F(RunOptionsTest, AMeasureHoldsNoMoreThanItsGroups) {
  constexpr std::string_view text =
      "measure exists condition[*] over exists condition[*] by days from birth to interval.start every 1d from "
      "2020-01-01 "
      "to 2020-12-31";
  RunOptions options{.executor = Executor::reference};
  const auto expected = answers_of(store(), text, options).value();
  options.executor = Executor::vectorised, options.memory_bytes_max = 32u << 20;
  const auto found = answers_of(store(), text, options);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(printed(found->front().rows), printed(expected.front().rows));
  EXPECT_GT(found->front().rows.size(), 20'000u);
}

// A clock that is a second further each time it is looked at.
class HurriedClock final : public Clock {
 public:
  Micros now() override { return at_ += 1'000'000; }

 private:
  std::atomic<Micros> at_ = 0;
};

// The reference looks at the clock for each patient, the other executor for each block of them.
TEST_F(RunOptionsTest, TimeBeyondTheLimitIsRefusedInWords) {
  HurriedClock clock;
  const auto within = [&](Executor executor, std::uint64_t milliseconds) {
    return answers_of(store(), "count exists condition[*]",
                      {.executor = executor, .milliseconds_max = milliseconds, .clock = &clock});
  };
  const auto refused = within(Executor::reference, 100'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::unavailable);
  EXPECT_EQ(refused.error().message, "the query took longer than its limit of 100 s and was ended");
  const auto of_blocks = within(Executor::vectorised, 1'500);
  ASSERT_FALSE(of_blocks);
  EXPECT_EQ(of_blocks.error().message, "the query took longer than its limit of 1500 ms and was ended");
  for (const Executor executor : {Executor::reference, Executor::vectorised}) EXPECT_TRUE(within(executor, 10'000'000));
}

TEST_F(RunOptionsTest, CancelEndsTheRun) {
  std::atomic<bool> cancel = true;
  const auto refused = answers_of(store(), every_statement, {.cancel = &cancel});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the query was cancelled");
}

TEST_F(RunOptionsTest, CancelInTheMiddleEndsTheRun) {
  std::atomic<bool> cancel = false;
  RunOptions options{.threads = 2, .cancel = &cancel};
  options.progress = [&](const Progress&) { cancel = true; };
  EXPECT_FALSE(answers_of(store(), every_statement, options));
}

TEST_F(RunOptionsTest, ProgressGoesUpToEveryone) {
  std::vector<Progress> told;
  RunOptions options;
  options.progress = [&](const Progress& progress) { told.push_back(progress); };
  ASSERT_TRUE(answers_of(store(), "count true", options));
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(std::ranges::is_sorted(told, {}, &Progress::patients));
  EXPECT_EQ(told.back().patients, told.back().of);
  EXPECT_EQ(told.back().of, static_cast<std::uint64_t>(patients));
}

// A sink that fails ends the run with its own words.
class FullSink final : public ResultSink {
 public:
  Result<void> begin(const Schema&) override { return {}; }
  Result<void> rows(const Batch&) override { return unavailable("no space left"); }
  Result<void> end() override { return {}; }
};

TEST_F(RunOptionsTest, AFailingSinkEndsTheRun) {
  for (const std::string_view text : {"list true", "count true", "list true; list true"}) {
    FullSink sink;
    const auto prepared = prepare(store(), text, {}).value();
    const auto ran = run(prepared, store(), store().view(), {.threads = 4}, sink);
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().message, "no space left");
  }
}

// Each definition doubles the one before it: walked once or twice each, they cost no more than their number.
TEST_F(RunOptionsTest, DefinitionsThatStandOnOneAnotherCostTheirNumber) {
  std::string text =
      "let c0 = exists condition[*]\nlet v0 = count(observation[*])\nlet e0 = condition[*]\n"
      "let t0 = (first condition[*]).date\nlet i0 = eras(condition[*], gap 30d)\nlet s0 = case when sex = male then "
      "'m' else 'f' end\n";
  for (int i = 1; i <= 60; ++i) {
    const auto line = [&](const std::string& name, const std::string& before, const std::string& word,
                          const std::string& after) {
      const std::string last = name + std::to_string(i - 1);
      text += "let " + name + std::to_string(i) + " = " + before + last + word + last + after + "\n";
    };
    line("c", "", " or false or ", "");
    line("v", "", " + ", "");
    line("e", "", " | ", "");
    line("t", "least(", ", ", ")");
    line("i", "", " | ", "");
    line("s", "case when c0 then ", " else ", " end");
  }
  text +=
      "count c60 and v60 > 0 and t60 > 2003-01-01 and exists e60 by s60, year(t60)\n"
      "count exists (condition[*] before t60) and exists i60 in 2003..2009\n";
  std::vector<std::vector<std::string>> answers;
  for (const Executor executor : {Executor::vectorised, Executor::reference}) {
    const auto all = answers_of(store(), text, {.executor = executor, .threads = 1}).value();
    for (const Answer& answer : all) answers.push_back(printed(answer.rows));
  }
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_GT(answers[0].size(), 10u);
  EXPECT_EQ(answers[0], answers[2]);
  EXPECT_EQ(answers[1], answers[3]);
}

// The same where columns cannot answer them and they are loosened.
TEST_F(RunOptionsTest, LoosenedDefinitionsThatStandOnOneAnotherCostTheirNumber) {
  std::string text = "let c0 = exists condition[*] where attr.site = 'left'\n";
  for (int i = 1; i <= 60; ++i) {
    const std::string last = "c" + std::to_string(i - 1);
    text += "let c" + std::to_string(i) + " = " + last + " or (" + last + " and exists observation[*])\n";
  }
  text += "count c60\n";
  std::vector<std::string> answers;
  for (const Executor executor : {Executor::vectorised, Executor::reference})
    answers.push_back(printed(answers_of(store(), text, {.executor = executor, .threads = 1}).value().at(0).rows).at(0));
  EXPECT_EQ(answers[0], answers[1]);
}

// One patient may have many index rows, each in a group of its own.
TEST(ManyIndexRows, OfOnePatientCountOnceInEachGroup) {
  SmallStore small;
  std::string lines = "ann female 1950-01-01\n";
  for (int i = 0; i < 3'000; ++i)
    lines += "ann " + record::print(record::day_time(record::days_from_civil(2000, 1, 1) + i % 2'000)) +
             " condition local:c" + std::to_string(i % 3) + "\n";
  small.tell(lines);
  ASSERT_TRUE(small.store().fold());
  const std::string text =
      "cohort c per condition[*] as ix = true\ncount c by date(ix)\ncount c by ix.code, year(ix)\ncount c by "
      "sex\ncount c\n";
  const auto columns = answers_of(small.store(), text, {.executor = Executor::vectorised}).value();
  const auto reference = answers_of(small.store(), text, {.executor = Executor::reference}).value();
  for (std::size_t i = 0; i < columns.size(); ++i) EXPECT_EQ(printed(columns[i].rows), printed(reference[i].rows)) << i;
  EXPECT_EQ(columns[0].rows.size(), 2'000u);
  EXPECT_EQ(printed(columns[3].rows), std::vector<std::string>{"1|"});
}

TEST_F(RunOptionsTest, AMeasureOfManyIntervalsIsEndedSoon) {
  const std::string text =
      "measure exists condition[*] in interval over exists (condition[*] before interval.end) by sex, "
      "band(age(interval.start), 1) "
      "every 1d from 1900-01-01 to 2023-12-31";
  std::atomic<bool> cancel = false;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancel = true;
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = answers_of(store(), text, {.executor = Executor::vectorised, .threads = 2, .cancel = &cancel});
  later.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "the query was cancelled");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

// -- preparing

std::string complaint_of(engine::Store& store, std::string_view text, const PrepareOptions& options) {
  const auto prepared = prepare(store, text, options).value();
  return prepared.complaints.empty() ? "" : render(prepared.complaints, text);
}

std::int64_t counted(engine::Store& store, std::string_view text, const PrepareOptions& options) {
  const auto prepared = prepare(store, text, options).value();
  EXPECT_TRUE(prepared.complaints.empty()) << render(prepared.complaints, text);
  Answers answers;
  EXPECT_TRUE(run(prepared, store, store.view(), {}, answers));
  return std::get<std::int64_t>(answers.all.at(0).rows.at(0).at(0));
}

TEST_F(RunOptionsTest, ParametersReplaceOrAddParams) {
  const auto with = [](std::map<std::string, std::string> parameters) {
    return PrepareOptions{.parameters = std::move(parameters)};
  };
  const std::string_view declared = "param least_age = 200\ncount age(2020-01-01) >= least_age";
  EXPECT_EQ(counted(store(), declared, {}), 0);
  EXPECT_GT(counted(store(), declared, with({{"least_age", "65"}})), 100);
  EXPECT_EQ(counted(store(), "count age(today) >= least_age", with({{"least_age", "20"}, {"today", "2020-01-01"}})),
            counted(store(), "count age(2020-01-01) >= 20", {}));
  EXPECT_EQ(counted(store(), "count alive(today)", {.today = record::days_from_civil(2020, 1, 1)}),
            counted(store(), "count alive(2020-01-01)", {}));
  // What the text or a parameter says of today goes before what the shell assumes.
  EXPECT_EQ(
      counted(store(), "param today = 1900-01-01\ncount age(today) > 0", {.today = record::days_from_civil(2020, 1, 1)}),
      0);
}

TEST_F(RunOptionsTest, ParametersThatNothingUsesAreRefused) {
  const auto with = [](const std::string& name) { return PrepareOptions{.parameters = {{name, "2020-01-01"}}}; };
  const std::string_view declared = "param today = 2000-01-01\ncount alive(today)";
  EXPECT_EQ(complaint_of(store(), declared, with("tody")),
            "parameter `tody`: the text uses no param of this name\n"
            "  did you mean `today`?\n");
  EXPECT_EQ(complaint_of(store(), "let day = 2000-01-01\ncount alive(day)", with("moment")),
            "parameter `moment`: the text uses no param of this name\n");
  EXPECT_EQ(complaint_of(store(), "param today = 2000-01-01\ncount true", with("today")), "");
  EXPECT_EQ(
      complaint_of(store(), "codes dm = icd10:E11*\ncount exists condition[dm] and alive(moment)", with("moment")), "");
  EXPECT_EQ(complaint_of(store(), "let day = moment - 1y\ncount true", with("moment")), "");
  EXPECT_EQ(complaint_of(store(), "count true", {.today = record::days_from_civil(2020, 1, 1)}), "");
}

TEST_F(RunOptionsTest, ComplaintsSayWhichParameter) {
  const auto with = [](std::string value) { return PrepareOptions{.parameters = {{"least_age", std::move(value)}}}; };
  const std::string_view text = "param least_age = 17\ncount age(2020-01-01) >= least_age";
  EXPECT_EQ(complaint_of(store(), text, with("18 +")),
            "1:1: parameter `least_age`: the statement ends here\n"
            "  param least_age = 17\n"
            "  ^^^^^^^^^^^^^^^^^^^^\n"
            "  expected: a value, an event expression or a condition\n");
  EXPECT_NE(
      complaint_of(store(), text, with("18\ncount true")).find("parameter `least_age`: it holds more than one value"),
      std::string::npos);
  EXPECT_NE(
      complaint_of(store(), text, with("18; count true")).find("parameter `least_age`: it holds more than one value"),
      std::string::npos);
  EXPECT_NE(
      complaint_of(store(), text, with("nobody_knows")).find("parameter `least_age`: `nobody_knows` is not a known name"),
      std::string::npos);
  EXPECT_NE(complaint_of(store(), text, with("2020-01-01")), "");
}

TEST(Prepared, IsRunAgainAndSeesCodesThatWereNotThereYet) {
  constexpr std::string_view text = "count exists condition[icd10:S09.5]\ncount exists condition[icd10:S09*]\n";
  SmallStore small;
  small.tell("p1 female 1950-06-01\np1 2001-03-01 condition icd10:S09.1\n");
  const Prepared prepared = prepare(small.store(), text, {}).value();
  ASSERT_TRUE(prepared.complaints.empty());
  const auto counts = [&](Executor executor) {
    Answers answers;
    EXPECT_TRUE(run(prepared, small.store(), small.store().view(), {.executor = executor}, answers));
    return print(answers.all.at(0).rows.at(0).at(0)) + " " + print(answers.all.at(1).rows.at(0).at(0));
  };
  const auto both_count = [&](const std::string& wanted) {
    EXPECT_EQ(counts(Executor::reference), wanted);
    EXPECT_EQ(counts(Executor::vectorised), wanted);
  };
  both_count("0 1");
  // A prefix stands for the codes that it found when the text was prepared.
  small.tell("p2 male 1960-06-01\np2 2002-03-01 condition icd10:S09.5\n");
  both_count("1 1");
  ASSERT_TRUE(small.store().fold());
  both_count("1 1");
  EXPECT_EQ(prepared.schemas.at(1).text, "count exists condition[icd10:S09*]");
}

}  // namespace
}  // namespace chartline::query
