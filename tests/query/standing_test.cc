// Who entered a saved cohort and who left it, judged by asking everybody at both moments.
#include "query/standing.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "query/saved_cohorts.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using Names = std::set<std::string>;

class Standing : public ::testing::Test {
 protected:
  explicit Standing(std::uint32_t shards = 2) : store_(shards) {}

  void keep(const std::string& cohort) {
    const auto complaints = save_cohort(store_.store(), "c", "cohort c = " + cohort, {});
    ASSERT_TRUE(complaints && complaints->empty());
  }
  // Everybody in it.
  Names members() {
    const Prepared prepared = prepare(store_.store(), "list in c", {}).value();
    Answers answers;
    EXPECT_TRUE(run(prepared, store_.store(), store_.store().view(), {.threads = 1}, answers));
    Names names;
    for (const auto& row : answers.all.at(0).rows) names.insert(print(row[0]));
    return names;
  }
  // "+ann -ben"
  std::string told(const std::vector<std::uint64_t>& since) {
    const auto changes = cohort_changes(store_.store(), store_.store().view(), "c", since, {});
    if (!changes) return changes.error().message;
    std::set<std::string> all;
    for (const CohortChange& one : changes->changes) all.insert((one.entered ? "+" : "-") + one.name);
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? "" : " ") + one;
    return text;
  }
  // The same by the record under which each person stands: links change names.
  Names leads() {
    const engine::View view = store_.store().view();
    Names all;
    for (const std::string& name : members()) all.insert(text(view.linked(*view.find("test|" + name).value()).front()));
    return all;
  }
  static std::string text(engine::PatientRef patient) {
    return std::to_string(patient.shard) + ":" + std::to_string(patient.id);
  }
  std::string told_leads(const std::vector<std::uint64_t>& since) {
    const auto changes = cohort_changes(store_.store(), store_.store().view(), "c", since, {});
    if (!changes) return changes.error().message;
    std::set<std::string> all;
    for (const CohortChange& one : changes->changes) all.insert((one.entered ? "+" : "-") + text(one.patient));
    std::string joined;
    for (const std::string& one : all) joined += (joined.empty() ? "" : " ") + one;
    return joined;
  }
  std::vector<std::uint64_t> position() { return store_.store().view().position(); }

  SmallStore store_;
};

TEST_F(Standing, TellsWhoEnteredAndWhoLeft) {
  store_.tell("at 2024-01-01\nann female 1950-03-01\nben male 1960-03-01\nben 2020-01-01 condition local:d record=r1");
  keep("exists condition[local:d]");
  const auto before = position();
  EXPECT_EQ(told(before), "");
  store_.tell("at 2024-01-02\nann 2020-01-01 condition local:d");
  EXPECT_EQ(told(before), "+ann");
  const auto between = position();
  store_.tell("at 2024-01-03\nben 2020-01-01 condition local:other record=r1");
  EXPECT_EQ(told(between), "-ben");
  EXPECT_EQ(told(before), "+ann -ben");
  EXPECT_EQ(told(position()), "");
}

// What is told to one record of a person changes whether the person is in, who stands under the other.
TEST_F(Standing, LooksAtTheWholePerson) {
  store_.tell("at 2024-01-01\nann female 1950-03-01\nben male 1960-03-01\nlink ann ben");
  keep("exists condition[local:d]");
  for (const std::string person : {"ann", "ben"}) {
    const auto before = position();
    const Names then = members();
    store_.tell("at 2024-01-0" + std::to_string(person == "ann" ? 2 : 4) + "\n" + person +
                " 2020-01-01 condition local:d record=r" + person);
    const Names now = members();
    EXPECT_EQ(then.size(), 0u);
    ASSERT_EQ(now.size(), 1u);
    EXPECT_EQ(told(before), "+" + *now.begin()) << person;
    store_.tell("at 2024-01-0" + std::to_string(person == "ann" ? 3 : 5) + "\n" + person +
                " 2020-01-01 condition local:other record=r" + person);
  }
}

TEST_F(Standing, SaysWhatItCannot) {
  store_.tell("ann female 1950-03-01");
  EXPECT_EQ(told(position()), "the store keeps no cohort of this name");
  keep("true");
  EXPECT_EQ(told({0}), "a position has a commit for each shard");
}

// Random histories of conditions that are told, changed and linked; each pair of moments.
TEST_F(Standing, TellsTheSameAsAskingEverybody) {
  constexpr unsigned seed = 20'261'126;
  std::mt19937 random(seed);
  std::string everybody = "at 2024-01-01\n";
  for (int i = 0; i < 8; ++i) everybody += "p" + std::to_string(i) + " female 1950-01-01\n";
  store_.tell(everybody);
  keep("exists condition[local:d] and not exists condition[local:e]");
  std::vector<std::pair<std::vector<std::uint64_t>, Names>> moments = {{position(), leads()}};
  std::size_t changes = 0;
  for (int day = 2; day < 30; ++day) {
    std::string lines = "at 2024-01-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + "\n";
    for (int i = 0; i < 3; ++i) {
      const std::string person = "p" + std::to_string(random() % 8);
      lines += person + " 2020-01-01 condition local:" + "def"[random() % 3] + " record=" + person +
               std::to_string(random() % 3) + "\n";
    }
    if (day % 4 == 0) lines += "link p" + std::to_string(random() % 4) + " p" + std::to_string(4 + random() % 4) + "\n";
    store_.tell(lines);
    const Names now = leads();
    for (const auto& [since, then] : moments) {
      std::string expected;
      std::set<std::string> all;
      for (const std::string& one : now)
        if (!then.contains(one)) all.insert("+" + one);
      for (const std::string& one : then)
        if (!now.contains(one)) all.insert("-" + one);
      for (const std::string& one : all) expected += (expected.empty() ? "" : " ") + one;
      ASSERT_EQ(told_leads(since), expected) << "seed " << seed << ", day " << day;
      changes += all.size();
    }
    moments.emplace_back(position(), now);
  }
  EXPECT_GT(changes, 100u);
}

}  // namespace
}  // namespace chartline::query
