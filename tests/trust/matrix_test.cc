// Every role with every purpose, under a policy that grants all that a policy can: who is let in, with which rights, to whose
// records. The table is written out, so that a change of it is seen.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/trust/role_table.h"
#include "engine/trust/rules.h"
#include "tests/trust/trust_store.h"

namespace chartline::engine {
namespace {

// What each role is for, its rights, and whether it sees the related, the own, the granting patient, or everyone.
struct Row {
  Role role;
  std::vector<Purpose> purposes;
  std::string rights;
  std::string sees;  // of patients 1 (related to the user), 2 (the user), 3 (has granted), 4 (a stranger)
  bool identifiable;
};
const std::vector<Row> table = {
    {Role::clinician, {Purpose::direct_care}, "rows, figures", "1", true},
    {Role::patient, {Purpose::patient_access}, "rows, figures, contribute", "2", true},
    {Role::carer, {Purpose::patient_access}, "rows, figures, contribute", "3", true},
    {Role::planner, {Purpose::planning, Purpose::national_extract}, "figures", "1234", false},
    {Role::researcher, {Purpose::research}, "rows, figures, release", "1234", false},
    {Role::source_system, {Purpose::direct_care, Purpose::operation}, "write_own_organisation, read_quality_reports", "", false},
    {Role::auditor, {Purpose::operation}, "read_audit", "", false},
    {Role::operator_, {Purpose::operation}, "operate", "", false},
};

const std::string all_granted = R"(
version = 1
name = "all"
[[relationships]]
name = "list"
file = "list.csv"
[roles.clinician]
purposes = ["direct_care"]
relationships = ["list"]
[roles.patient]
purposes = ["patient_access"]
contribute = true
[roles.carer]
purposes = ["patient_access"]
contribute = true
[roles.planner]
purposes = ["planning", "national_extract"]
disclosure = "nhs-hes"
[roles.researcher]
purposes = ["research"]
disclosure = "opensafely"
[roles.source_system]
purposes = ["direct_care", "operation"]
[roles.auditor]
purposes = ["operation"]
[roles.operator]
purposes = ["operation"]
[projects.p]
members = ["u"]
checkers = ["u"]
[deidentification]
key_file = "key"
[opt_outs]
none = true
[delegates]
file = "delegates.csv"
)";
const Files files = {{"key", std::string(64, 'a')},
                     {"list.csv", "holder,patient\nuser:u,mrn|1\n"},
                     {"delegates.csv", "patient,holder,category\nmrn|3,user:u,all\n"}};

class Matrix : public testing::Test {
 protected:
  Matrix() {
    for (const char* patient : {"mrn|1", "mrn|2", "mrn|3", "mrn|4"}) store_.add(patient);
  }

  Result<std::shared_ptr<const Grant>> decide(const Policy& policy, Role claimed, Role asked, Purpose purpose) {
    Claims claims = who("u", std::string(name(claimed)), "org");
    claims.patient = "mrn|2";
    const AccessRequest request{.role = std::string(name(asked)),
                                .purpose = std::string(name(purpose)),
                                .project = asked == Role::researcher ? "p" : "",
                                .reason = {},
                                .patient = {}};
    return policy.decide(claims, request, store_.store(), store_.clock.now());
  }

  std::string seen(const Grant& grant) {
    std::string all;
    for (const char* patient : {"1", "2", "3", "4"}) {
      if (grant.patients.contains(store_.find(std::string("mrn|") + patient))) all += patient;
    }
    return all;
  }

  TrustStore store_;
  const Policy policy_ = policy(all_granted, files);
};

TEST_F(Matrix, GrantsWhatTheTableSaysAndNothingElse) {
  int granted = 0, refused = 0;
  for (int claimed = 0; claimed < role_count; ++claimed) {
    for (int asked = 0; asked < role_count; ++asked) {
      for (int purpose = 0; purpose < purpose_count; ++purpose) {
        const Row& row = table[static_cast<std::size_t>(asked)];
        const auto what = static_cast<Purpose>(purpose);
        SCOPED_TRACE(std::string(name(static_cast<Role>(claimed))) + " asks to be " + std::string(name(row.role)) +
                     " for " + std::string(name(what)));
        ASSERT_EQ(static_cast<int>(row.role), asked);
        const auto grant = decide(policy_, static_cast<Role>(claimed), row.role, what);
        const bool expected = claimed == asked && std::ranges::find(row.purposes, what) != row.purposes.end();
        ASSERT_EQ(grant.has_value(), expected) << (grant ? "" : grant.error().message);
        if (!grant) {
          EXPECT_EQ(grant.error().fault, Fault::denied);
          ++refused;
          continue;
        }
        ++granted;
        EXPECT_EQ(names((*grant)->rights), row.rights);
        EXPECT_EQ(seen(**grant), row.sees);
        EXPECT_EQ((*grant)->identifiable, row.identifiable);
        EXPECT_EQ((*grant)->disclosure == Disclosure::none, row.role != Role::planner && row.role != Role::researcher);
        EXPECT_EQ((*grant)->role, row.role);
        EXPECT_EQ((*grant)->purpose, what);
        for (int right = 0; right < right_count; ++right) {
          const auto one = static_cast<Right>(right);
          const auto required = (*grant)->require(one);
          EXPECT_EQ(required.has_value(), (*grant)->may(one));
          EXPECT_TRUE(required || required.error().fault == Fault::denied);
        }
      }
    }
  }
  EXPECT_EQ(granted, 10);
  EXPECT_EQ(granted + refused, role_count * role_count * purpose_count);
}

// A policy cannot give a role a purpose that is not its own, whatever it says.
TEST_F(Matrix, NoPolicyGivesARoleMore) {
  for (const Row& row : table) {
    for (int purpose = 0; purpose < purpose_count; ++purpose) {
      const auto what = static_cast<Purpose>(purpose);
      if (std::ranges::find(row.purposes, what) != row.purposes.end()) continue;
      const std::string text = "version = 1\nname = \"x\"\n[roles." + std::string(name(row.role)) +
                               "]\npurposes = [\"" + std::string(name(what)) + "\"]\n";
      const auto parsed = parse_policy(text);
      ASSERT_FALSE(parsed) << text;
      EXPECT_TRUE(parsed.error().message.starts_with("policy.toml: line 4: purposes: the role can have only "))
          << parsed.error().message;
    }
  }
}

// Each purpose that a policy leaves out is refused, as is each role.
TEST_F(Matrix, APolicyThatGrantsOneGrantsNoOther) {
  const Policy one = policy("version = 1\nname = \"x\"\n[roles.auditor]\npurposes = [\"operation\"]\n");
  for (const Row& row : table) {
    for (const Purpose purpose : row.purposes)
      EXPECT_EQ(decide(one, row.role, row.role, purpose).has_value(), row.role == Role::auditor);
  }
  const Policy planning = policy(
      "version = 1\nname = \"x\"\n[roles.planner]\npurposes = [\"planning\"]\ndisclosure = "
      "\"midpoint6\"\n[opt_outs]\nnone = true\n");
  EXPECT_TRUE(decide(planning, Role::planner, Role::planner, Purpose::planning));
  EXPECT_FALSE(decide(planning, Role::planner, Role::planner, Purpose::national_extract));
}

TEST(Words, ReadBackAsTheyAreWritten) {
  for (int i = 0; i < role_count; ++i) EXPECT_EQ(parse_role(name(static_cast<Role>(i))), static_cast<Role>(i));
  for (int i = 0; i < purpose_count; ++i)
    EXPECT_EQ(parse_purpose(name(static_cast<Purpose>(i))), static_cast<Purpose>(i));
  for (int i = 0; i < right_count; ++i) EXPECT_EQ(parse_right(name(static_cast<Right>(i))), static_cast<Right>(i));
  for (int i = 0; i < disclosure_count; ++i)
    EXPECT_EQ(parse_disclosure(name(static_cast<Disclosure>(i))), static_cast<Disclosure>(i));
  EXPECT_FALSE(parse_role("Clinician"));
  EXPECT_FALSE(parse_role("doctor"));
  EXPECT_FALSE(parse_purpose(""));
  EXPECT_FALSE(parse_right("everything"));
  EXPECT_FALSE(parse_disclosure("off"));
  EXPECT_EQ(names(0), "nothing");
}

}  // namespace
}  // namespace chartline::engine
