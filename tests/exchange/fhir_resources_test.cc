// One small resource of each clinical type, and the events that it becomes, told on one line each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exchange/fhir_reading.h"

namespace chartline::exchange {
namespace {

// The events of a resource; its subject must have been found, and nothing mended.
std::string events(std::string_view json) {
  const FhirReading reading = read_fhir_text(json);
  EXPECT_TRUE(reading.outcome);
  EXPECT_EQ(problems(reading), "");
  EXPECT_EQ(reading.quality.rows, reading.quality.records + reading.quality.rejected);
  return tell(reading);
}

TEST(FhirResources, Patient) {
  const FhirReading reading = read_fhir_text(R"({"resourceType":"Patient","id":"p1",
    "identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"943 476 5919"},
                  {"system":"http://hospital.example/mrn","value":"M-7"}, {"value":"nameless"}],
    "name":[{"use":"old","family":"Before"},{"use":"official","family":"Smith","given":["Jane","Q"],"prefix":["Dr"]}],
    "telecom":[{"system":"phone","value":"0123"}],"gender":"female","birthDate":"1980-02","deceasedDateTime":"2020-05-06T07:08:09+01:00",
    "address":[{"line":["1 High St","Flat 2"],"city":"Leeds","postalCode":"LS1 1AA","country":"GB"}],
    "maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]},"multipleBirthInteger":2,
    "extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory",
                  "valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategory","code":"A","display":"British"}]}},
                 {"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[
                    {"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3","display":"White"}},
                    {"url":"text","valueString":"White"}]},
                 {"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"F"}]})");
  EXPECT_EQ(
      tell(reading),
      R"(patient Patient/p1 {address_city "Leeds"; address_country "GB"; address_line "1 High St"; address_line "Flat 2"; address_postal_code "LS1 1AA"; birth 1980-02; birth_sex "F"; death 2020-05-06T07:08:09+01:00; ethnicity ethnicity|A 'British'; family_name "Smith"; given_name "Jane Q"; identifier "nameless"; marital_status http://terminology.hl7.org/CodeSystem/v3-MaritalStatus|M; multiple_birth 2; name_prefix "Dr"; phone "0123"; race race|2106-3 'White'; sex gender|female}
death Patient/p1#1 at 2020-05-06T07:08:09+01:00
)");
  ASSERT_EQ(reading.sink.records.size(), 1u);
  std::string names;
  for (const auto& identifier : reading.sink.records[0].identifiers)
    names.append(identifier.system).append("=").append(identifier.value).append("\n");
  EXPECT_EQ(names, "fhir=p1\nnhs=9434765919\nhttp://hospital.example/mrn=M-7\n");
}

TEST(FhirResources, DeathWithoutADate) {
  EXPECT_EQ(events(R"({"resourceType":"Patient","id":"p","deceasedBoolean":true})"),
            R"(patient Patient/p {death date unknown}
death Patient/p#1
)");
  EXPECT_EQ(events(R"({"resourceType":"Patient","id":"p","deceasedBoolean":false})"), R"(patient Patient/p
)");
}

TEST(FhirResources, Encounter) {
  EXPECT_EQ(
      events(R"({"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},
    "type":[{"coding":[{"system":"http://snomed.info/sct","code":"183452005","display":"Encounter Inpatient"}]}],"subject":{"reference":"Patient/p"},
    "period":{"start":"2020-01-01T10:00:00Z","end":"2020-01-03"},"partOf":{"reference":"Encounter/e0"},
    "participant":[{"individual":{"reference":"Practitioner/d"}}],
    "hospitalization":{"dischargeDisposition":{"text":"home"}}})"),
      R"(encounter Encounter/e1 snomed|183452005 'Encounter Inpatient' at 2020-01-01T10:00:00Z to 2020-01-03 (finished, clinician) in Encounter/e0 {class http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP; discharge_disposition "home"}
)");
  // Begun and not over; and over, but nobody wrote down when.
  EXPECT_EQ(
      events(R"({"resourceType":"Encounter","id":"e2","status":"in-progress","subject":{"reference":"Patient/p"},"period":{"start":"2020-01-01"}})"),
      R"(encounter Encounter/e2 at 2020-01-01 ongoing (in-progress)
)");
  EXPECT_EQ(
      events(R"({"resourceType":"Encounter","id":"e3","status":"finished","subject":{"reference":"Patient/p"},"period":{"start":"2020-01-01"}})"),
      R"(encounter Encounter/e3 at 2020-01-01 to ? (finished)
)");
}

TEST(FhirResources, EpisodeOfCare) {
  EXPECT_EQ(
      events(R"({"resourceType":"EpisodeOfCare","id":"x","status":"active","patient":{"reference":"Patient/p"},"period":{"start":"2019"},
    "managingOrganization":{"display":"Elm Surgery"}})"),
      R"(registration EpisodeOfCare/x at 2019 ongoing (active) {provider "Elm Surgery"}
)");
}

TEST(FhirResources, Condition) {
  EXPECT_EQ(
      events(R"({"resourceType":"Condition","id":"c1","clinicalStatus":{"coding":[{"code":"resolved"}]},"verificationStatus":{"coding":[{"code":"confirmed"}]},
    "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"e119"},
                      {"system":"http://snomed.info/sct","code":"44054006","display":"Diabetes type 2","userSelected":true}],"text":"T2DM"},
    "severity":{"coding":[{"system":"http://snomed.info/sct","code":"6736007"}]},"bodySite":[{"text":"left"},{"text":"right"}],
    "subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e1"},"onsetDateTime":"2015-03","abatementDateTime":"2018",
    "recordedDate":"2015-04-01","asserter":{"reference":"Patient/p"}})"),
      R"(condition Condition/c1 snomed|44054006 'Diabetes type 2' + icd10|E11.9 at 2015-03 to 2018 (resolved, confirmed, patient) in Encounter/e1 {body_site "left"; body_site "right"; recorded_date 2015-04-01; severity snomed|6736007}
)");
  EXPECT_EQ(
      events(R"({"resourceType":"Condition","id":"c2","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Headache"},
    "subject":{"reference":"Patient/p"},"onsetAge":{"value":40,"unit":"a","system":"http://unitsofmeasure.org","code":"a"},"recordedDate":"2015-04-01"})"),
      R"(condition Condition/c2 text|Headache 'Headache' at 2015-04-01 ongoing (active) {onset 40 a; recorded_date 2015-04-01}
)");
  // An older version's status is a plain code; refuted and mistaken conditions say so.
  EXPECT_EQ(
      events(R"({"resourceType":"Condition","id":"c3","clinicalStatus":"inactive","verificationStatus":"refuted","code":{"text":"Asthma"},"subject":{"reference":"Patient/p"}})"),
      R"(condition Condition/c3 text|Asthma 'Asthma' to ? (inactive, refuted)
)");
  EXPECT_EQ(
      events(R"({"resourceType":"Condition","id":"c4","verificationStatus":{"coding":[{"code":"entered-in-error"}]},"code":{"text":"Asthma"},"subject":{"reference":"Patient/p"}})"),
      R"(condition Condition/c4 text|Asthma 'Asthma' to ? (entered-in-error)
)");
}

TEST(FhirResources, NumbersLoseNoDigit) {
  const auto told = [](std::string_view value) {
    const FhirReading reading = read_fhir_text(
        std::string(
            R"({"resourceType":"Observation","id":"o","code":{"text":"x"},"note":"\" 1234567890123456789 ,","subject":{"reference":"Patient/p"},)")
            .append(value)
            .append("}"));
    if (reading.sink.records.empty()) return problems(reading);
    return tell(reading.sink.records[0].events[0].value) + " " + problems(reading);
  };
  EXPECT_EQ(told(R"("valueQuantity":{"value":0.123456789012345678,"unit":"mg"})"), "0.123456789012345678 mg ");
  EXPECT_EQ(told(R"("valueQuantity":{"value": -1234567890.12345678 ,"unit":"mg"})"), "-1234567890.12345678 mg ");
  EXPECT_EQ(told(R"("valueInteger":123456789012345678)"), "123456789012345678 ");
  EXPECT_EQ(told(R"("valueQuantity":{"value":10000000000000000000.0})"), "10000000000000000000 ");
  EXPECT_EQ(told(R"("valueString":"0.1234567890123456789")"), "\"0.1234567890123456789\" ");
  EXPECT_THAT(told(R"("valueQuantity":{"value":0.1234567890123456789,"comparator":"<","unit":"mg"})"),
              testing::StartsWith("\"<0.1234567890123456789 mg\" "));
  EXPECT_THAT(told(R"("valueQuantity":{"value":0.1234567890123456789})"), testing::HasSubstr("long_number"));
  EXPECT_THAT(told(R"("valueDecimal":12345678901234567890123.5e-2)"),
              testing::StartsWith("\"12345678901234567890123.5e-2\" "));
  EXPECT_THAT(told(R"("valueRatio":{"numerator":{"value":1},"denominator":{"value":0.1234567890123456789}})"),
              testing::StartsWith("\"1:0.1234567890123456789\" "));
  EXPECT_THAT(told(R"("valueInteger":01234567890123456789)"), testing::HasSubstr("not_json"));
  // Looked at once, however long: from each of its digits on it would take an hour.
  EXPECT_EQ(told(R"("valueString":")" + std::string(8'000'000, '7') + R"(!")"),
            "nothing repaired too_long at 1 value\n");
}

// An observation of somebody that says this much more.
FhirReading read_observation_with(std::string_view value) {
  return read_fhir_text(
      std::string(R"({"resourceType":"Observation","id":"o","code":{"text":"x"},"subject":{"reference":"Patient/p"},)")
          .append(value)
          .append("}"));
}

TEST(FhirResources, QuantitiesAreNumbersOrSaySo) {
  const auto told = [](std::string_view value) {
    const FhirReading reading = read_observation_with(value);
    return tell(*reading.sink.events().at(0)).substr(std::string_view("observation Observation/o text|x 'x'").size()) +
           (problems(reading).empty() ? "" : " " + problems(reading));
  };
  const std::string ucum = R"("system":"http://unitsofmeasure.org","code":"mg"})";
  const std::string number_note = " repaired text_number at 1 Quantity.value\n";
  const std::string fault_note = " repaired bad_number at 1 Quantity.value\n";
  EXPECT_EQ(told(R"("valueQuantity":{"value":"5.4",)" + ucum), " = 5.4 mg" + number_note);
  EXPECT_EQ(told(R"("valueQuantity":{"value":" -5.4 ","comparator":"<","unit":"mg",)" + ucum),
            " = <-5.4 mg" + number_note);
  EXPECT_EQ(told(R"("valueQuantity":{"value":"5.4","unit":"mg"})"), " = 5.4 mg" + number_note);
  EXPECT_EQ(told(R"("valueQuantity":{"value":"5.4"})"), " = 5.4" + number_note);
  // No number: its words are kept, with the unit.
  EXPECT_EQ(told(R"("valueQuantity":{"value":"5,4",)" + ucum), " = \"5,4 mg\"" + fault_note);
  EXPECT_EQ(told(R"("valueQuantity":{"value":"traces"})"), " = \"traces\"" + fault_note);
  EXPECT_EQ(told(R"("valueQuantity":{"value":"0.1234567890123456789","unit":"mg"})"),
            " = \"0.1234567890123456789 mg\" repaired long_number at 1 Quantity.value\n");
  for (const std::string odd : {"true", "[5]", "{}", "\"\""})
    EXPECT_EQ(told(R"("valueQuantity":{"value":)" + odd + "," + ucum), fault_note) << odd;
  // Without a value there is none, and the unit is no coded value.
  EXPECT_EQ(told(R"("valueQuantity":{)" + ucum), "");
  EXPECT_EQ(told(R"("valueQuantity":{"value":null,)" + ucum), "");
  EXPECT_EQ(told(R"("valueQuantity":{"comparator":"<",)" + ucum), "");
  EXPECT_EQ(told(R"("referenceRange":[{"low":{)" + ucum + R"(,"high":{"value":"7",)" + ucum + "}]"),
            " {reference_high 7 mg}" + number_note);
  EXPECT_EQ(told(R"("valueRange":{"low":{"value":"1","unit":"mg"},"high":{"value":2}})"), " = \"1..2 mg\"");
  EXPECT_EQ(told(R"("valueRange":{"low":{"unit":"mg"}})"), "");
  EXPECT_EQ(told(R"("valueRatio":{"numerator":{"value":"1"},"denominator":{"value":"128"}})"), " = \"1:128\"");
  EXPECT_EQ(told(R"("valueRatio":{"numerator":{"value":true},"denominator":{"value":"128"}})"),
            " = \":128\"" + fault_note);
  // Codings of units, and identifiers of digits, stay what they are.
  EXPECT_EQ(told(R"("valueCoding":{)" + ucum), " = ucum|mg");
  EXPECT_EQ(told(R"("valueIdentifier":{"system":"http://x.example","value":"0054"})"), " = \"0054\"");
}

TEST(FhirResources, ObservationValues) {
  const auto observation = [](std::string_view value) {
    const FhirReading reading = read_observation_with(value);
    EXPECT_EQ(problems(reading), "");
    return reading.sink.records.size() == 1 ? tell(reading.sink.records[0].events[0].value) : "?";
  };
  EXPECT_EQ(
      observation(
          R"("valueQuantity":{"value":6.3,"comparator":"<","unit":"mmol per litre","system":"http://unitsofmeasure.org","code":"mmol/L"})"),
      "<6.3 mmol/L");
  EXPECT_EQ(observation(R"("valueQuantity":{"value":175.98241711129813,"unit":"cm"})"), "175.98241711129813 cm");
  EXPECT_EQ(observation(R"("valueQuantity":{"value":3,"unit":"tablets","system":"http://local","code":"TAB"})"),
            "3 tablets");
  EXPECT_EQ(observation(R"("valueQuantity":{"unit":"cm"})"), "nothing");
  EXPECT_EQ(
      observation(
          R"("valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"8517006","display":"Former smoker"}]})"),
      "snomed|8517006 'Former smoker'");
  EXPECT_EQ(observation(R"("valueCodeableConcept":{"text":"ex-smoker"})"), "\"ex-smoker\"");
  EXPECT_EQ(observation(R"("valueString":" as expected ")"), "\"as expected\"");
  EXPECT_EQ(observation(R"("valueBoolean":false)"), "false");
  EXPECT_EQ(observation(R"("valueInteger":-4)"), "-4");
  EXPECT_EQ(observation(R"("valueRange":{"low":{"value":1,"unit":"mg"},"high":{"value":2,"unit":"mg"}})"),
            "\"1..2 mg\"");
  EXPECT_EQ(observation(R"("valueRatio":{"numerator":{"value":1},"denominator":{"value":128}})"), "\"1:128\"");
  EXPECT_EQ(observation(R"("valueSampledData":{"origin":{"value":0},"period":10,"dimensions":1,"data":"1 2 E"})"),
            "\"1 2 E\"");
  EXPECT_EQ(observation(R"("valueTime":"10:30:00")"), "\"10:30:00\"");
  EXPECT_EQ(observation(R"("valueDateTime":"2020-01")"), "\"2020-01\"");
  EXPECT_EQ(observation(R"("valuePeriod":{"start":"2020","end":"2021"})"), "\"2020/2021\"");
}

TEST(FhirResources, ObservationWithComponents) {
  EXPECT_EQ(
      events(R"({"resourceType":"Observation","id":"bp","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
    "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
    "subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"},"effectiveDateTime":"2020-01-01T10:00:00.250+02:00","performer":[{"reference":"Device/d"}],
    "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"},
                  "interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"N"}]}],
                  "referenceRange":[{"low":{"value":90},"high":{"value":140},"text":"adult"}]},
                 {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"dataAbsentReason":{"text":"not measured"}}]})"),
      R"(observation Observation/bp loinc|85354-9 at 2020-01-01T10:00:00.250+02:00 (final, device) in Encounter/e {category http://terminology.hl7.org/CodeSystem/observation-category|vital-signs}
observation Observation/bp#1 loinc|8480-6 at 2020-01-01T10:00:00.250+02:00 = 120 mm[Hg] (final, device) in Encounter/e {interpretation http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation|N; reference_high 140; reference_low 90; reference_text "adult"}
observation Observation/bp#2 loinc|8462-4 at 2020-01-01T10:00:00.250+02:00 (final, device) in Encounter/e {data_absent_reason "not measured"}
)");
}

TEST(FhirResources, ObservationOverAPeriod) {
  EXPECT_EQ(
      events(R"({"resourceType":"Observation","id":"o","status":"preliminary","code":{"text":"24 h urine"},"subject":{"reference":"Patient/p"},
    "effectivePeriod":{"start":"2020-01-01","end":"2020-01-02"},"performer":[{"reference":"RelatedPerson/r"}]})"),
      R"(observation Observation/o text|24 h urine '24 h urine' at 2020-01-01 to 2020-01-02 (preliminary, carer)
)");
}

TEST(FhirResources, MedicationRequest) {
  EXPECT_EQ(
      events(R"({"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order",
    "medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"316672","display":"Simvastatin 10 MG"}]},
    "subject":{"reference":"Patient/p"},"authoredOn":"2020-01-01","requester":{"reference":"Practitioner/d"},
    "dosageInstruction":[{"text":"one at night","timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"asNeededBoolean":false,
       "route":{"text":"oral"},"doseAndRate":[{"doseQuantity":{"value":10,"unit":"mg"}}]}],
    "dispenseRequest":{"quantity":{"value":28},"numberOfRepeatsAllowed":3,"expectedSupplyDuration":{"value":28,"unit":"d"}}})"),
      R"(medication MedicationRequest/m rxnorm|316672 'Simvastatin 10 MG' at 2020-01-01 to ? (active, clinician) {as_needed false; days_supply 28 d; dose 10 mg; dose_text "one at night"; frequency 1; intent "order"; period 1 d; quantity 28; refills 3; route "oral"}
)");
  // An order not to give something is no order to give it.
  EXPECT_EQ(
      events(R"({"resourceType":"MedicationRequest","id":"n","status":"active","doNotPerform":true,"medicationCodeableConcept":{"text":"aspirin"},
    "subject":{"reference":"Patient/p"},"authoredOn":"2020-01-01","dispenseRequest":{"validityPeriod":{"start":"2020-01-01","end":"2020-06-01"}}})"),
      R"(medication MedicationRequest/n text|aspirin 'aspirin' at 2020-01-01 to 2020-06-01 (active, refuted) {do_not_perform true}
)");
}

TEST(FhirResources, WhatWasNotDoneDoesNotReadAsDone) {
  const auto told = [](std::string_view type, std::string_view says) {
    const FhirReading reading = read_fhir_text(std::string(R"({"resourceType":")")
                                                   .append(type)
                                                   .append(R"(","id":"x","subject":{"reference":"Patient/p"},)")
                                                   .append(says)
                                                   .append("}"));
    const record::Event& event = *reading.sink.events().at(0);
    return std::string(name(event.status)).append(" ").append(name(event.certainty));
  };
  EXPECT_EQ(told("MedicationStatement", R"("status":"not-taken")"), "not-taken refuted");
  EXPECT_EQ(told("MedicationRequest", R"("status":"cancelled")"), "cancelled refuted");
  EXPECT_EQ(told("Encounter", R"("status":"cancelled")"), "cancelled refuted");
  EXPECT_EQ(told("Observation", R"("status":"cancelled")"), "cancelled refuted");
  EXPECT_EQ(told("MedicationRequest", R"("status":"draft")"), "proposed ");
  EXPECT_EQ(told("MedicationStatement", R"("status":"intended")"), "planned ");
  EXPECT_EQ(told("Procedure", R"("status":"preparation")"), "planned ");
  EXPECT_EQ(told("Procedure", R"("status":"not-started")"), "planned ");
  EXPECT_EQ(told("MedicationRequest", R"("status":"stopped")"), "stopped ");
  EXPECT_EQ(told("MedicationStatement", R"("status":"active","taken":"n")"), "active refuted");
  EXPECT_EQ(told("MedicationStatement", R"("status":"active","taken":"y")"), "active ");
  EXPECT_EQ(told("MedicationStatement", R"("status":"completed","wasNotTaken":true)"), "completed refuted");
  EXPECT_EQ(told("Procedure", R"("status":"completed","notDone":true)"), "completed refuted");
  EXPECT_EQ(told("Procedure", R"("status":"completed","notDone":false)"), "completed ");
  EXPECT_EQ(told("Procedure", R"("status":"aborted","notPerformed":true)"), "stopped refuted");
  EXPECT_EQ(told("Immunization", R"("status":"completed","notGiven":true)"), "completed refuted");
  EXPECT_EQ(told("MedicationAdministration", R"("status":"completed","wasNotGiven":true)"), "completed refuted");
}

TEST(FhirResources, MedicationByReference) {
  EXPECT_EQ(
      events(R"({"resourceType":"MedicationAdministration","id":"a","status":"completed","medicationReference":{"reference":"#x"},"subject":{"reference":"Patient/p"},
    "contained":[{"resourceType":"Medication","id":"x","code":{"coding":[{"system":"https://dmd.nhs.uk","code":"1"}]},"form":{"text":"tablet"}}],
    "effectiveDateTime":"2020-01-01T08:00:00Z","dosage":{"text":"two","dose":{"value":2},"route":{"text":"oral"}}})"),
      R"(medication MedicationAdministration/a dmd|1 at 2020-01-01T08:00:00Z (completed) {dose 2; dose_text "two"; form "tablet"; route "oral"}
)");
  // Elsewhere: a code of its own, which the Medication links to what it stands for.
  EXPECT_EQ(
      events(R"({"resourceType":"MedicationStatement","id":"s","status":"active","medicationReference":{"reference":"Medication/7","display":"aspirin"},
    "subject":{"reference":"Patient/p"},"effectivePeriod":{"start":"2019-05"},"informationSource":{"reference":"Patient/p"}})"),
      R"(medication MedicationStatement/s fhir/Medication|7 'aspirin' at 2019-05 ongoing (active, patient)
)");
  const FhirReading medication = read_fhir_text(
      R"({"resourceType":"Medication","id":"7","code":{"coding":[{"system":"http://snomed.info/sct","code":"387458008"}]}})");
  ASSERT_EQ(medication.sink.links.size(), 1u);
  EXPECT_EQ(tell(medication.sink.links[0].from), "fhir/Medication|7");
  EXPECT_EQ(tell(medication.sink.links[0].to), "snomed|387458008");
  EXPECT_EQ(medication.sink.links[0].relation, record::Relation::maps_to);
}

TEST(FhirResources, MedicationDispense) {
  EXPECT_EQ(
      events(R"({"resourceType":"MedicationDispense","id":"d","status":"completed","medicationCodeableConcept":{"text":"aspirin"},"subject":{"reference":"Patient/p"},
    "whenPrepared":"2020-01-01","whenHandedOver":"2020-01-02","daysSupply":{"value":30,"unit":"days"},"quantity":{"value":60}})"),
      R"(medication MedicationDispense/d text|aspirin 'aspirin' at 2020-01-02 to ? (completed) {days_supply 30 days; quantity 60}
)");
}

TEST(FhirResources, Procedure) {
  EXPECT_EQ(
      events(R"({"resourceType":"Procedure","id":"x","status":"not-done","code":{"coding":[{"system":"https://fhir.hl7.org.uk/Id/opcs-4","code":"h01"}]},
    "subject":{"reference":"Patient/p"},"performedPeriod":{"start":"2020-01-01T09:00:00Z","end":"2020-01-01T10:00:00Z"},"reasonCode":[{"text":"pain"}],"outcome":{"text":"well"}})"),
      R"(procedure Procedure/x opcs4|H01 at 2020-01-01T09:00:00Z to 2020-01-01T10:00:00Z (not-done) {outcome "well"; reason "pain"}
)");
}

TEST(FhirResources, Immunization) {
  EXPECT_EQ(
      events(R"({"resourceType":"Immunization","id":"i","status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"08"}]},
    "patient":{"reference":"Patient/p"},"occurrenceDateTime":"2020-01-01","lotNumber":"L1","expirationDate":"2021-01","primarySource":true,
    "doseQuantity":{"value":0.5,"unit":"mL"},"protocolApplied":[{"doseNumberPositiveInt":2}]})"),
      R"(immunization Immunization/i cvx|08 at 2020-01-01 (completed) {dose 0.5 mL; dose_number 2; expiration_date 2021-01; lot_number "L1"; primary_source true}
)");
}

TEST(FhirResources, AllergyIntolerance) {
  EXPECT_EQ(
      events(R"({"resourceType":"AllergyIntolerance","id":"a","clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"unconfirmed"}]},
    "type":"allergy","category":["food","environment"],"criticality":"high","code":{"text":"peanut"},"patient":{"reference":"Patient/p"},"recordedDate":"2020-01-01",
    "reaction":[{"manifestation":[{"text":"hives"}],"severity":"mild"}]})"),
      R"(allergy AllergyIntolerance/a text|peanut 'peanut' at 2020-01-01 ongoing (active, unconfirmed) {category "food"; category "environment"; criticality "high"; reaction "hives"; reaction_severity "mild"; recorded_date 2020-01-01; type "allergy"}
)");
}

TEST(FhirResources, PlansGoalsAndTeams) {
  EXPECT_EQ(
      events(R"({"resourceType":"CarePlan","id":"c","status":"active","intent":"plan","category":[{"coding":[{"system":"http://snomed.info/sct","code":"698360004"}]}],
    "subject":{"reference":"Patient/p"},"period":{"start":"2020"},"activity":[{"detail":{"code":{"text":"diet"}}},{"detail":{"code":{"text":"exercise"}}}]})"),
      R"(care_plan CarePlan/c snomed|698360004 at 2020 ongoing (active) {activity "diet"; activity "exercise"; intent "plan"}
)");
  EXPECT_EQ(
      events(R"({"resourceType":"CareTeam","id":"t","status":"inactive","name":"Renal","subject":{"reference":"Patient/p"},"period":{"start":"2020","end":"2021"}})"),
      R"(care_plan CareTeam/t at 2020 to 2021 (inactive) {name "Renal"}
)");
  EXPECT_EQ(
      events(R"({"resourceType":"Goal","id":"g","lifecycleStatus":"accepted","description":{"text":"HbA1c below 7"},"subject":{"reference":"Patient/p"},"startDate":"2020-01-01",
    "target":[{"detailQuantity":{"value":7,"unit":"%"},"dueDate":"2020-06-01"}]})"),
      R"(goal Goal/g text|HbA1c below 7 'HbA1c below 7' at 2020-01-01 ongoing (accepted) {due 2020-06-01; target_value 7 %}
)");
}

TEST(FhirResources, Referrals) {
  EXPECT_EQ(
      events(R"({"resourceType":"ServiceRequest","id":"s","status":"active","intent":"order","priority":"urgent","code":{"text":"cardiology"},"subject":{"reference":"Patient/p"},
    "authoredOn":"2020-01-01","requester":{"reference":"Practitioner/d"},"reasonCode":[{"text":"chest pain"}]})"),
      R"(referral ServiceRequest/s text|cardiology 'cardiology' at 2020-01-01 (active, clinician) {intent "order"; priority "urgent"; reason "chest pain"}
)");
  EXPECT_EQ(
      events(R"({"resourceType":"ReferralRequest","id":"r","status":"active","intent":"order","serviceRequested":[{"text":"physio"}],"subject":{"reference":"Patient/p"},"authoredOn":"2018-01-01"})"),
      R"(referral ReferralRequest/r text|physio 'physio' at 2018-01-01 (active) {intent "order"}
)");
}

TEST(FhirResources, Reports) {
  EXPECT_EQ(
      events(R"({"resourceType":"DiagnosticReport","id":"d","status":"final","category":[{"text":"lab"}],"code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},
    "subject":{"reference":"Patient/p"},"effectiveDateTime":"2020-01-01","issued":"2020-01-02T00:00:00Z","conclusion":"normal"})"),
      R"(report DiagnosticReport/d loinc|58410-2 at 2020-01-01 (final) {category "lab"; conclusion "normal"}
)");
  EXPECT_EQ(
      events(R"({"resourceType":"ImagingStudy","id":"i","status":"available","subject":{"reference":"Patient/p"},"started":"2020-01-01T10:00:00Z","numberOfSeries":1,
    "series":[{"modality":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"DX"},"bodySite":{"system":"http://snomed.info/sct","code":"8205005"}}]})"),
      R"(report ImagingStudy/i http://dicom.nema.org/resources/ontology/DCM|DX at 2020-01-01T10:00:00Z (available) {body_site snomed|8205005; modality http://dicom.nema.org/resources/ontology/DCM|DX; series 1}
)");
}

TEST(FhirResources, Documents) {
  EXPECT_EQ(
      events(R"({"resourceType":"DocumentReference","id":"d","status":"current","docStatus":"final","type":{"coding":[{"system":"http://snomed.info/sct","code":"736253002","display":"Mental health crisis plan"}]},
    "subject":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"}},"date":"2020-01-01T10:00:00Z",
    "content":[{"attachment":{"contentType":"application/pdf","url":"https://x.example/1.pdf","title":"Plan"}}]})"),
      R"(document DocumentReference/d snomed|736253002 'Mental health crisis plan' at 2020-01-01T10:00:00Z (current) {content_type "application/pdf"; document_status "final"; title "Plan"; url "https://x.example/1.pdf"}
)");
  EXPECT_EQ(
      events(R"({"resourceType":"Composition","id":"c","status":"amended","type":{"text":"Discharge summary"},"subject":{"reference":"Patient/p"},"date":"2020-01-01","title":"Discharge","author":[{"reference":"Practitioner/d"}]})"),
      R"(document Composition/c text|Discharge summary 'Discharge summary' at 2020-01-01 (amended, clinician) {title "Discharge"}
)");
}

TEST(FhirResources, Devices) {
  EXPECT_EQ(
      events(R"({"resourceType":"Device","id":"d","status":"active","type":{"text":"pacemaker"},"patient":{"reference":"Patient/p"},"serialNumber":"S1","udiCarrier":[{"deviceIdentifier":"U1"}]})"),
      R"(device Device/d text|pacemaker 'pacemaker' (active) {serial_number "S1"; udi "U1"}
)");
  EXPECT_EQ(
      events(R"({"resourceType":"DeviceUseStatement","id":"u","status":"completed","subject":{"reference":"Patient/p"},"device":{"reference":"#d"},
    "contained":[{"resourceType":"Device","id":"d","type":{"text":"splint"}}],"timingPeriod":{"start":"2020-01-01","end":"2020-02-01"}})"),
      R"(device DeviceUseStatement/u text|splint 'splint' at 2020-01-01 to 2020-02-01 (completed)
)");
}

TEST(FhirResources, Consent) {
  EXPECT_EQ(
      events(R"({"resourceType":"Consent","id":"c","status":"active","scope":{"text":"research"},"category":[{"text":"opt out"}],"patient":{"reference":"Patient/p"},
    "dateTime":"2020-01-01","performer":[{"reference":"Patient/p"}],"provision":{"type":"deny","period":{"end":"2025"}}})"),
      R"(consent Consent/c text|opt out 'opt out' at 2020-01-01 to 2025 (active, patient) {provision "deny"; scope "research"}
)");
}

TEST(FhirResources, QuestionnaireResponse) {
  EXPECT_EQ(
      events(R"({"resourceType":"QuestionnaireResponse","id":"q","status":"completed","questionnaire":"http://x.example/phq9|1.0","subject":{"reference":"Patient/p"},
    "authored":"2020-01-01","source":{"reference":"Patient/p"},"item":[{"linkId":"1","text":"Group","item":[
      {"linkId":"1.1","text":"Sleep","answer":[{"valueInteger":2,"item":[{"linkId":"1.1.1","answer":[{"valueString":"since May"}]}]}]}]},
      {"linkId":"2","answer":[{"valueCoding":{"system":"http://loinc.org","code":"LA1-1"}},{"valueBoolean":true}]}]})"),
      R"(assessment QuestionnaireResponse/q questionnaire|http://x.example/phq9 at 2020-01-01 (completed, patient) {questionnaire "http://x.example/phq9|1.0"}
assessment QuestionnaireResponse/q#1 http://x.example/phq9|1.1 'Sleep' at 2020-01-01 = 2 (completed, patient)
assessment QuestionnaireResponse/q#2 http://x.example/phq9|1.1.1 at 2020-01-01 = "since May" (completed, patient)
assessment QuestionnaireResponse/q#3 http://x.example/phq9|2 at 2020-01-01 = loinc|LA1-1 (completed, patient)
assessment QuestionnaireResponse/q#4 http://x.example/phq9|2 at 2020-01-01 = true (completed, patient)
)");
}

TEST(FhirResources, Appointment) {
  EXPECT_EQ(
      events(R"({"resourceType":"Appointment","id":"a","status":"booked","serviceType":[{"text":"review"}],"start":"2020-01-01T10:00:00Z","end":"2020-01-01T10:20:00Z",
    "participant":[{"actor":{"reference":"Practitioner/d"}},{"actor":{"reference":"Patient/p"}}]})"),
      R"(appointment Appointment/a text|review 'review' at 2020-01-01T10:00:00Z to 2020-01-01T10:20:00Z (booked) {service_type "review"}
)");
}

TEST(FhirResources, FamilyMemberHistory) {
  EXPECT_EQ(
      events(R"({"resourceType":"FamilyMemberHistory","id":"f","status":"completed","patient":{"reference":"Patient/p"},"date":"2020","relationship":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"FTH"}]},
    "condition":[{"code":{"coding":[{"system":"http://snomed.info/sct","code":"22298006"}]},"onsetAge":{"value":60,"unit":"a"}}]})"),
      R"(family_history FamilyMemberHistory/f http://terminology.hl7.org/CodeSystem/v3-RoleCode|FTH at 2020 (completed)
family_history FamilyMemberHistory/f#1 snomed|22298006 at 2020 (completed) {onset 60 a; relationship http://terminology.hl7.org/CodeSystem/v3-RoleCode|FTH}
)");
}

TEST(FhirResources, EverythingElseIsKeptAsOther) {
  const FhirReading claim = read_fhir_text(
      R"({"resourceType":"Claim","id":"c","status":"active","use":"claim","type":{"text":"institutional"},"patient":{"reference":"Patient/p"},"billablePeriod":{"start":"2020-01-01","end":"2020-01-02"}})");
  EXPECT_EQ(
      tell(claim),
      R"(other Claim/c text|institutional 'institutional' at 2020-01-01 to 2020-01-02 (active) {resource_type "Claim"; use "claim"}
)");
  EXPECT_EQ(claim.sink.records[0].identifiers[0].value, "p");
  EXPECT_TRUE(claim.sink.records[0].original.starts_with(R"({"resourceType":"Claim")"));
  // Nobody's: kept apart from all patients.
  const FhirReading organisation = read_fhir_text(R"({"resourceType":"Organization","id":"o","name":"Elm Surgery"})");
  EXPECT_EQ(tell(organisation), R"(other Organization/o {name "Elm Surgery"; resource_type "Organization"}
)");
  EXPECT_EQ(organisation.sink.records[0].identifiers[0].value, "(no patient)");
  // A type that nobody has heard of.
  EXPECT_EQ(
      events(R"({"resourceType":"Horoscope","id":"h","status":"rising","subject":{"reference":"Patient/p"},"date":"2020-01-01"})"),
      R"(other Horoscope/h at 2020-01-01 {resource_type "Horoscope"; status "rising"}
)");
}

TEST(FhirResources, CodeSystemsFeedTheTerminology) {
  const FhirReading reading = read_fhir_text(
      R"({"resourceType":"CodeSystem","url":"http://x.example/cs","concept":[{"code":"a","display":"A","concept":[{"code":"b","concept":[{"code":"c"}]}]},
    {"code":"d","property":[{"code":"parent","valueCode":"a"}]}]})");
  std::string told;
  for (const auto& entry : reading.sink.concepts) told.append(tell(entry.code)).append("\n");
  for (const auto& link : reading.sink.links)
    told.append(link.from.code)
        .append(" is a ")
        .append(link.to.code)
        .append(" at ")
        .append(std::to_string(link.distance))
        .append("\n");
  EXPECT_EQ(told, R"(http://x.example/cs|a 'A'
http://x.example/cs|b
http://x.example/cs|c
http://x.example/cs|d
b is a a at 1
c is a b at 1
d is a a at 1
)");
}

TEST(FhirResources, ConceptMapsAndValueSetsFeedTheTerminology) {
  const FhirReading reading = read_fhir_text(R"({"resourceType":"Bundle","type":"collection","entry":[
    {"resource":{"resourceType":"ConceptMap","group":[{"source":"http://x.example","target":"http://snomed.info/sct","element":[
      {"code":"1","target":[{"code":"10","equivalence":"equivalent"}]},{"code":"2","target":[{"code":"20","equivalence":"wider"}]},
      {"code":"3","target":[{"code":"30","equivalence":"narrower"}]},{"code":"4","target":[{"code":"40","equivalence":"inexact"}]}]}]}},
    {"resource":{"resourceType":"ValueSet","compose":{"include":[{"system":"http://loinc.org","concept":[{"code":"1-8","display":"One"}]}]},
      "expansion":{"contains":[{"system":"http://loinc.org","code":"2-6","contains":[{"system":"http://loinc.org","code":"3-4"}]}]}}}]})");
  std::string told;
  for (const auto& entry : reading.sink.concepts) told.append(tell(entry.code)).append("\n");
  for (const auto& link : reading.sink.links)
    told.append(tell(link.from))
        .append(link.relation == record::Relation::maps_to ? " maps to " : " is a ")
        .append(tell(link.to))
        .append("\n");
  EXPECT_EQ(told, R"(loinc|1-8 'One'
loinc|2-6
loinc|3-4
http://x.example|1 maps to snomed|10
http://x.example|2 is a snomed|20
snomed|30 is a http://x.example|3
)");
}

}  // namespace
}  // namespace chartline::exchange
