// Each closed list reads back what it prints; FHIR's status words are all known.
#include "formats/record/kind.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace chartline::record {
namespace {

template <typename Enum, typename Parse>
void expect_words_read_back(int count, Parse parse) {
  std::set<std::string_view> seen;
  for (int number = 0; number < count; ++number) {
    const auto value = static_cast<Enum>(number);
    EXPECT_TRUE(seen.insert(name(value)).second) << "twice: " << name(value);
    EXPECT_EQ(parse(name(value)), value) << name(value);
  }
}

TEST(Kinds, ReadBack) { expect_words_read_back<Kind>(kind_count, parse_kind); }
TEST(Statuses, ReadBack) { expect_words_read_back<Status>(status_count, parse_status); }
TEST(Certainties, ReadBack) { expect_words_read_back<Certainty>(certainty_count, parse_certainty); }
TEST(Authors, ReadBack) { expect_words_read_back<Author>(author_count, parse_author); }
TEST(Comparators, ReadBack) { expect_words_read_back<Comparator>(comparator_count, parse_comparator); }

TEST(Kinds, NumbersAreStoredAndStay) {
  EXPECT_EQ(name(static_cast<Kind>(2)), "encounter");
  EXPECT_EQ(name(static_cast<Kind>(9)), "care_plan");
  EXPECT_EQ(name(static_cast<Kind>(21)), "patient");
}

TEST(Statuses, NumbersAreStoredAndStay) {
  EXPECT_EQ(name(static_cast<Status>(8)), "entered-in-error");
  EXPECT_EQ(name(static_cast<Status>(25)), "not-done");
  EXPECT_EQ(name(static_cast<Status>(53)), "abandoned");
  EXPECT_EQ(name(static_cast<Status>(61)), "data-required");
}

// The codes of the value sets bound to `status` (or what serves as it) in FHIR R4, resource by resource.
TEST(Statuses, EveryWordOfFhirsClinicalResourcesIsKnown) {
  const struct {
    const char* resource;
    std::vector<std::string_view> words;
  } resources[] = {
      {"AllergyIntolerance", {"active", "inactive", "resolved"}},
      {"Appointment",
       {"proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error",
        "checked-in", "waitlist"}},
      {"AppointmentResponse", {"accepted", "declined", "tentative", "needs-action"}},
      {"CarePlan", {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}},
      {"CarePlan.activity",
       {"not-started", "scheduled", "in-progress", "on-hold", "completed", "cancelled", "stopped", "unknown",
        "entered-in-error"}},
      {"CareTeam", {"proposed", "active", "suspended", "inactive", "entered-in-error"}},
      {"ClinicalImpression", {"in-progress", "completed", "entered-in-error"}},
      {"Communication",
       {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"}},
      {"Composition", {"preliminary", "final", "amended", "entered-in-error"}},
      {"Condition", {"active", "recurrence", "relapse", "inactive", "remission", "resolved"}},
      {"Consent", {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}},
      {"DeviceUseStatement", {"active", "completed", "entered-in-error", "intended", "stopped", "on-hold"}},
      {"DiagnosticReport",
       {"registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled",
        "entered-in-error", "unknown"}},
      {"DocumentReference", {"current", "superseded", "entered-in-error"}},
      {"Encounter",
       {"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error",
        "unknown"}},
      {"EpisodeOfCare", {"planned", "waitlist", "active", "onhold", "finished", "cancelled", "entered-in-error"}},
      {"FamilyMemberHistory", {"partial", "completed", "entered-in-error", "health-unknown"}},
      {"Goal",
       {"proposed", "planned", "accepted", "active", "on-hold", "completed", "cancelled", "entered-in-error",
        "rejected"}},
      {"GuidanceResponse", {"success", "data-requested", "data-required", "in-progress", "failure", "entered-in-error"}},
      {"ImagingStudy", {"registered", "available", "cancelled", "entered-in-error", "unknown"}},
      {"Immunization", {"completed", "entered-in-error", "not-done"}},
      {"List", {"current", "retired", "entered-in-error"}},
      {"MedicationDispense",
       {"preparation", "in-progress", "cancelled", "on-hold", "completed", "entered-in-error", "stopped", "declined",
        "unknown"}},
      {"MedicationRequest",
       {"active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"}},
      {"MedicationStatement",
       {"active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"}},
      {"Observation",
       {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"}},
      {"Procedure",
       {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"}},
      {"QuestionnaireResponse", {"in-progress", "completed", "amended", "entered-in-error", "stopped"}},
      {"ServiceRequest", {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}},
      {"Specimen", {"available", "unavailable", "unsatisfactory", "entered-in-error"}},
      {"SupplyDelivery", {"in-progress", "completed", "abandoned", "entered-in-error"}},
      {"Task",
       {"draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold",
        "failed", "completed", "entered-in-error"}},
  };
  for (const auto& [resource, words] : resources) {
    for (const std::string_view word : words) {
      const auto status = parse_status(word);
      ASSERT_TRUE(status.has_value()) << resource << " " << word;
      EXPECT_NE(*status, Status::none) << resource << " " << word;
    }
  }
}

TEST(Statuses, SynonymsKeepTheirMeaning) {
  EXPECT_EQ(parse_status("aborted"), Status::stopped);
  EXPECT_EQ(parse_status("nullified"), Status::entered_in_error);
  EXPECT_EQ(parse_status("onhold"), Status::on_hold);
  EXPECT_EQ(parse_status("canceled"), Status::cancelled);
}

TEST(Words, AnythingElseIsUnknown) {
  for (const char* word : {"Final", "final ", " final", "fina", "finall", "in_progress", "entered-in-erroR"}) {
    EXPECT_EQ(parse_status(word), std::nullopt) << word;
  }
  EXPECT_EQ(parse_status(std::string_view("final\0", 6)), std::nullopt);
  EXPECT_EQ(parse_status(std::string(100'000, 'x')), std::nullopt);
  EXPECT_EQ(parse_kind("Condition"), std::nullopt);
  EXPECT_EQ(parse_kind(""), std::nullopt);
  EXPECT_EQ(parse_certainty("entered-in-error"), std::nullopt);
  EXPECT_EQ(parse_author("nurse"), std::nullopt);
  EXPECT_EQ(parse_author("unknown"), Author::unknown);
  EXPECT_EQ(parse_comparator("=<"), std::nullopt);
  EXPECT_EQ(parse_comparator("="), Comparator::equal);
}

TEST(WordsDeath, ANumberOutsideItsListIsABrokenInvariant) {
  EXPECT_DEATH(static_cast<void>(name(static_cast<Kind>(kind_count))), "outside its closed list");
  EXPECT_DEATH(static_cast<void>(name(static_cast<Status>(255))), "outside its closed list");
}

}  // namespace
}  // namespace chartline::record
