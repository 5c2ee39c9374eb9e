#include "formats/exchange/fhir_shape.h"

#include <algorithm>

#include "formats/exchange/fhir_draft.h"

namespace chartline::exchange::fhir {
namespace {

using enum AttributeShape::Take;
using enum Ending;
using record::Kind;

// What each kind of resource says beside its code, times and value. Resources of one kind share a list.
constexpr AttributeShape encounter[] = {
    {"class", "class"},
    {"service_type", "serviceType"},
    {"priority", "priority"},
    {"reason", "reasonCode"},
    {"admit_source", "hospitalization.admitSource"},
    {"discharge_disposition", "hospitalization.dischargeDisposition"},
    {"length", "length", first},
    {"provider", "serviceProvider.display"},
    {"location", "location.location.display"},
};
constexpr AttributeShape episode[] = {{"provider", "managingOrganization.display|managingOrganization.reference"}};
constexpr AttributeShape condition[] = {
    {"category", "category"},
    {"severity", "severity"},
    {"body_site", "bodySite"},
    {"stage", "stage.summary"},
    {"evidence", "evidence.code"},
    {"onset", "onsetAge|onsetString|onsetRange", first},
    {"abatement", "abatementAge|abatementString|abatementRange|abatementBoolean", first},
    {"recorded_date", "recordedDate|assertedDate", date},
};
constexpr AttributeShape observation[] = {
    {"category", "category"},
    {"interpretation", "interpretation"},
    {"body_site", "bodySite"},
    {"method", "method"},
    {"data_absent_reason", "dataAbsentReason"},
    {"reference_low", "referenceRange.low", first},
    {"reference_high", "referenceRange.high", first},
    {"reference_text", "referenceRange.text", first},
};
constexpr std::string_view ordered_dose =
    "dosageInstruction.doseAndRate.doseQuantity|"
    "dosageInstruction.doseAndRate.doseRange|"
    "dosageInstruction.doseQuantity";
constexpr std::string_view ordered_rate =
    "dosageInstruction.doseAndRate.rateQuantity|"
    "dosageInstruction.doseAndRate.rateRatio|"
    "dosageInstruction.doseAndRate.rateRange";
constexpr AttributeShape medication_order[] = {
    {"category", "category"},
    {"intent", "intent"},
    {"priority", "priority"},
    {"reason", "reasonCode"},
    {"status_reason", "statusReason"},
    {"dose_text", "dosageInstruction.text"},
    {"route", "dosageInstruction.route"},
    {"site", "dosageInstruction.site"},
    {"method", "dosageInstruction.method"},
    {"dose", ordered_dose, first},
    {"rate", ordered_rate, first},
    {"as_needed", "dosageInstruction.asNeededBoolean|dosageInstruction.asNeededCodeableConcept", first},
    {"frequency", "dosageInstruction.timing.repeat.frequency", first},
    {"timing", "dosageInstruction.timing.code", first},
    {"quantity", "dispenseRequest.quantity|quantity", first},
    {"refills", "dispenseRequest.numberOfRepeatsAllowed", first},
    {"days_supply", "dispenseRequest.expectedSupplyDuration|daysSupply", first},
    {"substitution",
     "substitution.allowedBoolean|substitution.allowedCodeableConcept|"
     "substitution.wasSubstituted",
     first},
    {"type", "type"},
};
constexpr AttributeShape medication_taken[] = {
    {"category", "category"},
    {"reason", "reasonCode"},
    {"status_reason", "statusReason"},
    {"dose_text", "dosage.text"},
    {"route", "dosage.route"},
    {"site", "dosage.site"},
    {"method", "dosage.method"},
    {"dose", "dosage.dose|dosage.doseAndRate.doseQuantity|dosage.doseAndRate.doseRange|dosage.doseQuantity", first},
    {"rate",
     "dosage.rateQuantity|dosage.rateRatio|dosage.doseAndRate.rateQuantity|"
     "dosage.doseAndRate.rateRatio",
     first},
    {"as_needed", "dosage.asNeededBoolean|dosage.asNeededCodeableConcept", first},
    {"frequency", "dosage.timing.repeat.frequency", first},
    {"timing", "dosage.timing.code", first},
};
constexpr AttributeShape procedure[] = {
    {"category", "category"},         {"reason", "reasonCode"},
    {"body_site", "bodySite"},        {"outcome", "outcome"},
    {"complication", "complication"}, {"status_reason", "statusReason"},
    {"follow_up", "followUp"},        {"performed", "performedString|performedAge|performedRange", first},
};
constexpr AttributeShape immunization[] = {
    {"lot_number", "lotNumber"},
    {"expiration_date", "expirationDate", date},
    {"site", "site"},
    {"route", "route"},
    {"dose", "doseQuantity", first},
    {"dose_number", "protocolApplied.doseNumberPositiveInt|protocolApplied.doseNumberString", first},
    {"target_disease", "protocolApplied.targetDisease"},
    {"reason", "reasonCode"},
    {"status_reason", "statusReason"},
    {"primary_source", "primarySource"},
    {"manufacturer", "manufacturer.display"},
    {"occurrence", "occurrenceString"},
};
constexpr AttributeShape allergy[] = {
    {"type", "type"},
    {"category", "category"},
    {"criticality", "criticality"},
    {"reaction", "reaction.manifestation"},
    {"reaction_severity", "reaction.severity"},
    {"substance", "reaction.substance"},
    {"recorded_date", "recordedDate|assertedDate", date},
    {"last_occurrence", "lastOccurrence", date},
};
constexpr AttributeShape care_plan[] = {
    {"intent", "intent"},
    {"title", "title"},
    {"activity", "activity.detail.code"},
    {"reason", "reasonCode"},
    {"participant", "participant.member.display"},
    {"name", "name"},
};
constexpr AttributeShape goal[] = {
    {"achievement", "achievementStatus"},
    {"priority", "priority"},
    {"category", "category"},
    {"due", "target.dueDate", date},
    {"target", "target.measure", first},
    {"target_value", "target.detailQuantity|target.detailRange|target.detailCodeableConcept", first},
};
constexpr AttributeShape request[] = {
    {"intent", "intent"},
    {"priority", "priority"},
    {"category", "category"},
    {"reason", "reasonCode"},
    {"body_site", "bodySite"},
    {"specialty", "specialty|performerType"},
    {"as_needed", "asNeededBoolean|asNeededCodeableConcept", first},
    {"quantity", "quantityQuantity|quantityRatio|quantityRange", first},
    {"description", "description"},
};
constexpr AttributeShape report[] = {
    {"category", "category"},
    {"conclusion", "conclusion"},
    {"conclusion_code", "conclusionCode|codedDiagnosis"},
    {"modality", "modality|series.modality"},
    {"body_site", "series.bodySite"},
    {"series", "numberOfSeries"},
    {"instances", "numberOfInstances"},
    {"description", "description"},
    {"reason", "reasonCode"},
};
constexpr AttributeShape document[] = {
    {"category", "category|class"},
    {"title", "title|content.attachment.title", first},
    {"description", "description"},
    {"content_type", "content.attachment.contentType|content.contentType"},
    {"url", "content.attachment.url|content.url"},
    {"format", "content.format"},
    {"practice_setting", "context.practiceSetting"},
    {"facility_type", "context.facilityType"},
    {"document_status", "docStatus"},
    {"custodian", "custodian.display|custodian.identifier.value"},
    {"confidentiality", "confidentiality"},
};
constexpr AttributeShape device[] = {
    {"name", "deviceName.name"},
    {"manufacturer", "manufacturer"},
    {"model", "modelNumber|model"},
    {"serial_number", "serialNumber"},
    {"lot_number", "lotNumber"},
    {"expiration_date", "expirationDate", date},
    {"udi", "udiCarrier.deviceIdentifier|udi.deviceIdentifier"},
    {"body_site", "bodySite"},
    {"reason", "reasonCode"},
    {"intent", "intent"},
    {"priority", "priority"},
    {"quantity", "suppliedItem.quantity", first},
};
constexpr AttributeShape consent[] = {
    {"scope", "scope"},
    {"policy", "policyRule|policy.uri"},
    {"provision", "provision.type|except.type", first},
    {"purpose", "provision.purpose"},
    {"action", "provision.action|action"},
};
constexpr AttributeShape assessment[] = {{"questionnaire", "questionnaire.reference|questionnaire"}, {"score", "score"}};
constexpr AttributeShape risk[] = {
    {"outcome", "prediction.outcome", first},
    {"probability", "prediction.probabilityDecimal|prediction.probabilityRange", first},
    {"qualitative_risk", "prediction.qualitativeRisk", first},
    {"method", "method"},
    {"mitigation", "mitigation"},
    {"summary", "summary"},
    {"description", "description"},
};
constexpr AttributeShape appointment[] = {
    {"type", "appointmentType"},     {"service_type", "serviceType"}, {"specialty", "specialty"},
    {"reason", "reasonCode|reason"}, {"description", "description"},  {"cancellation_reason", "cancelationReason"},
    {"created", "created", date},    {"priority", "priority"},
};
constexpr AttributeShape family_history[] = {
    {"name", "name"},
    {"sex", "sex"},
    {"born", "bornDate|bornString", first},
    {"age", "ageAge|ageRange|ageString", first},
    {"deceased", "deceasedBoolean|deceasedAge|deceasedDate|deceasedString", first},
    {"data_absent_reason", "dataAbsentReason"},
};
constexpr AttributeShape anything[] = {
    {"category", "category"}, {"name", "name"},       {"title", "title"},
    {"url", "url"},           {"use", "use"},         {"intent", "intent"},
    {"priority", "priority"}, {"outcome", "outcome"}, {"description", "description"},
};

// Where types without a row of their own keep these.
constexpr std::string_view any_subject =
    "subject|patient|beneficiary|for|individual|candidate|target|policyHolder|"
    "participant.actor|participant.member|link.target";
constexpr std::string_view any_start =
    "effectiveDateTime|occurrenceDateTime|occurredDateTime|occurrencePeriod.start|occurredPeriod.start|"
    "billablePeriod.start|period.start|created|authoredOn|identifiedDateTime|collection.collectedDateTime|"
    "recorded|sent|issued|date|dateTime";
constexpr std::string_view any_end = "occurrencePeriod.end|occurredPeriod.end|billablePeriod.end|period.end";
constexpr std::string_view any_author = "author|source|performer|requester|sender|provider|enterer";

constexpr std::string_view patient_or_subject = "subject|patient";
constexpr std::string_view medication_code = "medicationCodeableConcept|medication.concept";

constexpr Shape shapes[] = {
    // type, kind, subject, code, start, end, ending, author, attributes, more, status
    {"Patient", Kind::patient, "", "", "", "", point, "", {}, add_demographics, ""},
    {"Encounter", Kind::encounter, "subject|patient", "type|serviceType|class", "period.start", "period.end", lasting,
     "participant.individual", encounter},
    {"EpisodeOfCare", Kind::registration, "patient", "type", "period.start", "period.end", lasting, "careManager",
     episode},
    {"Condition", Kind::condition, patient_or_subject, "code",
     "onsetDateTime|onsetPeriod.start|recordedDate|assertedDate",
     "abatementDateTime|abatementPeriod.end|onsetPeriod.end", lasting, "asserter|recorder", condition, nullptr,
     "clinicalStatus"},
    {"Observation", Kind::observation, patient_or_subject, "code",
     "effectiveDateTime|effectivePeriod.start|effectiveInstant|effectiveTiming.event|issued", "effectivePeriod.end",
     point, "performer", observation, add_components},
    {"MedicationRequest", Kind::medication, patient_or_subject, medication_code,
     "authoredOn|dispenseRequest.validityPeriod.start|dosageInstruction.timing.repeat.boundsPeriod.start",
     "dispenseRequest.validityPeriod.end|dosageInstruction.timing.repeat.boundsPeriod.end", Ending::unknown,
     "requester|requester.agent", medication_order, add_medication},
    {"MedicationOrder", Kind::medication, patient_or_subject, medication_code, "dateWritten", "dateEnded",
     Ending::unknown, "prescriber", medication_order, add_medication},
    {"MedicationStatement", Kind::medication, patient_or_subject, medication_code,
     "effectiveDateTime|effectivePeriod.start|dateAsserted", "effectivePeriod.end", lasting, "informationSource",
     medication_taken, add_medication},
    {"MedicationAdministration", Kind::medication, patient_or_subject, medication_code,
     "effectiveDateTime|effectivePeriod.start|effectiveTimeDateTime|effectiveTimePeriod.start",
     "effectivePeriod.end|effectiveTimePeriod.end", point, "performer.actor|practitioner", medication_taken,
     add_medication},
    {"MedicationDispense", Kind::medication, patient_or_subject, medication_code, "whenHandedOver|whenPrepared", "",
     Ending::unknown, "performer.actor", medication_order, add_medication},
    {"Procedure", Kind::procedure, patient_or_subject, "code", "performedDateTime|performedPeriod.start",
     "performedPeriod.end", point, "performer.actor|asserter|recorder", procedure},
    {"Immunization", Kind::immunization, patient_or_subject, "vaccineCode", "occurrenceDateTime|date|recorded", "",
     point, "performer.actor|practitioner", immunization},
    {"AllergyIntolerance", Kind::allergy, patient_or_subject, "code|reaction.substance",
     "onsetDateTime|onsetPeriod.start|recordedDate|assertedDate", "onsetPeriod.end", lasting, "asserter|recorder",
     allergy, nullptr, "clinicalStatus"},
    {"CarePlan", Kind::care_plan, patient_or_subject, "category", "period.start|created", "period.end", lasting,
     "author|contributor", care_plan},
    {"CareTeam", Kind::care_plan, patient_or_subject, "category", "period.start", "period.end", lasting, "", care_plan},
    {"Goal", Kind::goal, patient_or_subject, "description", "startDate|statusDate", "", lasting, "expressedBy", goal,
     nullptr, "lifecycleStatus|status"},
    {"ServiceRequest", Kind::referral, patient_or_subject, "code|category",
     "occurrenceDateTime|occurrencePeriod.start|occurrenceTiming.event|authoredOn", "occurrencePeriod.end", point,
     "requester", request},
    {"ReferralRequest", Kind::referral, patient_or_subject, "serviceRequested|type|specialty",
     "occurrenceDateTime|occurrencePeriod.start|authoredOn", "occurrencePeriod.end", point, "requester.agent|requester",
     request},
    {"ProcedureRequest", Kind::referral, patient_or_subject, "code",
     "occurrenceDateTime|occurrencePeriod.start|authoredOn", "occurrencePeriod.end", point, "requester.agent|requester",
     request},
    {"DiagnosticReport", Kind::report, patient_or_subject, "code|category",
     "effectiveDateTime|effectivePeriod.start|issued", "effectivePeriod.end", point, "performer", report},
    {"ImagingStudy", Kind::report, patient_or_subject, "procedureCode|modality|series.modality",
     "started|series.started", "", point, "interpreter", report},
    {"MolecularSequence", Kind::report, "patient", "type|coordinateSystem", "", "", point, "performer", report},
    {"DocumentReference", Kind::document, patient_or_subject, "type|category|class",
     "date|indexed|context.period.start", "", point, "author", document},
    {"Composition", Kind::document, patient_or_subject, "type|class", "date", "", point, "author", document},
    {"DocumentManifest", Kind::document, patient_or_subject, "type", "created", "", point, "author", document},
    {"Media", Kind::document, patient_or_subject, "type|modality|content.contentType",
     "createdDateTime|createdPeriod.start", "createdPeriod.end", point, "operator", document},
    {"Device", Kind::device, "patient", "type|deviceName", "", "", point, "", device},
    {"DeviceUseStatement", Kind::device, patient_or_subject, "",
     "timingDateTime|timingPeriod.start|recordedOn|whenUsed.start", "timingPeriod.end|whenUsed.end", point, "source",
     device, add_device},
    {"DeviceRequest", Kind::device, patient_or_subject, "codeCodeableConcept",
     "occurrenceDateTime|occurrencePeriod.start|authoredOn", "occurrencePeriod.end", point, "requester", device,
     add_device},
    {"SupplyDelivery", Kind::device, "patient", "suppliedItem.itemCodeableConcept|type",
     "occurrenceDateTime|occurrencePeriod.start", "occurrencePeriod.end", point, "supplier", device},
    {"Consent", Kind::consent, patient_or_subject, "category|scope", "dateTime|provision.period.start",
     "provision.period.end", point, "performer|consentingParty", consent},
    {"QuestionnaireResponse", Kind::assessment, patient_or_subject, "", "authored", "", point, "author|source",
     assessment, add_answers},
    {"ClinicalImpression", Kind::assessment, patient_or_subject, "code", "effectiveDateTime|effectivePeriod.start|date",
     "effectivePeriod.end", point, "assessor", risk},
    {"RiskAssessment", Kind::assessment, patient_or_subject, "code|prediction.outcome",
     "occurrenceDateTime|occurrencePeriod.start", "occurrencePeriod.end", point, "performer", risk},
    {"Appointment", Kind::appointment, "participant.actor", "appointmentType|serviceType|specialty",
     "start|requestedPeriod.start", "end", point, "", appointment},
    {"FamilyMemberHistory", Kind::family_history, "patient", "relationship", "date", "", point, "", family_history,
     add_family_conditions},
    {"", Kind::other, any_subject, "code|type|class|category", any_start, any_end, point, any_author, anything},
};

constexpr const Shape& any_other = shapes[std::size(shapes) - 1];
static_assert(any_other.type.empty(), "the shape that fits every type comes last");

}  // namespace

const Shape& shape(std::string_view type) {
  const auto found = std::ranges::find(shapes, type, &Shape::type);
  return found == std::end(shapes) ? any_other : *found;
}

}  // namespace chartline::exchange::fhir
