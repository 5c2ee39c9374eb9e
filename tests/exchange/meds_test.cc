#include <gtest/gtest.h>

#include "formats/exchange/meds_code.h"
#include "tests/exchange/event_text.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {
namespace {

using Lines = std::vector<std::string>;

struct MedsRead : ReadBack {
  explicit MedsRead(std::string_view text) {
    const ScratchFile file("meds.csv", text);
    read_into(*this, read_meds, file.path());
    if (error.empty()) {
      EXPECT_EQ(quality.rows, quality.records + quality.rejected);
    }
    error = error.substr(error.find("meds.csv") == std::string::npos ? 0 : error.find("meds.csv"));
  }
};

TEST(Meds, ReadsRowsWithValues) {
  const MedsRead read(
      "seq,subject_id,time,code,value\n"
      "7,1,2157-11-18 17:38:00,LAB//50933//mmol/L,4.50\n"
      "8,1,2157-11-18 17:38:00,LAB//220001//UNK,3\n"
      "9,1,2157-11-18 17:38:00,Blood Pressure,120/80\n"
      "10,1,2157-11-18,SOMETHING,\n");
  EXPECT_EQ(read.events(), (Lines{": observation meds:LAB//50933//mmol/L 2157-11-18T17:38:00Z =4.5 mmol/L",
                                  ": observation meds:LAB//220001//UNK 2157-11-18T17:38:00Z =3",
                                  ": observation meds:Blood Pressure 2157-11-18T17:38:00Z ='120/80'",
                                  ": other meds:SOMETHING 2157-11-18"}));
  EXPECT_EQ(read.sink.events()[1]->sequence, 8u);
  EXPECT_EQ(read.person(0), "meds|1");
}

TEST(Meds, LosesNoDigitOfANumber) {
  const MedsRead read(
      "subject_id,time,code,numeric_value\n1,2020,x,0.30000001192092896\n1,2020,x,0.3000000119209289550781\n");
  EXPECT_EQ(read.events(), (Lines{": observation meds:x 2020 =0.30000001192092896",
                                  ": observation meds:x 2020 ='0.3000000119209289550781'"}));
  EXPECT_EQ(read.problems(), (Lines{"meds.csv:3 numeric_value long_number repaired"}));
  EXPECT_EQ(MedsRead("subject_id,time,code,value\n1,2020,x,0.3000000119209289550781\n").problems(),
            (Lines{"meds.csv:2 value long_number repaired"}));
}

TEST(Meds, ReadsNumericAndTextValues) {
  const MedsRead read(
      "subject_id,time,code,numeric_value,text_value\n1,2020,x,5,\n1,2020,x,,five\n1,2020,x,5,five\n1,2020,x,five,\n");
  EXPECT_EQ(read.events(), (Lines{": observation meds:x 2020 =5", ": observation meds:x 2020 ='five'",
                                  ": observation meds:x 2020 =5 {text_value='five'}"}));
  EXPECT_EQ(read.problems(), (Lines{"meds.csv:5 numeric_value bad_number rejected"}));
}

TEST(Meds, TellsWhoThePersonIs) {
  const MedsRead read(
      "subject_id,time,code,value\n"
      "1,,GENDER//F,\n"
      "1,2102-01-01 00:00:00,MEDS_BIRTH,\n"
      "1,2157-12-20 14:00:00,MEDS_DEATH,\n"
      "2,,GENDER//?,\n"
      "2,,MEDS_BIRTH,\n");
  EXPECT_EQ(read.events(),
            (Lines{": patient meds:GENDER//F [gender:female] {sex=gender:female}",
                   ": patient meds:MEDS_BIRTH 2102-01-01T00:00:00Z {birth=2102-01-01}",
                   ": death meds:MEDS_DEATH 2157-12-20T14:00:00Z",
                   ": patient meds:GENDER//? [gender:other] {sex=gender:other}", ": patient meds:MEDS_BIRTH"}));
}

TEST(Meds, CountsDatesBeforeBirthAndAfterDeath) {
  const MedsRead read(
      "subject_id,time,code\n"
      "1,2000-05-01,MEDS_BIRTH\n1,2000-04-30,x\n1,2000,x\n1,2010-01-01 10:00:00,MEDS_DEATH\n1,2010-01-01 "
      "20:00:00,x\n1,2010-01-02,x\n"
      "2,1990-01-01,x\n");
  EXPECT_EQ(read.quality.impossible_by_rule,
            (std::map<std::string, std::uint64_t>{{"after_death", 1}, {"before_birth", 1}}));
  EXPECT_EQ(read.quality.records, 7u);
}

TEST(Meds, ReadsCodesOfKnownVocabularies) {
  struct Case {
    std::string code, kind, known, unit;
  };
  const std::vector<Case> cases = {
      {"DIAGNOSIS//ICD//10//A047", "condition", "icd10cm:A04.7", ""},
      {"DIAGNOSIS//ICD//9//4019", "condition", "icd9cm:401.9", ""},
      {"PROCEDURE//ICD//10//0JH608Z", "procedure", "icd10pcs:0JH608Z", ""},
      {"PROCEDURE//START//224263", "procedure", "", ""},
      {"ICD10CM//E11.9", "condition", "icd10cm:E11.9", ""},
      {"LOINC//4548-4", "observation", "loinc:4548-4", ""},
      {"LAB//LOINC//4548-4", "observation", "loinc:4548-4", ""},
      {"RxNorm//860975", "medication", "rxnorm:860975", ""},
      {"HCPCS//Cardiovascular system", "procedure", "", ""},
      {"LAB//220045//bpm", "observation", "", "bpm"},
      {"LAB//220045//UNK", "observation", "", ""},
      {"SUBJECT_WEIGHT_AT_INFUSION//KG", "observation", "", "KG"},
      {"MEDICATION//Heparin//Administered", "medication", "", ""},
      {"HOSPITAL_ADMISSION//ELECTIVE//PHYSICIAN REFERRAL", "encounter", "", ""},
      {"ICD//10", "none", "", ""},
      {"////", "none", "", ""},
      {"", "none", "", ""},
  };
  for (const Case& expected : cases) {
    const MedsCode meds = parse_meds_code(expected.code);
    EXPECT_EQ(meds.kind ? name(*meds.kind) : "none", expected.kind) << expected.code;
    EXPECT_EQ(meds.code.empty() ? "" : meds.system + ":" + meds.code, expected.known) << expected.code;
    EXPECT_EQ(meds.unit, expected.unit) << expected.code;
  }
}

TEST(Meds, KeepsFurtherColumnsAsAttributes) {
  const MedsRead read("subject_id,time,code,Hadm ID,birth,,flag\n1,2020,x,123,y,z,true\n1,2020,x,,,,\n");
  EXPECT_EQ(read.events(), (Lines{": other meds:x 2020 {column_6='z'} {flag=true} {hadm_id=123} {meds_birth='y'}",
                                  ": other meds:x 2020"}));
}

// A real set has "LAB//51498//" and the same with a blank behind: two codes.
TEST(Meds, KeepsBlanksOfCodes) {
  const MedsRead read("subject_id,time,code\n1,2020,LAB//51498// \n1,2020,LAB//51498//\n1,2020, \n");
  EXPECT_EQ(read.events(), (Lines{": observation meds:LAB//51498//  2020", ": observation meds:LAB//51498// 2020"}));
  EXPECT_EQ(read.problems(), (Lines{"meds.csv:4 code missing_code rejected"}));
}

TEST(Meds, RejectsRowsWithTheirPlace) {
  const MedsRead read("seq,subject_id,time,code\n1,,2020,x\n1,1,2020,\n1,1,never,x\n-1,1,2020,x\n1,1\n");
  EXPECT_EQ(read.problems(), (Lines{"meds.csv:2 subject_id missing_patient rejected",
                                    "meds.csv:3 code missing_code rejected", "meds.csv:4 time bad_time rejected",
                                    "meds.csv:5 seq bad_sequence rejected", "meds.csv:6  ragged_row rejected"}));
}

TEST(Meds, RefusesHeadersThatItCannotUse) {
  EXPECT_EQ(MedsRead("subject_id,code\n").error, "meds.csv, line 1: MEDS needs the columns subject_id, time and code");
  EXPECT_EQ(MedsRead("subject_id,time,code,value,text_value\n").error,
            "meds.csv, line 1: give either value, or numeric_value and text_value");
  EXPECT_EQ(MedsRead("subject_id,time,code,a b,a_b\n").error,
            "meds.csv, line 1: two columns would become the attribute \"a_b\"");
}

// Counts what a reader makes and keeps nothing: the file has half a million rows.
class CountingSink final : public RecordSink {
 public:
  Result<void> record(const record::Record& record) override {
    const record::Event& event = record.events[0];
    ++records;
    ++by_kind[std::string(name(event.kind))];
    without_time += event.start.known() ? 0 : 1;
    numbers += event.value.form == record::Value::Form::number ? 1 : 0;
    translated += event.translations.empty() ? 0 : 1;
    return {};
  }
  Result<void> concept_(const record::Concept&) override { return {}; }
  Result<void> concept_link(const record::ConceptLink&) override { return {}; }

  std::uint64_t records = 0, without_time = 0, numbers = 0, translated = 0;
  std::map<std::string, std::uint64_t> by_kind;
};

TEST(Meds, ReadsEveryRowOfTheMimicDemo) {
  const std::vector<std::string> paths = {"../shared/data/mimic-iv-demo-meds/events.csv.gz"};
  if (!std::filesystem::exists(paths[0])) GTEST_SKIP() << "skipped: ../shared/data is absent";
  CountingSink sink;
  CollectingQuality quality;
  std::uint64_t consumed = 0;
  const Progress progress = [&](std::uint64_t bytes) {
    EXPECT_GE(bytes, consumed);
    consumed = bytes;
  };
  const auto result = read_meds({paths, {}, sink, quality, progress});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(consumed, std::filesystem::file_size(paths[0]));
  EXPECT_EQ(quality.rows, 541'443u);
  EXPECT_EQ(sink.records, 541'443u);
  EXPECT_EQ(quality.rejected, 0u);
  EXPECT_EQ(sink.by_kind["condition"], 2'512u);
  EXPECT_EQ(sink.by_kind["patient"], 100u);
  EXPECT_EQ(sink.by_kind["death"], 19u);
  EXPECT_EQ(sink.by_kind["procedure"], 2'016u + 27u);
  EXPECT_EQ(sink.without_time, 50u);
}

}  // namespace
}  // namespace chartline::exchange
