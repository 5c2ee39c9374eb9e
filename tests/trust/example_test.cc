// The example policy of the documentation, which is its own test.
#include <gtest/gtest.h>

#include "engine/trust/rules.h"
#include "tests/trust/trust_store.h"

namespace chartline::engine {
namespace {

TEST(Example, PassesItsOwnTests) {
  const Result<Policy> policy = Policy::load("docs/examples/policy/policy.toml");
  ASSERT_TRUE(policy) << policy.error().message;
  const auto outcomes = run_cases(*policy, nullptr, noon("2026-11-20"));
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  EXPECT_EQ(outcomes->size(), 9u);
  for (const PolicyOutcome& one : *outcomes)
    EXPECT_TRUE(one.passed) << one.name << ": expected " << one.expected << ", came " << one.came;
}

TEST(Example, IsNamedByAllThatItReads) {
  const Policy policy = Policy::load("docs/examples/policy/policy.toml").value();
  EXPECT_TRUE(policy.version().starts_with("Riverside ")) << policy.version();
  EXPECT_EQ(policy.version().size(), std::string("Riverside ").size() + 16);
}

TEST(Cases, SayWhatCame) {
  const Policy made = policy(R"(
version = 1
name = "x"
[roles.auditor]
purposes = ["operation"]
[[test]]
name = "right"
user = "ada"
role = "auditor"
purpose = "operation"
expect = "granted"
rights = ["read_audit"]
[[test]]
name = "wrong right"
user = "ada"
role = "auditor"
purpose = "operation"
expect = "granted"
rights = ["rows"]
[[test]]
name = "wrongly denied"
user = "ada"
role = "auditor"
purpose = "research"
expect = "granted"
[[test]]
name = "wrongly granted"
user = "ada"
role = "auditor"
purpose = "operation"
patient = "mrn|1"
expect = "sees"
)");
  TrustStore store;
  const auto outcomes = run_cases(made, &store.store(), store.clock.now()).value();
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_TRUE(outcomes[0].passed);
  EXPECT_FALSE(outcomes[1].passed);
  EXPECT_EQ(outcomes[1].came, "granted, rights: read_audit");
  EXPECT_FALSE(outcomes[2].passed);
  EXPECT_EQ(outcomes[2].came, "denied: the policy gives the role auditor nothing for research");
  EXPECT_FALSE(outcomes[3].passed);
  EXPECT_EQ(outcomes[3].came, "unknown");
}

}  // namespace
}  // namespace chartline::engine
