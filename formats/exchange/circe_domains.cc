#include "formats/exchange/circe_domains.h"

#include <algorithm>

namespace chartline::exchange {
namespace {

using enum CirceForm;
using Asked = std::vector<CirceAsked>;

constexpr std::string_view next_day = "start + 1d", or_next_day = "(end ?? start + 1d)",
                           or_supply = "(end ?? start + days(attr.days_supply) ?? start + 1d)",
                           length = "(days from date to date(end))";

Asked operator+(Asked first, const Asked& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

// clang-format off
const Asked occurrence = {
    {"OccurrenceStartDate", date, "date"},
    {"Age", age, "start"},
    {"Gender", gender},
    {"ProviderSpecialty", concepts, "attr.specialty"},
};
const Asked ends = {{"OccurrenceEndDate", date, "date(end)"}};
const Asked at_visit = {{"VisitType", visit}};
const Asked era = {
    {"EraStartDate", date, "date"},
    {"EraEndDate", date, "date(end)"},
    {"EraLength", number, length},
    {"AgeAtStart", age, "start"},
    {"AgeAtEnd", age, "end"},
    {"Gender", gender},
};
const Asked own_period = {
    {"PeriodStartDate", date, "date"},
    {"PeriodEndDate", date, "date(end)"},
    {"PeriodLength", number, length},
    {"AgeAtStart", age, "start"},
    {"AgeAtEnd", age, "end"},
    {"UserDefinedPeriod", period},
};
const Asked valued = {
    {"ValueAsNumber", number, "value"},
    {"ValueAsConcept", concepts, "value|attr.value_as_concept"},
    {"Unit", concepts, "attr.unit"},
};

const std::vector<CirceDomain>& domains() {
  static const std::vector<CirceDomain> all = {
      {"ConditionOccurrence", "condition", "", or_next_day, occurrence + ends + at_visit + Asked{
          {"ConditionType", concepts, "attr.type"},
          {"ConditionStatus", concepts, "attr.condition_status"},
          {"StopReason", text, "attr.stop_reason"},
          {"ConditionSourceConcept", source, "attr.source_concept"}}},
      // circe compares the start where the end is asked for.
      {"DrugExposure", "medication", "", or_supply, occurrence + at_visit + Asked{
          {"OccurrenceEndDate", date, "date(end)", "date"},
          {"DrugType", concepts, "attr.type"},
          {"StopReason", text, "attr.stop_reason"},
          {"Refills", number, "attr.refills"},
          {"Quantity", number, "attr.quantity"},
          {"DaysSupply", number, "attr.days_supply"},
          {"RouteConcept", concepts, "attr.route"},
          {"EffectiveDrugDose", number, "attr.effective_drug_dose"},
          {"DoseUnit", concepts, "attr.dose_unit"},
          {"LotNumber", text, "attr.lot_number"},
          {"DrugSourceConcept", source, "attr.source_concept"}}},
      {"ProcedureOccurrence", "procedure", "", next_day, occurrence + ends + at_visit + Asked{
          {"ProcedureType", concepts, "attr.type"},
          {"Modifier", concepts, "attr.modifier"},
          {"Quantity", number, "attr.quantity"},
          {"ProcedureSourceConcept", source, "attr.source_concept"}}},
      {"DeviceExposure", "device", "", or_next_day, occurrence + ends + at_visit + Asked{
          {"DeviceType", concepts, "attr.type"},
          {"UniqueDeviceId", text, "attr.unique_device_id"},
          {"Quantity", number, "attr.quantity"},
          {"DeviceSourceConcept", source, "attr.source_concept"}}},
      {"Measurement", "observation", "measurement", next_day, occurrence + ends + at_visit + valued + Asked{
          {"MeasurementType", concepts, "attr.type"},
          {"Operator", concepts, "attr.operator"},
          {"RangeLow", number, "attr.range_low"},
          {"RangeHigh", number, "attr.range_high"},
          {"RangeLowRatio", number, "value / attr.range_low"},
          {"RangeHighRatio", number, "value / attr.range_high"},
          {"Abnormal", abnormal},
          {"MeasurementSourceConcept", source, "attr.source_concept"}}},
      {"Observation", "observation", "observation", next_day, occurrence + ends + at_visit + valued + Asked{
          {"ObservationType", concepts, "attr.type"},
          {"ValueAsString", text, "value|attr.value_as_string"},
          {"Qualifier", concepts, "attr.qualifier"},
          {"ObservationSourceConcept", source, "attr.source_concept"}}},
      {"VisitOccurrence", "encounter", "visit_occurrence", or_next_day, occurrence + ends + Asked{
          {"VisitType", concepts, "attr.type"},
          {"VisitLength", number, length},
          {"PlaceOfService", concepts, "attr.place_of_service"},
          {"VisitSourceConcept", source, "attr.source_concept"}}},
      // circe reckons the age at its end.
      {"VisitDetail", "encounter", "visit_detail", or_next_day, Asked{
          {"VisitDetailStartDate", date, "date"},
          {"VisitDetailEndDate", date, "date(end)"},
          {"VisitDetailType", concepts, "attr.type"},
          {"VisitDetailLength", number, length},
          {"Age", age, "start", "end"},
          {"Gender", gender},
          {"ProviderSpecialty", concepts, "attr.specialty"},
          {"PlaceOfService", concepts, "attr.place_of_service"},
          {"VisitDetailSourceConcept", source, "attr.source_concept"}}},
      {"Death", "death", "", next_day, Asked{
          {"OccurrenceStartDate", date, "date"},
          {"Age", age, "start"},
          {"Gender", gender},
          {"DeathType", concepts, "attr.type"},
          {"DeathSourceConcept", source, "attr.source_concept"}}},
      {"Specimen", "other", "specimen", next_day, Asked{
          {"OccurrenceStartDate", date, "date"},
          {"Age", age, "start"},
          {"Gender", gender},
          {"SpecimenType", concepts, "attr.type"},
          {"Quantity", number, "attr.quantity"},
          {"Unit", concepts, "attr.unit"},
          {"AnatomicSite", concepts, "attr.anatomic_site"},
          {"DiseaseStatus", concepts, "attr.disease_status"},
          {"SourceId", text, "attr.source_id"}}},
      {"ConditionEra", "other", "condition_era", "", era + Asked{
          {"OccurrenceCount", number, "attr.occurrence_count"}}},
      {"DrugEra", "other", "drug_era", "", era + Asked{
          {"OccurrenceCount", number, "attr.exposure_count"},
          {"GapDays", number, "attr.gap_days"}}},
      {"DoseEra", "other", "dose_era", "", era + Asked{
          {"DoseValue", number, "value"},
          {"Unit", concepts, "attr.unit"}}},
      {"ObservationPeriod", "registration", "", "", own_period + Asked{
          {"PeriodType", concepts, "code"}}},
      {"PayerPlanPeriod", "other", "payer_plan_period", "", own_period + Asked{
          {"Gender", gender},
          {"PayerConcept", set, "code"},
          {"PayerSourceConcept", set, "attr.source_concept"},
          {"PlanConcept", set, "attr.plan"},
          {"PlanSourceConcept", set, "attr.plan_source_concept"},
          {"SponsorConcept", set, "attr.sponsor"},
          {"SponsorSourceConcept", set, "attr.sponsor_source_concept"},
          {"StopReasonConcept", set, "attr.stop_reason"},
          {"StopReasonSourceConcept", set, "attr.stop_reason_source_concept"}}},
  };
  return all;
}
// clang-format on

}  // namespace

const CirceDomain* circe_domain(std::string_view name) {
  const auto found = std::ranges::find(domains(), name, &CirceDomain::name);
  return found == domains().end() ? nullptr : &*found;
}

std::vector<std::string> circe_keys(const CirceDomain& of) {
  std::vector<std::string> keys = {"CodesetId", "First", "CorrelatedCriteria", "DateAdjustment"};
  for (const CirceAsked& asked : of.asked) {
    keys.emplace_back(asked.key);
    const bool is_list = asked.form == concepts || asked.form == visit || asked.form == gender;
    if (is_list) keys.push_back(keys.back() + "CS");
    if (asked.form == concepts) keys.push_back(std::string(asked.key) + "Exclude");
  }
  return keys;
}

}  // namespace chartline::exchange
