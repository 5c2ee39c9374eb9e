#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "formats/exchange/code_cell.h"
#include "formats/exchange/event_json.h"
#include "formats/record/systems.h"
#include "formats/record/validate.h"
#include "tests/exchange/event_text.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {
namespace {

using Lines = std::vector<std::string>;

struct EventsRead : ReadBack {
  explicit EventsRead(std::string_view text, const ReadOptions& options = {}) {
    const ScratchFile file("events.csv", text);
    read_into(*this, read_events, file.path(), options);
    if (error.empty()) {
      EXPECT_EQ(quality.rows, quality.records + quality.rejected);
    }
    EXPECT_EQ(quality.records, sink.records.size());
    error = error.substr(error.find("events.csv") == std::string::npos ? 0 : error.find("events.csv"));
  }
};

TEST(EventsCsv, ReadsTheFourPlainColumns) {
  const EventsRead read(
      "patient,time,code,value\n"
      "p1,2024-02-29T10:00:00Z,HbA1c,48.10\n"
      "p1,2024-02,note,seen well\n"
      "p2,,born,\n");
  EXPECT_EQ(read.events(), (Lines{": observation local:HbA1c 2024-02-29T10:00:00Z =48.1",
                                  ": other local:note 2024-02 ='seen well'", ": other local:born"}));
  EXPECT_EQ(read.person(0), "events|p1");
  EXPECT_EQ(read.person(2), "events|p2");
  EXPECT_EQ(read.quality.defaulted_by_field, (std::map<std::string, std::uint64_t>{{"kind", 3}}));
  const record::Event& event = *read.sink.events()[0];
  EXPECT_EQ(event.record, "");
  EXPECT_EQ(event.sequence, 0u);
  EXPECT_EQ(event.ordinal, 0u);
  EXPECT_EQ(read.sink.records[0].original, "p1,2024-02-29T10:00:00Z,HbA1c,48.10");
}

TEST(EventsCsv, ReadsColumnsInAnyOrderAndWithoutValue) {
  EXPECT_EQ(EventsRead("Code,PATIENT,time\nx,p1,2020\n").events(), (Lines{": other local:x 2020"}));
}

TEST(EventsCsv, TakesComparatorsBeforeNumbers) {
  const EventsRead read(
      "patient,time,code,value,comparator\n"
      "p,2020,a,<5,\n"
      "p,2020,a,>= 5,\n"
      "p,2020,a,5,<=\n"
      "p,2020,a,<5,<\n"
      "p,2020,a,<low,\n"
      "p,2020,a,<,\n"
      "p,2020,a,<5,>\n"
      "p,2020,a,high,>\n"
      "p,2020,a,5,~\n");
  EXPECT_EQ(read.events(), (Lines{": observation local:a 2020 =<5", ": observation local:a 2020 =>=5",
                                  ": observation local:a 2020 =<=5", ": observation local:a 2020 =<5",
                                  ": other local:a 2020 ='<low'", ": other local:a 2020 ='<'"}));
  EXPECT_EQ(read.problems(),
            (Lines{"events.csv:8 comparator bad_comparator rejected", "events.csv:9 comparator bad_comparator rejected",
                   "events.csv:10 comparator bad_comparator rejected"}));
}

TEST(EventsCsv, ReadsEveryFurtherField) {
  const EventsRead read(
      "patient,time,code,value,system,kind,end,unit,status,certainty,source,source_system,source_person,record,version,"
      "sequence,encounter,"
      "author,display,translations,patient_system\n"
      "943 476 "
      "5919,2020-01-01,E119,7.5,icd10,Condition,2021-01,mmol/L,Final,confirmed,RYJ,lab,x9,r1,v2,17,e1,device,Diabetes,"
      "snomed|44054006;local|dm,nhs\n");
  ASSERT_EQ(read.problems(), Lines{});
  EXPECT_EQ(read.events(),
            (Lines{"r1: condition icd10:E11.9 [snomed:44054006] [local:dm] 2020-01-01..2021-01 =7.5 mmol/L in e1"}));
  EXPECT_EQ(read.person(0), "nhs|9434765919");
  const record::Event& event = *read.sink.events()[0];
  EXPECT_EQ(event.status, record::Status::final);
  EXPECT_EQ(event.certainty, record::Certainty::confirmed);
  EXPECT_EQ(event.author, record::Author::device);
  EXPECT_EQ(event.source.organisation, "RYJ");
  EXPECT_EQ(event.source.system, "lab");
  EXPECT_EQ(event.source_person, "x9");
  EXPECT_EQ(event.version, "v2");
  EXPECT_EQ(event.sequence, 17u);
  EXPECT_EQ(event.code.display, "Diabetes");
}

TEST(EventsCsv, ForgetsTheFieldsOfTheRowBefore) {
  const EventsRead read(
      "patient,time,code,value,unit,record,attr.a,translations\np,2020,x,1,kg,r,5,snomed|1\np,2020,y,2,,,,\n");
  EXPECT_EQ(read.events(),
            (Lines{"r: observation local:x [snomed:1] 2020 =1 kg {a=5}", ": observation local:y 2020 =2"}));
}

TEST(EventsCsv, ReadsTheFourKindsOfEnd) {
  const EventsRead read(
      "patient,time,code,end\np,2020,a,\np,2020,a,2021\np,2020,a,ongoing\np,2020,a,unknown\np,2020,a,soon\n");
  EXPECT_EQ(read.events(), (Lines{": other local:a 2020", ": other local:a 2020..2021", ": other local:a 2020..ongoing",
                                  ": other local:a 2020..?"}));
  EXPECT_EQ(read.problems(), (Lines{"events.csv:6 end bad_time rejected"}));
}

TEST(EventsCsv, TakesOneOfThreeValues) {
  const EventsRead read(
      "patient,time,code,value,text,value_code\np,2020,a,,007,\np,2020,a,,,snomed|10828004\np,2020,a,1,one,\np,2020,a,"
      "007,,\n");
  EXPECT_EQ(read.events(), (Lines{": other local:a 2020 ='007'", ": other local:a 2020 =snomed:10828004",
                                  ": observation local:a 2020 =7"}));
  EXPECT_EQ(read.problems(), (Lines{"events.csv:4 value two_values rejected"}));
}

TEST(EventsCsv, LosesNoDigitOfWhatNamesSomething) {
  const EventsRead read(
      "patient,time,code,value,attr.serial\n"
      "p,2020,x,12345678901234567890,98765432109876543210987\n"
      "p,2020,x,-1234567890123456789,123456789012345678\n"
      "p,2020,x,0.1234567890123456789,10000000000000000000\n");
  EXPECT_EQ(read.events(), (Lines{": other local:x 2020 ='12345678901234567890' {serial='98765432109876543210987'}",
                                  ": other local:x 2020 ='-1234567890123456789' {serial=123456789012345678}",
                                  ": other local:x 2020 ='0.1234567890123456789' {serial=10000000000000000000}"}));
  EXPECT_EQ(read.problems(), (Lines{"events.csv:2 value long_number repaired", "events.csv:3 value long_number repaired",
                                    "events.csv:4 value long_number repaired"}));
}

TEST(EventsCsv, KeepsNumbersOfWhichNoDigitIsLost) {
  const EventsRead read(
      "patient,time,code,value,part\n"
      "p,2020,x,0.123456789012345678,\n"
      "p,2020,x,<-123456789012345678.000000,\n"
      "p,2020,x,1.5e-300,\n"
      "p,2020,x,000000000000000000000000000007,\n"
      "p,2020,x,0.00000000000000000000000000000,\n"
      "p,2020,x,1e22,\n"
      "p,2020,x,1.23456789e-320,\n"  // no double has these digits
      "p,2020,x,<0.1234567890123456789,\n"
      "p,2020,x,1234567890123456789x,\n");
  EXPECT_EQ(
      read.events(),
      (Lines{": observation local:x 2020 =0.123456789012345678", ": observation local:x 2020 =<-123456789012345678",
             ": observation local:x 2020 =1.5e-300", ": observation local:x 2020 =7", ": observation local:x 2020 =0",
             ": observation local:x 2020 =10000e18", ": other local:x 2020 ='1.23456789e-320'",
             ": other local:x 2020 ='<0.1234567890123456789'", ": other local:x 2020 ='1234567890123456789x'"}));
  EXPECT_EQ(read.problems(),
            (Lines{"events.csv:8 value long_number repaired", "events.csv:9 value long_number repaired"}));
}

TEST(EventsCsv, TypesAttributesAndSortsThem) {
  const EventsRead read(
      "patient,time,code,attr.Body Site,attr.c,attr.a,attr.d,attr.e\n"
      "p,2020,x,left arm,true,1.50,2024-02-29,007\n"
      "p,2020,x,2024,,,,\n");
  EXPECT_EQ(read.events(),
            (Lines{": other local:x 2020 {a=1.5} {body_site='left arm'} {c=true} {d=2024-02-29} {e='007'}",
                   ": other local:x 2020 {body_site=2024}"}));
}

TEST(EventsCsv, KeepsAUnitThatHasNoNumber) {
  EXPECT_EQ(EventsRead("patient,time,code,value,unit,attr.z\np,2020,x,positive,mg,1\n").events(),
            (Lines{": other local:x 2020 ='positive' {unit='mg'} {z=1}"}));
}

TEST(EventsCsv, ReadsWhoSomeoneIs) {
  const EventsRead read(
      "patient,time,code,kind,attr.birth,attr.sex,attr.death\n"
      "p1,,,patient,1950-03-31,F,\n"
      "p2,,,patient,1950,male,2020-01\n"
      "p2,2020-01-05,,death,,,\n"
      "p2,2001,,registration,,,\n"
      "p3,,,patient,soon,,\n"
      "p4,,,patient,,f?,\n"
      "p5,2020,,observation,,,\n");
  EXPECT_EQ(read.events(), (Lines{": patient : {birth=1950-03-31} {sex=gender:female}",
                                  ": patient : {birth=1950} {death=2020-01} {sex=gender:male}", ": death : 2020-01-05",
                                  ": registration : 2001"}));
  EXPECT_EQ(read.problems(),
            (Lines{"events.csv:6 attr.birth bad_time rejected", "events.csv:7 attr.sex bad_sex rejected",
                   "events.csv:8 code missing_code rejected"}));
}

TEST(EventsCsv, RejectsRowsWithTheirPlace) {
  const EventsRead read(
      "patient,time,code,value,kind,sequence,status,certainty,author,patient_system\n"
      ",2020,x,,,,,,,\n"
      "p,2020,,,,,,,,\n"
      "p,2023-02-29,x,,,,,,,\n"
      "p,yesterday,x,,,,,,,\n"
      "p,2020,x,,sickness,,,,,\n"
      "p,2020,x,,,-1,,,,\n"
      "p,2020,x,,,,fine,,,\n"
      "p,2020,x,,,,,sure,,\n"
      "p,2020,x,,,,,,me,\n"
      "9434765918,2020,x,,,,,,,nhs\n"
      "p,2020\n"
      "p,2020,\"x\"y,,,,,,,\n"
      "p,2020,\xff,,,,,,,\n"
      "p,2020,fine,,,,,,,\n");
  EXPECT_EQ(read.events(), (Lines{": other local:fine 2020"}));
  EXPECT_EQ(read.problems(),
            (Lines{"events.csv:2 patient missing_patient rejected", "events.csv:3 code missing_code rejected",
                   "events.csv:4 time bad_time rejected", "events.csv:5 time bad_time rejected",
                   "events.csv:6 kind bad_kind rejected", "events.csv:7 sequence bad_sequence rejected",
                   "events.csv:8 status bad_status rejected", "events.csv:9 certainty bad_certainty rejected",
                   "events.csv:10 author bad_author rejected", "events.csv:11 patient bad_nhs_number rejected",
                   "events.csv:12  ragged_row rejected", "events.csv:13  bad_quote rejected",
                   "events.csv:14  bad_utf8 rejected"}));
}

TEST(EventsCsv, RefusesColumnsThatItDoesNotKnow) {
  EXPECT_EQ(EventsRead("patient,time,code,organisation,source\n").error,
            "events.csv, line 1: two columns stand for the same field: \"organisation\" and \"source\"");
  const std::string known =
      "patient, time, code, value, system, kind, end, unit, comparator, status, certainty, source, organisation, "
      "source_system, source_person, "
      "record, version, sequence, encounter, author, display, text, value_code, value_display, translations, "
      "patient_system, "
      "part, attributes, attr.NAME";
  EXPECT_EQ(EventsRead("patient,time,code,colour\n").error,
            "events.csv, line 1: the column \"colour\" is not one of " + known);
  EXPECT_EQ(EventsRead("patient,time,code,attr.\n").error,
            "events.csv, line 1: the column \"attr.\" is not one of " + known);
  EXPECT_EQ(EventsRead("patient,time,value\n").error,
            "events.csv, line 1: the columns patient, time and code are needed; known are " + known);
}

TEST(EventsCsv, FindsColumnsNamedTwiceAmongAnyNumber) {
  EXPECT_EQ(EventsRead("patient,time,code,attr.a b,attr.a-b\n").error,
            "events.csv, line 1: two columns stand for the same field: \"a_b\" and \"a_b\"");
  std::string header = "patient,time,code";
  for (int i = 0; i < 100'000; ++i) header += ",attr.an_attribute_with_the_number_" + std::to_string(i);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(EventsRead(header + "\n").error, "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << "not each beside each other one";
}

TEST(EventsCsv, TellsOnceThatTheStoreGivesTimesAndNumbersItself) {
  const EventsRead read("patient,time,code,number,recorded\np,2020,x,5,2020-02-02\np,2020,y,6,2020-02-02\n");
  EXPECT_EQ(read.events(), (Lines{": other local:x 2020", ": other local:y 2020"}));
  EXPECT_EQ(read.problems(), (Lines{"events.csv:1 number,recorded given_by_store repaired"}));
}

TEST(EventsCsv, MakesOneRecordOfTheRowsOfEach) {
  const EventsRead read(
      "patient,time,code,value,kind,record,version,part\n"
      "p,2020,bp,,observation,r1,1,0\n"
      "p,2020,sys,120,observation,r1,1,1\n"
      "p,2021,dia,80,observation,r1,1,3\n"
      "p,2021,dia,81,observation,r1,2,3\n"  // another version
      "q,2021,dia,82,observation,r1,2,4\n"  // another person
      "q,2021,dia,83,observation,r1,2,4\n"  // the same again
      "q,2021,dia,84,observation,r1,2,many\n"
      "q,2021,x,85,observation,r1,2,5\n"  // the row between is rejected, not the record
      "q,2021,x,,,,,0\n"
      "q,2021,x,,,,,1\n");  // no record: two
  EXPECT_EQ(read.problems(), (Lines{"events.csv:8 part bad_part rejected"}));
  std::vector<std::size_t> sizes;
  for (const auto& record : read.sink.records) sizes.push_back(record.events.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 1, 1, 2, 1, 1}));
  EXPECT_EQ(read.sink.events()[2]->part, 3u);
  EXPECT_EQ(read.sink.records[0].original,
            "p,2020,bp,,observation,r1,1,0\np,2020,sys,120,observation,r1,1,1\np,2021,dia,80,observation,r1,1,3");
  EXPECT_EQ(read.quality.rows, 7u);
}

TEST(EventsCsv, RefusesARecordOfTooManyRows) {
  std::string text = "patient,time,code,record,part\n";
  for (std::size_t i = 0; i <= record::events_per_record_max + 5; ++i) text += "p,2020,x,r," + std::to_string(i) + "\n";
  const EventsRead read(text + "p,2020,y,r2,0\n");
  EXPECT_EQ(read.events(), (Lines{"r2: other local:y 2020"}));
  EXPECT_EQ(read.problems(), (Lines{"events.csv:2  not_kept rejected"}));
}

TEST(EventsCsv, ReadsTruthsAndTextsAsTheyStand) {
  const EventsRead read(
      "patient,time,code,value,text\np,2020,x,true,\np,2020,x,false,\np,2020,x,, true \np,2020,x,, \n");
  EXPECT_EQ(read.events(), (Lines{": other local:x 2020 =true", ": other local:x 2020 =false",
                                  ": other local:x 2020 =' true '", ": other local:x 2020"}));
}

TEST(EventsCsv, ReadsBackTheAttributesThatItWrites) {
  const record::Value dose{.form = record::Value::Form::number,
                           .comparator = record::Comparator::less,
                           .number = record::decimal(123456789012345678, 9),
                           .unit = "mg"};
  const std::vector<record::Attribute> attributes = {
      {"a", {.form = record::Value::Form::boolean, .boolean = true}},
      {"birth date", {.form = record::Value::Form::date, .date = *record::parse_time("1950")}},
      {"code", {.form = record::Value::Form::code, .code = {"urn:x", "a;b|c", "A \"b\""}}},
      {"day", {.form = record::Value::Form::date, .date = *record::parse_time("2024-07-01", 60)}},
      {"death", {.form = record::Value::Form::date}},
      {"dose", dose},
      {"dose", {.form = record::Value::Form::number, .number = record::decimal(1e300)}},
      {"moment", {.form = record::Value::Form::date, .date = *record::parse_time("2024-07-01T10:00:00.5-03:00")}},
      {"none", {}},
      {"text", {.form = record::Value::Form::text, .text = "2024-07-01"}},
      {"text", {.form = record::Value::Form::text, .text = " 2024\n,\"\xC3\xA4"}},
  };
  ReadOptions options;
  options.zone = record::Zone::find("Europe/London").value();
  std::string quoted;
  for (const char c : attributes_json(attributes)) quoted.append(c == '"' ? 2 : 1, c);
  const EventsRead read("patient,time,code,attributes\np,2020,x,\"" + quoted + "\"\n", options);
  ASSERT_EQ(read.problems(), Lines{});
  record::Event told = *read.sink.events()[0], wanted = told;
  wanted.attributes = attributes;
  EXPECT_TRUE(record::same_content(told, wanted)) << text_of(told) << "\n" << text_of(wanted);
}

TEST(EventsCsv, RejectsAttributesAndTranslationsOfAnotherForm) {
  for (const char* cell :
       {"{", "[]", "5", "{} {}", "{\"a\":{}}", "{\"\":1}", "{\"a\":[[1]]}", "{\"a\":{\"value\":1,\"text\":\"x\"}}",
        "{\"a\":{\"unit\":\"mg\"}}", "{\"a\":{\"code\":\"\"}}", "{\"a\":{\"date\":\"soon\"}}", "{\"a\":nul}",
        "{\"a\":{\"value\":1,\"comparator\":\"~\"}}", "{\"a\":1e999}", "{\"a\":{\"colour\":1}}", "{\"a\":01}"}) {
    std::string quoted;
    for (const char c : std::string_view(cell)) quoted.append(c == '"' ? 2 : 1, c);
    EXPECT_EQ(EventsRead("patient,time,code,attributes\np,2020,x,\"" + quoted + "\"\n").problems(),
              (Lines{"events.csv:2 attributes bad_json rejected"}))
        << cell;
  }
  const EventsRead read(
      "patient,time,code,translations\np,2020,x,[1]\np,2020,x,\"[{\"\"code\"\":\"\"a;b\"\",\"\"system\"\":"
      "\"\"icd10\"\"}]\"\n");
  EXPECT_EQ(read.events(), (Lines{": other local:x [icd10:A;B] 2020"}));
  EXPECT_EQ(read.problems(), (Lines{"events.csv:2 translations bad_json rejected"}));
}

TEST(EventsCsv, NeedsNoCodeWhereKindAndRecordAreSaid) {
  const EventsRead read("patient,time,code,kind,record\np,2020,,encounter,r\np,2020,,encounter,\np,2020,,,r\n");
  EXPECT_EQ(read.events(), (Lines{"r: encounter : 2020"}));
  EXPECT_EQ(read.problems(),
            (Lines{"events.csv:3 code missing_code rejected", "events.csv:4 code missing_code rejected"}));
}

TEST(EventsCsv, TakesSourceZoneAndOriginalsFromTheOptions) {
  ReadOptions options;
  options.source = "RYJ";
  options.zone = record::Zone::find("Europe/London").value();
  options.keep_originals = false;
  const EventsRead read(
      "patient,time,code\np,2024-07-01T09:00:00,x\np,2024-01-01T09:00:00,x\np,2024-07-01T09:00:00+02:00,x\n", options);
  EXPECT_EQ(read.events(), (Lines{": other local:x 2024-07-01T09:00:00+01:00", ": other local:x 2024-01-01T09:00:00Z",
                                  ": other local:x 2024-07-01T09:00:00+02:00"}));
  EXPECT_EQ(read.person(0), "RYJ|p");
  EXPECT_EQ(read.sink.events()[0]->source.organisation, "RYJ");
  EXPECT_EQ(read.sink.records[0].original, "");
}

TEST(EventsCsv, ReadsTheCsvFilesOfAFolderAndWhateverIsNamed) {
  const ScratchFolder folder;
  folder.write("in/b.csv", "patient,time,code\np,2020,b\n");
  folder.write("in/a.CSV", "patient,time,code\np,2020,a\n");
  folder.write("in/README", "not a table");
  ReadBack found;
  read_into(found, read_events, folder.path() + "/in");
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.events(), (Lines{": other local:a 2020", ": other local:b 2020"}));
  EXPECT_EQ(found.problems(), (Lines{"README:0  table_not_read repaired"}));
  ReadBack named;
  read_into(named, read_events, folder.write("rows.txt", "patient,time,code\np,2020,c\n"));
  EXPECT_EQ(named.events(), (Lines{": other local:c 2020"}));
}

TEST(EventsCsv, StopsWhereTheSinkFails) {
  class FullSink final : public RecordSink {
   public:
    Result<void> record(const record::Record&) override { return busy("full"); }
    Result<void> concept_(const record::Concept&) override { return {}; }
    Result<void> concept_link(const record::ConceptLink&) override { return {}; }
  };
  const ScratchFile file("events.csv", "patient,time,code\np,2020,x\n");
  FullSink sink;
  CollectingQuality quality;
  const Progress progress;
  const auto result = read_events({std::span(&file.path(), 1), {}, sink, quality, progress});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "full");
}

// Most rows are plain and are read on a path of their own; one that keeps the originals makes a record of each.
TEST(EventsCsv, ReadsPlainRowsAsItReadsRecords) {
  constexpr unsigned seed = 20'261'127;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto one_of = [&](std::initializer_list<std::string_view> cells) {
    return std::string(cells.begin()[random() % cells.size()]);
  };
  std::string text = "patient,code,time,value\n";
  for (int row = 0; row < 20'000; ++row) {
    const std::string person = random() % 3 == 0 ? one_of({"", " ", "p", "\"a,b\"", " p ", std::string(300, 'p')})
                                                 : "person-" + std::to_string(random() % 900);
    const std::string code =
        random() % 3 == 0
            ? one_of({"", "snomed|", "icd10:e119", "icd10|E11.9", "x", " x", "\"q\"\"q\"", std::string(400, 'c')})
            : "loinc|" + std::to_string(random() % 300) + (random() % 9 == 0 ? "-a-longer-code-than-most" : "");
    const std::string time = random() % 3 == 0
                                 ? one_of({"", "2020", "2020-13", "2020-01-05", "2020-01-05 10:00",
                                           "2020-01-05T10:00:00+01:00", "never", "2020-02-30"})
                                 : "2021-0" + std::to_string(random() % 10) + "-1" + std::to_string(random() % 4) +
                                       " 08:1" + std::to_string(random() % 2) + ":00";
    text += person + "," + code + "," + time + "," +
            one_of({"", "5", "5.50", "-0.0", "<5", "1e3", "text", " 7 ", "12345678901234567890", "\"6\""}) +
            (random() % 50 == 0 ? ",\n" : "\n");
  }
  ReadOptions records, plain;
  records.zone = plain.zone = record::Zone::find("Europe/London").value();
  plain.keep_originals = false;
  const EventsRead a(text, records), b(text, plain);
  EXPECT_GT(b.quality.records, 8'000u);
  EXPECT_GT(b.quality.rejected, 4'000u);
  EXPECT_EQ(a.events(), b.events());
  for (std::size_t i = 0; i < a.sink.records.size(); ++i) ASSERT_EQ(a.person(i), b.person(i));
  EXPECT_EQ(a.quality.defaulted_by_field, b.quality.defaulted_by_field);
  ASSERT_EQ(a.quality.problems.size(), b.quality.problems.size());
  for (std::size_t i = 0; i < a.quality.problems.size(); ++i) {
    EXPECT_EQ(a.quality.problems[i].place.line, b.quality.problems[i].place.line);
    EXPECT_EQ(a.quality.problems[i].rule, b.quality.problems[i].rule);
  }
}

TEST(EventsCsv, KeepsTheCodesOfARowThatHasMoreThanAreKnownAtOnce) {
  constexpr int many = 250'000;
  std::string cells;
  for (int i = 0; i < many; ++i) cells.append("snomed|").append(std::to_string(i)).append(";");
  const EventsRead read("patient,time,code,translations\np,2020,icd10:a00," + cells + "\np,2020,icd10:a01,\n");
  ASSERT_EQ(read.sink.records.size(), 2u);
  const record::Event& event = *read.sink.events()[0];
  EXPECT_EQ(text_of(event.code), "icd10:A00");
  ASSERT_EQ(event.translations.size(), std::size_t{many});
  for (int i = 0; i < many; ++i) ASSERT_EQ(event.translations[i].code, std::to_string(i));
  EXPECT_EQ(text_of(read.sink.events()[1]->code), "icd10:A01");
}

TEST(CodeCells, FindsTheSystemInTheCell) {
  CodeCells cells;
  const auto read = [&](std::string_view cell, std::string_view system = {}) {
    return text_of(cells.read(cell, system));
  };
  EXPECT_EQ(read("HbA1c"), "local:HbA1c");
  EXPECT_EQ(read(" x "), "local:x");
  EXPECT_EQ(read("snomed|44054006"), "snomed:44054006");
  EXPECT_EQ(read("http://loinc.org|4548-4"), "loinc:4548-4");
  EXPECT_EQ(read("icd10:e119"), "icd10:E11.9");
  EXPECT_EQ(read("X:17"), "local:X:17");
  EXPECT_EQ(read("icd10:e119", "http://hospital/codes"), "http://hospital/codes:icd10:e119");
  EXPECT_EQ(read("e119", "http://hl7.org/fhir/sid/icd-10"), "icd10:E11.9");
  EXPECT_TRUE(cells.read("").empty());
  EXPECT_TRUE(cells.read("snomed|").empty());
}

}  // namespace
}  // namespace chartline::exchange
