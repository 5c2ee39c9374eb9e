// How FHIR arrives: bundles, lines, archives, references within and across them, and everything that may be wrong with it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "formats/exchange/fhir_document.h"
#include "tests/exchange/fhir_reading.h"

namespace chartline::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view skipped = "skipped: ../shared/data is absent";

std::string person(const FhirReading& reading, std::size_t record) {
  const auto& identifier = reading.sink.records.at(record).identifiers[0];
  return std::string(identifier.system).append("=").append(identifier.value);
}

std::string observation_of(std::string_view subject, std::string_view more = "") {
  return std::string(R"({"resourceType":"Observation","id":"o","code":{"text":"x"},"subject":)")
      .append(subject)
      .append(more)
      .append("}");
}

TEST(FhirReferences, NameThePerson) {
  const auto whose = [](std::string_view subject) { return person(read_fhir_text(observation_of(subject)), 0); };
  EXPECT_EQ(whose(R"({"reference":"Patient/7"})"), "fhir=7");
  EXPECT_EQ(whose(R"({"reference":"https://host.example/fhir/Patient/7/_history/2"})"), "fhir=7");
  EXPECT_EQ(whose(R"({"reference":"urn:uuid:0af3"})"), "fhir=0af3");
  EXPECT_EQ(whose(R"({"reference":"Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C9434765919&active=true"})"),
            "nhs=9434765919");
  EXPECT_EQ(whose(R"({"identifier":{"system":"http://x.example/mrn","value":" M1 "}})"), "http://x.example/mrn=M1");
  EXPECT_EQ(whose(R"({"reference":"Group/7"})"), "fhir=(no patient)");
  EXPECT_EQ(whose(R"({"reference":"Location/7"})"), "fhir=(no patient)");
  EXPECT_EQ(whose(R"({"display":"Mrs Smith"})"), "fhir=(no patient)");
  EXPECT_EQ(whose(R"({"reference":7})"), "fhir=(no patient)");
}

TEST(FhirReferences, ToContainedPatients) {
  const auto known = read_fhir_text(observation_of(
      R"({"reference":"#x"})",
      R"(,"contained":[{"resourceType":"Patient","id":"x","identifier":[{"system":"http://x.example","value":"9"}]}])"));
  EXPECT_EQ(person(known, 0), "http://x.example=9");
  const auto unnamed =
      read_fhir_text(observation_of(R"({"reference":"#x"})", R"(,"contained":[{"resourceType":"Patient","id":"x"}])"));
  EXPECT_EQ(person(unnamed, 0), "fhir=Observation/o#x");
}

TEST(FhirReferences, EachSourceNumbersItsOwnPatients) {
  ReadOptions options;
  options.source = "RYJ";
  const FhirReading reading = read_fhir_text(observation_of(R"({"reference":"Patient/7"})"), options);
  EXPECT_EQ(person(reading, 0), "fhir:RYJ=7");
  EXPECT_EQ(reading.sink.records[0].events[0].source.organisation, "RYJ");
}

TEST(FhirReferences, WithinABundleByFullUrl) {
  // The patient comes after, under an id of its own; the encounter has none, and is known by its UUID.
  const FhirReading reading = read_fhir_text(R"({"entry":[
    {"fullUrl":"urn:uuid:a1","resource":{"resourceType":"Observation","id":"o","code":{"text":"x"},"subject":{"reference":"urn:uuid:b2"},
       "encounter":{"reference":"urn:uuid:c3"},"performer":[{"reference":"urn:uuid:d4"}]}},
    {"fullUrl":"urn:uuid:b2","resource":{"id":"7","resourceType":"Patient"}},
    {"fullUrl":"urn:uuid:c3","resource":{"resourceType":"Encounter","status":"finished","subject":{"reference":"urn:uuid:b2"}}},
    {"fullUrl":"urn:uuid:d4","resource":{"resourceType":"Practitioner","id":"doc"}},
    {"fullUrl":"http://x.example/MedicationRequest/m","resource":{"resourceType":"MedicationRequest","id":"m","subject":{"reference":"Patient/7"},
       "medicationReference":{"reference":"Medication/9"},"status":"completed"}},
    {"resource":{"resourceType":"Medication","id":"9","code":{"text":"aspirin"}}}],"resourceType":"Bundle","type":"transaction"})");
  EXPECT_EQ(tell(reading), R"(observation Observation/o text|x 'x' (clinician) in Encounter/c3
patient Patient/7
encounter Encounter/c3 to ? (finished)
other Practitioner/doc {resource_type "Practitioner"}
medication MedicationRequest/m text|aspirin 'aspirin' to ? (completed)
other Medication/9 text|aspirin 'aspirin' {resource_type "Medication"}
)");
  EXPECT_EQ(person(reading, 0), "fhir=7");
  EXPECT_EQ(problems(reading), "");
}

TEST(FhirBundles, KeepTheResourceAsItStands) {
  const FhirReading reading = read_fhir_text(
      "{\"resourceType\":\"Bundle\",\n \"entry\": [ {\"resource\" : { \"resourceType\":\"Patient\",\n  \"id\":\"p\" } "
      "\n } ] }\n");
  ASSERT_EQ(reading.sink.records.size(), 1u);
  EXPECT_EQ(reading.sink.records[0].original, "{ \"resourceType\":\"Patient\",\n  \"id\":\"p\" }");
  ReadOptions options;
  options.keep_originals = false;
  EXPECT_EQ(read_fhir_text(R"({"resourceType":"Patient","id":"p"})", options).sink.records.at(0).original, "");
}

TEST(FhirBundles, OneBadResourceCostsItselfOnly) {
  const FhirReading reading = read_fhir_text(R"({"resourceType":"Bundle","entry":[
    {"resource":{"resourceType":"Patient","id":"p"}},
    {"resource":{"resourceType":"Observation","id":tru}},
    {"resource":{"noType":1}},
    {"request":{"method":"DELETE","url":"Patient/x"}},
    {"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"}}}]})");
  EXPECT_EQ(
      problems(reading),
      "rejected not_json at 3 \nrejected not_fhir at 4 resourceType\nrejected no_resource at 5 Bundle.entry[3]\n");
  EXPECT_EQ(reading.sink.records.size(), 2u);
  EXPECT_EQ(reading.quality.rows, 5u);
}

TEST(FhirBundles, AnEntryThatIsNoneCostsItselfOnly) {
  const auto around = [](std::string_view entry) {
    const FhirReading reading = read_fhir_text(
        std::string(R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p"}},)"
                    "\n")
            .append(entry)
            .append(R"(,{"resource":{"resourceType":"Observation","id":"a","subject":{"reference":"Patient/p"}}},)")
            .append(R"({"resource":{"resourceType":"Observation","id":"b","subject":{"reference":"Patient/p"}}}]})"));
    EXPECT_EQ(tell(reading), "patient Patient/p\nobservation Observation/a\nobservation Observation/b\n") << entry;
    EXPECT_EQ(reading.quality.rows, 4u) << entry;
    return problems(reading);
  };
  for (const std::string value : {"null", "\"x\"", "7", "-7.5", "true", "false", "[]", R"([{"resource":{}}])"}) {
    EXPECT_EQ(around(value), "rejected not_fhir at 2 Bundle.entry[1]\n");
    EXPECT_EQ(around(R"({"resource":)" + value + "}"), "rejected not_fhir at 2 Bundle.entry[1].resource\n");
    EXPECT_EQ(around(R"({"resource":)" + value + R"(,"fullUrl":"urn:uuid:x"})"),
              "rejected not_fhir at 2 Bundle.entry[1].resource\n");
  }
  EXPECT_EQ(around("{}"), "rejected no_resource at 2 Bundle.entry[1]\n");
}

TEST(FhirBundles, WhoseEntryIsNoListSaySo) {
  for (const std::string entry : {"null", "7", R"({"resource":{"resourceType":"Patient","id":"p"}})"}) {
    const FhirReading reading = read_fhir_text(R"({"resourceType":"Bundle","entry":)" + entry + R"(,"type":"history"})");
    EXPECT_EQ(problems(reading), "rejected not_fhir at 1 Bundle.entry\n");
    EXPECT_EQ(reading.quality.rows, 1u);
  }
}

TEST(FhirBundles, AnEntryWithTwoResourcesGivesNeither) {
  const FhirReading reading = read_fhir_text(R"({"resourceType":"Bundle","entry":[
    {"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","id":"a"},"resource":{"resourceType":"Patient","id":"b"}},
    {"fullUrl":"urn:uuid:q","resource":{"resourceType":"Patient","id":"c"},"fullUrl":"urn:uuid:r"},
    {"resource":{"resourceType":"Observation","id":"o","subject":{"reference":"urn:uuid:p"}}}]})");
  EXPECT_EQ(tell(reading), "observation Observation/o\n");
  EXPECT_EQ(person(reading, 0), "fhir=p");
  EXPECT_EQ(
      problems(reading),
      "rejected duplicate_key at 2 Bundle.entry[0].resource\nrejected duplicate_key at 3 Bundle.entry[1].fullUrl\n");
  EXPECT_EQ(reading.quality.rows, 3u);
}

TEST(FhirBundles, OfAHistoryGiveTheNewestVersionLast) {
  const auto version = [](std::string_view number) {
    return std::string(
               R"({"resource":{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/p"},"valueInteger":)")
        .append(number)
        .append("}}");
  };
  const std::string entries = "\"entry\":[" + version("3") + "," + version("2") + "," + version("1") + "]";
  const auto values = [&](const std::string& type) {
    const FhirReading reading =
        read_fhir_text("{\"resourceType\":\"Bundle\"," + entries + ",\"type\":\"" + type + "\"}");
    std::string out;
    for (const record::Event* event : reading.sink.events())
      out += print(event->value.number) + " at " + std::to_string(event->sequence) + ", ";
    return out;
  };
  EXPECT_EQ(values("history"), "1 at 2, 2 at 1, 3 at 0, ");
  EXPECT_EQ(values("collection"), "3 at 0, 2 at 1, 1 at 2, ");
}

TEST(FhirBundles, GiveWhatStandsBeforeTheirBreak) {
  const FhirReading cut =
      read_fhir_text(R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p"}},)"
                     "\n"
                     R"({"resource":{"resourceType":)");
  EXPECT_EQ(cut.sink.records.size() + cut.quality.rejected, cut.quality.rows);
  EXPECT_GE(cut.quality.rejected, 1u);
  const FhirReading followed =
      read_fhir_text(R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p"}}]} {})");
  EXPECT_EQ(problems(followed), "rejected not_json at 1 Bundle.entry\n");
  EXPECT_EQ(followed.sink.records.size(), 1u);
  const FhirReading odd = read_fhir_text(R"({"resourceType":"Bundle","entry":7})");
  EXPECT_EQ(problems(odd), "rejected not_fhir at 1 Bundle.entry\n");
}

TEST(FhirBundles, OfSeveralServersSaySoOnceForEachFurtherOne) {
  const auto entry = [](std::string_view url, std::string_view type = "Patient") {
    return std::string(R"({"fullUrl":")")
        .append(url)
        .append(R"(","resource":{"resourceType":")")
        .append(type)
        .append(R"(","id":"1"}})");
  };
  const auto bundle = [](const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& each : entries) text += (text.empty() ? "\n" : ",\n") + each;
    return R"({"resourceType":"Bundle","entry":[)" + text + "]}";
  };
  const FhirReading two =
      read_fhir_text(bundle({entry("http://a/Patient/1"), entry("http://b/Patient/1"), entry("http://b/Patient/1")}));
  EXPECT_EQ(problems(two), "repaired several_servers at 3 Bundle.entry[1].fullUrl\n");
  EXPECT_EQ(two.sink.records.size(), 3u);
  EXPECT_EQ(person(two, 1), "fhir=1");
  const FhirReading three = read_fhir_text(bundle(
      {entry("http://a/x/Patient/1/_history/2"), entry("http://a/y/Patient/1"), entry("http://c/Group/1", "Group")}));
  EXPECT_EQ(three.quality.repaired, 2u);
  for (const std::string other :
       {"https://a/Patient/2", "http://a/Group/1", "urn:uuid:b", "urn:oid:1.2", "Patient/1", "x", ""})
    EXPECT_EQ(problems(read_fhir_text(bundle({entry("http://a/Patient/1"), entry(other)}))), "") << other;
  // Also on several lines, in several batches of lines, in any thread, and in several files.
  std::string lines;
  for (int i = 0; i < 30'000; ++i)
    lines += R"({"resourceType":"Bundle","entry":[)" + entry(i < 29'999 ? "http://a/Patient/1" : "http://b/Patient/1") +
             "]}\n";
  ReadOptions options;
  options.threads = 3;
  EXPECT_EQ(problems(read_fhir_text(lines, options)), "repaired several_servers at 30000 Bundle.entry[0].fullUrl\n");
  const ScratchFile first("a.json", bundle({entry("http://a/Patient/1")}));
  const ScratchFile second("b.json", bundle({entry("http://b/Patient/1")}));
  EXPECT_EQ(problems(read_fhir_paths({first.path(), second.path()})),
            "repaired several_servers at 2 Bundle.entry[0].fullUrl\n");
}

TEST(FhirBundles, MayHoldBundlesSomeDeep) {
  std::string nested = R"({"resourceType":"Patient","id":"p"})";
  const auto wrap = [](const std::string& inner) {
    return R"({"resourceType":"Bundle","entry":[{"resource":)" + inner + "}]}";
  };
  for (int i = 0; i < 3; ++i) nested = wrap(nested);
  EXPECT_EQ(read_fhir_text(nested).sink.records.size(), 1u);
  for (int i = 0; i < 3; ++i) nested = wrap(nested);
  EXPECT_EQ(problems(read_fhir_text(nested)), "rejected too_deep at 1 Bundle.entry[0].resource\n");
}

TEST(FhirLines, EachLineIsAResourceOrABundle) {
  const FhirReading reading = read_fhir_text(
      "\xEF\xBB\xBF\n{\"resourceType\":\"Patient\",\"id\":\"p\"}\r\n\r\nnot json\n"
      "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"q\"}}]}\n{"
      "\"resourceType\":\"Patient\",\"id\":\"r\"}");
  EXPECT_EQ(tell(reading), "patient Patient/p\npatient Patient/q\npatient Patient/r\n");
  EXPECT_EQ(problems(reading), "rejected not_json at 4 \n");
  EXPECT_EQ(reading.sink.records[2].events[0].sequence, 6u);
}

TEST(FhirLines, ABrokenFirstLineCostsItselfOnly) {
  constexpr std::string_view good =
      "{\"resourceType\":\"Patient\",\"id\":\"p\"}\n{\"resourceType\":\"Patient\",\"id\":\"q\"}\n";
  for (const std::string broken : {R"({"resourceType":"Pat)", R"({"resourceType":"Patient",)",
                                   R"({"resourceType":)"
                                   R"("Patient")",
                                   R"({"a":[1,2},)",
                                   R"({"a":"\\"})"
                                   "}",
                                   "not json", "{\"a\":\"\\", R"({"resourceType":)",
                                   R"({"resourceType":"Bundle","entry":[)", R"({"a":["x"])", R"("key":)", "]", "{"}) {
    const FhirReading reading = read_fhir_text(broken + "\n\n" + std::string(good));
    EXPECT_EQ(tell(reading), "patient Patient/p\npatient Patient/q\n") << broken;
    EXPECT_EQ(problems(reading), "rejected not_json at 1 \n") << broken;
  }
  const FhirReading twice =
      read_fhir_text("{\"resourceType\":\"Pat\r\n{\"resourceType\":\"Patient\",\"id\"\r\n" + std::string(good));
  EXPECT_EQ(tell(twice), "patient Patient/p\npatient Patient/q\n");
  EXPECT_EQ(problems(twice), "rejected not_json at 1 \nrejected not_json at 2 \n");
}

TEST(FhirLines, AreNotTakenForTheLinesOfOneDocument) {
  constexpr std::string_view patient = R"({"resourceType":"Patient","id":"p"})";
  for (const std::string before :
       {R"({"resourceType":"Bundle","entry":[{"resource":)",
        "{\n\"resourceType\":\"Bundle\",\"entry\":[\n{\"resource\":",
        R"({"resourceType":"Bundle","total":1,"link":[{"url":"a]\"b"}],"entry":[{"resource":)"}) {
    const FhirReading reading = read_fhir_text(before + "\n" + std::string(patient) + "\n}]}\n");
    EXPECT_EQ(tell(reading), "patient Patient/p\n") << before;
    EXPECT_EQ(problems(reading), "") << before;
  }
  const FhirReading held = read_fhir_text(R"({"resourceType":"Patient","id":"q","contained":[)"
                                          "\n" +
                                          std::string(patient) + "\n]}");
  EXPECT_EQ(tell(held), "patient Patient/q\n");
  const FhirReading list = read_fhir_text("[1,\n" + std::string(patient) + "\n]\n");
  EXPECT_EQ(problems(list), "rejected not_fhir at 1 resourceType\n");
  // Laid out for people, and broken: one document that cannot be read.
  const FhirReading laid_out = read_fhir_text("{\n  \"resourceType\": \"Patient\",\n  \"id\": tru\n}\n");
  EXPECT_EQ(laid_out.quality.rows, 1u);
}

TEST(FhirLines, AreReadInBatches) {
  std::string text;
  for (int i = 0; i < 30'000; ++i)
    text.append(R"({"resourceType":"Patient","id":")")
        .append(std::to_string(i))
        .append("\",\"note\":\"")
        .append(100, 'x')
        .append("\"}\n");
  text.append("broken\n");
  const FhirReading reading = read_fhir_text(text);
  EXPECT_EQ(reading.sink.records.size(), 30'000u);
  EXPECT_EQ(problems(reading), "rejected not_json at 30001 \n");
}

TEST(FhirTimes, KeepTheirPrecisionAndOffset) {
  ReadOptions options;
  options.zone = record::Zone::find("Europe/London").value();
  const auto start = [&](std::string_view when) {
    const FhirReading reading =
        read_fhir_text(observation_of(R"({"reference":"Patient/p"})",
                                      std::string(R"(,"effectiveDateTime":")").append(when).append("\"")),
                       options);
    const auto time = reading.sink.records.at(0).events[0].start;
    return print(time) + (problems(reading).empty() ? "" : " " + problems(reading)) +
           (reading.quality.defaulted_by_field.contains("zone") ? " zone" : "");
  };
  EXPECT_EQ(start("2020"), "2020");
  EXPECT_EQ(start("2020-07-01T10:00:00.123456-05:30"), "2020-07-01T10:00:00.123456-05:30");
  EXPECT_EQ(start("2020-07-01T10:00:00"), "2020-07-01T10:00:00+01:00 zone");
  EXPECT_EQ(start("2016-12-31T23:59:60Z"),
            "2016-12-31T23:59:59Z repaired leap_second at 1 Observation.effectiveDateTime\n");
  EXPECT_EQ(start("2020-02-30T23:59:60Z"), " repaired bad_date at 1 Observation.effectiveDateTime\n");
  EXPECT_EQ(start("2020-02-29T23:59:61Z"), " repaired bad_date at 1 Observation.effectiveDateTime\n");
  EXPECT_EQ(start("2020-02-30"), " repaired bad_date at 1 Observation.effectiveDateTime\n");
  EXPECT_EQ(start("last week"), " repaired bad_date at 1 Observation.effectiveDateTime\n");
  const FhirReading summer =
      read_fhir_text(observation_of(R"({"reference":"Patient/p"})", R"(,"effectiveDateTime":"2020-07-01")"), options);
  EXPECT_EQ(summer.sink.records.at(0).events[0].start.offset_minutes, 60);
}

TEST(FhirQuality, MendsAndSaysSo) {
  const auto problem = [](std::string_view json) { return problems(read_fhir_text(json)); };
  EXPECT_EQ(
      problem(
          R"({"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765918"}]})"),
      "repaired bad_nhs_number at 1 Patient.identifier\n");
  EXPECT_EQ(problem(R"({"resourceType":"Patient"})"), "rejected no_identity at 1 Patient.id\n");
  EXPECT_EQ(
      problem(R"({"resourceType":"Observation","status":"final","code":{"text":"bp"},"subject":{"reference":"Patient/p"},)"
              R"("component":[{"code":{"text":"sys"},"valueInteger":1},{"code":{"text":"dia"},"valueInteger":2}]})"),
      "rejected no_id at 1 Observation.id\n");
  EXPECT_EQ(problem(R"({"resourceType":"Condition","code":{"text":"x"}})"),
            "repaired no_patient at 1 Condition.subject\n");
  EXPECT_EQ(problem(R"({"resourceType":"Condition","clinicalStatus":"odd","subject":{"reference":"Patient/p"}})"),
            "repaired unknown_status at 1 Condition.clinicalStatus\n");
  EXPECT_EQ(problem(observation_of(R"({"reference":"Patient/p"})", R"(,"valueQuantity":{"value":1,"comparator":"~"})")),
            "repaired bad_comparator at 1 Quantity.comparator\n");
  EXPECT_EQ(problem(observation_of(R"({"reference":"Patient/p"})", R"(,"modifierExtension":[{"url":"http://x"}])")),
            "repaired modifier_extension at 1 Observation.modifierExtension\n");
  EXPECT_EQ(
      problem(observation_of(R"({"reference":"Patient/p"})", ",\"valueString\":\"" + std::string(70'000, 'x') + "\"")),
      "repaired too_long at 1 value\n");
}

TEST(FhirQuality, RefusesAResourceWithAFieldTwice) {
  const auto told = [](const std::string& json) {
    const FhirReading reading = read_fhir_text(json);
    EXPECT_EQ(reading.quality.rows, 1u) << json;
    return tell(reading) + problems(reading);
  };
  EXPECT_EQ(told(R"({"resourceType":"Patient","id":"p","gender":"male","id":"q"})"),
            "rejected duplicate_key at 1 Patient.id\n");
  EXPECT_EQ(told(R"({"resourceType":"Patient","resourceType":"Observation","id":"p"})"),
            "rejected duplicate_key at 1 Patient.resourceType\n");
  EXPECT_EQ(told(R"({"resourceType":"Observation","id":"o","status":"final","valueInteger":1,"valueInteger":1})"),
            "rejected duplicate_key at 1 Observation.valueInteger\n");
  EXPECT_EQ(told(R"({"resourceType":"Patient","id":"p","a b":1,"a b":2})"), "rejected duplicate_key at 1 Patient\n");
  // Many keys, which all differ, also where their hashes do not.
  std::string many = R"({"resourceType":"Patient","id":"p")";
  for (int i = 0; i < 10'000; ++i) many += ",\"k" + std::to_string(i) + "\":0";
  EXPECT_EQ(told(many + "}"), "patient Patient/p\n");
  EXPECT_EQ(told(many + ",\"k77\":1}"), "rejected duplicate_key at 1 Patient.k77\n");
}

TEST(FhirQuality, RefusesAnIdThatIsNoText) {
  const FhirReading reading = read_fhir_text(R"({"resourceType":"Bundle","entry":[
    {"fullUrl":"http://x.example/Patient/5","resource":{"resourceType":"Patient","id":5}},
    {"resource":{"resourceType":"Observation","id":true}},
    {"resource":{"resourceType":"Observation","id":123456789012345678901}},
    {"resource":{"resourceType":"Observation","id":null,"subject":{"reference":"http://x.example/Patient/5"}}}]})");
  EXPECT_EQ(
      problems(reading),
      "rejected bad_id at 2 Patient.id\nrejected bad_id at 3 Observation.id\nrejected bad_id at 4 Observation.id\n");
  EXPECT_EQ(tell(reading), "observation (no id)\n");
  EXPECT_EQ(person(reading, 0), "fhir=5");
}

TEST(FhirQuality, CountsWhatCannotBe) {
  const FhirReading reading = read_fhir_text(R"({"resourceType":"Bundle","entry":[
    {"resource":{"resourceType":"Patient","id":"p","birthDate":"2000-01-01","deceasedDateTime":"2010-01-01"}},
    {"resource":{"resourceType":"Condition","id":"a","subject":{"reference":"Patient/p"},"onsetDateTime":"1999"}},
    {"resource":{"resourceType":"Condition","id":"b","subject":{"reference":"Patient/p"},"onsetDateTime":"2000"}},
    {"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"},"onsetDateTime":"2010-01-02"}}]})");
  EXPECT_EQ(reading.quality.impossible_by_rule,
            (std::map<std::string, std::uint64_t>{{"after_death", 1}, {"before_birth", 1}}));
  EXPECT_EQ(reading.sink.records.size(), 4u);
}

TEST(FhirVersions, ComeFromMeta) {
  const auto version = [](std::string_view meta) {
    return std::string(
        read_fhir_text(std::string(R"({"resourceType":"Patient","id":"p","meta":)").append(meta).append("}"))
            .sink.records.at(0)
            .events[0]
            .version);
  };
  EXPECT_EQ(version(R"({"versionId":"3","lastUpdated":"2020-01-01T00:00:00Z"})"), "3");
  EXPECT_EQ(version(R"({"lastUpdated":"2020-01-01T00:00:00Z"})"), "2020-01-01T00:00:00Z");
  EXPECT_EQ(version("{}"), "");
  const FhirReading fed =
      read_fhir_text(R"({"resourceType":"Patient","id":"p","meta":{"source":"http://feed.example/a#request-1"}})");
  EXPECT_EQ(fed.sink.records.at(0).events[0].source.organisation, "http://feed.example/a");
}

// A few bytes changed, cut, doubled or put in.
std::string changed(std::string text, std::mt19937& random) {
  for (auto edits = 1 + random() % 3; edits > 0 && !text.empty(); --edits) {
    const auto at = random() % text.size();
    switch (random() % 4) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, random() % 40 + 1); break;
      case 2: text.insert(at, text.substr(random() % text.size(), random() % 40)); break;
      default: text.insert(at, 1, "{}[]\",:\n"[random() % 8]); break;
    }
  }
  return text;
}

TEST(FhirInput, WhateverTheBytesItAnswers) {
  const std::string text =
      R"({"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient","id":"p","birthDate":"2000-01-01",
    "name":[{"given":["A"],"family":"B"}],"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"}]}},
    {"resource":{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"1"}]},"subject":{"reference":"urn:uuid:a"},
     "component":[{"valueQuantity":{"value":1.5,"unit":"mg"}},{"valueRange":{"low":{"value":1}}}],"effectivePeriod":{"start":"2020"}}}]})";
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const ReadOptions options;
  fhir::DocumentReader reader(options);
  std::size_t records = 0, rejected = 0;
  for (int round = 0; round < 20'000; ++round) {
    fhir::Document document;
    document.bytes = changed(text, random);
    document.size = document.bytes.size();
    document.bytes.append(fhir::padding_bytes, '\0');
    document.lines = random() % 4 == 0;
    for (const auto& outcome : reader.read(document)) {
      if (const auto* record = std::get_if<record::Record>(&outcome)) {
        ++records;
        ASSERT_FALSE(record->identifiers.empty() || record->events.empty());
        ASSERT_NE(document.text().find(record->original), std::string_view::npos);
      } else if (const auto* problem = std::get_if<Problem>(&outcome)) {
        rejected += problem->outcome == Problem::Outcome::rejected;
        ASSERT_GE(problem->place.line, 1u);
      }
    }
  }
  EXPECT_GT(records, 1000u);
  EXPECT_GT(rejected, 1000u);
}

TEST(FhirInput, JsonTestSuite) {
  const fs::path folder = "../shared/data/json-test-suite/test_parsing";
  if (!fs::exists(folder)) GTEST_SKIP() << skipped;
  int accepted = 0, refused = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    const auto name = file.path().filename().string();
    const FhirReading reading = read_fhir_paths({file.path().string()});
    ASSERT_TRUE(reading.outcome) << name;
    EXPECT_TRUE(reading.sink.records.empty()) << name;
    ASSERT_GE(reading.quality.problems.size(), 1u) << name;
    EXPECT_EQ(reading.quality.rows, reading.quality.rejected) << name;
    const auto& rule = reading.quality.problems[0].rule;
    if (name.starts_with("y_")) {
      EXPECT_EQ(rule, "not_fhir") << name;
      ++accepted;
    } else if (name.starts_with("n_")) {
      EXPECT_EQ(rule, "not_json") << name;
      ++refused;
    }
  }
  EXPECT_GE(accepted, 40);
  EXPECT_GE(refused, 100);
}

TEST(FhirInput, PublishedExamples) {
  const fs::path folder = "../shared/data/fhir-r4-examples";
  if (!fs::exists(folder)) GTEST_SKIP() << skipped;
  int files = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    ++files;
    const FhirReading reading = read_fhir_paths({file.path().string()});
    const auto name = file.path().filename().string();
    ASSERT_TRUE(reading.outcome) << name;
    EXPECT_EQ(reading.quality.rows, reading.quality.records + reading.quality.rejected) << name;
    EXPECT_GE(reading.quality.rows, 1u) << name;
    for (const auto& problem : reading.quality.problems) {
      // Responses and deletions in bundles; subjects that are groups of nobody; and one extension made to be feared.
      const bool rejected = problem.outcome == Problem::Outcome::rejected;
      EXPECT_EQ(rejected, problem.rule == "no_resource") << name;
      EXPECT_TRUE(rejected || problem.rule == "no_patient" || problem.rule == "modifier_extension")
          << name << " " << problem.rule;
    }
    // The original is what was received, and every type has a kind.
    for (const auto& record : reading.sink.records)
      EXPECT_TRUE(record.original.starts_with("{") && record.original.ends_with("}")) << name;
  }
  EXPECT_EQ(files, 555);
}

TEST(FhirInput, RecordLocatorExamples) {
  const fs::path folder = "../shared/data/nrlf-examples";
  if (!fs::exists(folder)) GTEST_SKIP() << skipped;
  int documents = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    const FhirReading reading = read_fhir_paths({file.path().string()});
    for (const auto& record : reading.sink.records) {
      ++documents;
      EXPECT_EQ(record.events[0].kind, record::Kind::document);
      EXPECT_EQ(record.identifiers[0].system, "nhs") << file.path();
    }
  }
  EXPECT_GT(documents, 5);
}

}  // namespace
}  // namespace chartline::exchange
