#include "query/complaint.h"

#include <gtest/gtest.h>

#include <array>

namespace chartline::query {
namespace {

TEST(Complaint, CountsCharactersNotBytes) {
  const std::string_view text = "let x = 1\nlet \xC3\xA9\xC3\xA9 = 2";
  const Place place = place_of(text, 18);
  EXPECT_EQ(place.line, 2u);
  EXPECT_EQ(place.column, 7u);
}

TEST(Complaint, ShowsLineCaretExpectedAndSuggestion) {
  const Complaint complaint{
      .span = {6, 11}, .message = "`recnt` is not known", .expected = "a name", .suggestion = "recent"};
  EXPECT_EQ(render(complaint, "count recnt\ncount x"),
            "1:7: `recnt` is not known\n"
            "  count recnt\n"
            "        ^^^^^\n"
            "  expected: a name\n"
            "  did you mean `recent`?\n");
}

TEST(Complaint, CutsLongLinesAroundThePlace) {
  const std::string text(100'000, 'a');
  const std::string shown =
      render(Complaint{.span = {50'000, 50'003}, .message = "odd", .expected = "", .suggestion = ""}, text);
  EXPECT_LT(shown.size(), 300u);
  EXPECT_NE(shown.find("\n  " + std::string(60, ' ') + "^^^\n"), std::string::npos);
}

TEST(Complaint, StandsAtTheEndAndBeyond) {
  const Complaint at_end{.span = {5, 5}, .message = "the text ends here", .expected = "", .suggestion = ""};
  EXPECT_EQ(render(at_end, "count"), "1:6: the text ends here\n  count\n       ^\n");
  const Complaint beyond{.span = {50, 60}, .message = "odd", .expected = "", .suggestion = ""};
  EXPECT_EQ(render(beyond, "count"), "1:6: odd\n  count\n       ^\n");
}

TEST(Complaint, HidesControlCharacters) {
  const Complaint complaint{.span = {1, 2}, .message = "odd", .expected = "", .suggestion = ""};
  EXPECT_EQ(render(complaint,
                   "a\x1B"
                   "b"),
            "1:2: odd\n  a b\n   ^\n");
}

TEST(Complaints, StopAtTheirMost) {
  Complaints complaints;
  for (std::uint32_t i = 0; i < 1000; ++i)
    complaints.add({.span = {1000 - i, 1001 - i}, .message = "odd", .expected = "", .suggestion = ""});
  const std::vector<Complaint> all = std::move(complaints).sorted();
  ASSERT_EQ(all.size(), Complaints::max + 1);
  EXPECT_LT(all.front().span.begin, all.back().span.begin);
}

TEST(Nearest, FindsTheWordMeant) {
  constexpr std::array<std::string_view, 5> known = {"recent", "register", "uncontrolled", "dx", "it"};
  EXPECT_EQ(nearest("recnt", known), "recent");
  EXPECT_EQ(nearest("Regsiter", known), "register");
  EXPECT_EQ(nearest("uncontroled", known), "uncontrolled");
  EXPECT_EQ(nearest("xd", known), "dx");
  EXPECT_EQ(nearest("stroke", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(100'000, 'r'), known), "");
}

}  // namespace
}  // namespace chartline::query
