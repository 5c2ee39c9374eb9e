// What the text of a definition looks like, and what is refused.
#include <gtest/gtest.h>

#include "formats/exchange/circe.h"

namespace chartline::ohdsi {
namespace {

std::string refusal(const std::string& json) {
  const auto text = exchange::cohort_from_circe(json, {.cohort = "c"});
  return text ? "taken" : text.error().message;
}

std::string with(const std::string& criterion, const std::string& more = "") {
  return R"({"PrimaryCriteria": {"CriteriaList": [)" + criterion + R"(]}, "ConceptSets": [{"id": 3, "name": "dm",
    "expression": {"items": [{"concept": {"CONCEPT_ID": 201826}, "includeDescendants": true},
                             {"concept": {"CONCEPT_ID": 201254}, "isExcluded": true}]}}])" +
         more + "}";
}

TEST(Circe, BecomesACohortOfTheLanguage) {
  const auto text = exchange::cohort_from_circe(
      with(R"({"ConditionOccurrence": {"CodesetId": 3, "First": true}})",
           R"(, "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 30}}, "CollapseSettings": {"EraPad": 7})"),
      {.cohort = "diabetes"});
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, R"(# An OHDSI cohort definition
# concept set 3: dm
codes cs_3 = {
  omop:<<201826 } - {
  omop:201254 }
# entry events, observed 0 days before and 0 days after
let entries = (((first condition[cs_3]) ending (end ?? start + 1d)))
  as e with (registration[*] where date <= date(e) and date(e) <= date(end))
# stays: until the registration, an exit or a censoring event ends them
let stays = entries as ix ending least(
    date((first registration[*] where date <= date(ix) and date(ix) <= date(end)).end),
    date(ix) + 30d)
# stays that touch, or are at most 7 days apart, are one
cohort diabetes per eras(stays, gap 7d) as stay until date(stay.end) = true
)");
}

TEST(Circe, IsRefusedAtTheElementThatIsNotCovered) {
  EXPECT_EQ(refusal("[1"), "it is no cohort definition: not an object of JSON");
  EXPECT_EQ(refusal("{}"), "/PrimaryCriteria/CriteriaList: there are no entry events");
  EXPECT_EQ(refusal(with(R"({"LocationRegion": {"CodesetId": 3}})")),
            "/PrimaryCriteria/CriteriaList/0/LocationRegion: its domain is not covered");
  EXPECT_EQ(refusal(with(R"({"VisitOccurrence": {"CodesetId": 3, "PlaceOfServiceLocation": 3}})")),
            "/PrimaryCriteria/CriteriaList/0/VisitOccurrence/PlaceOfServiceLocation: it is not covered");
  EXPECT_EQ(refusal(with(R"({"Measurement": {"CodesetId": 3, "EraLength": {"Value": 1, "Op": "gt"}}})")),
            "/PrimaryCriteria/CriteriaList/0/Measurement/EraLength: it is not covered");
  EXPECT_EQ(refusal(with(R"({"Measurement": {"CodesetId": 4}})")), "/ConceptSets: there is no concept set 4");
  EXPECT_EQ(refusal(with(R"({"Measurement": {"CodesetId": "3; count true"}})")),
            "/PrimaryCriteria/CriteriaList/0/Measurement/CodesetId: it is no whole number");
  EXPECT_EQ(refusal(with(R"({"Death": {"OccurrenceStartDate": {"Value": "2001-01-0x", "Op": "lt"}}})")),
            "/PrimaryCriteria/CriteriaList/0/Death/OccurrenceStartDate/Value: it is no date");
  EXPECT_EQ(refusal(with(R"({"Death": {"OccurrenceStartDate": {"Value": "2001-02-30", "Op": "lt"}}})")),
            "/PrimaryCriteria/CriteriaList/0/Death/OccurrenceStartDate/Value: it is no date");
}

}  // namespace
}  // namespace chartline::ohdsi
