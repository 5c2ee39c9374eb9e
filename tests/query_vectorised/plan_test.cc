// Plans as text: what is read, what is asked in which order, and what is left to the reference.
#include <gtest/gtest.h>

#include "query/run.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/script.h"

namespace chartline::query::vectorised {
namespace {

using random::Replay;
using random::Script;

constexpr std::string_view script = R"(load p1 kind=condition code=local:c0 start=2019-03-01 source=org0
load p1 kind=observation code=local:c1 start=2019-04-01 value=number~~7~mg/dL source=org0
load p1 kind=observation code=local:c1 start=2019-05-01 value=number~~9~ source=org0
load p2 kind=condition code=local:c0 start=2019-03-05T10:00:00.250Z source=org0
load p2 kind=observation code=local:c1 start=2019-06-01 value=number~~3~mg/dL source=org0
load p3 kind=medication code=local:c2 start=2019-03-01 source=org0
load p3 kind=observation code=local:c1 start=2019-06-01 value=number~~8~mg/dL source=org0
)";

class Plans : public testing::Test {
 protected:
  Plans() : replay_(random::parse_script(script, complaint_).value(), 1) { replay_.play(); }

  // The rows of the last statement, `step | detail | unit | estimate | actual` each, without those about time.
  std::string rows(const std::string& text) { return rows(text, replay_); }
  static std::string rows(const std::string& text, Replay& of) {
    const random::Asked asked = random::ask(of.store(), text, Executor::vectorised);
    if (asked.end != random::Asked::End::answered) return asked.why;
    std::string lines;
    for (const std::vector<Cell>& row : asked.answers.back().rows) {
      if (std::get<std::string>(row[0]) == "time") continue;
      std::string line;
      for (const Cell& cell : row) line += (line.empty() ? "" : " | ") + print(cell);
      while (line.ends_with(" | ")) line.resize(line.size() - 3);
      lines += line + "\n";
    }
    return lines;
  }

  std::string complaint_;
  Replay replay_;
};

TEST_F(Plans, OfACountFromColumns) {
  EXPECT_EQ(rows("explain count exists observation[local:c1] and no condition[{ local:c0, local:gone }]"),
            "way | columns of postings | patients | 3\n"
            "store | 1 shard, blocks of 4096 patients\n"
            "terminology | small world@1\n"
            "read | observation[local:c1] | events | 4\n"
            "read | condition[2 codes] | events | 2\n"
            "codes | carried by no event | codes | 1\n"
            "keep | no condition[{ local:c0, local:gone }] | patients | 1\n"
            "keep | exists observation[local:c1] | patients | 3\n");
}

TEST_F(Plans, AskTheRareConditionFirst) {
  const std::string plan =
      rows("explain count exists observation[local:c1] and exists medication[local:c2] and age(2019-01-01) > 3");
  EXPECT_LT(plan.find("keep | exists medication"), plan.find("keep | age")) << plan;
  EXPECT_LT(plan.find("keep | age"), plan.find("keep | exists observation")) << plan;
}

TEST_F(Plans, LoosenWhatColumnsCannotAnswer) {
  const std::string plan = rows(
      "explain count exists condition[local:c0] where attr.site = 'left' and value > 3 in 2019 and no any[*] where "
      "text = 'x'");
  EXPECT_NE(plan.find("way | columns find candidates, whom the reference is asked about: "), std::string::npos) << plan;
  EXPECT_NE(plan.find("read | condition[local:c0] | events | 2"), std::string::npos) << plan;
  EXPECT_NE(plan.find("keep | exists condition[local:c0] where value > 3 in 2019 | patients | "), std::string::npos)
      << plan;
  EXPECT_EQ(plan.find("any[*]"), std::string::npos) << plan;
}

// Whoever meets a clause that columns cannot answer surely has the events that it is about.
TEST_F(Plans, WeakenClausesThatColumnsCannotAnswer) {
  const std::string plan = rows(
      "explain count exists observation[local:c1] same encounter as (condition[local:c0] where text = 'y') with "
      "(medication[local:c2] where text = 'x' and value > 1)");
  EXPECT_NE(plan.find("keep | exists observation[local:c1] same encounter as (condition[local:c0]) with "
                      "(medication[local:c2] where value > 1)"),
            std::string::npos)
      << plan;
}

// Definitions that stand on one another, each on the one before it twice: written out they would have no end.
TEST_F(Plans, AreCutWhereTheyGrowWithoutEnd) {
  for (const std::string step :
       {"any[local:c1] with (A) with (A)", "any[local:c1] with (A) same encounter as A", "(A | A)"}) {
    std::string text = "let a0 = any[local:c0] where text = 'x'\n";
    for (int i = 1; i < 40; ++i) {
      std::string one = step;
      for (std::size_t at = one.find('A'); at != std::string::npos; at = one.find('A'))
        one.replace(at, 1, "a" + std::to_string(i - 1));
      text += "let a" + std::to_string(i) + " = " + one + "\n";
    }
    const std::string plan = rows(text + "explain count exists a39");
    EXPECT_NE(plan.find("way | columns find candidates"), std::string::npos) << plan.substr(0, 1'000);
    EXPECT_LT(plan.size(), 40'000u);
  }
}

TEST_F(Plans, TellNumbersOfAttributesFromColumns) {
  EXPECT_EQ(rows("explain count exists medication[*] where attr.dose > 3"),
            "way | columns of postings | patients | 3\n"
            "store | 1 shard, blocks of 4096 patients\n"
            "terminology | small world@1\n"
            "read | medication[*] | events | 7\n"
            "read | attribute dose | events | 0\n"
            "keep | exists medication[*] where attr.dose > 3 | patients | 2\n");
}

TEST_F(Plans, ShowWhatIsLeftOfConditionsAsText) {
  const std::string plan = rows(
      "let high = observation[local:c1] where value > 2 and unit = 'mg/dL'\n"
      "explain count exists high | (condition[local:c0] in 2019 where attr.site = 'left') or (slope(high.attr.dose) "
      "< 0 and exists medication[local:c2] where attr.site = 'left')");
  EXPECT_NE(plan.find("keep | (exists (high | condition[local:c0] in 2019) or slope(high.attr.dose) < 0 and exists "
                      "medication[local:c2]) | patients"),
            std::string::npos)
      << plan;
}

TEST_F(Plans, KnowThatWhatCoversDaysIsThere) {
  const std::string some = rows("explain count covered(medication[local:c2], 2019-01-01, 2019-12-31) > 0.5");
  EXPECT_NE(some.find("keep | exists medication[local:c2] | patients"), std::string::npos) << some;
  const std::string none = rows("explain count covered(medication[local:c2], 2019-01-01, 2019-12-31) >= 0");
  EXPECT_EQ(none.find("keep"), std::string::npos) << none;
}

TEST_F(Plans, OfAListWhoseColumnsPostingsTell) {
  const std::string plan =
      rows("explain analyze list exists condition[local:c0] select patient, (last observation[local:c1]).value as v");
  EXPECT_TRUE(plan.starts_with("way | columns of postings | patients | 3\n")) << plan;
  EXPECT_NE(plan.find("keep | exists condition[local:c0] | patients | 2\n"), std::string::npos) << plan;
  EXPECT_NE(plan.find("reference | asked, person by person | patients |  | 0\n"), std::string::npos) << plan;
  EXPECT_NE(plan.find("result | rows | rows |  | 2\n"), std::string::npos) << plan;
}

TEST_F(Plans, OfAListThatShowsWhatTheyDoNot) {
  const std::string plan = rows("explain list exists condition[local:c0] select patient, attr.site");
  EXPECT_NE(plan.find("way | columns find candidates, whom the reference is asked about: "), std::string::npos) << plan;
}

TEST_F(Plans, LeaveToTheReferenceWhatNothingNarrows) {
  EXPECT_EQ(rows("explain count no any[*] where attr.site = 'left'"),
            "way | the reference, of everyone: attributes that are no numbers | patients | 3\n"
            "store | 1 shard, blocks of 4096 patients\n"
            "terminology | small world@1\n");
}

TEST_F(Plans, AnalyzedTellWhatCame) {
  // Postings do not hold the fraction of a second of p2's diagnosis. Of p1's tests one has no unit.
  EXPECT_EQ(rows("let dx = first condition[local:c0]\n"
                 "explain analyze count exists observation[local:c1] within 90d after dx where value > 2 'mg/dL'"),
            "way | columns of postings | patients | 3\n"
            "store | 1 shard, blocks of 4096 patients\n"
            "terminology | small world@1\n"
            "read | observation[local:c1] | events | 4 | 4\n"
            "kept | observation[local:c1] | events |  | 4\n"
            "read | condition[local:c0] | events | 2 | 2\n"
            "kept | condition[local:c0] | events |  | 2\n"
            "keep | exists observation[local:c1] within 90d after dx where value > 2 'mg/dL' | patients | 1\n"
            "undecided | whom postings do not tell enough of | patients |  | 1\n"
            "reference | asked, person by person | patients |  | 1\n"
            "units | values that did not go with the unit beside them | events |  | 1\n"
            "result | groups | rows |  | 1\n");
}

// Timelines are opened of those who have events of one source alone.
TEST_F(Plans, OpenTimelinesForEncounters) {
  Replay replay(random::parse_script(R"(load p1 kind=encounter code=local:a record=e1 source=org0 start=2019-03-01
load p1 kind=condition code=local:b encounter=e1 source=org0 start=2019-03-01
load p2 kind=encounter code=local:a record=e1 source=org0 start=2019-03-01
load p2 kind=condition code=local:b encounter=e2 source=org0 start=2019-03-01
load p3 kind=encounter code=local:a record=e1 source=org0 start=2019-03-01
load p3 kind=condition code=local:b encounter=e1 source=org1 start=2019-03-01
load p4 kind=condition code=local:b encounter=e1 source=org0 start=2019-03-01
)",
                                     complaint_)
                    .value(),
                1);
  replay.play();
  const std::string plan = rows("explain analyze count exists condition[local:b] same encounter as encounter[*]", replay);
  EXPECT_NE(plan.find("way | columns of postings | "), std::string::npos) << plan;
  EXPECT_NE(plan.find("opened | timelines, to see of which encounters events are | patients |  | 2\n"), std::string::npos)
      << plan;
  EXPECT_NE(plan.find("reference | asked, person by person | patients |  | 0\n"), std::string::npos) << plan;
}

// Which of two events of one instant is the first is not known here; when it was is, unless they were told in two zones.
TEST_F(Plans, AskNobodyWhichOfOneTimeCameFirstForItsTime) {
  Replay replay(random::parse_script(R"(load p1 kind=condition code=local:a start=2019-03-01T10:00:00Z source=org0
load p1 kind=condition code=local:b start=2019-03-01T10:00:00Z source=org0
load p2 kind=condition code=local:a start=2019-03-01T23:30:00Z source=org0
load p2 kind=condition code=local:b start=2019-03-02T00:30:00+01:00 source=org0
load p2 kind=condition code=local:c start=2019-03-02T00:30:00+01:00 source=org0
load p3 kind=condition code=local:a start=2019-03-02 source=org0
load p3 kind=condition code=local:b start=2019-03-02 source=org0
load p3 kind=condition code=local:c start=2019-03-04 source=org0
)",
                                     complaint_)
                    .value(),
                1);
  replay.play();
  const auto undecided = [&](const std::string& asked) {
    const std::string defined = "let dx = first condition[*]\nlet third = nth(3, condition[*])\n",
                      count = "count exists condition[*] ";
    EXPECT_EQ(random::print(random::ask(replay.store(), defined + count + asked, Executor::reference)),
              random::print(random::ask(replay.store(), defined + count + asked, Executor::vectorised)))
        << asked;
    const std::string plan = rows(defined + "explain analyze " + count + asked, replay);
    const std::size_t at = plan.find("undecided | whom postings do not tell enough of | patients |  | ");
    return at == std::string::npos ? plan : plan.substr(plan.find_last_of(' ', plan.find('\n', at)) + 1, 1);
  };
  EXPECT_EQ(undecided("and exists dx"), "0");
  EXPECT_EQ(undecided("by date(dx)"), "1");
  EXPECT_EQ(undecided("by year(last condition[*])"), "1");
  EXPECT_EQ(undecided("and third.date > 2019-03-01"), "1");
  EXPECT_EQ(undecided("by days from dx to 2020-01-01"), "1");
  EXPECT_EQ(undecided("by dx.code"), "3");
  EXPECT_EQ(undecided("and no condition[*] on or after dx within 1d of dx"), "3");
}

// Folded or not, by whom it was told is in the postings: nobody is asked of the reference.
TEST_F(Plans, TellSourcesFromColumns) {
  Replay replay(random::parse_script(R"(load p1 kind=encounter code=local:v start=2019-03-01 source=org0
load p1 kind=encounter code=local:v start=2019-03-02 source=org1 system=sys
load p2 kind=encounter code=local:v start=2019-03-01 source=org1 system=sys
fold
write p2 kind=encounter code=local:v start=2019-05-01 source=org0
write p3 kind=encounter code=local:v start=2019-05-01 source=org2
write p3 kind=encounter code=local:v start=2019-05-02 source=
)",
                                     complaint_)
                    .value(),
                1);
  replay.play();
  for (const std::string asked :
       {"tally encounter[local:v] by source", "tally encounter[*] by source, year(it)",
        "cohort c per encounter[local:v] as v = true\ncount in c by v.source",
        "count exists encounter[*] where source = 'org1|sys'", "count exists encounter[*] where 'org0' != source",
        "param practice = 'org2'\ncount (last encounter[local:v]).source = practice",
        "count exists encounter[local:v] by (first encounter[local:v]).source"}) {
    EXPECT_EQ(random::print(random::ask(replay.store(), asked, Executor::reference)),
              random::print(random::ask(replay.store(), asked, Executor::vectorised)))
        << asked;
    const std::size_t last = asked.rfind('\n') + 1;
    const std::string plan = rows(asked.substr(0, last) + "explain analyze " + asked.substr(last), replay);
    EXPECT_TRUE(plan.starts_with("way | columns of postings | patients | 3\n")) << plan;
    EXPECT_NE(plan.find("reference | asked, person by person | patients |  | 0\n"), std::string::npos) << plan;
  }
}

}  // namespace
}  // namespace chartline::query::vectorised
