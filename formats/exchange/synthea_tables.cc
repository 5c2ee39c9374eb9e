#include "formats/exchange/synthea_tables.h"

#include <algorithm>
#include <array>

namespace chartline::exchange {
namespace {

using record::Kind;
using enum SyntheaRole;

// One column to a line, in the order of the export.
// clang-format off

constexpr SyntheaColumn patients_columns[] = {
    {"Id", person},
    {"BIRTHDATE", birth},
    {"DEATHDATE", death},
    {"SSN", identifier, {}, "us-ssn"},
    {"DRIVERS", identifier, {}, "synthea:drivers"},
    {"PASSPORT", identifier, {}, "synthea:passport"},
    {"PREFIX", text, "prefix"},
    {"FIRST", text, "given_name"},
    {"MIDDLE", text, "middle_name"},
    {"LAST", text, "family_name"},
    {"SUFFIX", text, "suffix"},
    {"MAIDEN", text, "maiden_name"},
    {"MARITAL", text, "marital_status"},
    {"RACE", text, "race"},
    {"ETHNICITY", text, "ethnicity"},
    {"GENDER", gender, "gender"},
    {"BIRTHPLACE", text, "birthplace"},
    {"ADDRESS", text, "address"},
    {"CITY", text, "city"},
    {"STATE", text, "state"},
    {"COUNTY", text, "county"},
    {"FIPS", text, "fips"},
    {"ZIP", text, "zip"},
    {"LAT", quantity, "latitude"},
    {"LON", quantity, "longitude"},
    {"HEALTHCARE_EXPENSES", quantity, "healthcare_expenses"},
    {"HEALTHCARE_COVERAGE", quantity, "healthcare_coverage"},
    {"INCOME", quantity, "income"},
};

constexpr SyntheaColumn encounters_columns[] = {
    {"Id", id},
    {"START", start},
    {"STOP", stop},
    {"PATIENT", person},
    {"ORGANIZATION", link, "organization", "organizations"},
    {"PROVIDER", link, "provider", "providers"},
    {"PAYER", link, "payer", "payers"},
    {"ENCOUNTERCLASS", text, "class"},
    {"CODE", code},
    {"SYSTEM", system},
    {"DESCRIPTION", description},
    {"BASE_ENCOUNTER_COST", quantity, "base_cost"},
    {"COST", quantity, "base_cost"},
    {"TOTAL_CLAIM_COST", quantity, "total_claim_cost"},
    {"PAYER_COVERAGE", quantity, "payer_coverage"},
    {"REASONCODE", coded, "reason", "snomed"},
    {"REASONDESCRIPTION", display, "reason"},
};

constexpr SyntheaColumn conditions_columns[] = {
    {"START", start},
    {"STOP", stop},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"SYSTEM", system},
    {"CODE", code},
    {"DESCRIPTION", description},
};

constexpr SyntheaColumn allergies_columns[] = {
    {"START", start},
    {"STOP", stop},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"CODE", code},
    {"SYSTEM", system},
    {"DESCRIPTION", description},
    {"TYPE", text, "type"},
    {"CATEGORY", text, "category"},
    {"REACTION1", coded, "reaction_1", "snomed"},
    {"DESCRIPTION1", display, "reaction_1"},
    {"SEVERITY1", text, "severity_1"},
    {"REACTION2", coded, "reaction_2", "snomed"},
    {"DESCRIPTION2", display, "reaction_2"},
    {"SEVERITY2", text, "severity_2"},
};

constexpr SyntheaColumn careplans_columns[] = {
    {"Id", id},
    {"START", start},
    {"STOP", stop},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"CODE", code},
    {"DESCRIPTION", description},
    {"REASONCODE", coded, "reason", "snomed"},
    {"REASONDESCRIPTION", display, "reason"},
};

constexpr SyntheaColumn medications_columns[] = {
    {"START", start},
    {"STOP", stop},
    {"PATIENT", person},
    {"PAYER", link, "payer", "payers"},
    {"ENCOUNTER", encounter},
    {"CODE", code},
    {"DESCRIPTION", description},
    {"BASE_COST", quantity, "base_cost"},
    {"COST", quantity, "base_cost"},
    {"PAYER_COVERAGE", quantity, "payer_coverage"},
    {"DISPENSES", quantity, "dispenses"},
    {"TOTALCOST", quantity, "total_cost"},
    {"REASONCODE", coded, "reason", "snomed"},
    {"REASONDESCRIPTION", display, "reason"},
};

constexpr SyntheaColumn devices_columns[] = {
    {"START", start},
    {"STOP", stop},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"CODE", code},
    {"DESCRIPTION", description},
    {"UDI", text, "udi"},
};

constexpr SyntheaColumn procedures_columns[] = {
    {"START", start},
    {"STOP", stop},
    {"DATE", start},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"SYSTEM", system},
    {"CODE", code},
    {"DESCRIPTION", description},
    {"BASE_COST", quantity, "base_cost"},
    {"COST", quantity, "base_cost"},
    {"REASONCODE", coded, "reason", "snomed"},
    {"REASONDESCRIPTION", display, "reason"},
};

constexpr SyntheaColumn observations_columns[] = {
    {"DATE", start},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"CATEGORY", text, "category"},
    {"CODE", code},
    {"DESCRIPTION", description},
    {"VALUE", value},
    {"UNITS", units},
    {"TYPE", value_type},
};

constexpr SyntheaColumn immunizations_columns[] = {
    {"DATE", start},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"CODE", code},
    {"DESCRIPTION", description},
    {"BASE_COST", quantity, "base_cost"},
    {"COST", quantity, "base_cost"},
};

constexpr SyntheaColumn imaging_studies_columns[] = {
    {"Id", id},
    {"DATE", start},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"SERIES_UID", text, "series_uid"},
    {"BODYSITE_CODE", coded, "body_site", "snomed"},
    {"BODYSITE_DESCRIPTION", display, "body_site"},
    {"MODALITY_CODE", coded, "modality", "http://dicom.nema.org/resources/ontology/DCM"},
    {"MODALITY_DESCRIPTION", display, "modality"},
    {"INSTANCE_UID", id_more},
    {"SOP_CODE", coded, "sop_class", "urn:ietf:rfc:3986"},
    {"SOP_DESCRIPTION", display, "sop_class"},
    {"PROCEDURE_CODE", code},
};

constexpr SyntheaColumn supplies_columns[] = {
    {"DATE", start},
    {"PATIENT", person},
    {"ENCOUNTER", encounter},
    {"CODE", code},
    {"DESCRIPTION", description},
    {"QUANTITY", quantity, "quantity"},
};

constexpr SyntheaColumn claims_columns[] = {
    {"Id", id},
    {"PATIENTID", person},
    {"PROVIDERID", link, "provider", "providers"},
    {"PRIMARYPATIENTINSURANCEID", link, "primary_payer", "payers"},
    {"SECONDARYPATIENTINSURANCEID", link, "secondary_payer", "payers"},
    {"DEPARTMENTID", text, "department"},
    {"PATIENTDEPARTMENTID", text, "patient_department"},
    {"DIAGNOSIS1", coded, "diagnosis_1", "snomed"},
    {"DIAGNOSIS2", coded, "diagnosis_2", "snomed"},
    {"DIAGNOSIS3", coded, "diagnosis_3", "snomed"},
    {"DIAGNOSIS4", coded, "diagnosis_4", "snomed"},
    {"DIAGNOSIS5", coded, "diagnosis_5", "snomed"},
    {"DIAGNOSIS6", coded, "diagnosis_6", "snomed"},
    {"DIAGNOSIS7", coded, "diagnosis_7", "snomed"},
    {"DIAGNOSIS8", coded, "diagnosis_8", "snomed"},
    {"REFERRINGPROVIDERID", link, "referring_provider", "providers"},
    {"APPOINTMENTID", encounter},
    {"CURRENTILLNESSDATE", date, "current_illness_date"},
    {"SERVICEDATE", start},
    {"SUPERVISINGPROVIDERID", link, "supervising_provider", "providers"},
    {"STATUS1", text, "status_1"},
    {"STATUS2", text, "status_2"},
    {"STATUSP", text, "status_patient"},
    {"OUTSTANDING1", quantity, "outstanding_1"},
    {"OUTSTANDING2", quantity, "outstanding_2"},
    {"OUTSTANDINGP", quantity, "outstanding_patient"},
    {"LASTBILLEDDATE1", date, "last_billed_1"},
    {"LASTBILLEDDATE2", date, "last_billed_2"},
    {"LASTBILLEDDATEP", date, "last_billed_patient"},
    {"HEALTHCARECLAIMTYPEID1", text, "claim_type_1"},
    {"HEALTHCARECLAIMTYPEID2", text, "claim_type_2"},
};

constexpr SyntheaColumn claims_transactions_columns[] = {
    {"ID", id},
    {"CLAIMID", link, "claim", "claims"},
    {"CHARGEID", text, "charge"},
    {"PATIENTID", person},
    {"TYPE", text, "type"},
    {"AMOUNT", value},
    {"METHOD", text, "method"},
    {"FROMDATE", start},
    {"TODATE", stop},
    {"PLACEOFSERVICE", link, "place_of_service", "organizations"},
    {"PROCEDURECODE", coded, "procedure", "synthea"},  // SNOMED, RxNorm or CVX: the row does not say which
    {"MODIFIER1", text, "modifier_1"},
    {"MODIFIER2", text, "modifier_2"},
    {"DIAGNOSISREF1", text, "diagnosis_ref_1"},
    {"DIAGNOSISREF2", text, "diagnosis_ref_2"},
    {"DIAGNOSISREF3", text, "diagnosis_ref_3"},
    {"DIAGNOSISREF4", text, "diagnosis_ref_4"},
    {"UNITS", quantity, "units"},
    {"DEPARTMENTID", text, "department"},
    {"NOTES", text, "notes"},
    {"UNITAMOUNT", quantity, "unit_amount"},
    {"TRANSFEROUTID", text, "transfer_out"},
    {"TRANSFERTYPE", text, "transfer_type"},
    {"PAYMENTS", quantity, "payments"},
    {"ADJUSTMENTS", quantity, "adjustments"},
    {"TRANSFERS", quantity, "transfers"},
    {"OUTSTANDING", quantity, "outstanding"},
    {"APPOINTMENTID", encounter},
    {"LINENOTE", text, "line_note"},
    {"PATIENTINSURANCEID", text, "patient_insurance"},
    {"FEESCHEDULEID", text, "fee_schedule"},
    {"PROVIDERID", link, "provider", "providers"},
    {"SUPERVISINGPROVIDERID", link, "supervising_provider", "providers"},
};

constexpr SyntheaColumn payer_transitions_columns[] = {
    {"PATIENT", person},
    {"MEMBERID", text, "member"},
    {"START_YEAR", start},
    {"START_DATE", start},
    {"END_YEAR", stop},
    {"END_DATE", stop},
    {"PAYER", link, "payer", "payers"},
    {"SECONDARY_PAYER", link, "secondary_payer", "payers"},
    {"OWNERSHIP", text, "ownership"},
    {"PLAN_OWNERSHIP", text, "ownership"},
    {"OWNERNAME", text, "owner_name"},
    {"OWNER_NAME", text, "owner_name"},
};

constexpr SyntheaColumn organizations_columns[] = {
    {"Id", id},
    {"NAME", text, "name"},
    {"ZIP", text, "zip"},
    {"PHONE", text, "phone"},
    {"LAT", quantity, "latitude"},
    {"LON", quantity, "longitude"},
    {"REVENUE", quantity, "revenue"},
    {"UTILIZATION", quantity, "utilization"},
};

constexpr SyntheaColumn providers_columns[] = {
    {"Id", id},
    {"ORGANIZATION", link, "organization", "organizations"},
    {"NAME", text, "name"},
    {"ZIP", text, "zip"},
    {"LAT", quantity, "latitude"},
    {"LON", quantity, "longitude"},
    {"UTILIZATION", quantity, "utilization"},
    {"ENCOUNTERS", quantity, "encounters"},
    {"PROCEDURES", quantity, "procedures"},
};

constexpr SyntheaColumn payers_columns[] = {
    {"Id", id},
    {"NAME", text, "name"},
    {"ZIP", text, "zip"},
    {"PHONE", text, "phone"},
};

// clang-format on

using End = SyntheaTable::End;
using About = SyntheaTable::About;

constexpr std::array tables = std::to_array<SyntheaTable>({
    {"patients", Kind::patient, "", End::point, About::person, patients_columns},
    {"encounters", Kind::encounter, "snomed", End::unknown, About::person, encounters_columns},
    {"conditions", Kind::condition, "snomed", End::ongoing, About::person, conditions_columns},
    {"allergies", Kind::allergy, "snomed", End::ongoing, About::person, allergies_columns},
    {"careplans", Kind::care_plan, "snomed", End::ongoing, About::person, careplans_columns},
    {"medications", Kind::medication, "rxnorm", End::ongoing, About::person, medications_columns},
    {"devices", Kind::device, "snomed", End::ongoing, About::person, devices_columns},
    {"procedures", Kind::procedure, "snomed", End::point, About::person, procedures_columns},
    {"observations", Kind::observation, "loinc", End::point, About::person, observations_columns},
    {"immunizations", Kind::immunization, "cvx", End::point, About::person, immunizations_columns},
    {"imaging_studies", Kind::report, "snomed", End::point, About::person, imaging_studies_columns},
    {"supplies", Kind::service, "snomed", End::point, About::person, supplies_columns},
    {"claims", Kind::service, "", End::point, About::person, claims_columns},
    {"claims_transactions", Kind::service, "", End::point, About::person, claims_transactions_columns},
    {"payer_transitions", Kind::other, "", End::unknown, About::person, payer_transitions_columns},
    {"organizations", Kind::other, "", End::point, About::nobody, organizations_columns},
    {"providers", Kind::other, "", End::point, About::nobody, providers_columns},
    {"payers", Kind::other, "", End::point, About::nobody, payers_columns},
});

}  // namespace

std::span<const SyntheaTable> synthea_tables() { return tables; }

const SyntheaTable* find_synthea_table(std::string_view name) {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const SyntheaTable& table) { return table.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace chartline::exchange
