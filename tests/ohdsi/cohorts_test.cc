// Every definition of the two sets: written in the language, run by both executors, and held to OHDSI's rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "formats/exchange/circe.h"
#include "query/saved_cohorts.h"
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

  // One of so many.
  static void compare_executors(const std::string& name, int of) {
    int seen = 0, compared = 0;
    for (const auto& [id, json] : read_cohorts(name).definitions) {
      if (++seen % of != 0) continue;
      ++compared;
      const std::string text = must(exchange::cohort_from_circe(json, {.cohort = "c", .as_circe = true}));
      EXPECT_EQ(run(text, query::Executor::vectorised), run(text, query::Executor::reference)) << name << " " << id;
    }
    std::cout << name << ": " << compared << " of " << seen << " are the same to both executors\n";
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

// All of the library, kept by the store, and asked for in one query: it makes one pass over the patients.
TEST_F(OhdsiCohorts, OfThePhenotypeLibraryTogetherGiveOhdsisRows) {
  const CohortSet set = read_cohorts("ohdsi-phenotype-cohorts");
  std::string text;
  for (const auto& [id, json] : set.definitions) {
    const std::string name = "cohort_" + std::to_string(id);
    const std::string cohort = must(exchange::cohort_from_circe(json, {.cohort = name, .as_circe = true}));
    ASSERT_TRUE(must(query::save_cohort(**store_, name, cohort, {})).empty()) << id;
    text += "list in " + name + "\n";
  }
  const auto start = std::chrono::steady_clock::now();
  const auto since = [](auto then) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
  };
  const std::clock_t clock = std::clock();
  const std::vector<Rows> rows = listed_rows(**store_, text);
  std::cout << set.definitions.size() << " cohorts together in " << since(start) << " s, "
            << static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC << " s of processors\n";
  ASSERT_EQ(rows.size(), set.definitions.size());
  for (std::size_t i = 0; const auto& [id, json] : set.definitions) {
    const auto expected = set.rows.find(id);
    EXPECT_EQ(rows[i++], expected == set.rows.end() ? Rows() : expected->second) << id;
  }
}

TEST_F(OhdsiCohorts, AreTheSameToBothExecutors) { compare_executors("ohdsi-generated-cohorts", 12); }

// All of them, which takes minutes: the reference asks everyone.
class SoakOhdsiCohorts : public OhdsiCohorts {};
TEST_F(SoakOhdsiCohorts, AreTheSameToBothExecutors) {
  for (const char* set :
       {"ohdsi-phenotype-cohorts", "ohdsi-phenotype-cohorts/cohortgenerator", "ohdsi-generated-cohorts"})
    compare_executors(set, 1);
}

}  // namespace
}  // namespace chartline::ohdsi
