#include <gtest/gtest.h>

#include <set>

#include "formats/exchange/synthea_tables.h"
#include "tests/exchange/event_text.h"

namespace chartline::exchange {
namespace {

using Lines = std::vector<std::string>;

TEST(SyntheaTables, NameEachColumnOnceAndCodesBeforeTheirDescriptions) {
  for (const SyntheaTable& table : synthea_tables()) {
    std::set<std::string_view> names, coded;
    for (const SyntheaColumn& column : table.columns) {
      EXPECT_TRUE(names.insert(column.name).second) << table.name << "." << column.name;
      if (column.role == SyntheaRole::coded) coded.insert(column.attribute);
      EXPECT_TRUE(column.role != SyntheaRole::display || coded.contains(column.attribute))
          << table.name << "." << column.name;
      const bool has_detail = column.role == SyntheaRole::identifier || column.role == SyntheaRole::coded ||
                              column.role == SyntheaRole::link;
      EXPECT_EQ(has_detail, !column.detail.empty()) << table.name << "." << column.name;
    }
    EXPECT_EQ(find_synthea_table(table.name), &table);
  }
}

TEST(Synthea, ReadsAPatientWithIdentifiersAndDeath) {
  const TestFolder folder;
  folder.write("patients.csv",
               "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,MARITAL,RACE,GENDER,ZIP,LAT\n"
               "p1,1996-06-05,2020-01-02,999-66-5642,S99994942,,Ms.,Jackie93,Okuneva707,S,white,F,01890,42.5\n"
               "p2,born,died,,,,,,,,,X,,north\n");
  ReadBack back;
  read_into(back, read_synthea, folder.path());
  EXPECT_EQ(back.error, "");
  EXPECT_EQ(back.person(0), "synthea|p1 us-ssn|999-66-5642 synthea:drivers|S99994942");
  EXPECT_EQ(back.person(1), "synthea|p2");
  EXPECT_EQ(back.events(), (Lines{"patients/p1: patient synthea_table:patients {birth=1996-06-05} {death=2020-01-02} "
                                  "{family_name='Okuneva707'} {gender='F'} "
                                  "{given_name='Jackie93'} {latitude=42.5} {marital_status='S'} {prefix='Ms.'} "
                                  "{race='white'} {sex=gender:female} "
                                  "{table='patients'} {zip='01890'}",
                                  "patients/p1: death synthea_table:patients 2020-01-02 {table='patients'}",
                                  "patients/p2: patient synthea_table:patients {death=unknown date} {gender='X'} "
                                  "{latitude='north'} {table='patients'}",
                                  "patients/p2: death synthea_table:patients {table='patients'}"}));
  EXPECT_EQ(back.sink.records.size(), 2u);
  EXPECT_EQ(back.sink.records[0].events[1].part, 1u);
  EXPECT_EQ(back.problems(),
            (Lines{"patients.csv:3 LAT bad_number repaired", "patients.csv:3 BIRTHDATE bad_date repaired",
                   "patients.csv:3 DEATHDATE bad_date repaired"}));
}

TEST(Synthea, ReadsOldAndNewLayoutsOfProcedures) {
  const TestFolder folder;
  folder.write("new/procedures.csv",
               "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION\n"
               "2023-10-10T04:17:47Z,2023-10-10T04:32:47Z,p1,e1,SNOMED-CT,430193006,Reconciliation,735.40,72892002,"
               "Normal pregnancy\n");
  folder.write("old/procedures.csv",
               "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST,REASONCODE,REASONDESCRIPTION\n2011-08-09,p1,e1,430193006,"
               "Reconciliation,735.40,,\n");
  ReadBack back;
  read_into(back, read_synthea, folder.path());
  EXPECT_EQ(
      back.events(),
      (Lines{
          ": procedure snomed:430193006 2023-10-10T04:17:47Z..2023-10-10T04:32:47Z in encounters/e1 {base_cost=735.4} "
          "{reason=snomed:72892002} {table='procedures'}",
          ": procedure snomed:430193006 2011-08-09 in encounters/e1 {base_cost=735.4} {table='procedures'}"}));
  EXPECT_EQ(back.sink.events()[0]->code.display, "Reconciliation");
  EXPECT_EQ(back.sink.events()[0]->attributes[1].value.code.display, "Normal pregnancy");
  EXPECT_EQ(back.problems(), Lines{});
}

TEST(Synthea, ReadsValuesAsTheirTypeSays) {
  const TestFolder folder;
  folder.write("observations.csv",
               "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
               "2023-10-10T04:17:47Z,p1,e1,vital-signs,8302-2,Body Height,127.9,cm,numeric\n"
               "2023-10-10T04:17:47Z,p1,,,QALY,QALY,8.0,a,numeric\n"
               "2023-10-10T04:17:47Z,p1,e1,survey,63586-2,Income,47384,/a,text\n"
               "2023-10-10T04:17:47Z,p1,e1,exam,69453-9,Cause of death,Myocardial Infarction,null,text\n"
               "2023-10-10T04:17:47Z,p1,e1,survey,1-8,x,much,kg,numeric\n");
  folder.write("part-0001.csv",
               "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS\n2023-10-10,p1,e1,8302-2,Body Height,127.9,cm\n");
  ReadBack back;
  read_into(back, read_synthea, folder.path());
  const std::string at = " 2023-10-10T04:17:47Z", table = " {table='observations'}";
  EXPECT_EQ(
      back.events(),
      (Lines{": observation loinc:8302-2" + at + " =127.9 cm in encounters/e1 {category='vital-signs'}" + table,
             ": observation synthea:QALY" + at + " =8 a" + table,
             ": observation loinc:63586-2" + at + " ='47384' in encounters/e1 {category='survey'}" + table + " {units='/a'}",
             ": observation loinc:69453-9" + at + " ='Myocardial Infarction' in encounters/e1 {category='exam'}" + table,
             ": observation loinc:1-8" + at + " ='much' in encounters/e1 {category='survey'}" + table + " {units='kg'}",
             ": observation loinc:8302-2 2023-10-10 =127.9 cm in encounters/e1" + table}));
  EXPECT_EQ(back.problems(), (Lines{"observations.csv:6 VALUE bad_number repaired"}));
}

TEST(Synthea, KnowsWhatGoesOnFromWhatEnded) {
  const TestFolder folder;
  folder.write("conditions.csv",
               "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,Severity Word\n"
               "2011-08-09,,p1,e1,232353008,Rhinitis,bad\n2011-08-09,2011-08-19,p1,e1,232353008,Rhinitis,\n"
               "2011-08-09,later,p1,e1,232353008,Rhinitis,\n,,p1,e1,232353008,Rhinitis,\n");
  folder.write("claims_transactions.csv",
               "ID,CLAIMID,PATIENTID,TYPE,AMOUNT,FROMDATE,TODATE,PROCEDURECODE,PATIENTINSURANCEID\n"
               "t1,c1,p1,PAYMENT,77.49,2023-01-27T16:17:47Z,1970-01-01T00:00:00Z,162673000,\n");
  ReadBack back;
  read_into(back, read_synthea, folder.path());
  const std::string condition = ": condition snomed:232353008", rest = " in encounters/e1 {table='conditions'}";
  EXPECT_EQ(back.events(),
            (Lines{"claims_transactions/t1: service synthea_table:claims_transactions 2023-01-27T16:17:47Z..? =77.49 "
                   "{claim='claims/c1'} "
                   "{procedure=synthea:162673000} {table='claims_transactions'} {type='PAYMENT'}",
                   condition + " 2011-08-09..ongoing in encounters/e1 {severity_word='bad'} {table='conditions'}",
                   condition + " 2011-08-09..2011-08-19" + rest, condition + " 2011-08-09..?" + rest,
                   condition + "..ongoing" + rest}));
  EXPECT_EQ(back.problems(),
            (Lines{"claims_transactions.csv:2 TODATE epoch_date repaired", "conditions.csv:4 STOP bad_date repaired"}));
}

TEST(Synthea, NoticesEventsOutsideALifeAndUnknownPatients) {
  const TestFolder folder;
  folder.write("conditions.csv",
               "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n1996-06-04,,p1,e1,1,x\n1996-06-05,,p1,e1,1,x\n2020-01-"
               "02,,p1,e1,1,x\n"
               "2020-01-03,,p1,e1,1,x\n1990,,p2,e1,1,x\n");
  folder.write("patients.csv", "Id,BIRTHDATE,DEATHDATE\np1,1996-06-05,2020-01-02\n");
  ReadBack back;
  read_into(back, read_synthea, folder.path());
  EXPECT_EQ(back.sink.records.size(), 6u);
  EXPECT_EQ(back.quality.impossible_by_rule,
            (std::map<std::string, std::uint64_t>{{"before_birth", 1}, {"after_death", 1}}));
  EXPECT_EQ(back.problems(), (Lines{"conditions.csv:6 PATIENT unknown_patient repaired"}));
}

TEST(Synthea, RefusesRowsItCannotPlaceAndNamesFilesItDoesNotRead) {
  const TestFolder folder;
  folder.write(
      "conditions.csv",
      "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n2011-08-09,,,e1,1,x\n2011-02-30,,p1,e1,1,x\n2011-02-28,,p1\n");
  folder.write("devices.csv", "START,STOP,CODE\n2011-08-09,,1\n");
  folder.write("weather.csv", "day,rain\n2011-08-09,yes\n");
  folder.write("notes.txt", "hello");
  ReadBack back;
  read_into(back, read_synthea, folder.path());
  EXPECT_EQ(back.events(), Lines{});
  EXPECT_EQ(back.problems(),
            (Lines{"conditions.csv:2 PATIENT no_person rejected", "conditions.csv:3 START bad_date rejected",
                   "conditions.csv:4  ragged_row rejected", "devices.csv:0  table_not_read repaired",
                   "notes.txt:0  table_not_read repaired", "weather.csv:0  table_not_read repaired"}));
  EXPECT_EQ(back.quality.rows, back.quality.records + back.quality.rejected);
}

TEST(Synthea, TakesSourceAndOriginalsAsToldTo) {
  const TestFolder folder;
  folder.write("supplies.csv",
               "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,QUANTITY\n2020-10-07,p1,e1,409534002,\"Respirator, air\",2\n");
  ReadBack plain, named;
  read_into(plain, read_synthea, folder.path());
  ReadOptions options;
  options.source = "RYJ";
  options.keep_originals = false;
  read_into(named, read_synthea, folder.path(), options);
  EXPECT_EQ(plain.sink.events()[0]->source.organisation, "synthea");
  EXPECT_EQ(named.sink.events()[0]->source.organisation, "RYJ");
  EXPECT_EQ(named.sink.events()[0]->source.system, "synthea");
  EXPECT_EQ(plain.sink.records[0].original, "2020-10-07,p1,e1,409534002,\"Respirator, air\",2");
  EXPECT_EQ(named.sink.records[0].original, "");
}

TEST(Synthea, SharedSetOf27Patients) {
  const std::filesystem::path folder = "../shared/data/synthea-csv/dbt-synthea-27";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "skipped: ../shared/data is absent";
  ReadBack back;
  read_into(back, read_synthea, folder.string());
  EXPECT_EQ(back.error, "");
  EXPECT_EQ(back.quality.rejected, 0u);
  EXPECT_EQ(back.quality.rows, back.quality.records);

  std::map<std::string, std::uint64_t> by_table;
  std::set<std::string_view> persons;
  for (const auto& record : back.sink.records) {
    persons.insert(record.identifiers[0].value);
    for (const auto& attribute : record.events[0].attributes)
      if (attribute.name == "table") ++by_table[std::string(attribute.value.text)];
  }
  EXPECT_EQ(persons.size(), 27u + 1u);  // and nobody
  EXPECT_EQ(by_table.size(), synthea_tables().size());
  for (const auto& file : std::filesystem::directory_iterator(folder))
    EXPECT_EQ(by_table[file.path().stem().string()], lines_below_header(file.path())) << file.path();
  EXPECT_EQ(back.by_kind(), (std::map<std::string, int>{{"allergy", 40},
                                                        {"care_plan", 49},
                                                        {"condition", 438},
                                                        {"death", 2},
                                                        {"device", 3},
                                                        {"encounter", 604},
                                                        {"immunization", 29},
                                                        {"medication", 663},
                                                        {"observation", 990},
                                                        {"other", 1'051 + 63 + 166 + 10},
                                                        {"patient", 27},
                                                        {"procedure", 249},
                                                        {"report", 1},
                                                        {"service", 1'267 + 5'228 + 72}}));
  std::map<std::string, int> rules;
  for (const Problem& problem : back.quality.problems) ++rules[problem.rule];
  EXPECT_EQ(rules, (std::map<std::string, int>{{"epoch_date", 164}}));
  EXPECT_EQ(back.event("encounters/57f2562b-445c-f11c-ba40-edc55af3c84f"),
            "encounters/57f2562b-445c-f11c-ba40-edc55af3c84f: encounter snomed:185345009 "
            "2023-01-27T16:17:47Z..2023-01-27T16:32:47Z {base_cost=77.49} "
            "{class='ambulatory'} {organization='organizations/e002090d-4e92-300e-b41e-7d1f21dee4c6'} "
            "{payer='payers/42c4fca7-f8a9-3cd1-982a-dd9751bf3e2a'} {payer_coverage=0} "
            "{provider='providers/2d85c411-b7bb-3133-8903-276c2e31f452'} "
            "{reason=snomed:195662009} {table='encounters'} {total_claim_cost=3798.09}");
}

}  // namespace
}  // namespace chartline::exchange
