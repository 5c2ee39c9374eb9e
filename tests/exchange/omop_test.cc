#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <set>

#include "formats/exchange/omop_concepts.h"
#include "formats/exchange/omop_context.h"
#include "formats/exchange/omop_tables.h"
#include "formats/exchange/row_ids.h"
#include "tests/exchange/event_text.h"
#include "tests/exchange/packed.h"

namespace chartline::exchange {
namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view person_header =
    "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,race_concept_id\n";
constexpr std::string_view condition_header =
    "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_start_datetime,condition_"
    "end_date,"
    "condition_source_value,condition_source_concept_id,visit_occurrence_id\n";
constexpr std::string_view concepts =
    "concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,valid_start_date,"
    "valid_end_date,invalid_reason\n"
    "4112343,Acute viral pharyngitis,Condition,SNOMED,Clinical Finding,S,195662009,1970-01-01,2099-12-31,\n"
    "35208414,\"Gastrointestinal hemorrhage, unspecified\",Condition,ICD10CM,4-char billing "
    "code,,K922,2007-01-01,2099-12-31,\n"
    "9529,kilogram,Unit,UCUM,Unit,S,kg,1970-01-01,2099-12-31,\n"
    "38004446,General Practice,Provider,Medicare Specialty,Physician Specialty,S,01,1970-01-01,2099-12-31,\n";

std::string text(std::string_view header, std::string_view rows) { return std::string(header) + std::string(rows); }

TEST(OmopTables, NameEachColumnAndEachAttributeOnce) {
  for (const OmopTable& table : omop_tables()) {
    std::set<std::string_view> names;
    for (const OmopColumn& column : table.columns) {
      EXPECT_TRUE(names.insert(column.name).second) << table.name << "." << column.name;
      EXPECT_EQ(column.role == OmopRole::link, !column.target.empty()) << table.name << "." << column.name;
      const bool is_attribute = static_cast<int>(column.role) >= omop_single_roles;
      EXPECT_TRUE(!is_attribute || !column.attribute.empty()) << table.name << "." << column.name;
    }
    EXPECT_EQ(find_omop_table(table.name), &table);
  }
  EXPECT_EQ(find_omop_table("PERSON"), nullptr);
}

TEST(OmopConcepts, KnowCodesAndGiveEachToOneConcept) {
  OmopConcepts concepts_of;
  record::Arena arena;
  EXPECT_TRUE(concepts_of.add(1, "SNOMED", " 195662009 ", "Acute viral pharyngitis"));
  EXPECT_TRUE(concepts_of.add(2, "SNOMED", "195662009", "the same code again"));
  EXPECT_TRUE(concepts_of.add(3, "Domain", "OMOP generated", "Condition"));
  EXPECT_TRUE(concepts_of.add(-4, "site", "", "no code"));
  EXPECT_FALSE(concepts_of.add(1, "LOINC", "1-8", "the same id again"));
  EXPECT_EQ(text_of(concepts_of.code(1, arena)), "snomed:195662009");
  EXPECT_EQ(concepts_of.code(1, arena).display, "Acute viral pharyngitis");
  EXPECT_EQ(text_of(concepts_of.code(2, arena)), "omop:2");
  EXPECT_EQ(concepts_of.code(2, arena).display, "the same code again");
  EXPECT_EQ(text_of(concepts_of.code(3, arena)), "omop:3");
  EXPECT_EQ(text_of(concepts_of.code(-4, arena)), "omop:-4");
  EXPECT_EQ(text_of(concepts_of.code(2000000000001, arena)), "omop:2000000000001");
  EXPECT_EQ(concepts_of.size(), 4u);
}

TEST(OmopConcepts, StayFindableAsTheyGrow) {
  OmopConcepts many;
  record::Arena arena;
  for (std::int64_t id = 0; id < 20'000; ++id)
    ASSERT_TRUE(many.add(id * 7, "LOINC", "c" + std::to_string(id), "n" + std::to_string(id)));
  for (std::int64_t id = 0; id < 20'000; ++id) {
    ASSERT_EQ(text_of(many.code(id * 7, arena)), "loinc:c" + std::to_string(id));
    ASSERT_EQ(text_of(many.code(id * 7 + 1, arena)), "omop:" + std::to_string(id * 7 + 1));
  }
}

TEST(OmopConcepts, KnowThoseOfMoreVocabulariesThanHaveANumberByTheirId) {
  OmopConcepts many;
  record::Arena arena;
  for (std::int64_t id = 0; id < 65'540; ++id) ASSERT_TRUE(many.add(id, "v" + std::to_string(id), "c", "name"));
  EXPECT_EQ(text_of(many.code(65'535, arena)), "v65535:c");
  EXPECT_EQ(text_of(many.code(65'536, arena)), "omop:65536");
  EXPECT_EQ(many.code(65'536, arena).display, "name");
  EXPECT_TRUE(many.add(70'000, "v7", "d", ""));
  EXPECT_EQ(text_of(many.code(70'000, arena)), "v7:d");
}

TEST(RowIds, CountEachSpellingOfAnIdForItself) {
  RowIds ids;
  for (const std::string_view id :
       {"0", "1", "4095", "4096", "2147483647", "2147483648", "9223372036854775807", "-1", "-9223372036854775808",
        "99999999999999999999", "007", "7", "-0", "1e3", "abc", "+5", "5", "1.0"}) {
    EXPECT_EQ(ids.seen(id), 1u) << id;
    EXPECT_EQ(ids.seen(id), 2u) << id;
    EXPECT_EQ(ids.seen(id), 3u) << id;
  }
}

TEST(OmopBirth, IsAsPreciseAsItsParts) {
  const auto born = [](std::string_view y, std::string_view m, std::string_view d, std::string_view datetime) {
    const OmopBirth birth = omop_birth(y, m, d, datetime, {});
    const std::string_view state = birth.state == OmopBirth::State::bad       ? " bad"
                                   : birth.state == OmopBirth::State::differs ? " differs"
                                                                              : "";
    return print(birth.time) + std::string(state);
  };
  EXPECT_EQ(born("1963", "12", "31", "1963-12-31 00:00:00"), "1963-12-31");
  EXPECT_EQ(born("1963", "12", "31", "1963-12-31 07:30:00"), "1963-12-31T07:30:00Z");
  EXPECT_EQ(born("1963", "12", "31", "1963-12-30 07:30:00"), "1963-12-31 differs");
  EXPECT_EQ(born("1963", "12", "31", "soon"), "1963-12-31 bad");
  EXPECT_EQ(born("1963", "2", "29", ""), "1963-02 bad");
  EXPECT_EQ(born("1963", "13", "1", ""), "1963 bad");
  EXPECT_EQ(born("1963", "12", "", ""), "1963-12");
  EXPECT_EQ(born("2095", "", "", ""), "2095");
  EXPECT_EQ(born("2095.0", "", "", ""), "2095");
  EXPECT_EQ(born("1963", "", "", "1963-01-01 00:00:00"), "1963");
  EXPECT_EQ(born("1963", "", "", "1963-05-06"), "1963-05-06");
  EXPECT_EQ(born("1963", "", "", "1964-05-06"), "1963 differs");
  EXPECT_EQ(born("", "", "", "1963-05-06"), "1963-05-06");
  EXPECT_EQ(born("", "", "", ""), "");
  EXPECT_EQ(born("0", "", "", ""), " bad");
}

TEST(Omop, ReadsAPersonAndAConditionWithTheirCodes) {
  const TestFolder folder;
  folder.write("CONCEPT.csv", concepts);
  folder.write("PERSON.csv", text(person_header, "7,8532,1963,12,31,,8516\n"));
  folder.write("death.csv",
               "person_id,death_date,death_type_concept_id,cause_concept_id\n7,2015-11-01,32817,4112343\n");
  folder.write("Condition_Occurrence.csv",
               text(condition_header,
                    "4483,7,4112343,2015-10-02,2015-10-02 00:00:00,2015-10-14,195662009,4112343,17479\n"
                    "4484,7,4112343,2015-10-02,2015-10-02 09:30:00,,K92.2,35208414,0\n"
                    "4485,7,77,2015-10-02,,,J02,,\n"
                    "4486,7,0,2015-10-02,,,J02,,\n"
                    "4487,7,0,2015-10-02,,,,35208414,\n"
                    "4488,7,0,2015-10-02,,,,0,\n"));
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(back.error, "");
  EXPECT_EQ(back.problems(), Lines{});
  EXPECT_EQ(back.person(0), "omop|7");
  const std::string table = " {table='condition_occurrence'}";
  EXPECT_EQ(back.events(),
            (Lines{"condition_occurrence/4483: condition snomed:195662009 [omop:4112343] 2015-10-02..2015-10-14 in "
                   "visit_occurrence/17479 "
                   "{source_concept=snomed:195662009}" +
                       table,
                   "condition_occurrence/4484: condition snomed:195662009 [omop:4112343] [icd10cm:K92.2] "
                   "2015-10-02T09:30:00Z..? "
                   "{source_concept=icd10cm:K92.2}" +
                       table,
                   "condition_occurrence/4485: condition omop:77 [local:J02] 2015-10-02..?" + table,
                   "condition_occurrence/4486: condition local:J02 2015-10-02..?" + table + " {unmapped=true}",
                   "condition_occurrence/4487: condition icd10cm:K92.2 2015-10-02..? {source_concept=icd10cm:K92.2}" +
                       table + " {unmapped=true}",
                   "condition_occurrence/4488: condition omop_table:condition_occurrence 2015-10-02..?" + table +
                       " {unmapped=true}",
                   "person/7: patient omop_table:person {birth=1963-12-31} {death=2015-11-01} {gender=omop:8532} "
                   "{race=omop:8516} "
                   "{sex=gender:female} {table='person'}",
                   "death/7: death snomed:195662009 [omop:4112343] 2015-11-01 {table='death'} {type=omop:32817}"}));
  ASSERT_EQ(back.sink.concepts.size(), 4u);
  EXPECT_EQ(back.sink.concepts[0].omop_id, "4112343");
  EXPECT_TRUE(back.sink.concepts[0].standard);
  EXPECT_EQ(back.sink.concepts[0].valid_to, "2099-12-31");
  EXPECT_FALSE(back.sink.concepts[1].standard);
  EXPECT_EQ(back.sink.concepts[1].code.display, "Gastrointestinal hemorrhage, unspecified");
}

TEST(Omop, ReadsValuesWithComparatorUnitAndWhatStandsBesideThem) {
  const TestFolder folder;
  folder.write("concept.csv", concepts);
  folder.write(
      "measurement.csv",
      "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_time,operator_concept_id,value_as_"
      "number,value_as_concept_id,"
      "unit_concept_id,range_low,range_high,unit_source_value,value_source_value\n"
      "1,7,3025315,2013-05-17,2013-05-17,0,48.10,0,9529,40,60.5,kg,48.1\n"
      "2,7,3025315,2013-05-17,10:20:00,4171756,0.3,0,0,,,mg/dL,<0.3\n"
      "3,7,3025315,2013-05-17,,0,,45878583,9529,,,Kilo,Negative\n"
      "4,7,3025315,2013-05-17,,4172703,1,45878583,777,,,,\n"
      "5,7,3025315,2013-05-17,,99,many,,,low,,,lots\n"
      "6,7,3025315,2013-05-17,,0,0.1234567890123456789,0,9529,-1.234567890123456789012,,kg,0.12345678901234568\n");
  ReadBack back;
  read_into(back, read_omop, folder.path());
  const std::string start = ": observation omop:3025315 2013-05-17";
  EXPECT_EQ(
      back.events(),
      (Lines{
          "measurement/1" + start + " =48.1 kg {range_high=60.5 kg} {range_low=40 kg} {table='measurement'} {unit=ucum:kg}",
          "measurement/2" +
              start + " =<0.3 mg/dL {measurement_time='10:20:00'} {operator=omop:4171756} {table='measurement'} {value_source_value='<0.3'}",
          "measurement/3" +
              start + " =omop:45878583 {table='measurement'} {unit=ucum:kg} {unit_source_value='Kilo'} {value_source_value='Negative'}",
          "measurement/4" + start +
              " =1 {operator=omop:4172703} {table='measurement'} {unit=omop:777} {value_as_concept=omop:45878583}",
          "measurement/5" + start +
              " ='lots' {operator=omop:99} {range_low='low'} {table='measurement'} {value_as_number='many'} "
              "{value_source_value='lots'}",
          "measurement/6" + start +
              " ='0.1234567890123456789' {range_low='-1.234567890123456789012'} {table='measurement'} {unit=ucum:kg} "
              "{unit_source_value='kg'} {value_source_value='0.12345678901234568'}"}));
  EXPECT_EQ(back.problems(), (Lines{"measurement.csv:6 value_as_number bad_number repaired",
                                    "measurement.csv:6 range_low bad_number repaired",
                                    "measurement.csv:7 value_as_number long_number repaired",
                                    "measurement.csv:7 range_low long_number repaired"}));
}

TEST(Omop, TakesWhatIsChartedOnTheDayOfADeathForPossible) {
  const TestFolder folder;
  folder.write("person.csv", "person_id,gender_concept_id,year_of_birth\n7,0,1950\n");
  folder.write("death.csv", "person_id,death_date,death_datetime\n7,2015-11-01,2015-11-01 10:00:00\n");
  folder.write("measurement.csv",
               "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime\n"
               "1,7,3025315,2015-11-01,2015-11-01 12:00:00\n"
               "2,7,3025315,2015-11-02,2015-11-02 00:30:00\n");
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(back.quality.impossible_by_rule, (std::map<std::string, std::uint64_t>{{"after_death", 1}}));
}

TEST(Omop, KeepsErasApartFromTheConditionsTheySumUp) {
  const TestFolder folder;
  folder.write("condition_era.csv",
               "condition_era_id,person_id,condition_concept_id,condition_era_start_date,condition_era_end_date,"
               "condition_occurrence_count\n"
               "1,1,28060,2005-05-07 00:00:00,2005-05-20 00:00:00,2\n");
  folder.write(
      "dose_era.csv",
      "dose_era_id,person_id,drug_concept_id,unit_concept_id,dose_value,dose_era_start_date,dose_era_end_date\n"
      "9,1,902427,8576,2.5,2142-05-14,2142-05-16\n");
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(
      back.events(),
      (Lines{"condition_era/1: other omop:28060 2005-05-07..2005-05-20 {occurrence_count=2} {table='condition_era'}",
             "dose_era/9: other omop:902427 2142-05-14..2142-05-16 =2.5 {table='dose_era'} {unit=omop:8576}"}));
}

TEST(Omop, ReadsBothVersionsOfVisitColumnsAndColumnsOfNoVersion) {
  const TestFolder folder;
  folder.write("provider.csv", "provider_id,provider_name,specialty_concept_id\n33,Dr A,38004446\n");
  folder.write("care_site.csv", "care_site_id,care_site_name,place_of_service_concept_id\n5,Ward,8870\n");
  folder.write("visit_occurrence.csv",
               "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,provider_id,care_site_"
               "id,visit_source_value,"
               "admitting_source_concept_id,admitted_from_concept_id,discharge_to_concept_id,preceding_visit_"
               "occurrence_id,Ward Name,table\n"
               "1,7,9201,2020-01-01,2020-01-03,33,5,V1,8870,8717,581476,9,North,x\n");
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(
      back.event("visit_occurrence/1"),
      "visit_occurrence/1: encounter omop:9201 2020-01-01..2020-01-03 {admitted_from=omop:8717} "
      "{admitting_source_concept_id=omop:8870} "
      "{care_site='care_site/5'} {column_14_table='x'} {discharged_to=omop:581476} {place_of_service=omop:8870} "
      "{preceding_visit='visit_occurrence/9'} {provider='provider/33'} {source_value='V1'} {specialty=omop:38004446} "
      "{table='visit_occurrence'} {ward_name='North'}");
  EXPECT_EQ(back.event("provider/33"),
            "provider/33: other omop_table:provider {name='Dr A'} {specialty=omop:38004446} {table='provider'}");
  EXPECT_EQ(back.person(1), "omop|(no patient)");
}

TEST(Omop, KeepsRowsOfPersonsThatPersonHasNotAndSaysSo) {
  const TestFolder folder;
  folder.write("person.csv", text(person_header, "-3908355835367628651,8507,1990,1,1,,\n"));
  folder.write("observation_period.csv",
               "observation_period_id,person_id,observation_period_start_date,observation_period_end_date,period_type_"
               "concept_id\n"
               "1,-3908355835367628651,1963-12-31,2007-02-06,44814724\n2,8,1963-12-31,2007-02-06,44814724\n");
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(back.problems(), (Lines{"observation_period.csv:3 person_id person_not_in_person_table repaired"}));
  EXPECT_EQ(back.events()[0],
            "observation_period/1: registration omop:44814724 1963-12-31..2007-02-06 {table='observation_period'}");
  EXPECT_EQ(back.person(0), "omop|-3908355835367628651");
  EXPECT_EQ(back.person(1), "omop|8");
  EXPECT_EQ(back.quality.impossible_by_rule["before_birth"], 1u);
}

TEST(Omop, RefusesRowsItCannotPlaceAndMendsTheOthers) {
  const TestFolder folder;
  folder.write("condition_occurrence.csv", text(condition_header,
                                                "1,,4112343,2015-10-02,,,,,\n"
                                                "2,7,4112343,2015-13-02,,,,,\n"
                                                "3,7,4112343\n"
                                                "4,7,x,2015-10-02,2015-10-03 10:00:00,2015-02-30,,,\n"
                                                "4,8,5,,,,,,\n"
                                                "4,8,5,,,,,,\n"));
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(back.error, "");
  EXPECT_EQ(back.problems(), (Lines{"condition_occurrence.csv:2 person_id no_person rejected",
                                    "condition_occurrence.csv:3 condition_start_date bad_date rejected",
                                    "condition_occurrence.csv:4  ragged_row rejected",
                                    "condition_occurrence.csv:5 condition_start_datetime datetime_differs repaired",
                                    "condition_occurrence.csv:5 condition_concept_id bad_concept_id repaired",
                                    "condition_occurrence.csv:5 condition_end_date bad_date repaired",
                                    "condition_occurrence.csv:6 condition_occurrence_id repeated_id repaired",
                                    "condition_occurrence.csv:7 condition_occurrence_id repeated_id repaired"}));
  const std::string table = " {table='condition_occurrence'}";
  EXPECT_EQ(back.events(),
            (Lines{"condition_occurrence/4: condition omop_table:condition_occurrence 2015-10-02..? {concept='x'}" +
                       table + " {unmapped=true}",
                   "condition_occurrence/4#2: condition omop:5..?" + table,
                   "condition_occurrence/4#3: condition omop:5..?" + table}));
  EXPECT_EQ(back.quality.rows, back.quality.records + back.quality.rejected);
}

TEST(Omop, HandsOverTerminology) {
  const TestFolder folder;
  folder.write("2b_concept.csv", concepts);
  folder.write("2b_vocabulary.csv",
               "vocabulary_id,vocabulary_name,vocabulary_reference,vocabulary_version,vocabulary_concept_id\n"
               "SNOMED,Systematic Nomenclature,x,2021-01-31,44819097\n");
  folder.write("concept_ancestor.csv",
               "ancestor_concept_id,descendant_concept_id,min_levels_of_separation,max_levels_of_separation\n"
               "441840,4112343,5,6\n4112343,4112343,0,0\nx,1,1,1\n");
  folder.write("concept_relationship.csv",
               "concept_id_1,concept_id_2,relationship_id,valid_start_date,valid_end_date,invalid_reason\n"
               "35208414,192671,Maps to,1970-01-01,2099-12-31,\n4112343,4112343,Maps to,1970-01-01,2099-12-31,\n"
               "35208414,1,Maps to,1970-01-01,2000-12-31,D\n192671,35208414,Mapped from,1970-01-01,2099-12-31,\n");
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(back.sink.concepts.size(), 5u);
  EXPECT_EQ(text_of(back.sink.concepts.back().code), "vocabulary:SNOMED");
  EXPECT_EQ(back.sink.concepts.back().code.display, "Systematic Nomenclature, 2021-01-31");
  ASSERT_EQ(back.sink.links.size(), 2u);
  EXPECT_EQ(back.sink.links[0].relation, record::Relation::is_a);
  EXPECT_EQ(text_of(back.sink.links[0].from) + " " + text_of(back.sink.links[0].to), "snomed:195662009 omop:441840");
  EXPECT_EQ(back.sink.links[0].distance, 5u);
  EXPECT_EQ(back.sink.links[1].relation, record::Relation::maps_to);
  EXPECT_EQ(text_of(back.sink.links[1].from) + " " + text_of(back.sink.links[1].to), "icd10cm:K92.2 omop:192671");
  EXPECT_EQ(back.problems(), (Lines{"concept_ancestor.csv:4 ancestor_concept_id bad_concept_id rejected",
                                    "concept_relationship.csv:0 relationship_id relationship_not_read repaired"}));
  EXPECT_EQ(back.quality.rows, back.quality.records + back.quality.rejected);
}

TEST(Omop, NamesDatabasesInPersonIdsAndFilesThatItDoesNotRead) {
  const TestFolder folder;
  folder.write("cdm_source.csv", "cdm_source_name,cdm_source_abbreviation\nThe Northern Ward,NW\n");
  folder.write("person.csv", "person_id,gender_concept_id,person_source_value\n1,8551,src-1\n");
  folder.write("relationship.csv", "relationship_id,relationship_name\nIs a,Is a\n");
  folder.write("domain.csv", "domain_id,domain_name\n");
  folder.write("empty.csv", "");
  folder.write("readme.txt", "hello");
  ReadBack back;
  read_into(back, read_omop, folder.path());
  EXPECT_EQ(back.person(0), "omop:NW|1 omop:NW:person_source|src-1");
  EXPECT_EQ(back.sink.events()[0]->source.organisation, "omop");
  EXPECT_EQ(back.sink.events()[0]->source.system, "NW");
  EXPECT_EQ(back.problems(), (Lines{"empty.csv:0  table_not_read repaired", "readme.txt:0  table_not_read repaired",
                                    "relationship.csv:0  table_not_read repaired"}));

  ReadBack named;
  ReadOptions options;
  options.source = "RYJ";
  options.keep_originals = false;
  read_into(named, read_omop, folder.path(), options);
  EXPECT_EQ(named.person(0), "omop:RYJ|1 omop:RYJ:person_source|src-1");
  EXPECT_EQ(named.sink.events()[0]->source.organisation, "RYJ");
  EXPECT_EQ(named.sink.records[0].original, "");
  EXPECT_EQ(back.sink.records[0].original, "1,8551,src-1");
}

// Standard input for one test.
class StandardInput {
 public:
  explicit StandardInput(const std::string& file) : kept_(::dup(STDIN_FILENO)) {
    const int opened = ::open(file.c_str(), O_RDONLY);
    ::dup2(opened, STDIN_FILENO);
    ::close(opened);
  }
  ~StandardInput() {
    ::dup2(kept_, STDIN_FILENO);
    ::close(kept_);
  }
  StandardInput(const StandardInput&) = delete;

 private:
  int kept_;
};

TEST(Omop, ReadsArchivesInAnyOrderAndStandardInputInItsOwn) {
  const std::string conditions = text(condition_header, "1,7,4112343,2015-10-02,,,,,\n");
  const std::string persons = text(person_header, "7,8507,2016,,,,\n");
  const TestFolder folder;
  folder.write("late.tar", tar({{"omop/condition_occurrence.csv", conditions},
                                {"omop/concept.csv.gz", pack(std::string(concepts), Packing::gzip)},
                                {"omop/person.csv", persons}}));
  folder.write("early.tgz", pack(tar({{"concept.csv", std::string(concepts)},
                                      {"person.csv", persons},
                                      {"part-0001", conditions},
                                      {"part-0001.csv", conditions}}),
                                 Packing::gzip));
  const std::string expected =
      "condition_occurrence/1: condition snomed:195662009 [omop:4112343] 2015-10-02..? {table='condition_occurrence'}";
  ReadBack late, early, streamed, streamed_late;
  read_into(late, read_omop, folder.path() + "/late.tar");
  read_into(early, read_omop, folder.path() + "/early.tgz");
  {
    const StandardInput in(folder.path() + "/early.tgz");
    read_into(streamed, read_omop, "-");
  }
  {
    const StandardInput in(folder.path() + "/late.tar");
    read_into(streamed_late, read_omop, "-");
  }
  EXPECT_EQ(late.event("condition_occurrence/1"), expected);
  EXPECT_EQ(late.quality.impossible_by_rule["before_birth"], 1u);
  EXPECT_EQ(early.event("condition_occurrence/1"), expected);
  EXPECT_EQ(early.problems(), (Lines{"early.tgz:part-0001:0  table_not_read repaired"}));
  EXPECT_EQ(streamed.error, "");
  EXPECT_EQ(streamed.events(), early.events());
  EXPECT_EQ(streamed.sink.concepts.size(), 4u);
  EXPECT_EQ(text_of(streamed.sink.concepts[0].code), "snomed:195662009");
  // What comes too late is not known yet.
  EXPECT_EQ(streamed_late.event("condition_occurrence/1"),
            "condition_occurrence/1: condition omop:4112343 2015-10-02..? {table='condition_occurrence'}");
}

TEST(Omop, TakesDamagedFilesAsTheyCome) {
  constexpr std::uint64_t seed = 20'240'229;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::pair<std::string, std::string>> files = {
      {"concept.csv", std::string(concepts)},
      {"person.csv", text(person_header, "7,8507,2016,2,29,2016-02-29 10:00:00,8516\n8,8532,1950,,,,0\n")},
      {"condition_occurrence.csv",
       text(condition_header, "1,7,4112343,2015-10-02,2015-10-02 09:30:00,2015-10-14,\"K92,2\",35208414,17479\n")},
      {"measurement.csv",
       "measurement_id,person_id,measurement_concept_id,measurement_date,operator_concept_id,value_as_number,unit_"
       "concept_id\n"
       "1,7,3025315,2013-05-17,4171756,48.10,9529\n"},
      {"concept_ancestor.csv",
       "ancestor_concept_id,descendant_concept_id,min_levels_of_separation\n441840,4112343,5\n"}};
  constexpr std::string_view bytes = "\",\n\r-.0123456789e\xff\x80 #";
  for (int round = 0; round < 300; ++round) {
    const TestFolder folder;
    for (const auto& [name, whole] : files) {
      std::string damaged = whole;
      for (int changes = 0; changes < 4; ++changes) damaged[random() % damaged.size()] = bytes[random() % bytes.size()];
      if (round % 10 == 0) damaged.resize(random() % damaged.size());
      folder.write(name, damaged);
    }
    ReadBack back;
    read_into(back, read_omop, folder.path());
    ASSERT_EQ(back.error, "") << "round " << round;
    ASSERT_EQ(back.quality.rows, back.quality.records + back.quality.rejected) << "round " << round;
    ASSERT_EQ(back.quality.records, back.sink.records.size()) << "round " << round;
  }
}

TEST(Omop, TakesTimesInTheZoneGiven) {
  const TestFolder folder;
  folder.write("condition_occurrence.csv",
               text(condition_header, "1,7,5,2015-07-02,2015-07-02 09:30:00,2015-12-01,,,\n"));
  ReadBack back;
  ReadOptions options;
  options.zone = record::Zone::find("Europe/London").value();
  read_into(back, read_omop, folder.path(), options);
  const record::Event& event = *back.sink.events()[0];
  EXPECT_EQ(print(event.start), "2015-07-02T09:30:00+01:00");
  EXPECT_EQ(event.end.at.offset_minutes, 0);
}

// The shared sets: every row is a record or a reject, each table has the rows that its file has lines.
class OmopSet : public testing::Test {
 protected:
  bool load(const std::string& name) {
    folder_ = std::filesystem::path("../shared/data") / name;
    if (!std::filesystem::exists(folder_)) return false;
    read_into(back_, read_omop, folder_.string());
    EXPECT_EQ(back_.error, "");
    EXPECT_EQ(back_.quality.rows, back_.quality.records + back_.quality.rejected);
    EXPECT_EQ(back_.quality.records, back_.sink.records.size());
    for (const auto* event : back_.sink.events())
      for (const auto& attribute : event->attributes)
        if (attribute.name == "table") ++by_table_[std::string(attribute.value.text)];
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      std::string table = file.path().stem().string();
      std::transform(table.begin(), table.end(), table.begin(), [](unsigned char c) { return std::tolower(c); });
      if (find_omop_table(table) == nullptr) continue;
      EXPECT_EQ(by_table_[table], lines_below_header(file.path())) << table;
    }
    return true;
  }

  std::filesystem::path folder_;
  ReadBack back_;
  std::map<std::string, std::uint64_t> by_table_;
};

TEST_F(OmopSet, GiBleed) {
  if (!load("omop-gibleed")) GTEST_SKIP() << "skipped: ../shared/data is absent";
  EXPECT_EQ(by_table_["person"], 2'694u);
  EXPECT_EQ(by_table_["condition_occurrence"], 65'332u);
  EXPECT_EQ(by_table_["drug_exposure"], 67'707u);
  EXPECT_EQ(by_table_["procedure_occurrence"], 37'409u);
  EXPECT_EQ(by_table_["measurement"], 44'053u);
  EXPECT_EQ(by_table_["visit_occurrence"], 1'037u);
  EXPECT_EQ(by_table_["condition_era"], 65'719u);
  EXPECT_EQ(by_table_["drug_era"], 52'508u);
  EXPECT_EQ(by_table_["observation_period"], 5'343u);
  EXPECT_EQ(back_.quality.rejected, 0u);

  std::map<std::string, int> rules;
  for (const Problem& problem : back_.quality.problems) ++rules[problem.rule];
  EXPECT_EQ(rules, (std::map<std::string, int>{{"person_not_in_person_table", 2'649},
                                               {"repeated_id", 4'384 + 2'183 + 6},
                                               {"relationship_not_read", 1},
                                               {"table_not_read", 4}}));
  std::set<std::string_view> persons, records;
  int open_ended = 0;
  for (const auto& record : back_.sink.records) {
    persons.insert(record.identifiers[0].value);
    EXPECT_TRUE(records.insert(record.events[0].record).second) << record.events[0].record;
    if (record.events[0].kind == record::Kind::condition)
      open_ended += record.events[0].end.form == record::End::Form::unknown;
  }
  EXPECT_EQ(persons.size(), 5'343u);
  EXPECT_EQ(open_ended, 8'652);
  EXPECT_EQ(back_.sink.concepts.size(), 443u + 125u);  // concept 0 stands for none
  // 65,690 ancestors but for each concept's row with itself, and three mappings.
  std::ifstream in(folder_ / "concept_ancestor.csv");
  std::size_t links = 0;
  for (std::string line; std::getline(in, line);) {
    const auto comma = line.find(','), next = line.find(',', comma + 1);
    links += line.substr(0, comma) != line.substr(comma + 1, next - comma - 1);
  }
  EXPECT_EQ(back_.sink.links.size(), links - 1 + 3);
  EXPECT_EQ(back_.event("condition_occurrence/4657"),
            "condition_occurrence/4657: condition snomed:74474003 [omop:192671] [icd10cm:K92.2] 2011-10-10..? in "
            "visit_occurrence/18192 "
            "{source_concept=icd10cm:K92.2} {table='condition_occurrence'} {type=omop:32020}");
}

TEST_F(OmopSet, SyntheaOfNewJersey) {
  if (!load("omop-synthea27nj")) GTEST_SKIP() << "skipped: ../shared/data is absent";
  EXPECT_EQ(by_table_["measurement"], 10'040u);
  EXPECT_EQ(by_table_["observation"], 8'099u);
  EXPECT_EQ(back_.by_kind(), (std::map<std::string, int>{{"condition", 470},
                                                         {"death", 3},
                                                         {"device", 1},
                                                         {"encounter", 2 * 1'791},
                                                         {"medication", 883},
                                                         {"observation", 10'040 + 8'099},
                                                         {"other", 469 + 67},
                                                         {"patient", 28},
                                                         {"procedure", 1'649},
                                                         {"registration", 28}}));
  EXPECT_EQ(back_.sink.links.size(), 63'463u);
  EXPECT_EQ(back_.event("measurement/1"),
            "measurement/1: observation loinc:29463-7 [omop:3025315] 2013-05-17 =48.1 kg in visit_occurrence/38 "
            "{provider='provider/33'} "
            "{source_concept=loinc:29463-7} {specialty=omop:38004446} {table='measurement'} {type=omop:38000267} "
            "{unit=ucum:kg} "
            "{visit_detail='visit_detail/1000038'}");
}

TEST_F(OmopSet, MimicDemo) {
  if (!load("mimic-iv-demo-omop")) GTEST_SKIP() << "skipped: ../shared/data is absent";
  EXPECT_EQ(by_table_["visit_occurrence"], 852u);
  EXPECT_EQ(by_table_["condition_occurrence"], 16'441u);
  EXPECT_EQ(by_table_["drug_exposure"], 18'229u);
  EXPECT_EQ(by_table_["procedure_occurrence"], 18'447u);
  EXPECT_EQ(by_table_["visit_detail"], 14'479u);
  EXPECT_EQ(by_table_["fact_relationship"], 1'752u);
  EXPECT_EQ(back_.quality.rejected, 0u);
  std::set<std::string_view> persons;
  for (const auto& record : back_.sink.records) persons.insert(record.identifiers[0].value);
  EXPECT_EQ(persons.size(), 100u + 1u);  // and nobody
  EXPECT_EQ(back_.sink.links.size(), 3'834u);
}

}  // namespace
}  // namespace chartline::exchange
