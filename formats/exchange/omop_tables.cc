#include "formats/exchange/omop_tables.h"

#include <algorithm>
#include <array>

namespace chartline::exchange {
namespace {

using record::Kind;
using enum OmopRole;

// One column to a line, in the order of the model.
// clang-format off

constexpr OmopColumn person_columns[] = {
    {"person_id", person},
    {"gender_concept_id", code, "gender"},
    {"year_of_birth", birth_year},
    {"month_of_birth", birth_month},
    {"day_of_birth", birth_day},
    {"birth_datetime", birth_datetime},
    {"race_concept_id", code, "race"},
    {"ethnicity_concept_id", code, "ethnicity"},
    {"location_id", link, "location", "location"},
    {"provider_id", link, "provider", "provider"},
    {"care_site_id", link, "care_site", "care_site"},
    {"person_source_value", person_source},
    {"gender_source_value", text, "gender_source_value"},
    {"gender_source_concept_id", code, "gender_source_concept"},
    {"race_source_value", text, "race_source_value"},
    {"race_source_concept_id", code, "race_source_concept"},
    {"ethnicity_source_value", text, "ethnicity_source_value"},
    {"ethnicity_source_concept_id", code, "ethnicity_source_concept"},
};

constexpr OmopColumn observation_period_columns[] = {
    {"observation_period_id", id},
    {"person_id", person},
    {"observation_period_start_date", start_date},
    {"observation_period_end_date", end_date},
    {"period_type_concept_id", main_concept},
};

constexpr OmopColumn visit_occurrence_columns[] = {
    {"visit_occurrence_id", id},
    {"person_id", person},
    {"visit_concept_id", main_concept},
    {"visit_start_date", start_date},
    {"visit_start_datetime", start_datetime},
    {"visit_end_date", end_date},
    {"visit_end_datetime", end_datetime},
    {"visit_type_concept_id", code, "type"},
    {"provider_id", link, "provider", "provider"},
    {"care_site_id", link, "care_site", "care_site"},
    {"visit_source_value", text, "source_value"},
    {"visit_source_concept_id", source_concept},
    {"admitted_from_concept_id", code, "admitted_from"},
    {"admitted_from_source_value", text, "admitted_from_source_value"},
    {"admitting_source_concept_id", code, "admitted_from"},
    {"admitting_source_value", text, "admitted_from_source_value"},
    {"discharged_to_concept_id", code, "discharged_to"},
    {"discharged_to_source_value", text, "discharged_to_source_value"},
    {"discharge_to_concept_id", code, "discharged_to"},
    {"discharge_to_source_value", text, "discharged_to_source_value"},
    {"preceding_visit_occurrence_id", link, "preceding_visit", "visit_occurrence"},
};

constexpr OmopColumn visit_detail_columns[] = {
    {"visit_detail_id", id},
    {"person_id", person},
    {"visit_detail_concept_id", main_concept},
    {"visit_detail_start_date", start_date},
    {"visit_detail_start_datetime", start_datetime},
    {"visit_detail_end_date", end_date},
    {"visit_detail_end_datetime", end_datetime},
    {"visit_detail_type_concept_id", code, "type"},
    {"provider_id", link, "provider", "provider"},
    {"care_site_id", link, "care_site", "care_site"},
    {"visit_detail_source_value", text, "source_value"},
    {"visit_detail_source_concept_id", source_concept},
    {"admitted_from_concept_id", code, "admitted_from"},
    {"admitted_from_source_value", text, "admitted_from_source_value"},
    {"admitting_source_concept_id", code, "admitted_from"},
    {"admitting_source_value", text, "admitted_from_source_value"},
    {"discharged_to_concept_id", code, "discharged_to"},
    {"discharged_to_source_value", text, "discharged_to_source_value"},
    {"discharge_to_concept_id", code, "discharged_to"},
    {"discharge_to_source_value", text, "discharged_to_source_value"},
    {"preceding_visit_detail_id", link, "preceding_visit_detail", "visit_detail"},
    {"parent_visit_detail_id", link, "parent_visit_detail", "visit_detail"},
    {"visit_detail_parent_id", link, "parent_visit_detail", "visit_detail"},
    {"visit_occurrence_id", visit},
};

constexpr OmopColumn condition_occurrence_columns[] = {
    {"condition_occurrence_id", id},
    {"person_id", person},
    {"condition_concept_id", main_concept},
    {"condition_start_date", start_date},
    {"condition_start_datetime", start_datetime},
    {"condition_end_date", end_date},
    {"condition_end_datetime", end_datetime},
    {"condition_type_concept_id", code, "type"},
    {"condition_status_concept_id", code, "condition_status"},
    {"condition_status_source_value", text, "condition_status_source_value"},
    {"stop_reason", text, "stop_reason"},
    {"provider_id", link, "provider", "provider"},
    {"visit_occurrence_id", visit},
    {"visit_detail_id", link, "visit_detail", "visit_detail"},
    {"condition_source_value", source_value},
    {"condition_source_concept_id", source_concept},
};

constexpr OmopColumn drug_exposure_columns[] = {
    {"drug_exposure_id", id},
    {"person_id", person},
    {"drug_concept_id", main_concept},
    {"drug_exposure_start_date", start_date},
    {"drug_exposure_start_datetime", start_datetime},
    {"drug_exposure_end_date", end_date},
    {"drug_exposure_end_datetime", end_datetime},
    {"verbatim_end_date", date, "verbatim_end_date"},
    {"drug_type_concept_id", code, "type"},
    {"stop_reason", text, "stop_reason"},
    {"refills", quantity, "refills"},
    {"quantity", quantity, "quantity"},
    {"days_supply", quantity, "days_supply"},
    {"sig", text, "sig"},
    {"route_concept_id", code, "route"},
    {"effective_drug_dose", quantity, "effective_drug_dose"},  // CDM 5.0
    {"dose_unit_concept_id", code, "dose_unit"},               // likewise
    {"lot_number", text, "lot_number"},
    {"provider_id", link, "provider", "provider"},
    {"visit_occurrence_id", visit},
    {"visit_detail_id", link, "visit_detail", "visit_detail"},
    {"drug_source_value", source_value},
    {"drug_source_concept_id", source_concept},
    {"route_source_value", text, "route_source_value"},
    {"dose_unit_source_value", text, "dose_unit_source_value"},
};

constexpr OmopColumn procedure_occurrence_columns[] = {
    {"procedure_occurrence_id", id},
    {"person_id", person},
    {"procedure_concept_id", main_concept},
    {"procedure_date", start_date},
    {"procedure_datetime", start_datetime},
    {"procedure_end_date", end_date},
    {"procedure_end_datetime", end_datetime},
    {"procedure_type_concept_id", code, "type"},
    {"modifier_concept_id", code, "modifier"},
    {"quantity", quantity, "quantity"},
    {"provider_id", link, "provider", "provider"},
    {"visit_occurrence_id", visit},
    {"visit_detail_id", link, "visit_detail", "visit_detail"},
    {"procedure_source_value", source_value},
    {"procedure_source_concept_id", source_concept},
    {"modifier_source_value", text, "modifier_source_value"},
};

constexpr OmopColumn device_exposure_columns[] = {
    {"device_exposure_id", id},
    {"person_id", person},
    {"device_concept_id", main_concept},
    {"device_exposure_start_date", start_date},
    {"device_exposure_start_datetime", start_datetime},
    {"device_exposure_end_date", end_date},
    {"device_exposure_end_datetime", end_datetime},
    {"device_type_concept_id", code, "type"},
    {"unique_device_id", text, "unique_device_id"},
    {"production_id", text, "production_id"},
    {"quantity", quantity, "quantity"},
    {"provider_id", link, "provider", "provider"},
    {"visit_occurrence_id", visit},
    {"visit_detail_id", link, "visit_detail", "visit_detail"},
    {"device_source_value", source_value},
    {"device_source_concept_id", source_concept},
    {"unit_concept_id", unit, "unit"},
    {"unit_source_value", unit_source, "unit_source_value"},
    {"unit_source_concept_id", code, "unit_source_concept"},
};

constexpr OmopColumn measurement_columns[] = {
    {"measurement_id", id},
    {"person_id", person},
    {"measurement_concept_id", main_concept},
    {"measurement_date", start_date},
    {"measurement_datetime", start_datetime},
    {"measurement_time", time_text, "measurement_time"},
    {"measurement_type_concept_id", code, "type"},
    {"operator_concept_id", comparator, "operator"},
    {"value_as_number", number, "value_as_number"},
    {"value_as_concept_id", value_concept, "value_as_concept"},
    {"unit_concept_id", unit, "unit"},
    {"range_low", limit, "range_low"},
    {"range_high", limit, "range_high"},
    {"provider_id", link, "provider", "provider"},
    {"visit_occurrence_id", visit},
    {"visit_detail_id", link, "visit_detail", "visit_detail"},
    {"measurement_source_value", source_value},
    {"measurement_source_concept_id", source_concept},
    {"unit_source_value", unit_source, "unit_source_value"},
    {"unit_source_concept_id", code, "unit_source_concept"},
    {"value_source_value", value_source, "value_source_value"},
    {"measurement_event_id", text, "event"},
    {"meas_event_field_concept_id", code, "event_field"},
};

constexpr OmopColumn observation_columns[] = {
    {"observation_id", id},
    {"person_id", person},
    {"observation_concept_id", main_concept},
    {"observation_date", start_date},
    {"observation_datetime", start_datetime},
    {"observation_type_concept_id", code, "type"},
    {"value_as_number", number, "value_as_number"},
    {"value_as_string", value_text, "value_as_string"},
    {"value_as_concept_id", value_concept, "value_as_concept"},
    {"qualifier_concept_id", code, "qualifier"},
    {"unit_concept_id", unit, "unit"},
    {"provider_id", link, "provider", "provider"},
    {"visit_occurrence_id", visit},
    {"visit_detail_id", link, "visit_detail", "visit_detail"},
    {"observation_source_value", source_value},
    {"observation_source_concept_id", source_concept},
    {"unit_source_value", unit_source, "unit_source_value"},
    {"qualifier_source_value", text, "qualifier_source_value"},
    {"value_source_value", value_source, "value_source_value"},
    {"observation_event_id", text, "event"},
    {"obs_event_field_concept_id", code, "event_field"},
};

constexpr OmopColumn death_columns[] = {
    {"person_id", person},
    {"death_date", start_date},
    {"death_datetime", start_datetime},
    {"death_type_concept_id", code, "type"},
    {"cause_concept_id", main_concept},
    {"cause_source_value", source_value},
    {"cause_source_concept_id", source_concept},
};

constexpr OmopColumn note_columns[] = {
    {"note_id", id},
    {"person_id", person},
    {"note_date", start_date},
    {"note_datetime", start_datetime},
    {"note_type_concept_id", code, "type"},
    {"note_class_concept_id", main_concept},
    {"note_title", text, "title"},
    {"note_text", value_text, "text"},
    {"encoding_concept_id", code, "encoding"},
    {"language_concept_id", code, "language"},
    {"provider_id", link, "provider", "provider"},
    {"visit_occurrence_id", visit},
    {"visit_detail_id", link, "visit_detail", "visit_detail"},
    {"note_source_value", text, "source_value"},
    {"note_event_id", text, "event"},
    {"note_event_field_concept_id", code, "event_field"},
};

constexpr OmopColumn specimen_columns[] = {
    {"specimen_id", id},
    {"person_id", person},
    {"specimen_concept_id", main_concept},
    {"specimen_type_concept_id", code, "type"},
    {"specimen_date", start_date},
    {"specimen_datetime", start_datetime},
    {"quantity", quantity, "quantity"},
    {"unit_concept_id", unit, "unit"},
    {"anatomic_site_concept_id", code, "anatomic_site"},
    {"disease_status_concept_id", code, "disease_status"},
    {"specimen_source_id", text, "source_id"},
    {"specimen_source_value", source_value},
    {"unit_source_value", unit_source, "unit_source_value"},
    {"anatomic_site_source_value", text, "anatomic_site_source_value"},
    {"disease_status_source_value", text, "disease_status_source_value"},
};

constexpr OmopColumn condition_era_columns[] = {
    {"condition_era_id", id},
    {"person_id", person},
    {"condition_concept_id", main_concept},
    {"condition_era_start_date", start_date},
    {"condition_era_start_datetime", start_datetime},
    {"condition_era_end_date", end_date},
    {"condition_era_end_datetime", end_datetime},
    {"condition_occurrence_count", quantity, "occurrence_count"},
};

constexpr OmopColumn drug_era_columns[] = {
    {"drug_era_id", id},
    {"person_id", person},
    {"drug_concept_id", main_concept},
    {"drug_era_start_date", start_date},
    {"drug_era_start_datetime", start_datetime},
    {"drug_era_end_date", end_date},
    {"drug_era_end_datetime", end_datetime},
    {"drug_exposure_count", quantity, "exposure_count"},
    {"gap_days", quantity, "gap_days"},
};

constexpr OmopColumn dose_era_columns[] = {
    {"dose_era_id", id},
    {"person_id", person},
    {"drug_concept_id", main_concept},
    {"unit_concept_id", unit, "unit"},
    {"dose_value", number, "dose_value"},
    {"dose_era_start_date", start_date},
    {"dose_era_start_datetime", start_datetime},
    {"dose_era_end_date", end_date},
    {"dose_era_end_datetime", end_datetime},
};

constexpr OmopColumn episode_columns[] = {
    {"episode_id", id},
    {"person_id", person},
    {"episode_concept_id", main_concept},
    {"episode_start_date", start_date},
    {"episode_start_datetime", start_datetime},
    {"episode_end_date", end_date},
    {"episode_end_datetime", end_datetime},
    {"episode_parent_id", link, "parent_episode", "episode"},
    {"episode_number", quantity, "episode_number"},
    {"episode_object_concept_id", code, "episode_object"},
    {"episode_type_concept_id", code, "type"},
    {"episode_source_value", source_value},
    {"episode_source_concept_id", source_concept},
};

constexpr OmopColumn payer_plan_period_columns[] = {
    {"payer_plan_period_id", id},
    {"person_id", person},
    {"payer_plan_period_start_date", start_date},
    {"payer_plan_period_end_date", end_date},
    {"payer_concept_id", main_concept},
    {"payer_source_value", source_value},
    {"payer_source_concept_id", source_concept},
    {"plan_concept_id", code, "plan"},
    {"plan_source_value", text, "plan_source_value"},
    {"plan_source_concept_id", code, "plan_source_concept"},
    {"sponsor_concept_id", code, "sponsor"},
    {"sponsor_source_value", text, "sponsor_source_value"},
    {"sponsor_source_concept_id", code, "sponsor_source_concept"},
    {"family_source_value", text, "family_source_value"},
    {"stop_reason_concept_id", code, "stop_reason"},
    {"stop_reason_source_value", text, "stop_reason_source_value"},
    {"stop_reason_source_concept_id", code, "stop_reason_source_concept"},
};

constexpr OmopColumn cost_columns[] = {
    {"cost_id", id},
    {"cost_event_id", text, "event"},
    {"person_id", person},  // CDM 6 only
    {"cost_domain_id", text, "event_domain"},
    {"cost_type_concept_id", code, "type"},
    {"currency_concept_id", code, "currency"},
    {"total_charge", quantity, "total_charge"},
    {"total_cost", quantity, "total_cost"},
    {"total_paid", quantity, "total_paid"},
    {"paid_by_payer", quantity, "paid_by_payer"},
    {"paid_by_patient", quantity, "paid_by_patient"},
    {"paid_patient_copay", quantity, "paid_patient_copay"},
    {"paid_patient_coinsurance", quantity, "paid_patient_coinsurance"},
    {"paid_patient_deductible", quantity, "paid_patient_deductible"},
    {"paid_by_primary", quantity, "paid_by_primary"},
    {"paid_ingredient_cost", quantity, "paid_ingredient_cost"},
    {"paid_dispensing_fee", quantity, "paid_dispensing_fee"},
    {"payer_plan_period_id", link, "payer_plan_period", "payer_plan_period"},
    {"amount_allowed", quantity, "amount_allowed"},
    {"revenue_code_concept_id", code, "revenue_code"},
    {"revenue_code_source_value", text, "revenue_code_source_value"},
    {"reveue_code_source_value", text, "revenue_code_source_value"},  // as CDM 5.3 spells it
    {"drg_concept_id", code, "drg"},
    {"drg_source_value", text, "drg_source_value"},
};

constexpr OmopColumn cohort_columns[] = {
    {"cohort_definition_id", text, "cohort_definition"},
    {"subject_id", person},
    {"cohort_start_date", start_date},
    {"cohort_end_date", end_date},
};

constexpr OmopColumn provider_columns[] = {
    {"provider_id", id},
    {"provider_name", text, "name"},
    {"npi", text, "npi"},
    {"dea", text, "dea"},
    {"specialty_concept_id", code, "specialty"},
    {"care_site_id", link, "care_site", "care_site"},
    {"year_of_birth", quantity, "year_of_birth"},
    {"gender_concept_id", code, "gender"},
    {"provider_source_value", text, "source_value"},
    {"specialty_source_value", text, "specialty_source_value"},
    {"specialty_source_concept_id", code, "specialty_source_concept"},
    {"gender_source_value", text, "gender_source_value"},
    {"gender_source_concept_id", code, "gender_source_concept"},
};

constexpr OmopColumn care_site_columns[] = {
    {"care_site_id", id},
    {"care_site_name", text, "name"},
    {"place_of_service_concept_id", code, "place_of_service"},
    {"location_id", link, "location", "location"},
    {"care_site_source_value", text, "source_value"},
    {"place_of_service_source_value", text, "place_of_service_source_value"},
};

constexpr OmopColumn location_columns[] = {
    {"location_id", id},
    {"address_1", text, "address_1"},
    {"address_2", text, "address_2"},
    {"city", text, "city"},
    {"state", text, "state"},
    {"zip", text, "zip"},
    {"county", text, "county"},
    {"location_source_value", text, "source_value"},
    {"country_concept_id", code, "country"},
    {"country_source_value", text, "country_source_value"},
    {"latitude", quantity, "latitude"},
    {"longitude", quantity, "longitude"},
};

constexpr OmopColumn fact_relationship_columns[] = {
    {"domain_concept_id_1", code, "domain_1"},
    {"fact_id_1", text, "fact_1"},
    {"domain_concept_id_2", code, "domain_2"},
    {"fact_id_2", text, "fact_2"},
    {"relationship_concept_id", main_concept},
};

constexpr OmopColumn episode_event_columns[] = {
    {"episode_id", link, "episode", "episode"},
    {"event_id", text, "event"},
    {"episode_event_field_concept_id", main_concept},
};

// clang-format on

using End = OmopTable::End;
using About = OmopTable::About;

constexpr std::array tables = std::to_array<OmopTable>({
    {"person", Kind::patient, End::point, About::person, person_columns},
    {"observation_period", Kind::registration, End::unknown, About::person, observation_period_columns},
    {"visit_occurrence", Kind::encounter, End::unknown, About::person, visit_occurrence_columns},
    {"visit_detail", Kind::encounter, End::unknown, About::person, visit_detail_columns},
    {"condition_occurrence", Kind::condition, End::unknown, About::person, condition_occurrence_columns},
    {"drug_exposure", Kind::medication, End::unknown, About::person, drug_exposure_columns},
    {"procedure_occurrence", Kind::procedure, End::point, About::person, procedure_occurrence_columns},
    {"device_exposure", Kind::device, End::unknown, About::person, device_exposure_columns},
    {"measurement", Kind::observation, End::point, About::person, measurement_columns},
    {"observation", Kind::observation, End::point, About::person, observation_columns},
    {"death", Kind::death, End::point, About::person, death_columns},
    {"note", Kind::document, End::point, About::person, note_columns},
    {"specimen", Kind::other, End::point, About::person, specimen_columns},
    {"condition_era", Kind::other, End::unknown, About::person, condition_era_columns},
    {"drug_era", Kind::other, End::unknown, About::person, drug_era_columns},
    {"dose_era", Kind::other, End::unknown, About::person, dose_era_columns},
    {"episode", Kind::other, End::unknown, About::person, episode_columns},
    {"payer_plan_period", Kind::other, End::unknown, About::person, payer_plan_period_columns},
    {"cohort", Kind::other, End::unknown, About::person, cohort_columns},
    {"cost", Kind::service, End::point, About::nobody, cost_columns},
    {"provider", Kind::other, End::point, About::nobody, provider_columns},
    {"care_site", Kind::other, End::point, About::nobody, care_site_columns},
    {"location", Kind::other, End::point, About::nobody, location_columns},
    {"fact_relationship", Kind::other, End::point, About::nobody, fact_relationship_columns},
    {"episode_event", Kind::other, End::point, About::nobody, episode_event_columns},
});

}  // namespace

std::span<const OmopTable> omop_tables() { return tables; }

const OmopTable* find_omop_table(std::string_view name) {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const OmopTable& table) { return table.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace chartline::exchange
