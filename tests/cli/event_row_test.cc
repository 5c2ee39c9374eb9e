#include "cli/event_row.h"

#include <gtest/gtest.h>

namespace chartline::cli {
namespace {

using record::Event;
using record::Value;

Cell cell(const Event& event, std::string_view column) {
  const auto names = event_columns();
  const Row row = event_row({"nhs", "9434765919"}, event);
  EXPECT_EQ(names.size(), row.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == column) return row[i];
  ADD_FAILURE() << "no column " << column;
  return {};
}

TEST(EventRow, TellsEveryField) {
  const std::vector<record::Code> translations = {{"icd10", "E11.9", ""}, {"read2", "C10F.", "Type 2 diabetes"}};
  Event event;
  event.kind = record::Kind::condition;
  event.code = {"snomed", "44054006", "Type 2 diabetes mellitus"};
  event.translations = translations;
  event.start = *record::parse_time("2019-03");
  event.end = {record::End::Form::ongoing, {}};
  event.status = record::Status::active;
  event.certainty = record::Certainty::confirmed;
  event.author = record::Author::clinician;
  event.source = {"RYJ", "pas"};
  event.record = "cond/1", event.version = "2", event.encounter = "visit/1", event.source_person = "A-17";
  event.part = 1, event.ordinal = 2, event.sequence = 3, event.number = 4;
  event.recorded = 1'700'000'000'000'001;
  EXPECT_EQ(cell(event, "patient").text, "9434765919");
  EXPECT_EQ(cell(event, "patient_system").text, "nhs");
  EXPECT_EQ(cell(event, "kind").text, "condition");
  EXPECT_EQ(cell(event, "time").text, "2019-03");
  EXPECT_EQ(cell(event, "end").text, "ongoing");
  EXPECT_EQ(cell(event, "system").text, "snomed");
  EXPECT_EQ(cell(event, "code").text, "44054006");
  EXPECT_EQ(cell(event, "display").text, "Type 2 diabetes mellitus");
  EXPECT_EQ(cell(event, "translations").text, "icd10|E11.9;read2|C10F.");
  EXPECT_EQ(cell(event, "translations").json,
            R"([{"system":"icd10","code":"E11.9"},{"system":"read2","code":"C10F.","display":"Type 2 diabetes"}])");
  EXPECT_EQ(cell(event, "status").text, "active");
  EXPECT_EQ(cell(event, "certainty").text, "confirmed");
  EXPECT_EQ(cell(event, "author").text, "clinician");
  EXPECT_EQ(cell(event, "source").text, "RYJ");
  EXPECT_EQ(cell(event, "source_system").text, "pas");
  EXPECT_EQ(cell(event, "source_person").text, "A-17");
  EXPECT_EQ(cell(event, "record").text, "cond/1");
  EXPECT_EQ(cell(event, "version").text, "2");
  EXPECT_EQ(cell(event, "encounter").text, "visit/1");
  EXPECT_EQ(cell(event, "part").text, "1");
  EXPECT_EQ(cell(event, "ordinal").text, "2");
  EXPECT_EQ(cell(event, "sequence").text, "3");
  EXPECT_EQ(cell(event, "number").text, "4");
  EXPECT_EQ(cell(event, "recorded").text, "2023-11-14T22:13:20.000001Z");
}

TEST(EventRow, TellsTranslationsThatSemicolonsWouldTearAsJson) {
  Event event;
  const std::vector<record::Code> translations = {{"text", "cough; dry", ""}, {"icd10", "R05", ""}};
  event.translations = translations;
  EXPECT_EQ(cell(event, "translations").text, cell(event, "translations").json);
}

TEST(EventRow, TellsValuesByTheirForm) {
  Event event;
  EXPECT_EQ(cell(event, "value").type, Cell::Type::none);
  event.value.form = Value::Form::number;
  event.value.number = record::decimal(725, 2), event.value.comparator = record::Comparator::less,
  event.value.unit = "mmol/L";
  EXPECT_EQ(cell(event, "value").type, Cell::Type::number);
  EXPECT_EQ(cell(event, "value").text, "7.25");
  EXPECT_EQ(cell(event, "comparator").text, "<");
  EXPECT_EQ(cell(event, "unit").text, "mmol/L");
  event.value = {.form = Value::Form::text, .text = "\xFF"};
  EXPECT_EQ(cell(event, "value").type, Cell::Type::none);
  EXPECT_EQ(cell(event, "text").text, "\xFF");
  event.value = {.form = Value::Form::boolean, .boolean = true};
  EXPECT_EQ(cell(event, "value").text, "true");
  event.value = {.form = Value::Form::code, .code = {"snomed", "266919005", "Never smoked"}};
  EXPECT_EQ(cell(event, "value").type, Cell::Type::none);
  EXPECT_EQ(cell(event, "value_code").text, "snomed|266919005");
  EXPECT_EQ(cell(event, "value_display").text, "Never smoked");
}

TEST(EventRow, TellsTheFourEnds) {
  Event event;
  event.start = *record::parse_time("2020-01-01");
  EXPECT_EQ(cell(event, "end").type, Cell::Type::none);
  event.end = {record::End::Form::at, *record::parse_time("2020-02-03T04:05:06+01:00")};
  EXPECT_EQ(cell(event, "end").text, "2020-02-03T04:05:06+01:00");
  event.end = {record::End::Form::unknown, {}};
  EXPECT_EQ(cell(event, "end").text, "unknown");
}

TEST(EventRow, AttributesAreOneObject) {
  Value dose{.form = Value::Form::number, .number = record::decimal(5, 1)};
  Value strength = dose;
  strength.unit = "mg";
  const std::vector<record::Attribute> attributes = {
      {"body_site", {.form = Value::Form::code, .code = {"snomed", "368209003", "Right arm"}}},
      {"dose", dose},
      {"note", {.form = Value::Form::text, .text = "a\"b"}},
      {"note", {.form = Value::Form::text, .text = "again"}},
      {"since", {.form = Value::Form::date, .date = *record::parse_time("2020-02")}},
      {"strength", strength},
      {"sure", {.form = Value::Form::boolean, .boolean = false}},
  };
  Event event;
  event.attributes = attributes;
  EXPECT_EQ(
      cell(event, "attributes").json,
      R"({"body_site":{"system":"snomed","code":"368209003","display":"Right arm"},"dose":0.5,"note":["a\"b","again"],)"
      R"("since":"2020-02","strength":{"value":0.5,"unit":"mg"},"sure":false})");
}

}  // namespace
}  // namespace chartline::cli
