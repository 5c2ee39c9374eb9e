// Every definition of the two sets: written in the language, run by both executors, and held to OHDSI's rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "formats/exchange/circe.h"
#include "tests/integration/importing.h"
#include "tests/integration/must.h"
#include "tests/integration/scratch_store.h"
#include "tests/ohdsi/cohort_rows.h"
#include "tests/ohdsi/cohort_set.h"

namespace chartline::ohdsi {
namespace {

using integration::must;

class OhdsiCohorts : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!is_present()) return;
    store_ = std::make_unique<integration::ScratchStore>(integration::Where::memory);
    integration::import_into(**store_, exchange::Format::omop, {gibleed()});
  }
  static void TearDownTestSuite() { store_.reset(); }

  void SetUp() override {
    if (!is_present()) GTEST_SKIP() << "../shared/data is absent";
  }

  static Rows run(const std::string& text, query::Executor executor) { return cohort_rows(**store_, text, executor); }

  struct Tally {
    int matching = 0, different = 0, refused = 0;
  };

  static Tally compare(const std::string& name, const std::set<int>& known) {
    const CohortSet set = read_cohorts(name);
    const char* only = std::getenv("CHARTLINE_COHORT");
    Tally tally;
    for (const auto& [id, json] : set.definitions) {
      if (only && std::atoi(only) != id) continue;
      const auto text = exchange::cohort_from_circe(json, {.cohort = "c", .as_circe = true});
      if (!text) {
        ++tally.refused;
        EXPECT_TRUE(known.contains(id)) << id << " is refused: " << text.error().message;
        continue;
      }
      if (only) std::cout << *text;
      const auto expected = set.rows.find(id);
      const Rows wanted = expected == set.rows.end() ? Rows() : expected->second;
      Rows got;
      try {
        got = run(*text, query::Executor::automatic);
      } catch (const std::exception& error) {
        ++tally.refused;
        ADD_FAILURE() << id << ": " << error.what();
        continue;
      }
      if (got == wanted) {
        ++tally.matching;
        EXPECT_FALSE(known.contains(id)) << id << " matches by now: take it off the list";
        continue;
      }
      ++tally.different;
      Rows more, fewer;
      std::ranges::set_difference(got, wanted, std::inserter(more, more.end()));
      std::ranges::set_difference(wanted, got, std::inserter(fewer, fewer.end()));
      EXPECT_TRUE(known.contains(id)) << id << ": " << got.size() << " rows for " << wanted.size() << ", "
                                      << more.size() << " of them wrong, " << fewer.size() << " missing";
      if (only)
        for (const Rows* rows : {&more, &fewer})
          for (int shown = 0; const Row& row : *rows)
            if (++shown < 6)
              std::cout << (rows == &more ? "wrong " : "missing ") << std::get<0>(row) << " " << std::get<1>(row) << " "
                        << std::get<2>(row) << "\n";
    }
    std::cout << name << ": " << tally.matching << " match, " << tally.different << " differ, " << tally.refused
              << " refused\n";
    return tally;
  }

  static std::unique_ptr<integration::ScratchStore> store_;
};
std::unique_ptr<integration::ScratchStore> OhdsiCohorts::store_;

// What is reached is a floor. Definitions that do not match, or are refused, stand on a list of their own, with the reason.
TEST_F(OhdsiCohorts, OfThePhenotypeLibraryGiveOhdsisRows) {
  EXPECT_GE(compare("ohdsi-phenotype-cohorts", {}).matching, 104);
}
TEST_F(OhdsiCohorts, OfCohortGeneratorGiveOhdsisRows) {
  EXPECT_GE(compare("ohdsi-phenotype-cohorts/cohortgenerator", {}).matching, 4);
}
TEST_F(OhdsiCohorts, MadeAtRandomGiveOhdsisRows) { EXPECT_GE(compare("ohdsi-generated-cohorts", {}).matching, 173); }

TEST_F(OhdsiCohorts, AreTheSameToBothExecutors) {
  const CohortSet set = read_cohorts("ohdsi-generated-cohorts");
  int asked = 0;
  for (const auto& [id, json] : set.definitions) {
    if (++asked % 12 != 0) continue;
    const std::string text = must(exchange::cohort_from_circe(json, {.cohort = "c", .as_circe = true}));
    EXPECT_EQ(run(text, query::Executor::vectorised), run(text, query::Executor::reference)) << id;
  }
}

}  // namespace
}  // namespace chartline::ohdsi
