#include "cli/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/resolve.h"

namespace chartline::cli {
namespace {

using testing::HasSubstr;

// What an input is composed to, after these earlier ones.
std::string composed(const std::vector<std::string>& earlier, const std::string& input) {
  Session session;
  for (const std::string& text : earlier) session.keep(session.compose(text));
  return session.compose(input).text;
}

TEST(Session, AnInputStandsAlone) {
  EXPECT_EQ(composed({}, "count exists condition[*];"), "count exists condition[*]\n");
  EXPECT_EQ(composed({}, "let a = condition[*]\n\ncount exists a # all\n"), "let a = condition[*]\ncount exists a\n");
}

TEST(Session, DefinitionsThatAnInputNeedsComeBeforeIt) {
  const std::vector<std::string> earlier = {"codes dm = icd10:E11*", "let dx = first condition[dm]",
                                            "param today = 2024-03-31", "let other = condition[*]"};
  EXPECT_EQ(composed(earlier, "count exists dx"),
            "codes dm = icd10:E11*\nlet dx = first condition[dm]\ncount exists dx\n");
  EXPECT_EQ(composed(earlier, "count age(today) > 5"), "param today = 2024-03-31\ncount age(today) > 5\n");
  EXPECT_EQ(composed(earlier, "count exists procedure[*]"), "count exists procedure[*]\n");
}

TEST(Session, ALaterDefinitionReplacesTheEarlierForAll) {
  const std::vector<std::string> earlier = {"codes dm = icd10:E11*", "let dx = first condition[dm]",
                                            "codes dm = icd10:E10*"};
  EXPECT_EQ(composed(earlier, "count exists dx"),
            "codes dm = icd10:E10*\nlet dx = first condition[dm]\ncount exists dx\n");
  EXPECT_EQ(composed(earlier, "codes dm = snomed:44054006; count exists dx"),
            "codes dm = snomed:44054006\nlet dx = first condition[dm]\ncount exists dx\n");
}

TEST(Session, AReplacementMayUseWhatCameAfterTheFirst) {
  EXPECT_EQ(composed({"let a = condition[*]", "let b = procedure[*]", "let a = b after birth", "let c = a | b"},
                     "count exists c"),
            "let b = procedure[*]\nlet a = b after birth\nlet c = a | b\ncount exists c\n");
}

TEST(Session, ACircleEnds) {
  EXPECT_EQ(composed({"let a = b", "let b = a"}, "count exists a"), "let b = a\nlet a = b\ncount exists a\n");
}

TEST(Session, WhatCannotBeParsedIsComposedAsItStands) {
  EXPECT_EQ(composed({"let a = condition[*]"}, "count exists a by\n"), "count exists a by\n");
}

std::string complaints(const std::vector<std::string>& earlier, const std::string& input) {
  Session session;
  for (const std::string& text : earlier) session.keep(session.compose(text));
  const auto text = session.compose(input);
  query::Complaints found;
  query::compile(text.text, {}, found);
  const auto sorted = std::move(found).sorted();
  return session.complaint_text(sorted, text, input, {});
}

TEST(Session, ComplaintsAreAtTheirPlacesInTheInput) {
  const std::string input = "let c = 5\ncount exists dx\n  and age(tody) > 5";
  EXPECT_THAT(complaints({"let dx = condition[*]", "param today = 2024-03-31"}, input),
              HasSubstr("3:11: `tody` is not a known name"));
  EXPECT_THAT(complaints({"let dx = condition[*]"}, "count exists dx by"), HasSubstr("1:19: "));
}

TEST(Session, AComplaintWithinAnEarlierDefinitionNamesIt) {
  const std::string said = complaints({"let a = condition[*]", "let b = first a"}, "let a = 5; count exists b");
  EXPECT_THAT(said, HasSubstr("`b`, defined before:1:"));
  EXPECT_THAT(said, HasSubstr("let b = first a"));
}

TEST(Explaining, StandsBeforeWhatAnswers) {
  EXPECT_EQ(explaining("let a = condition[*]; count exists a; explain count exists a"),
            "let a = condition[*]\nexplain count exists a\nexplain count exists a\n");
  EXPECT_EQ(explaining("count exists ("), "count exists (");
}

TEST(IsClosed, LooksAtTokens) {
  EXPECT_TRUE(is_closed("count exists a;"));
  EXPECT_TRUE(is_closed("count exists a; # done\n"));
  EXPECT_FALSE(is_closed("count exists a # done;"));
  EXPECT_FALSE(is_closed("list a select 'x;"));
  EXPECT_FALSE(is_closed("list a select 'x;'"));
  EXPECT_FALSE(is_closed(""));
}

}  // namespace
}  // namespace chartline::cli
