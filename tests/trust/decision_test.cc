// What a policy decides: relationships and their dates, break-glass, opt-outs, consent, delegates, projects, time.
#include <gtest/gtest.h>

#include "engine/storage/memory.h"
#include "engine/store_parts.h"
#include "engine/trust/decision.h"
#include "engine/trust/rules.h"
#include "tests/trust/trust_store.h"

namespace chartline::engine {
namespace {

using Decided = Result<std::shared_ptr<const Grant>>;

std::string why(const Decided& decided) { return decided ? "granted" : decided.error().message; }

const std::string head = "version = 1\nname = \"x\"\n";
const std::string ward = head + R"(
[[relationships]]
name = "ward"
file = "ward.csv"
[roles.clinician]
purposes = ["direct_care"]
relationships = ["ward"]
session_minutes = 60
)";

AccessRequest care() {
  return {.role = "clinician", .purpose = "direct_care", .project = {}, .reason = {}, .patient = {}};
}
AccessRequest to_plan() {
  return {.role = "planner", .purpose = "planning", .project = {}, .reason = {}, .patient = {}};
}
AccessRequest glass(std::string reason, std::string patient) {
  AccessRequest request = care();
  request.reason = std::move(reason), request.patient = std::move(patient);
  return request;
}

// Whom of mrn|1 to mrn|9 a grant shows, and which of these in part.
class DecisionTest : public testing::Test {
 protected:
  void add(int patients) {
    for (int i = 1; i <= patients; ++i) store_.add("mrn|" + std::to_string(i));
  }
  Decided decide(const Policy& policy, const Claims& claims, const AccessRequest& request,
                 std::string_view on = "2026-11-20") {
    return policy.decide(claims, request, store_.store(), noon(on));
  }
  std::string seen(const Decided& decided) {
    if (!decided) return why(decided);
    const View view = store_.store().view();
    std::string all;
    for (int i = 1; i <= 9; ++i) {
      const auto patient = view.find("mrn|" + std::to_string(i)).value();
      if (!patient || !(*decided)->patients.contains(*patient)) continue;
      all += std::to_string(i);
      if (!(*decided)->rule_of(*patient).shows_everything()) all += "*";
    }
    return all;
  }

  TrustStore store_;
};

// -- who

TEST_F(DecisionTest, TellsWhatIsMissing) {
  const Policy made = policy(ward + "organisations = [\"A\", \"B\"]\n", {{"ward.csv", "holder,patient\n"}});
  Claims claims = who("alice", "clinician", "A");
  EXPECT_EQ(why(decide(made, claims, care())), "granted");
  EXPECT_EQ(why(decide(made, who("", "clinician", "A"), care())), "authentication named nobody");
  EXPECT_EQ(why(decide(made, who("alice", "clinician", "C"), care())),
            "the policy gives the role clinician to other organisations only");
  EXPECT_EQ(why(decide(made, who("alice", "patient", "A"), care())), "authentication did not prove the role clinician");
  AccessRequest request = care();
  request.role = "doctor";
  EXPECT_EQ(why(decide(made, claims, request)), "the role asked for is none that there is");
  request.role = "auditor";
  claims.roles = {"auditor"};
  EXPECT_EQ(why(decide(made, claims, request)), "the policy gives nobody the role auditor");
  claims = who("alice", "clinician", "A");
  request = care();
  request.purpose = "care";
  EXPECT_EQ(why(decide(made, claims, request)), "the purpose asked for is none that there is");
  request = care();
  request.role = "";
  EXPECT_EQ(why(decide(made, claims, request)),
            "a session is of one role: ask for one of those that authentication proved: clinician");
  request = care();
  request.project = "p";
  EXPECT_EQ(why(decide(made, claims, request)), "only researchers work in projects");
}

TEST_F(DecisionTest, TakesTheOnlyPurposeThatThereIs) {
  AccessRequest request = care();
  request.purpose = "";
  const Decided decided = decide(policy(ward, {{"ward.csv", "holder,patient\n"}}), who("alice", "clinician"), request);
  ASSERT_EQ(why(decided), "granted");
  EXPECT_EQ((*decided)->purpose, Purpose::direct_care);
  const Policy both = policy(head + "[roles.source_system]\npurposes = [\"operation\", \"direct_care\"]\n");
  request.role = "source_system";
  EXPECT_EQ(
      why(decide(both, who("feed", "source_system", "A"), request)),
      "a session is for one purpose: ask for one of those that the policy gives the role source_system: direct_care, "
      "operation");
}

TEST_F(DecisionTest, EndsWhenWhatWasProvedExpires) {
  const Policy made = policy(ward, {{"ward.csv", "holder,patient\n"}});
  Claims claims = who("alice", "clinician");
  const Micros now = noon("2026-11-20");
  EXPECT_EQ((*decide(made, claims, care()))->until, now + 3'600'000'000);
  EXPECT_EQ((*decide(made, claims, care()))->decided, now);
  claims.expires = now + 1'000'000;
  EXPECT_EQ((*decide(made, claims, care()))->until, now + 1'000'000);
  claims.expires = now;
  EXPECT_EQ(why(decide(made, claims, care())), "what authentication proved has expired");
}

TEST_F(DecisionTest, ASourceSystemHasAnOrganisation) {
  const Policy made = policy(head + "[roles.source_system]\npurposes = [\"operation\"]\n");
  const AccessRequest request{
      .role = "source_system", .purpose = "operation", .project = {}, .reason = {}, .patient = {}};
  EXPECT_EQ(why(decide(made, who("feed", "source_system"), request)),
            "a source system writes for its organisation, and authentication named none");
  EXPECT_EQ(why(decide(made, who("feed", "source_system", "RYJ"), request)), "granted");
}

// -- relationships

TEST_F(DecisionTest, ARelationshipHoldsOnItsDays) {
  add(4);
  const Policy made = policy(ward, {{"ward.csv",
                                     "holder,patient,from,to\n"
                                     "user:alice,mrn|1,2026-11-01,2026-11-30\n"
                                     "user:alice,mrn|2,2026-11-20,2026-11-20\n"
                                     "user:alice,mrn|3,,2026-11-19\n"
                                     "user:alice,mrn|4,2026-11-21,\n"}});
  const Claims alice = who("alice", "clinician");
  EXPECT_EQ(seen(decide(made, alice, care(), "2026-10-31")), "3");
  EXPECT_EQ(seen(decide(made, alice, care(), "2026-11-01")), "13");
  EXPECT_EQ(seen(decide(made, alice, care(), "2026-11-19")), "13");
  EXPECT_EQ(seen(decide(made, alice, care(), "2026-11-20")), "12");
  EXPECT_EQ(seen(decide(made, alice, care(), "2026-11-21")), "14");
  EXPECT_EQ(seen(decide(made, alice, care(), "2026-11-30")), "14");
  EXPECT_EQ(seen(decide(made, alice, care(), "2026-12-01")), "4");
}

// A session does not see tomorrow what only today allows, nor miss what begins.
TEST_F(DecisionTest, AGrantEndsWithTheDayOnWhichItWouldBeAnother) {
  add(1);
  const std::string long_session = ward + "[roles.auditor]\npurposes = [\"operation\"]\n";
  const Policy ends = policy(long_session, {{"ward.csv", "holder,patient,to\nuser:alice,mrn|1,2026-11-20\n"}});
  const Policy begins = policy(long_session, {{"ward.csv", "holder,patient,from\nuser:alice,mrn|1,2026-11-21\n"}});
  const Micros midnight = day("2026-11-21") * record::micros_per_day;
  for (const Policy& made : {ends, begins}) {
    const auto late = made.decide(who("alice", "clinician"), care(), store_.store(), midnight - 60'000'000);
    EXPECT_EQ((*late)->until, midnight);
    const auto early = made.decide(who("alice", "clinician"), care(), store_.store(), midnight - 7'200'000'000);
    EXPECT_EQ((*early)->until, midnight - 3'600'000'000);
  }
}

TEST_F(DecisionTest, DaysAreThoseOfTheStoresZone) {
  TrustStore london("Europe/London");
  london.add("mrn|1");
  const Policy made = policy(ward, {{"ward.csv", "holder,patient,from,to\nuser:alice,mrn|1,2026-07-02,2026-07-02\n"}});
  const Micros midnight = day("2026-07-02") * record::micros_per_day - 3'600'000'000;  // an hour before that of UTC
  const auto sees = [&](Micros at) {
    const auto grant = made.decide(who("alice", "clinician"), care(), london.store(), at).value();
    return grant->patients.contains(london.find("mrn|1"));
  };
  EXPECT_FALSE(sees(midnight - 1));
  EXPECT_TRUE(sees(midnight));
  EXPECT_TRUE(sees(midnight + record::micros_per_day - 1));
  EXPECT_FALSE(sees(midnight + record::micros_per_day));
}

// A store may come from a machine whose time-zone data knew more.
TEST_F(DecisionTest, WithoutTheStoresZoneNoDayIsKnownAndNothingIsGranted) {
  const auto disk = std::make_shared<MemoryDisk>();
  const std::unique_ptr<Backend> backend = memory_backend(disk);
  ASSERT_TRUE(Store::init(*backend, {.shards = 1, .zone = "UTC"}));
  const Bytes before = *backend->catalogue().get(description_entry).value();
  StoreDescription description = decode_description(before).value();
  description.zone = "Atlantis/Poseidonis";
  ASSERT_TRUE(backend->catalogue().set(description_entry, before, encode(description)));
  const auto store = Store::open(std::shared_ptr<Backend>(memory_backend(disk)), {.fold_in_background = false}).value();
  const Policy made = policy(ward, {{"ward.csv", "holder,patient\n"}});
  const auto decided = made.decide(who("alice", "clinician"), care(), *store, noon("2026-11-20"));
  EXPECT_TRUE(why(decided).starts_with("unknown time zone")) << why(decided);
}

TEST_F(DecisionTest, AHolderIsAUserATeamAnOrganisationOrAPerson) {
  add(5);
  const Policy made = policy(ward, {{"ward.csv",
                                     "holder,patient\n"
                                     "user:alice,mrn|1\n"
                                     "team:ward 7,mrn|2\n"
                                     "organisation:RYJ,mrn|3\n"
                                     "person:mrn|5,mrn|4\n"
                                     "user:bob,mrn|5\n"}});
  Claims claims = who("alice", "clinician");
  EXPECT_EQ(seen(decide(made, claims, care())), "1");
  claims.teams = {"ward 6", "ward 7"};
  EXPECT_EQ(seen(decide(made, claims, care())), "12");
  claims.organisation = "RYJ";
  EXPECT_EQ(seen(decide(made, claims, care())), "123");
  claims.patient = "mrn|5";
  EXPECT_EQ(seen(decide(made, claims, care())), "1234");
  EXPECT_EQ(seen(decide(made, who("ward 7", "clinician"), care())), "");
}

TEST_F(DecisionTest, APatientNobodyKnowsOpensNothing) {
  add(1);
  const Policy made = policy(ward, {{"ward.csv", "holder,patient\nuser:alice,mrn|7\nuser:alice,nhs|1\n"}});
  EXPECT_EQ(seen(decide(made, who("alice", "clinician"), care())), "");
}

// An identifier is compared by its value, under its own system.
TEST_F(DecisionTest, ARelationshipIsToAPersonWithAllTheirRecords) {
  add(3);
  ASSERT_TRUE(store_.store().link({"mrn", "1"}, {"mrn", "2"}));
  const Policy made = policy(ward, {{"ward.csv", "holder,patient\nuser:alice,mrn|2\n"}});
  EXPECT_EQ(seen(decide(made, who("alice", "clinician"), care())), "12");
  ASSERT_TRUE(store_.store().unlink({"mrn", "1"}, {"mrn", "2"}));
  EXPECT_EQ(seen(decide(made, who("alice", "clinician"), care())), "2");
}

TEST_F(DecisionTest, AnEventOfTheHoldersOrganisationIsARelationship) {
  const auto tell = [&](std::string_view patient, std::string_view on, record::Kind kind, std::string_view organisation,
                        record::Status status = record::Status::none) {
    record::Event event{.kind = kind, .status = status, .start = record::day_time(day(on))};
    event.source.organisation = organisation;
    store_.tell(patient, event);
  };
  tell("mrn|1", "2025-11-20", record::Kind::encounter, "RYJ");
  tell("mrn|2", "2025-11-19", record::Kind::encounter, "RYJ");  // a day too long ago
  tell("mrn|3", "2026-11-01", record::Kind::encounter, "RXX");  // elsewhere
  tell("mrn|4", "2026-11-01", record::Kind::observation, "RYJ");
  tell("mrn|5", "2026-12-01", record::Kind::referral, "RYJ");  // yet to come
  tell("mrn|6", "2026-11-01", record::Kind::encounter, "RYJ", record::Status::entered_in_error);
  const std::string rule = head + R"(
[[relationships]]
name = "seen"
event_within_days = 365
kinds = ["encounter", "referral"]
[roles.clinician]
purposes = ["direct_care"]
relationships = ["seen"]
)";
  const Policy made = policy(rule);
  EXPECT_EQ(seen(decide(made, who("alice", "clinician", "RYJ"), care())), "15");
  EXPECT_EQ(seen(decide(made, who("alice", "clinician", "RXX"), care())), "3");
  EXPECT_EQ(seen(decide(made, who("alice", "clinician"), care())), "");
  EXPECT_EQ(seen(decide(made, who("alice", "clinician", "RYJ"), care(), "2026-11-21")), "5");
  // What was found out once is found out anew when the store has changed.
  tell("mrn|7", "2026-11-02", record::Kind::encounter, "RYJ");
  EXPECT_EQ(seen(decide(made, who("alice", "clinician", "RYJ"), care())), "157");
}

// -- scopes

TEST_F(DecisionTest, ARoleSeesNobodyOutsideItsScope) {
  add(4);
  const Files files = {{"ward.csv", "holder,patient\nuser:alice,mrn|1\nuser:alice,mrn|2\n"},
                       {"scope.txt", "# few\nmrn|2\nmrn|3\n\nmrn|9\n"}};
  const Policy made =
      policy(ward +
                 "patients_file = \"scope.txt\"\n[roles.planner]\npurposes = [\"planning\"]\ndisclosure = "
                 "\"nhs-hes\"\npatients_file = \"scope.txt\"\n[opt_outs]\nnone = true\n",
             files);
  EXPECT_EQ(seen(decide(made, who("alice", "clinician"), care())), "2");
  EXPECT_EQ(seen(decide(made, who("p", "planner"), to_plan())), "23");
}

TEST_F(DecisionTest, ABudgetOfQuestionsGoesWithTheRole) {
  const std::string planner =
      "version = 1\nname = \"t\"\n[opt_outs]\nnone = true\n[roles.planner]\npurposes = [\"planning\"]\ndisclosure = "
      "\"nhs-hes\"\n";
  const auto bounded = decide(policy(planner + "questions = 200\nquestion_days = 7\n"), who("p", "planner"), to_plan());
  ASSERT_TRUE(bounded);
  EXPECT_EQ((*bounded)->questions_max, 200u);
  EXPECT_EQ((*bounded)->question_days, 7u);
  const auto free = decide(policy(planner), who("p", "planner"), to_plan());
  ASSERT_TRUE(free);
  EXPECT_EQ((*free)->questions_max, 0u);
}

TEST_F(DecisionTest, SourcesOfARoleAndAProjectAreThoseInCommon) {
  add(1);
  const auto made = [&](const std::string& of_role, const std::string& of_project) {
    return policy(head + "[roles.researcher]\npurposes = [\"research\"]\ndisclosure = \"nhs-hes\"\n" + of_role +
                  "\n[projects.p]\nmembers = [\"u\"]\n" + of_project + "\n[opt_outs]\nnone = true\n");
  };
  const AccessRequest request{.role = "researcher", .purpose = "research", .project = "p", .reason = {}, .patient = {}};
  const auto sources = [&](const std::string& of_role, const std::string& of_project) {
    const auto decided = decide(made(of_role, of_project), who("u", "researcher"), request);
    if (!decided) return decided.error().message;
    std::string all;
    for (const SourceScope& one : (*decided)->sources) all += one.organisation + "/" + one.system + " ";
    return all;
  };
  const std::string a = "sources = [{ organisation = \"A\" }]", b = "sources = [{ organisation = \"B\" }]";
  const std::string ax = "sources = [{ organisation = \"A\", system = \"x\" }]", x = "sources = [{ system = \"x\" }]";
  EXPECT_EQ(sources("", ""), "");
  EXPECT_EQ(sources(a, ""), "A/ ");
  EXPECT_EQ(sources("", b), "B/ ");
  EXPECT_EQ(sources(a, ax), "A/x ");
  EXPECT_EQ(sources(a, x), "A/x ");
  EXPECT_EQ(sources(x, a), "A/x ");
  EXPECT_EQ(sources(a, a), "A/ ");
  const std::string y = "sources = [{ system = \"y\" }]";
  const std::string none = "the sources of the role and of the project have none in common";
  EXPECT_EQ(sources(a, b), none);
  EXPECT_EQ(sources(x, y), none);
  EXPECT_EQ(sources(ax, y), none);
  EXPECT_EQ(sources(ax, b), none);
}

// -- break-glass

TEST_F(DecisionTest, BreakGlassOpensOneRecordForAShortTime) {
  add(3);
  const Policy made = policy(ward + "[break_glass]\nroles = [\"clinician\"]\nminutes = 15\nreason_length_min = 5\n",
                             {{"ward.csv", "holder,patient\nuser:alice,mrn|1\n"}});
  const Claims alice = who("alice", "clinician");
  const auto usual = decide(made, alice, care());
  EXPECT_EQ(seen(usual), "1");
  EXPECT_FALSE((*usual)->break_glass);
  const auto broken = decide(made, alice, glass("found unconscious", "mrn|2"));
  EXPECT_EQ(seen(broken), "2");
  EXPECT_TRUE((*broken)->break_glass);
  EXPECT_EQ((*broken)->reason, "found unconscious");
  EXPECT_EQ((*broken)->until, noon("2026-11-20") + 15 * 60'000'000ll);
  EXPECT_EQ((*broken)->label, "clinician alice for direct_care, breaking the glass");
  EXPECT_EQ(why(decide(made, alice, glass("why", "mrn|2"))), "break-glass needs a reason of at least 5 characters");
  EXPECT_EQ(why(decide(made, alice, glass("", "mrn|2"))), "break-glass needs a reason of at least 5 characters");
  EXPECT_EQ(why(decide(made, alice, glass("found unconscious", ""))),
            "break-glass opens one record, named as SYSTEM|VALUE");
  // Whether somebody is there cannot be told from the answer.
  EXPECT_EQ(seen(decide(made, alice, glass("found unconscious", "mrn|8"))), "");
}

TEST_F(DecisionTest, BreakGlassIsForRolesThatThePolicyNames) {
  add(1);
  const Files files = {{"ward.csv", "holder,patient\nuser:alice,mrn|1\n"}};
  EXPECT_EQ(why(decide(policy(ward, files), who("alice", "clinician"), glass("found unconscious", "mrn|1"))),
            "the policy has no break-glass for the role clinician");
  const Policy made =
      policy(ward + "[roles.patient]\npurposes = [\"patient_access\"]\n[break_glass]\nroles = [\"clinician\"]\n", files);
  AccessRequest request = glass("found unconscious", "mrn|1");
  request.role = "patient", request.purpose = "patient_access";
  EXPECT_EQ(why(decide(made, who("p", "patient"), request)), "the policy has no break-glass for the role patient");
}

// -- opt-outs

const std::string planning = head + R"(
[roles.planner]
purposes = ["planning", "national_extract"]
disclosure = "nhs-hes"
[opt_outs]
file = "out.txt"
key_file = "key"
system = "nhs"
valid_days = 7
purposes = ["planning"]
)";
constexpr std::string_view key = "sixteen bytes and more";

TEST_F(DecisionTest, WhoOptedOutIsLeftOut) {
  add(3);
  store_.also("mrn|1", "nhs|100"), store_.also("mrn|2", "nhs|200"), store_.also("mrn|3", "other|100");
  const std::string set = "as_of,2026-11-20\n" + OptOuts::hash("100", key) + "\n";
  const Policy made = policy(planning, {{"out.txt", set}, {"key", std::string(key) + "\n"}});
  const Claims claims = who("p", "planner");
  AccessRequest request{.role = "planner", .purpose = "planning", .project = {}, .reason = {}, .patient = {}};
  EXPECT_EQ(seen(decide(made, claims, request)), "23");
  request.purpose = "national_extract";  // not among the purposes of the opt-outs
  EXPECT_EQ(seen(decide(made, claims, request)), "123");
  // Who is one person with them is left out too, and so is who turns out to be one later.
  request.purpose = "planning";
  ASSERT_TRUE(store_.store().link({"mrn", "1"}, {"mrn", "3"}));
  EXPECT_EQ(seen(decide(made, claims, request)), "2");
  store_.also("mrn|4", "nhs|300");
  EXPECT_EQ(seen(decide(made, claims, request)), "24");
}

TEST_F(DecisionTest, AnOldSetClosesPlanning) {
  add(1);
  const Policy made = policy(planning, {{"out.txt", "as_of,2026-11-10\n"}, {"key", std::string(key)}});
  const Claims claims = who("p", "planner");
  AccessRequest request{.role = "planner", .purpose = "planning", .project = {}, .reason = {}, .patient = {}};
  EXPECT_EQ(why(decide(made, claims, request, "2026-11-09")),
            "the set of opt-outs is of a day that has not come: load the right one");
  EXPECT_EQ(why(decide(made, claims, request, "2026-11-10")), "granted");
  EXPECT_EQ(why(decide(made, claims, request, "2026-11-17")), "granted");
  EXPECT_EQ(why(decide(made, claims, request, "2026-11-18")),
            "the set of opt-outs is 8 days old and holds for 7: planning is closed until a newer one is loaded");
  request.purpose = "national_extract";
  EXPECT_EQ(why(decide(made, claims, request, "2026-11-18")), "granted");
  // A session does not outlast the set.
  request.purpose = "planning";
  const Micros midnight = day("2026-11-18") * record::micros_per_day;
  EXPECT_EQ((*made.decide(claims, request, store_.store(), midnight - 1'000'000))->until, midnight);
}

// Whoever comes after the decision was not asked about, and waits for the next.
TEST_F(DecisionTest, NobodyIsSeenWhoCameAfterTheDecision) {
  add(2);
  const Policy made = policy(planning, {{"out.txt", "as_of,2026-11-20\n"}, {"key", std::string(key)}});
  const auto grant = decide(made, who("p", "planner"), to_plan());
  add(3);
  EXPECT_EQ(seen(grant), "12");
  EXPECT_EQ(seen(decide(made, who("p", "planner"), to_plan())), "123");
}

TEST_F(DecisionTest, NobodyIsSeenWhoCameWhileItWasDecided) {
  add(1);
  const Policy made = policy(head + "[roles.patient]\npurposes = [\"patient_access\"]\n");
  const AccessRequest own{.role = "patient", .purpose = "patient_access", .project = {}, .reason = {}, .patient = {}};
  Claims self = who("u", "patient");
  self.patient = "mrn|2";
  StoreFacts facts;
  AccessDecision decision(made.rules(), facts, self, own, store_.store(), noon("2026-11-20"));
  add(2);
  EXPECT_EQ(decision.decide().value()->patients.size(), 0u);
  EXPECT_EQ(seen(decide(made, self, own)), "2");
}

// -- consent

const std::string consenting = head + R"(
[[categories]]
name = "mind"
codes = ["icd10|F*"]
[[categories]]
name = "secret"
kinds = ["document"]
withheld = true
[[relationships]]
name = "ward"
file = "ward.csv"
[roles.clinician]
purposes = ["direct_care"]
relationships = ["ward"]
[roles.patient]
purposes = ["patient_access"]
[roles.carer]
purposes = ["patient_access"]
[roles.planner]
purposes = ["planning"]
disclosure = "nhs-hes"
[break_glass]
roles = ["clinician"]
[opt_outs]
none = true
[consents]
file = "consents.csv"
[delegates]
file = "delegates.csv"
)";

class ConsentTest : public DecisionTest {
 protected:
  ConsentTest() { add(5); }
  Policy made(const std::string& consents, const std::string& delegates = "", const std::string& changed = consenting) {
    return policy(changed, {{"consents.csv", "patient,category,decision,from,to,purpose\n" + consents},
                            {"delegates.csv", "patient,holder,category,from,to\n" + delegates},
                            {"ward.csv", "holder,patient\nuser:alice,mrn|1\nuser:alice,mrn|2\nuser:alice,mrn|3\n"}});
  }
  // What is withheld from whom: "mind secret".
  std::string withheld(const Decided& decided, std::string_view patient) {
    if (!decided) return why(decided);
    const PatientRef one = store_.find(patient);
    if (!(*decided)->patients.contains(one)) return "unseen";
    std::string all;
    for (const Category& category : (*decided)->categories->all()) {
      const CategoryMask mask = *(*decided)->categories->find(category.name);
      if (!(*decided)->rule_of(one).shows(mask)) all += (all.empty() ? "" : " ") + category.name;
    }
    return all;
  }
  const Claims alice_ = who("alice", "clinician");
};

TEST_F(ConsentTest, WithholdsWhatIsRefusedAndWhatNobodyAllowed) {
  const auto grant = decide(made("mrn|1,mind,refused,,,\nmrn|2,secret,granted,,,\n"), alice_, care());
  EXPECT_EQ(withheld(grant, "mrn|1"), "mind secret");
  EXPECT_EQ(withheld(grant, "mrn|2"), "");
  EXPECT_EQ(withheld(grant, "mrn|3"), "secret");
}

TEST_F(ConsentTest, IsDatedAndForAPurpose) {
  const Policy policy = made("mrn|1,mind,refused,2026-11-10,2026-11-19,\nmrn|2,mind,refused,,,planning\n");
  EXPECT_EQ(withheld(decide(policy, alice_, care(), "2026-11-09"), "mrn|1"), "secret");
  EXPECT_EQ(withheld(decide(policy, alice_, care(), "2026-11-10"), "mrn|1"), "mind secret");
  EXPECT_EQ(withheld(decide(policy, alice_, care(), "2026-11-19"), "mrn|1"), "mind secret");
  EXPECT_EQ(withheld(decide(policy, alice_, care(), "2026-11-20"), "mrn|1"), "secret");
  EXPECT_EQ(withheld(decide(policy, alice_, care()), "mrn|2"), "secret");
  EXPECT_EQ(withheld(decide(policy, who("p", "planner"), to_plan()), "mrn|2"), "mind secret");
}

TEST_F(ConsentTest, MayBeAboutTheWholeRecord) {
  const auto grant = decide(
      made("mrn|1,all,refused,,,\nmrn|2,all,granted,,,\nmrn|3,all,granted,,,\nmrn|3,mind,refused,,,\n"), alice_, care());
  EXPECT_EQ(withheld(grant, "mrn|1"), "unseen");
  EXPECT_EQ(withheld(grant, "mrn|2"), "");
  EXPECT_EQ(withheld(grant, "mrn|3"), "mind");
}

TEST_F(ConsentTest, ARefusalWinsOverAPermission) {
  EXPECT_EQ(withheld(decide(made("mrn|1,secret,granted,,,\nmrn|1,secret,refused,,,\n"), alice_, care()), "mrn|1"),
            "secret");
  EXPECT_EQ(withheld(decide(made("mrn|1,all,granted,,,\nmrn|1,all,refused,,,\n"), alice_, care()), "mrn|1"), "unseen");
}

// By whichever name they said it, and under all records that they have.
TEST_F(ConsentTest, IsOfAPersonWithAllTheirRecords) {
  store_.also("mrn|4", "nhs|400");
  ASSERT_TRUE(store_.store().link({"mrn", "1"}, {"mrn", "4"}));
  for (const std::string more :
       {"", "nhs|7,mind,refused,,,\nnhs|8,mind,refused,,,\nnhs|9,mind,refused,,,\nnhs|10,mind,refused,,,\n"}) {
    const auto grant = decide(made("nhs|400,mind,refused,,,\n" + more), alice_, care());
    EXPECT_EQ(seen(grant), "1*2*3*4*");
    EXPECT_EQ(withheld(grant, "mrn|1"), "mind secret");
    EXPECT_EQ(withheld(grant, "mrn|4"), "mind secret");
    EXPECT_EQ(withheld(grant, "mrn|2"), "secret");
  }
}

TEST_F(ConsentTest, DoesNotBindThePatient) {
  Claims self = who("u", "patient");
  self.patient = "mrn|1";
  const AccessRequest own{.role = "patient", .purpose = "patient_access", .project = {}, .reason = {}, .patient = {}};
  const Policy policy = made("mrn|1,all,refused,,,\n");
  EXPECT_EQ(seen(decide(policy, self, own)), "1");
  self.patient = "";
  EXPECT_EQ(why(decide(policy, self, own)), "authentication did not say which patient the user is");
  self.patient = "mrn|8";
  EXPECT_EQ(seen(decide(policy, self, own)), "");
}

TEST_F(ConsentTest, IsOutweighedByAnEmergencyWhereThePolicySaysSo) {
  const std::string consents = "mrn|4,mind,refused,,,\nmrn|5,all,refused,,,\n";
  const auto heeded = decide(made(consents), alice_, glass("found unconscious", "mrn|4"));
  EXPECT_EQ(withheld(heeded, "mrn|4"), "mind secret");
  EXPECT_EQ(seen(decide(made(consents), alice_, glass("found unconscious", "mrn|5"))), "");
  std::string overriding = consenting;
  overriding.replace(overriding.find("[opt_outs]"), 0, "overrides_consent = true\n");
  const Policy policy = made(consents, "", overriding);
  EXPECT_EQ(withheld(decide(policy, alice_, glass("found unconscious", "mrn|4")), "mrn|4"), "");
  EXPECT_EQ(seen(decide(policy, alice_, glass("found unconscious", "mrn|5"))), "5");
  EXPECT_EQ(withheld(decide(policy, alice_, care()), "mrn|1"), "secret");
}

TEST_F(ConsentTest, ACategoryMayBeWithheldFromARole) {
  std::string stricter = consenting;
  stricter.replace(stricter.find("relationships = [\"ward\"]"), 0, "withheld = [\"mind\"]\n");
  const auto grant = decide(made("mrn|1,all,granted,,,\n", "", stricter), alice_, care());
  EXPECT_EQ(withheld(grant, "mrn|1"), "mind");
  EXPECT_EQ(withheld(grant, "mrn|2"), "mind secret");
}

// -- delegates

TEST_F(ConsentTest, ACarerSeesWhatWasGranted) {
  const AccessRequest request{.role = "carer", .purpose = "patient_access", .project = {}, .reason = {}, .patient = {}};
  const Policy policy = made("mrn|3,mind,refused,,,\n",
                             "mrn|1,user:sam,mind,2026-11-01,2026-11-30\n"
                             "mrn|2,user:sam,all,,\n"
                             "mrn|2,user:sam,mind,,\n"
                             "mrn|3,user:sam,mind,,\n"
                             "mrn|3,user:sam,secret,,\n"
                             "mrn|4,user:sue,all,,\n");
  const Claims sam = who("sam", "carer");
  const auto grant = decide(policy, sam, request);
  EXPECT_EQ(seen(grant), "1*2*3*");
  EXPECT_EQ(withheld(grant, "mrn|1"), "secret");
  EXPECT_FALSE((*grant)->rule_of(store_.find("mrn|1")).shows(0)) << "what is of no category was not granted";
  EXPECT_EQ(withheld(grant, "mrn|2"), "secret") << "all is what anybody sees, not what is withheld from everybody";
  EXPECT_TRUE((*grant)->rule_of(store_.find("mrn|2")).shows(0));
  EXPECT_EQ(withheld(grant, "mrn|3"), "mind") << "granted by name, and refused to everybody";
  EXPECT_EQ(seen(decide(policy, sam, request, "2026-12-01")), "2*3*");
  EXPECT_EQ(why(decide(policy, who("eve", "carer"), request)),
            "no patient has granted the user anything that holds today");
}

// -- projects

TEST_F(DecisionTest, ResearchIsDoneWithinAProject) {
  add(3);
  const Policy made = policy(head + R"(
[roles.researcher]
purposes = ["research"]
disclosure = "opensafely"
[projects.heart]
members = ["rosa", "both"]
checkers = ["chris", "both"]
from = 2026-11-01
to = 2026-11-30
patients_file = "heart.txt"
[deidentification]
key_file = "key"
[opt_outs]
none = true
)",
                             {{"heart.txt", "mrn|1\nmrn|3\n"}, {"key", std::string(64, 'a')}});
  AccessRequest request{.role = "researcher", .purpose = "research", .project = "heart", .reason = {}, .patient = {}};
  const auto rights = [&](const std::string& user) {
    const auto decided = decide(made, who(user, "researcher"), request);
    return decided ? names((*decided)->rights) : decided.error().message;
  };
  EXPECT_EQ(seen(decide(made, who("rosa", "researcher"), request)), "13");
  EXPECT_EQ(rights("rosa"), "rows, figures");
  EXPECT_EQ(rights("chris"), "release");
  EXPECT_EQ(rights("both"), "rows, figures, release");
  const std::string in_none = "research is done within a project, and the user is in none of this name";
  EXPECT_EQ(rights("eve"), in_none);
  EXPECT_EQ(why(decide(made, who("rosa", "researcher"), request, "2026-10-31")), "the project does not run today");
  EXPECT_EQ(why(decide(made, who("rosa", "researcher"), request, "2026-12-01")), "the project does not run today");
  request.project = "lungs";
  EXPECT_EQ(rights("rosa"), in_none);
  request.project = "";
  EXPECT_EQ(rights("rosa"), in_none);
}

// -- the view

TEST_F(ConsentTest, IsEnforcedInTheView) {
  record::Event low{.kind = record::Kind::condition, .start = record::day_time(day("2026-01-01"))};
  low.code = {.system = "icd10", .code = "F32"};
  store_.tell("mrn|1", low);
  const auto events = [&](const std::string& consents) {
    const auto grant = decide(made(consents), alice_, care()).value();
    const View view = store_.store().view().narrowed(grant);
    EXPECT_FALSE(view.find("mrn|4").value());
    EXPECT_EQ(view.timeline(store_.find("mrn|4"), {}).error().message, "no such patient");
    return view.timeline(store_.find("mrn|1"), {}).value().size();
  };
  EXPECT_EQ(events(""), 2u);
  EXPECT_EQ(events("mrn|1,mind,refused,,,\n"), 1u);
}

TEST_F(DecisionTest, WhoMustNotBeKnownIsFoundByNoName) {
  add(2);
  const Policy made = policy(planning, {{"out.txt", "as_of,2026-11-20\n"}, {"key", std::string(key)}});
  const auto grant = decide(made, who("p", "planner"), to_plan()).value();
  const View view = store_.store().view().narrowed(grant);
  record::Arena room;
  EXPECT_FALSE(view.find("mrn|1").value());
  EXPECT_TRUE(view.identifiers(store_.find("mrn|1"), room).value().empty());
}

}  // namespace
}  // namespace chartline::engine
