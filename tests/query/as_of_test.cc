// What `as of` answers is what the store answered then: a history of records that come, are corrected and hidden, and of
// patients who are linked, is asked at every step, and again for that step when it is over.
#include <gtest/gtest.h>

#include "query/run.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

constexpr std::string_view statements[] = {
    "count exists condition[local:a] by sex, band(age(2024-01-01), 20)",
    "tally any[*] by year(it)",
    "list true select patient, count(any[*]), sex, birth, death",
    "list true per condition[*] select patient, it.date, code, status",
    "flow exists condition[*], exists condition[local:b], no condition[local:c]",
    "measure exists condition[*] in interval over true by sex every 1y from 2020-01-01 to 2023-12-31",
    "events any[*] of everyone",
    "incidence condition[local:b] in indexed by sex",
    "survival condition[local:b] in indexed",
};
constexpr std::string_view definitions =
    "cohort everyone = true\n"
    "cohort indexed per condition[local:a] as ix until ix + 3y = true\n";

constexpr std::string_view history[] = {
    "ann female 1950-03-01\nann 2020-01-01 condition local:a record=a1\nbob 2021-01-01 condition local:b record=b1",
    "ann 2020-06-01 condition local:b record=a2\nbob male 1960-01-01\nann2 2019-01-01 condition local:c record=c1",
    "ann 2020-01-02 condition local:c record=a1 version=2\nlink ann ann2",
    "bob 2020-05-05 condition local:a record=b2\nann 2020-06-01 condition local:b record=a2 status=entered-in-error "
    "version=2",
    "cat female 1980-01-01 2023-05-05\ncat 2022-01-01 condition local:a record=d1\nbob male 1961-01-01",
    "link cat bob\nbob 2023-01-01 condition local:b record=b3",
};

std::string answer(engine::Store& store, std::string_view text) {
  const auto prepared = prepare(store, text, {}).value();
  EXPECT_TRUE(prepared.complaints.empty()) << render(prepared.complaints, text);
  Answers answers;
  EXPECT_TRUE(run(prepared, store, store.view(), {.threads = 2}, answers));
  std::string rows;
  for (const auto& row : answers.all.at(0).rows) {
    for (const Cell& cell : row) rows += print(cell) + "|";
    rows += "\n";
  }
  return rows;
}

TEST(AsOf, AnswersAreThoseOfThen) {
  for (const bool folds : {false, true}) {
    for (const std::uint32_t shards : {1u, 8u}) {
      SmallStore small(shards);
      std::vector<std::vector<std::string>> then;
      for (std::size_t step = 0; step < std::size(history); ++step) {
        small.tell("at 2024-0" + std::to_string(step + 1) + "-10\n" + std::string(history[step]));
        if (folds) {
          ASSERT_TRUE(small.store().fold());
        }
        auto& answers = then.emplace_back();
        for (const std::string_view one : statements)
          answers.push_back(answer(small.store(), std::string(definitions) + std::string(one)));
      }
      for (std::size_t step = 0; step < then.size(); ++step) {
        const std::string instant = "as of 2024-0" + std::to_string(step + 1) + "-20 ";
        for (std::size_t i = 0; i < std::size(statements); ++i) {
          EXPECT_EQ(answer(small.store(), std::string(definitions) + instant + std::string(statements[i])), then[step][i])
              << instant << statements[i] << ", " << shards << " shards";
        }
      }
      EXPECT_NE(then.front(), then.back());
    }
  }
}

}  // namespace
}  // namespace chartline::query
