#include "cli/query_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/line_editor.h"
#include "cli/query_paint.h"

namespace chartline::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const Vocabulary vocabulary{.dot_commands = {".help", ".mode", ".timer"},
                            .output_forms = {"csv", "json"},
                            .code_lists = {"diabetes", "diabetes_resolved", "stroke"},
                            .cohorts = {"old", "register"},
                            .definitions = {"recent"}};

std::vector<std::string> words(std::string_view before) { return candidates(before, vocabulary).words; }

TEST(Candidates, StatementsAndKeywords) {
  EXPECT_THAT(words("cou"), ElementsAre("count"));
  EXPECT_THAT(words("count exi"), ElementsAre("exists"));
  EXPECT_THAT(words("count exists obs"), ElementsAre("observation[", "observed("));
  EXPECT_THAT(words("count exists rec"), ElementsAre("recent", "recorded"));
  EXPECT_THAT(words("as"), Contains("as of"));
}

TEST(Candidates, FunctionsComeWithTheirBracket) {
  EXPECT_THAT(words("list old select patient, ag"), ElementsAre("age("));
  EXPECT_EQ(candidates("list old select patient, ag", vocabulary).begin, 25u);
}

TEST(Candidates, CodeListsBehindTheirSign) {
  EXPECT_THAT(words("count exists condition[@dia"), ElementsAre("diabetes", "diabetes_resolved"));
  EXPECT_THAT(words("codes a = @"), ElementsAre("diabetes", "diabetes_resolved", "stroke"));
}

TEST(Candidates, SystemsWithinBrackets) {
  EXPECT_THAT(words("count exists condition[snom"), ElementsAre("snomed:"));
  EXPECT_THAT(words("codes a = {loi"), ElementsAre("loinc:"));
  EXPECT_THAT(words("condition[rec"), ElementsAre("recent"));
  EXPECT_THAT(words("condition[snomed:44"), IsEmpty());
}

TEST(Candidates, CohortsBehindIn) {
  EXPECT_THAT(words("count in "), ElementsAre("old", "register"));
  EXPECT_THAT(words("events a of reg"), ElementsAre("register"));
  EXPECT_THAT(words("count in xy"), IsEmpty());
}

TEST(Candidates, FieldsBehindADot) {
  EXPECT_THAT(words("list old per a select it.sta"), ElementsAre("start", "status"));
  EXPECT_THAT(words("list old select (last recent).val"), ElementsAre("value"));
}

TEST(Candidates, DotCommandsAndWhatTheyTake) {
  EXPECT_THAT(words(".t"), ElementsAre(".timer"));
  EXPECT_THAT(words(".timer o"), ElementsAre("off", "on"));
  EXPECT_THAT(words(".mode c"), ElementsAre("csv"));
  EXPECT_THAT(words(".read LICEN"), ElementsAre("LICENSE"));
  EXPECT_THAT(words(".read tests/cli/fix"), ElementsAre("tests/cli/fixtures/"));
  EXPECT_THAT(words(".read nowhere/x"), IsEmpty());
}

TEST(CommonBeginning, OfAll) {
  EXPECT_EQ(common_beginning({"diabetes", "diabetes_resolved"}), "diabetes");
  EXPECT_EQ(common_beginning({"a", "b"}), "");
  EXPECT_EQ(common_beginning({}), "");
}

std::string without_paint(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] == '\x1b' ? void(i = text.find('m', i)) : out.push_back(text[i]);
  return out;
}

TEST(PaintedQuery, HasTheSameCharacters) {
  const Look look{.colour = true, .utf8 = true};
  for (const std::string_view text :
       {"count exists condition[snomed:<<44054006] by sex  # type 2\n", "list 'unfinished", "", "   ", "# only",
        "§ ö ( '' @x 5d ;;", "param today = 2024-03-31\nlet a = max(observation[*].value)"}) {
    EXPECT_EQ(without_paint(painted_query(text, look)), text);
    EXPECT_EQ(painted_query(text, {}), text);
  }
}

TEST(PaintedQuery, TellsWordsApart) {
  const Look look{.colour = true, .utf8 = true};
  EXPECT_EQ(painted_query("count exists condition[icd10:E11*]", look),
            "\x1b[1;34mcount\x1b[0m \x1b[1;34mexists\x1b[0m \x1b[36mcondition\x1b[0m[\x1b[33micd10:E11*\x1b[0m]");
  EXPECT_EQ(painted_query("age(today) > 5 # old", look),
            "\x1b[36mage\x1b[0m(today) > \x1b[32m5\x1b[0m \x1b[2m# old\x1b[0m");
}

TEST(PlaceBehind, WrapsAtTheEdge) {
  EXPECT_EQ(place_behind("", 4, 10), (ScreenPlace{0, 4}));
  EXPECT_EQ(place_behind("abc", 4, 10), (ScreenPlace{0, 7}));
  EXPECT_EQ(place_behind("abcdef", 4, 10), (ScreenPlace{1, 0}));
  EXPECT_EQ(place_behind("abcdefg", 4, 10), (ScreenPlace{1, 1}));
  EXPECT_EQ(place_behind("abcde李", 4, 10), (ScreenPlace{1, 2}));
  EXPECT_EQ(place_behind("Zoë", 4, 10), (ScreenPlace{0, 7}));
}

}  // namespace
}  // namespace chartline::cli
