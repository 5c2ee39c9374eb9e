// A decision over a store of which something cannot be read: it fails, or it is the decision that it would have been. Never one that
// overlooked a refusal, an opt-out or a relationship.
#include <gtest/gtest.h>

#include "engine/trust/opt_outs.h"
#include "tests/trust/trust_store.h"

namespace chartline::engine {
namespace {

constexpr std::string_view key = "sixteen bytes and more";

struct Case {
  const char* name;
  const char* role;
  const char* purpose;
  const char* project = "";
  const char* reason = "";  // break-glass, to open mrn|3
};

const Case cases[] = {
    {"a listed relationship", "clinician", "direct_care"},
    {"break-glass", "clinician", "direct_care", "", "unconscious at the door"},
    {"the own record", "patient", "patient_access"},
    {"what was granted", "carer", "patient_access"},
    {"everyone less opt-outs", "planner", "planning"},
    {"a project", "researcher", "research", "heart"},
};

constexpr std::string_view toml = R"(
version = 1
name = "x"
[[categories]]
name = "mind"
codes = ["icd10|F*"]
[[relationships]]
name = "ward"
file = "ward.csv"
[[relationships]]
name = "seen here"
event_within_days = 30
[roles.clinician]
purposes = ["direct_care"]
relationships = ["ward", "seen here"]
patients_file = "some.txt"
[roles.patient]
purposes = ["patient_access"]
[roles.carer]
purposes = ["patient_access"]
[roles.planner]
purposes = ["planning"]
disclosure = "nhs-hes"
[roles.researcher]
purposes = ["research"]
disclosure = "opensafely"
[projects.heart]
members = ["u"]
patients_file = "some.txt"
[break_glass]
roles = ["clinician"]
[opt_outs]
file = "out.txt"
key_file = "key"
system = "nhs"
valid_days = 7
purposes = ["planning", "research"]
[consents]
file = "consents.csv"
[delegates]
file = "delegates.csv"
)";

// Made anew for each decision: a policy remembers what it found out.
Policy made() {
  return policy(toml, {{"ward.csv", "holder,patient\nuser:u,mrn|1\nuser:u,mrn|2\n"},
                       {"some.txt", "mrn|1\nmrn|2\nmrn|3\n"},
                       {"out.txt", "as_of,2026-11-20\n" + OptOuts::hash("200", key) + "\n"},
                       {"key", std::string(key)},
                       {"consents.csv",
                        "patient,category,decision,from,to,purpose\nmrn|1,mind,refused,,,\nmrn|2,all,refused,,,\n"},
                       {"delegates.csv", "patient,holder,category,from,to\nmrn|1,user:u,all,,\n"}});
}

class FaultyDecision : public testing::TestWithParam<Case> {
 protected:
  FaultyDecision() : store_("UTC", 1, faults_) {
    for (const char* patient : {"mrn|1", "mrn|2", "mrn|3", "mrn|4"})
      store_.tell(patient, {.kind = record::Kind::encounter,
                            .start = record::day_time(day("2026-11-19")),
                            .source = {.organisation = "RYJ", .system = {}}});
    store_.also("mrn|2", "nhs|200"), store_.also("mrn|4", "nhs|400");
    store_.store().link({"mrn", "1"}, {"mrn", "4"}).value();
    store_.store().fold().value();
  }
  Result<std::shared_ptr<const Grant>> decide() {
    Claims claims = who("u", GetParam().role, "RYJ");
    claims.patient = "mrn|1";
    const std::string reason = GetParam().reason;
    const AccessRequest request{.role = GetParam().role,
                                .purpose = GetParam().purpose,
                                .project = GetParam().project,
                                .reason = reason,
                                .patient = reason.empty() ? "" : "mrn|3"};
    return made().decide(claims, request, store_.store(), noon("2026-11-20"));
  }

  const std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  TrustStore store_;
};

TEST_P(FaultyDecision, IsTheSameOrNone) {
  const auto whole = decide();
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_GT((*whole)->patients.size(), 0u);
  for (const Operation operation : {Operation::get, Operation::get_many, Operation::scan}) {
    for (std::uint64_t nth = 1;; ++nth) {
      faults_->clear();
      const std::uint64_t before = faults_->struck();
      faults_->add({.operation = operation, .nth = nth});
      const auto decided = decide();
      if (faults_->struck() == before) break;
      if (decided) {
        EXPECT_EQ((*decided)->mark, (*whole)->mark) << nth;
      } else {
        EXPECT_EQ(decided.error().fault, Fault::unavailable) << decided.error().message;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, FaultyDecision, testing::ValuesIn(cases), [](const auto& one) {
  std::string name = one.param.name;
  for (char& letter : name)
    if (letter == ' ' || letter == '-') letter = '_';
  return name;
});

}  // namespace
}  // namespace chartline::engine
