// circe's own tests, as far as they are rows of OMOP in and rows out: what its Java code builds of criteria is written here as
// the JSON that says the same. What is left out, and why, stands in docs/ohdsi.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "formats/exchange/circe.h"
#include "query/attrition.h"
#include "tests/integration/importing.h"
#include "tests/integration/must.h"
#include "tests/integration/scratch_store.h"
#include "tests/ohdsi/circe_be_set.h"
#include "tests/ohdsi/cohort_rows.h"

namespace chartline::ohdsi {
namespace {

using integration::must;

std::string changed(const std::string& text, const std::string& what, const std::string& by) {
  const std::string made = std::regex_replace(text, std::regex(what), by, std::regex_constants::format_first_only);
  EXPECT_NE(made, text) << "there is no " << what;
  return made;
}
std::string limited(const std::string& text, const std::string& limit, const std::string& type) {
  return changed(text, "(\"" + limit + R"x("\s*:\s*\{\s*"Type"\s*:\s*)"\w+")x", "$1\"" + type + "\"");
}

class CirceBe : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(circe_be("datasets"))) GTEST_SKIP() << "../shared/data is absent";
  }

  void import(const std::string& prepared, const std::vector<std::string>& others = {}) {
    exchange::ScratchFolder folder;
    write_tables(read_tables(circe_be("datasets/vocabulary.json")), folder);
    tables_ = read_tables(circe_be(prepared));
    for (const std::string& other : others) tables_.merge(read_tables(circe_be(other)));
    write_tables(tables_, folder);
    store_ = std::make_unique<integration::ScratchStore>(integration::Where::memory);
    integration::import_into(**store_, exchange::Format::omop, {folder.path()});
  }

  std::string cohort(const std::string& json) {
    return must(exchange::cohort_from_circe(json, {.cohort = "c", .as_circe = true}));
  }
  Rows run(const std::string& json) {
    const std::string text = cohort(json);
    Rows rows = cohort_rows(**store_, text);
    EXPECT_EQ(rows, cohort_rows(**store_, text, query::Executor::reference)) << text;
    return rows;
  }

  // The events of one criterion, as rows of a cohort of which each lasts as long as they do.
  Rows events(const std::string& criterion) {
    const auto codesets = tables_.find(codesets_);
    return run(R"({"ConceptSets": )" + (codesets == tables_.end() ? "[]" : concept_sets_of(codesets->second)) +
               R"(, "PrimaryCriteria": {"CriteriaList": [)" + criterion +
               R"(]}, "EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": 0}}})");
  }

  void expect(const std::string& verified, const std::string& table, const std::vector<std::string>& definitions) {
    const auto expected = cohorts_of(read_tables(circe_be(verified)), table);
    for (std::size_t i = 0; i < definitions.size(); ++i) {
      const auto wanted = expected.find(static_cast<int>(i + 1));
      EXPECT_EQ(run(definitions[i]), wanted == expected.end() ? Rows() : wanted->second) << "cohort " << i + 1;
    }
  }
  void expect_events(const std::string& name, const std::string& table, const std::string& criterion) {
    const Tables expected = read_tables(circe_be("criteria/" + name + "_VERIFY.json"));
    const auto rows = cohorts_of(expected, table);
    EXPECT_EQ(events(criterion), rows.empty() ? Rows() : rows.at(0)) << table;
  }

  Tables tables_;
  std::string codesets_ = "temp.codesets";
  std::unique_ptr<integration::ScratchStore> store_;
};

TEST_F(CirceBe, FirstOccurrenceOfEachDomain) {
  const std::string folder = "cohortgeneration/firstOccurrence/firstOccurrenceTest";
  import(folder + "_PREP.json");
  std::vector<std::string> definitions;
  for (const std::string domain : {"ConditionEra", "ConditionOccurrence", "DeviceExposure", "DrugEra", "DrugExposure",
                                   "Measurement", "Observation", "ProcedureOccurrence", "Specimen", "VisitOccurrence"})
    definitions.push_back("{\"" + domain + R"(": {"CodesetId": 0, "First": true}})");
  definitions.push_back(R"({"PayerPlanPeriod": {"First": true}})");
  for (std::string& one : definitions)
    one = changed(text_of(circe_be(folder + "Expression.json")), R"("CriteriaList"\s*:\s*\[\s*\])",
                  "\"CriteriaList\": [" + one + "]");
  expect(folder + "_VERIFY.json", "firstOccurrenceTest.cohort", definitions);
}

TEST_F(CirceBe, CountsOfCorrelatedCriteria) {
  const std::string folder = "cohortgeneration/correlatedCriteria/counts";
  import(folder + "Test_PREP.json");
  const std::string none = text_of(circe_be(folder + "Expression.json"));
  const auto occurring = [&](const std::string& occurrence) {
    return changed(none, R"("Occurrence"\s*:\s*\{[^}]*\})", "\"Occurrence\": " + occurrence);
  };
  const std::string visit = changed(
      changed(occurring(R"({"Type": 2, "Count": 1})"),
              R"("Criteria"\s*:\s*\{\s*"ConditionOccurrence"\s*:\s*\{\s*"CodesetId"\s*:\s*0\s*\}\s*\})",
              R"("Criteria": {"VisitOccurrence": {"CodesetId": 0}}, "EndWindow": {"Start": {"Days": 1, "Coeff": 1},
                 "End": {"Coeff": 1}, "UseEventEnd": true})"),
      R"("Start"\s*:\s*\{\s*"Coeff"\s*:\s*-1\s*\}\s*,\s*"End"\s*:\s*\{\s*"Days"\s*:\s*1)",
      R"("Start": {"Days": 1, "Coeff": -1}, "End": {"Days": 1)");
  expect(folder + "Test_VERIFY.json", "correlatedCriteriaCountsTest.cohort",
         {none, occurring(R"({"Type": 2, "Count": 1})"), occurring(R"({"Type": 1, "Count": 0})"), visit});
  const auto refused = exchange::cohort_from_circe(occurring(R"({"Type": -99, "Count": 1})"), {.cohort = "c"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "/AdditionalCriteria/CriteriaList/0/Occurrence/Type: it is not known");
}

TEST_F(CirceBe, Limits) {
  const std::string folder = "cohortgeneration/limits/limit";
  import(folder + "Test_PREP.json");
  const std::string all = text_of(circe_be(folder + "Expression.json"));
  const std::string included = limited(all, "ExpressionLimit", "first"),
                    qualified = limited(included, "QualifiedLimit", "first");
  expect(folder + "Test_VERIFY.json", "limitTest.cohort",
         {all, included, qualified, limited(qualified, "PrimaryCriteriaLimit", "first"),
          limited(qualified, "PrimaryCriteriaLimit", "last")});
}

TEST_F(CirceBe, ExitsAndCensoring) {
  import("cohortgeneration/exits/continuousExposure_PREP.json");
  const std::string exposed = text_of(circe_be("cohortgeneration/exits/continuousExposureExpression.json"));
  expect("cohortgeneration/exits/continuousExposure_VERIFY.json", "continuousExposure.cohort",
         {exposed, limited(exposed, "PrimaryCriteriaLimit", "First")});
  import("cohortgeneration/exits/censorEvent_PREP.json");
  expect("cohortgeneration/exits/censorEvent_VERIFY.json", "censorEvent.cohort",
         {text_of(circe_be("cohortgeneration/exits/censorEventExpression.json"))});
}

TEST_F(CirceBe, CensorWindow) {
  const std::string folder = "cohortgeneration/censorWindow/censorWindow";
  import(folder + "_PREP.json");
  const std::string definition = text_of(circe_be(folder + "Expression.json"));
  expect(folder + "_VERIFY.json", "censorWindow.cohort", {definition});
  const std::string open = changed(definition, R"("CensorWindow"\s*:\s*\{[^}]*\})", "\"CensorWindow\": {}");
  const std::size_t lost = run(open).size() - run(definition).size();
  EXPECT_EQ(std::to_string(lost),
            read_tables(circe_be(folder + "_VERIFY.json")).at("censorWindow.cohort_censor_stats")[0].at("lost_count"));
}

TEST_F(CirceBe, ErasOfDuplicates) {
  const std::string folder = "cohortgeneration/eraDupes/eraDupes";
  import(folder + "_PREP.json");
  expect(folder + "_VERIFY.json", "eraDupes.cohort", {text_of(circe_be(folder + "Expression.json"))});
}

TEST_F(CirceBe, StandardAndSourceConceptsTogether) {
  const std::string folder = "cohortgeneration/mixedConceptsets/mixedConceptsets";
  import(folder + "_PREP.json");
  expect(folder + "_VERIFY.json", "mixedConceptsets.cohort", {text_of(circe_be(folder + "Expression.json"))});
}

// Whom a rule keeps: as a cohort, and as steps of its attrition.
TEST_F(CirceBe, InclusionRules) {
  const std::string folder = "cohortgeneration/inclusionRules/simpleInclusionRule";
  import(folder + "_PREP.json");
  const std::string definition = text_of(circe_be(folder + ".json"));
  expect(folder + "_VERIFY.json", "simpleInclusionRule.cohort", {definition});

  std::string text = cohort(definition), flow;
  for (const query::AttritionStep& step : query::attrition_of(text, "c"))
    flow += (flow.empty() ? "flow " : ", ") + step.condition;
  const query::Prepared prepared = must(query::prepare(**store_, text + flow, {}));
  query::Answers answers;
  must(query::run(prepared, **store_, (*store_)->view(), {}, answers));
  std::vector<std::int64_t> left;
  for (const auto& row : answers.all.front().rows) left.push_back(std::get<std::int64_t>(row[2]));

  // circe counts persons by what they met: mask 0 is nothing, mask 1 the one rule that there is.
  std::int64_t entered = 0, kept = 0;
  const Tables verified = read_tables(circe_be(folder + "_VERIFY.json"));
  for (const Fields& row : verified.at("simpleInclusionRule.cohort_inclusion_result")) {
    if (row.at("mode_id") != "1") continue;
    entered += std::stoi(row.at("person_count"));
    if (row.at("inclusion_rule_mask") == "1") kept += std::stoi(row.at("person_count"));
  }
  ASSERT_GE(left.size(), 3u);
  EXPECT_EQ(left.front(), entered);
  EXPECT_EQ(left[left.size() - 2], kept);
  EXPECT_EQ(left.back(), kept);
}

TEST_F(CirceBe, DatesThatAreAdjusted) {
  struct Case {
    std::string name, domain, codes = R"("CodesetId": 1)";
  };
  const std::string moved =
      R"("DateAdjustment": {"StartWith": "START_DATE", "StartOffset": 15, "EndWith": "END_DATE", "EndOffset": -10})";
  for (const Case& one : {Case{"conditionOccurrence", "ConditionOccurrence"}, Case{"doseEra", "DoseEra"},
                          Case{"measurement", "Measurement"}, Case{"observation", "Observation"},
                          Case{"payerPlanPeriod", "PayerPlanPeriod", R"("First": false)"},
                          Case{"procedureOccurrence", "ProcedureOccurrence"}, Case{"visitDetail", "VisitDetail"}}) {
    SCOPED_TRACE(one.name);
    const std::string file = one.name + "DateOffset";
    import("criteria/" + file + "_PREP.json", {"criteria/codesets.json"});
    const std::string head = "{\"" + one.domain + "\": {" + one.codes;
    expect_events(file, one.name + ".simple", head + "}}");
    expect_events(file, one.name + ".date_adjust", head + ", " + moved + "}}");
    if (one.domain != "PayerPlanPeriod") continue;
    expect_events(
        file, one.name + ".user_defined",
        head + ", " + moved + R"(, "UserDefinedPeriod": {"StartDate": "2000-09-01", "EndDate": "2000-09-30"}}})");
  }
}

TEST_F(CirceBe, ConceptSetsInPlaceOfConcepts) {
  const auto in = [](const std::string& key, int set) {
    return ", \"" + key + R"(": {"CodesetId": )" + std::to_string(set) + "}";
  };
  struct Case {
    std::string name, domain, more;
  };
  const std::string gender = in("GenderCS", 1), at = in("ProviderSpecialtyCS", 3);
  for (const Case& one :
       {Case{"deviceExposure", "DeviceExposure", gender + at + in("DeviceTypeCS", 1) + in("VisitTypeCS", 2)},
        Case{"drugEra", "DrugEra", gender},
        Case{"procedureOccurrence", "ProcedureOccurrence",
             gender + at + in("ProcedureTypeCS", 2) + in("ModifierCS", 3) + in("VisitTypeCS", 2)},
        Case{"specimen", "Specimen",
             gender + in("SpecimenTypeCS", 2) + in("UnitCS", 3) + in("AnatomicSiteCS", 2) + in("DiseaseStatusCS", 3)},
        Case{"visitOccurrence", "VisitOccurrence", gender + at + in("VisitTypeCS", 2) + in("PlaceOfServiceCS", 2)}}) {
    SCOPED_TRACE(one.name);
    const std::string file = one.name + "ConceptSet";
    import("criteria/" + file + "_PREP.json", {"criteria/codesets.json"});
    expect_events(file, one.name + ".conceptset", "{\"" + one.domain + R"(": {"CodesetId": 1)" + one.more + "}}");
  }
}

// A cohort that these tests begin with becomes an observation of its own.
std::vector<Fields> index_events(const std::vector<Fields>& cohort) {
  std::vector<Fields> rows;
  for (const Fields& row : cohort)
    rows.push_back({{"observation_id", std::to_string(rows.size() + 1)},
                    {"person_id", row.at("subject_id")},
                    {"observation_concept_id", "77"},
                    {"observation_date", row.at("cohort_start_date")}});
  return rows;
}

class CirceBeIndexed : public CirceBe {
 protected:
  void import_indexed(const std::string& file, const std::string& schema) {
    import(file + "_PREP.json");
    tables_["cdm.observation"] = index_events(tables_.at(schema + ".cohort"));
    exchange::ScratchFolder folder;
    write_tables(read_tables(circe_be("datasets/vocabulary.json")), folder);
    write_tables(tables_, folder);
    store_ = std::make_unique<integration::ScratchStore>(integration::Where::memory);
    integration::import_into(**store_, exchange::Format::omop, {folder.path()});
  }
  std::string codesets(const std::string& schema) {
    std::vector<Fields> rows =
        tables_.contains(schema + ".codesets") ? tables_.at(schema + ".codesets") : std::vector<Fields>();
    rows.push_back({{"codeset_id", "7"}, {"concept_id", "77"}});
    return concept_sets_of(rows);
  }
  std::set<std::string> persons(const std::string& schema, const std::string& criterion, const std::string& occurrence) {
    std::set<std::string> persons;
    for (const Row& row : run(R"({"ConceptSets": )" + codesets(schema) +
                              R"(, "PrimaryCriteria": {"CriteriaList": [{"Observation": {"CodesetId": 7}}]},
        "AdditionalCriteria": {"Type": "ALL", "CriteriaList": [{"Criteria": )" +
                              criterion +
                              R"(, "StartWindow": {"Start": {"Days": 365, "Coeff": -1}, "End": {"Days": 0, "Coeff": -1}},
        "Occurrence": )" + occurrence +
                              "}]}}"))
      persons.insert(std::get<0>(row));
    return persons;
  }
  static std::set<std::string> expected(const std::string& file, const std::string& table) {
    std::set<std::string> persons;
    const auto tables = read_tables(circe_be(file + "_VERIFY.json"));
    for (const Fields& row : tables.at(table)) persons.insert(row.at("person_id"));
    return persons;
  }
};

TEST_F(CirceBeIndexed, DistinctVisits) {
  import_indexed("corelatedcriteria/distinctVisit", "distinct_visit");
  EXPECT_EQ(persons("distinct_visit", R"({"ConditionOccurrence": {}})",
                    R"({"Type": 2, "Count": 2, "IsDistinct": true, "CountColumn": "VISIT_ID"})"),
            expected("corelatedcriteria/distinctVisit", "distinct_visit.output"));
}

TEST_F(CirceBeIndexed, ConceptSetsOfVisitDetails) {
  const std::string file = "corelatedcriteria/visitDetailCodesetCriteria", schema = "visit_detail_codeset_criteria";
  import_indexed(file, schema);
  const std::string once = R"({"Type": 0, "Count": 1})";
  for (const auto& [key, table] : {std::pair("GenderCS", "gender"), std::pair("ProviderSpecialtyCS", "provider"),
                                   std::pair("PlaceOfServiceCS", "provider")}) {
    const auto with = [&](const std::string& excluded) {
      return persons(
          schema,
          "{\"VisitDetail\": {\"" + std::string(key) + R"(": {"CodesetId": 1, "IsExclusion": )" + excluded + "}}}", once);
    };
    EXPECT_EQ(with("false"), expected(file, schema + "." + table + "_in_codeset")) << key;
    EXPECT_EQ(with("true"), expected(file, schema + "." + table + "_not_in_codeset")) << key;
  }
}

// Events of the year before the index are those with an index in the year behind them.
TEST_F(CirceBeIndexed, EventsInAWindow) {
  for (const auto& [name, schema, domain] :
       {std::tuple("Death", "window_death", "Death"), std::tuple("DoseEra", "window_dose_era", "DoseEra"),
        std::tuple("ObservationPeriod", "window_observation_period", "ObservationPeriod"),
        std::tuple("Specimen", "window_specimen", "Specimen")}) {
    SCOPED_TRACE(name);
    const std::string file = std::string("windowcriteria/window") + name;
    import_indexed(file, schema);
    const auto with = [&](const std::string& more) {
      return run(R"({"ConceptSets": )" + codesets(schema) + R"(, "PrimaryCriteria": {"CriteriaList": [{")" + domain +
                 "\": {" + more +
                 R"("CorrelatedCriteria": {"Type": "ALL", "CriteriaList": [{"Criteria": {"Observation": {"CodesetId": 7}},
          "StartWindow": {"Start": {"Days": 0, "Coeff": 1}, "End": {"Days": 365, "Coeff": 1}},
          "Occurrence": {"Type": 2, "Count": 1}}]}}}]},
          "EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": 0}}})");
    };
    const Tables verified = read_tables(circe_be(file + "_VERIFY.json"));
    const std::string table = std::string(schema) + ".add_columns";
    EXPECT_EQ(with(""), cohorts_of(verified, table).at(0));
    for (const Fields& row : verified.at(table)) {
      if (!row.contains("value_as_number")) continue;
      const std::string value = row.at("value_as_number"), days = row.at("duration");
      EXPECT_EQ(with(R"("DoseValue": {"Value": )" + value + R"(, "Op": "eq"}, "EraLength": {"Value": )" + days +
                     R"(, "Op": "eq"}, )"),
                (Rows{{row.at("person_id"), row.at("start_date"), row.at("end_date")}}));
    }
  }
}

// Definitions without rows: all that they ask can be asked.
TEST_F(CirceBe, DefinitionsThatAreOnlyToRun) {
  import("cohortgeneration/firstOccurrence/firstOccurrenceTest_PREP.json");
  run(text_of(circe_be("cohortgeneration/allCriteria/allCriteriaExpression.json")));
  std::set<std::string> refused;
  int taken = 0, without_entry = 0;
  for (const std::string folder : {"printfriendly", "checkers"}) {
    for (const auto& entry : std::filesystem::directory_iterator(circe_be(folder))) {
      const std::string name = entry.path().stem().string();
      const auto text = exchange::cohort_from_circe(text_of(entry.path().string()), {.cohort = "c"});
      if (text) {
        ++taken;
        EXPECT_NO_THROW(cohort_rows(**store_, *text)) << name << "\n" << *text;
      } else if (text.error().message == "/PrimaryCriteria/CriteriaList: there are no entry events") {
        ++without_entry;
      } else {
        refused.insert(name + ": " + text.error().message);
      }
    }
  }
  EXPECT_EQ(taken, 25);
  EXPECT_EQ(without_entry, 9);
  EXPECT_EQ(refused, (std::set<std::string>{
                         "conceptSetList: it is no cohort definition: not an object of JSON",
                         "conceptSetWithDuplicateItems: /items: it is not covered",
                         "domainTypeCheckCorrect: /ConceptSets: there is no concept set 44787739",
                         "emptyDemographicCheckCorrect: "
                         "/InclusionRules/0/expression/DemographicCriteriaList/0/Age/Value: it is no number",
                         "unusedConceptSetCorrect: "
                         "/InclusionRules/0/expression/CriteriaList/0/Criteria/LocationRegion: its domain is not "
                         "covered"}));
}

}  // namespace
}  // namespace chartline::ohdsi
