// Who can meet a condition at all: an event of which leaves they surely have.
#include <gtest/gtest.h>

#include "query/run.h"
#include "query/vectorised/evaluation.h"
#include "tests/query_random/script.h"

namespace chartline::query::vectorised {
namespace {

class NeededLeaves : public testing::Test {
 protected:
  NeededLeaves() { replay_.play(); }

  // `condition[local:a] or observation[local:b]; any[local:c]`: an event of one of the first two, and one of the third.
  std::string of(const std::string& condition, const std::string& definitions = "") {
    const std::string text = definitions + "count " + condition + "\n";
    const Prepared prepared = prepare(replay_.store(), text, {}).value();
    if (!prepared.complaints.empty()) return render(prepared.complaints, text);
    Rehearsed rehearsed;
    Evaluation evaluation(*prepared.program, rehearsed);
    const typed::Node& asked = *prepared.program->query.statements.back()->parts[0];
    if (const auto why = evaluation.rehearse(asked)) return *why;
    std::set<std::string> lines;
    for (const std::set<std::uint32_t>& some : evaluation.needed_for(asked)) {
      std::set<std::string> names;
      for (const std::uint32_t leaf : some) names.insert(print(rehearsed.leaves.all[leaf]));
      std::string line;
      for (const std::string& name : names) line += (line.empty() ? "" : " or ") + name;
      lines.insert(line);
    }
    std::string all;
    for (const std::string& line : lines) all += (all.empty() ? "" : "; ") + line;
    return all;
  }

  random::Replay replay_{{}, 1};
};

TEST_F(NeededLeaves, OfEventsThatMustBeThere) {
  EXPECT_EQ(of("exists condition[local:a]"), "condition[local:a]");
  EXPECT_EQ(of("exists condition[local:a] and exists any[local:b]"), "any[local:b]; condition[local:a]");
  EXPECT_EQ(of("exists condition[local:a] or exists any[local:b]"), "any[local:b] or condition[local:a]");
  EXPECT_EQ(of("at least 1 of (exists any[local:a], exists any[local:b])"), "any[local:a] or any[local:b]");
}

TEST_F(NeededLeaves, OfNothingWhereThoseWithoutAnyEventMayMeetIt) {
  EXPECT_EQ(of("no condition[local:a]"), "");
  EXPECT_EQ(of("not exists any[local:a]"), "");
  EXPECT_EQ(of("exists any[local:a] or no any[local:b]"), "");
  EXPECT_EQ(of("at least 0 of (exists any[local:a], exists any[local:b])"), "");
  EXPECT_EQ(of("count(any[local:a]) < 1"), "");
}

TEST_F(NeededLeaves, OfValuesThatMustNotBeMissing) {
  EXPECT_EQ(of("(last any[local:a]).value > 3"), "any[local:a]");
  EXPECT_EQ(of("(first any[local:a]).value > (first any[local:b]).value"), "any[local:a]; any[local:b]");
}

TEST_F(NeededLeaves, OfClausesThatLookAtOthers) {
  EXPECT_EQ(of("exists any[local:a] with (any[local:b] within 90d after it)"), "any[local:a]; any[local:b]");
  EXPECT_EQ(of("exists any[local:a] without (any[local:b] within 90d after it)"), "any[local:a]");
  EXPECT_EQ(of("exists any[local:a] after (first any[local:b])"), "any[local:a]; any[local:b]");
}

TEST_F(NeededLeaves, OfWhatADefinitionSays) {
  EXPECT_EQ(of("exists it_was", "let it_was = first any[local:a]\n"), "any[local:a]");
  EXPECT_EQ(of("in ill and no any[local:c]", "cohort ill = exists any[local:a] and exists any[local:b]\n"),
            "any[local:a]; any[local:b]");
}

}  // namespace
}  // namespace chartline::query::vectorised
