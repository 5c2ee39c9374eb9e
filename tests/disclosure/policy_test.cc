// What a policy grants to planners and researchers, from its file to their replies.
#include "engine/trust/policy.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/disclosure/planner.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using engine::Policy;

constexpr std::string_view head = R"(
version = 1
name = "figures and rows"
[roles.planner]
purposes = ["planning"]
disclosure = "nhs-hes"
[roles.researcher]
purposes = ["research"]
disclosure = "opensafely"
[projects.asthma]
members = ["rosa"]
[projects.falls]
members = ["rosa"]
[opt_outs]
none = true
)";
constexpr std::string_view hiding = R"(
[deidentification]
key_file = "key"
shift_days_max = 30
left_out_codes = ["local|rare"]
cut_attributes = [{ name = "postcode", length = 3 }]
)";
constexpr std::string_view digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

Result<Policy> policy(std::string_view more, std::string_view key = digits) {
  return Policy::parse(std::string(head) + std::string(more), "policy.toml",
                       [=](const std::string&) -> Result<std::string> { return std::string(key); });
}

class Granted : public ::testing::Test {
 protected:
  Granted() {
    std::string lines;
    for (int i = 0; i < 40; ++i) {
      const std::string name = "p" + std::to_string(i);
      lines += name + " female 1950-01-01\n" + name + " 2020-01-10 condition local:" + (i ? "common" : "rare") +
               " attr.postcode=LS29JT\n";
    }
    small_.tell(lines);
  }
  std::shared_ptr<const engine::Grant> grant(const Policy& of, std::string_view role, std::string_view project = "") {
    const engine::Claims claims{.user = "rosa", .roles = {std::string(role)}};
    const bool planner = role == "planner";
    auto granted = of.decide(
        claims,
        {.role = std::string(role), .purpose = planner ? "planning" : "research", .project = std::string(project)},
        small_.store(), record::days_from_civil(2026, 1, 1) * record::micros_per_day);
    EXPECT_TRUE(granted) << granted.error().message;
    return *granted;
  }
  SmallStore small_;
};

TEST_F(Granted, APlannerHasFiguresOfTrueDatesAndNoRows) {
  const auto planner = grant(*policy(hiding), "planner");
  const auto answers = ask(small_.store(), planner, "count exists condition[*] where date = 2020-01-10");
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_NEAR(static_cast<double>(std::get<std::int64_t>(answers->at(0).rows[0][0])), 40, 20);
  EXPECT_EQ(ask(small_.store(), planner, "list true").error().fault, Fault::denied);
  EXPECT_TRUE(small_.store().view().narrowed(planner).has_postings());
}

TEST_F(Granted, AResearcherHasRowsOfTheirProject) {
  const Policy both = *policy(hiding);
  const auto rows = [&](std::string_view project) {
    const auto answers = ask(small_.store(), grant(both, "researcher", project),
                             "list true per condition[*] select patient, code, it.date, attr.postcode");
    EXPECT_TRUE(answers) << answers.error().message;
    return printed(answers->at(0));
  };
  const auto asthma = rows("asthma"), falls = rows("falls");
  ASSERT_EQ(asthma.size(), 40u);
  ASSERT_EQ(falls.size(), 40u);
  for (const std::string& row : asthma) {
    EXPECT_EQ(row.find("rare"), std::string::npos);
    EXPECT_EQ(row.find("2020-01-10"), std::string::npos);
    EXPECT_EQ(row.find("LS29JT"), std::string::npos);
    EXPECT_EQ(row.substr(row.size() - 3), "LS2");
    EXPECT_EQ(std::ranges::count(falls, row), 0);
  }
}

TEST_F(Granted, WithoutAKeyThereAreNeitherRowsNorFigures) {
  const Policy none = *policy("");
  EXPECT_EQ(ask(small_.store(), grant(none, "planner"), "count true").error().fault, Fault::denied);
  EXPECT_EQ(ask(small_.store(), grant(none, "researcher", "asthma"), "list true").error().fault, Fault::denied);
}

TEST(HidingRules, AreRefusedWhereTheyAreNotAsTheyMustBe) {
  EXPECT_TRUE(policy(hiding));
  const std::string table = "[deidentification]\nkey_file = \"key\"\n";
  for (const std::string line :
       {"dates = \"week\"", "shift_days_max = 3", "left_out_codes = [\"rare\"]",
        "cut_attributes = [{ name = \"postcode\" }]", "cut_attributes = [{ name = \"postcode\", length = 9 }]",
        "cut_attributes = [{ length = 3 }]", "other = 1"}) {
    const auto refused = policy(table + line + "\n");
    ASSERT_FALSE(refused) << line;
    EXPECT_EQ(refused.error().fault, Fault::invalid_request) << line;
  }
  EXPECT_TRUE(policy(table + "dates = \"month\"\nsources = false\n"));
  EXPECT_TRUE(policy(table + "dates = \"year\"\n"));
  EXPECT_FALSE(policy(table, "short"));
  EXPECT_FALSE(policy("[deidentification]\ndates = \"month\"\n"));
}

TEST(HidingRules, AKeyFileThatOthersMayReadIsRefused) {
  const auto folder = std::filesystem::temp_directory_path() / ("chartline-policy-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "policy.toml") << head << hiding;
  std::ofstream(folder / "key") << digits;
  ASSERT_EQ(::chmod((folder / "key").c_str(), 0644), 0);
  EXPECT_EQ(Policy::load((folder / "policy.toml").string()).error().fault, Fault::denied);
  ASSERT_EQ(::chmod((folder / "key").c_str(), 0600), 0);
  EXPECT_TRUE(Policy::load((folder / "policy.toml").string()));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace chartline::query
