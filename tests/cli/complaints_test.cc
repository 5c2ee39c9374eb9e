#include "cli/complaints.h"

#include <gtest/gtest.h>

namespace chartline::cli {
namespace {

const std::string text = "count exists dx\n  before tody";
const std::vector<query::Complaint> complaints = {{{25, 29}, "`tody` is not a known name", "", "today"}};

TEST(ComplaintText, SaysThePlaceWithACaret) {
  EXPECT_EQ(complaint_text(complaints, text, "", {}),
            "2:10: `tody` is not a known name\n"
            "    before tody\n"
            "           ^^^^\n"
            "  did you mean `today`?\n");
}

TEST(ComplaintText, NamesTheFile) {
  EXPECT_TRUE(complaint_text(complaints, text, "register.query", {}).starts_with("register.query:2:10: `tody`"));
  EXPECT_TRUE(complaint_text(complaints, text, "odd\x1b[31m", {}).starts_with("odd [31m:2:10:"));
}

TEST(ComplaintText, InColourThePlaceStandsOut) {
  const std::string shown = complaint_text(complaints, text, "", {.colour = true});
  EXPECT_NE(shown.find("\x1b[1m2:10: `tody` is not a known name\x1b[0m"), std::string::npos);
  EXPECT_NE(shown.find("\x1b[1;31m           ^^^^\x1b[0m"), std::string::npos);
}

}  // namespace
}  // namespace chartline::cli
