// Elements that neither OHDSI's library nor circe's own tests ask for, on tables of a few rows. What is expected is what circe's
// SQL says of these rows.
#include <gtest/gtest.h>

#include "formats/exchange/circe.h"
#include "tests/exchange/scratch_file.h"
#include "tests/integration/importing.h"
#include "tests/integration/must.h"
#include "tests/integration/scratch_store.h"
#include "tests/ohdsi/cohort_rows.h"

namespace chartline::ohdsi {
namespace {

using integration::must;

class Elements : public testing::Test {
 protected:
  void SetUp() override {
    exchange::ScratchFolder folder;
    folder.write(
        "person.csv",
        "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,race_concept_id,ethnicity_concept_id\n"
        "1,8507,1980,12,31,8515,38003563\n"
        "2,8532,1980,12,31,8527,38003564\n");
    folder.write("observation_period.csv",
                 "observation_period_id,person_id,observation_period_start_date,observation_period_end_date,period_"
                 "type_concept_id\n"
                 "1,1,2000-01-01,2020-12-31,44814725\n"
                 "2,2,2000-01-01,2020-12-31,0\n");
    folder.write("concept.csv",
                 "concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,"
                 "valid_start_date,valid_end_date,invalid_reason\n"
                 "100,Diabetes,Condition,SNOMED,Clinical Finding,S,73211009,1970-01-01,2099-12-31,\n"
                 "101,Diabetes as the clinic calls it,Condition,Local,Finding,,dm,1970-01-01,2099-12-31,\n");
    folder.write("concept_relationship.csv",
                 "concept_id_1,concept_id_2,relationship_id,valid_start_date,valid_end_date,invalid_reason\n"
                 "101,100,Maps to,1970-01-01,2099-12-31,\n");
    folder.write("condition_occurrence.csv",
                 "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_end_date,"
                 "condition_type_concept_id,condition_status_concept_id,stop_reason\n"
                 "1,1,100,2010-01-01,2010-01-05,32817,32890,\"moved away, it's said\"\n"
                 "2,2,101,2010-02-01,2010-02-05,0,,died\n");
    folder.write("drug_exposure.csv",
                 "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date,days_"
                 "supply,lot_number\n"
                 "1,1,200,2010-01-01,,30,A-1\n"
                 "2,1,200,2010-02-15,,30,A-2\n"
                 "3,2,200,2010-01-01,2010-01-10,90,B-1\n"
                 "4,2,200,2010-06-01,,,\n");
    folder.write("measurement.csv",
                 "measurement_id,person_id,measurement_concept_id,measurement_date,operator_concept_id,value_as_number,"
                 "value_as_concept_id,unit_concept_id,unit_source_value,range_low,range_high\n"
                 "1,1,300,2010-01-01,4172703,5,,8840,mg/dL,10,20\n"
                 "2,1,300,2010-02-01,4171756,15,,8840,mg/dL,10,20\n"
                 "3,2,300,2010-03-01,,40,,8840,mg/dL,10,20\n"
                 "4,2,300,2010-04-01,,,4155142,,,,\n"
                 "5,2,300,2010-05-01,,15,,,,0,20\n");
    folder.write(
        "visit_occurrence.csv",
        "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,visit_type_concept_id\n"
        "1,1,9201,2010-01-01,2010-01-09,32817\n");
    folder.write("visit_detail.csv",
                 "visit_detail_id,person_id,visit_detail_concept_id,visit_detail_start_date,visit_detail_end_date,"
                 "visit_occurrence_id\n"
                 "1,1,400,2009-12-30,2010-01-02,1\n");
    folder.write("payer_plan_period.csv",
                 "payer_plan_period_id,person_id,payer_plan_period_start_date,payer_plan_period_end_date,payer_concept_"
                 "id,plan_concept_id\n"
                 "1,1,2010-01-01,2010-12-31,280,500\n"
                 "2,2,2010-01-01,2010-06-30,281,501\n");
    integration::import_into(*store_, exchange::Format::omop, {folder.path()});
  }

  Rows run(const std::string& criterion, const std::string& more, bool as_circe) {
    const std::string json = R"({"ConceptSets": [)" +
                             set(1, R"({"concept": {"CONCEPT_ID": 100}, "includeMapped": true})") + ", " +
                             set(2, R"({"concept": {"CONCEPT_ID": 200}})") + ", " +
                             set(3, R"({"concept": {"CONCEPT_ID": 280}}, {"concept": {"CONCEPT_ID": 500}})") + ", " +
                             set(4, R"({"concept": {"CONCEPT_ID": 8515}})") +
                             R"(], "PrimaryCriteria": {"CriteriaList": [)" + criterion + "]}" + more + "}";
    const std::string text = must(exchange::cohort_from_circe(json, {.cohort = "c", .as_circe = as_circe}));
    const Rows rows = cohort_rows(*store_, text);
    EXPECT_EQ(rows, cohort_rows(*store_, text, query::Executor::reference)) << text;
    return rows;
  }
  // The starts of what a criterion finds.
  std::string starts(const std::string& criterion, const std::string& more = "", bool as_circe = false) {
    std::string text;
    for (const Row& row : run(criterion, more + ends, as_circe)) text += (text.empty() ? "" : " ") + std::get<1>(row);
    return text;
  }

  static std::string set(int id, const std::string& items) {
    return R"({"id": )" + std::to_string(id) + R"(, "name": "", "expression": {"items": [)" + items + "]}}";
  }
  static constexpr const char* ends = R"(, "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 0}})";
  integration::ScratchStore store_{integration::Where::memory};
};

TEST_F(Elements, MappedConceptsBelongToASet) {
  EXPECT_EQ(starts(R"({"ConditionOccurrence": {"CodesetId": 1}})"), "2010-01-01 2010-02-01");
}

TEST_F(Elements, TypesMayBeExcludedAndTextsBeLike) {
  const auto with = [&](const std::string& more) { return starts(R"({"ConditionOccurrence": {)" + more + "}}"); };
  EXPECT_EQ(with(R"("ConditionType": [{"CONCEPT_ID": 32817}])"), "2010-01-01");
  EXPECT_EQ(with(R"("ConditionType": [{"CONCEPT_ID": 32817}], "ConditionTypeExclude": true)"), "2010-02-01");
  EXPECT_EQ(with(R"("ConditionStatus": [{"CONCEPT_ID": 32890}])"), "2010-01-01");
  EXPECT_EQ(with(R"("StopReason": {"Text": "it's", "Op": "contains"})"), "2010-01-01");
  EXPECT_EQ(with(R"("StopReason": {"Text": "d", "Op": "startsWith"})"), "2010-02-01");
  EXPECT_EQ(with(R"("StopReason": {"Text": "d", "Op": "endsWith"})"), "2010-01-01 2010-02-01");
  EXPECT_EQ(with(R"("StopReason": {"Text": "died", "Op": "!contains"})"), "2010-01-01");
}

TEST_F(Elements, MeasurementsStandToTheirRanges) {
  const auto with = [&](const std::string& more) { return starts(R"({"Measurement": {)" + more + "}}"); };
  EXPECT_EQ(with(R"("Operator": [{"CONCEPT_ID": 4172703}])"), "2010-01-01");
  EXPECT_EQ(with(R"("RangeLow": {"Value": 10, "Op": "eq"})"), "2010-01-01 2010-02-01 2010-03-01");
  EXPECT_EQ(with(R"("RangeHighRatio": {"Value": 2, "Op": "eq"})"), "2010-03-01");
  EXPECT_EQ(with(R"("RangeLowRatio": {"Value": 1, "Op": "lt"})"), "2010-01-01");
  EXPECT_EQ(with(R"("Abnormal": true)"), "2010-01-01 2010-03-01 2010-04-01");
  EXPECT_EQ(with(R"("ValueAsNumber": {"Value": 5, "Op": "!eq"}, "Unit": [{"CONCEPT_ID": 8840}])"), "2010-03-01");
}

TEST_F(Elements, ExposuresLastAsLongAsTheirSupply) {
  const std::string end = R"(, "EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": 0}})";
  const Rows ends{{"1", "2010-01-01", "2010-01-31"},
                  {"1", "2010-02-15", "2010-03-17"},
                  {"2", "2010-01-01", "2010-01-10"},
                  {"2", "2010-06-01", "2010-06-02"}};
  EXPECT_EQ(run(R"({"DrugExposure": {"CodesetId": 2}})", end, false), ends);
  EXPECT_EQ(starts(R"({"DrugExposure": {"LotNumber": {"Text": "A", "Op": "startsWith"}}})"), "2010-01-01 2010-02-15");
  // circe asks the start for what it calls the end.
  const std::string ended = R"({"DrugExposure": {"OccurrenceEndDate": {"Value": "2010-03-01", "Op": "gt"}}})";
  EXPECT_EQ(starts(ended), "2010-02-15 2010-06-01");
  EXPECT_EQ(starts(ended, "", true), "2010-06-01");
}

TEST_F(Elements, ErasOfExposureHaveGapsOffsetsAndSupply) {
  const auto exit = [&](const std::string& more) {
    return run(R"({"DrugExposure": {"CodesetId": 2, "First": true}})",
               R"(, "EndStrategy": {"CustomEra": {"DrugCodesetId": 2)" + more + "}}", false);
  };
  EXPECT_EQ(exit(R"(, "GapDays": 15, "Offset": 0)"),
            (Rows{{"1", "2010-01-01", "2010-03-17"}, {"2", "2010-01-01", "2010-01-10"}}));
  EXPECT_EQ(exit(R"(, "GapDays": 10, "Offset": 5)"),
            (Rows{{"1", "2010-01-01", "2010-03-22"}, {"2", "2010-01-01", "2010-01-15"}}));
  EXPECT_EQ(exit(R"(, "GapDays": 20, "Offset": -5)"),
            (Rows{{"1", "2010-01-01", "2010-03-12"}, {"2", "2010-01-01", "2010-01-05"}}));
  EXPECT_EQ(exit(R"(, "GapDays": 0, "Offset": 0, "DaysSupplyOverride": 3)"),
            (Rows{{"1", "2010-01-01", "2010-01-04"}, {"2", "2010-01-01", "2010-01-04"}}));
}

// Race and ethnicity by concept sets, which circe reads from the column of the gender; ages, which it takes by the year, of
// details of visits by that of their end.
TEST_F(Elements, WhatCirceReadsElsewhereIsReadThereAsCirce) {
  const auto rule = [](const std::string& asked) {
    return R"(, "InclusionRules": [{"name": "", "expression": {"Type": "all", "DemographicCriteriaList": [)" + asked +
           "]}}]";
  };
  const std::string all = R"({"ConditionOccurrence": {}})";
  EXPECT_EQ(starts(all, rule(R"({"RaceCS": {"CodesetId": 4}})")), "2010-01-01");
  EXPECT_EQ(starts(all, rule(R"({"RaceCS": {"CodesetId": 4}})"), true), "");
  EXPECT_EQ(starts(all, rule(R"({"RaceCS": {"CodesetId": 4, "IsExclusion": true}})")), "2010-02-01");
  EXPECT_EQ(starts(all, rule(R"({"Ethnicity": [{"CONCEPT_ID": 38003564}]})"), true), "2010-02-01");
  EXPECT_EQ(starts(all, rule(R"({"Age": {"Value": 30, "Op": "eq"}})")), "");
  EXPECT_EQ(starts(all, rule(R"({"Age": {"Value": 30, "Op": "eq"}})"), true), "2010-01-01 2010-02-01");
  const std::string detail = R"({"VisitDetail": {"Age": {"Value": 30, "Op": "eq"}}})";
  EXPECT_EQ(starts(detail, "", true), "2009-12-30");
  EXPECT_EQ(starts(R"({"VisitDetail": {"Age": {"Value": 28, "Op": "eq"}}})"), "2009-12-30");
}

TEST_F(Elements, PayersPlansAndPeriodsAreAskedFor) {
  EXPECT_EQ(starts(R"({"PayerPlanPeriod": {"PayerConcept": 3}})"), "2010-01-01");
  EXPECT_EQ(run(R"({"PayerPlanPeriod": {"PlanConcept": 3}})", ends, false), (Rows{{"1", "2010-01-01", "2010-01-01"}}));
  EXPECT_EQ(run(R"({"PayerPlanPeriod": {"PeriodLength": {"Value": 200, "Op": "lt"}}})", ends, false),
            (Rows{{"2", "2010-01-01", "2010-01-01"}}));
  EXPECT_EQ(
      run(R"({"ObservationPeriod": {"PeriodType": [{"CONCEPT_ID": 44814725}], "UserDefinedPeriod": {"StartDate": "2015-01-01"}}})",
          "", false),
      (Rows{{"1", "2015-01-01", "2020-12-31"}}));
}

}  // namespace
}  // namespace chartline::ohdsi
