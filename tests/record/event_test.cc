// Copies are deep, and same_content sees every field that the source gave and none that the store gave.
#include "formats/record/event.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace chartline::record {
namespace {

// An event with every field filled, borrowing from texts that can be overwritten and freed.
struct Sample {
  std::vector<std::unique_ptr<std::string>> texts;
  std::vector<Code> translations;
  std::vector<Attribute> attributes;
  Event event;

  std::string_view text(std::string_view written) {
    return *texts.emplace_back(std::make_unique<std::string>(written));
  }
  Code code(std::string_view system, std::string_view value, std::string_view display) {
    return {.system = text(system), .code = text(value), .display = text(display)};
  }

  Sample() {
    translations = {code("icd10", "E11.9", "Type 2 diabetes"), code("read2", "C10F.", "")};
    attributes = {
        {.name = text("abatement"), .value = {.form = Value::Form::date, .date = *parse_time("2024-03")}},
        {.name = text("body_site"),
         .value = {.form = Value::Form::code, .code = code("snomed", "368209003", "Right arm")}},
        {.name = text("dose"),
         .value = {.form = Value::Form::number,
                   .comparator = Comparator::less,
                   .number = *parse_decimal("2.5"),
                   .unit = text("mg")}},
    };
    event = {.kind = Kind::condition,
             .status = Status::active,
             .certainty = Certainty::confirmed,
             .author = Author::clinician,
             .code = code("snomed", "44054006", "Type 2 diabetes mellitus"),
             .translations = translations,
             .start = *parse_time("2024-02-29T10:00:00+01:00"),
             .end = {.form = End::Form::at, .at = *parse_time("2024-03-01")},
             .value = {.form = Value::Form::text, .text = text("as told")},
             .source = {.organisation = text("RYJ"), .system = text("fhir")},
             .source_person = text("p-17"),
             .record = text("Condition/1"),
             .version = text("3"),
             .part = 1,
             .sequence = 7,
             .ordinal = 2,
             .encounter = text("Encounter/9"),
             .attributes = attributes,
             .number = 4,
             .recorded = 1'700'000'000'000'000,
             .has_original = true};
  }

  void scribble() {
    for (const auto& written : texts) std::fill(written->begin(), written->end(), '#');
    texts.clear();
    translations.clear();
    attributes.clear();
  }
};

TEST(CopyEvent, OutlivesWhatItWasCopiedFrom) {
  Arena arena;
  Event copied;
  {
    Sample sample;
    copied = copy(sample.event, arena);
    sample.scribble();
  }
  const Sample fresh;
  EXPECT_TRUE(same_content(copied, fresh.event));
  EXPECT_EQ(copied.code.display, "Type 2 diabetes mellitus");
  EXPECT_EQ(copied.translations[0].display, "Type 2 diabetes");
  EXPECT_EQ(copied.attributes[1].value.code.display, "Right arm");
  EXPECT_EQ(copied.number, 4u);
  EXPECT_EQ(copied.recorded, 1'700'000'000'000'000);
  EXPECT_TRUE(copied.has_original);
}

TEST(CopyEvent, AnEmptyOneStaysEmpty) {
  Arena arena;
  EXPECT_TRUE(same_content(copy(Event{}, arena), Event{}));
}

TEST(CopyRecord, OutlivesWhatItWasCopiedFrom) {
  Arena arena;
  Record copied;
  {
    Sample sample;
    std::vector<Event> events = {sample.event, sample.event};
    events[1].part = 2;
    std::vector<Identifier> identifiers = {{.system = sample.text("nhs"), .value = sample.text("9434765919")}};
    copied = copy(Record{.identifiers = identifiers,
                         .events = events,
                         .original = sample.text("{}"),
                         .demand = Record::Demand::version,
                         .demanded_version = sample.text("2")},
                  arena);
    sample.scribble();
    events.clear();
    identifiers[0] = {};
  }
  const Sample fresh;
  ASSERT_EQ(copied.events.size(), 2u);
  EXPECT_TRUE(same_content(copied.events[0], fresh.event));
  EXPECT_EQ(copied.events[1].part, 2u);
  ASSERT_EQ(copied.identifiers.size(), 1u);
  EXPECT_EQ(copied.identifiers[0].system, "nhs");
  EXPECT_EQ(copied.identifiers[0].value, "9434765919");
  EXPECT_EQ(copied.original, "{}");
  EXPECT_EQ(copied.demand, Record::Demand::version);
  EXPECT_EQ(copied.demanded_version, "2");
}

TEST(SameContent, SeesEveryFieldOfTheSource) {
  const std::vector<std::pair<const char*, std::function<void(Sample&)>>> changes = {
      {"kind", [](Sample& s) { s.event.kind = Kind::observation; }},
      {"status", [](Sample& s) { s.event.status = Status::resolved; }},
      {"certainty", [](Sample& s) { s.event.certainty = Certainty::refuted; }},
      {"author", [](Sample& s) { s.event.author = Author::patient; }},
      {"code", [](Sample& s) { s.event.code.code = "73211009"; }},
      {"code system", [](Sample& s) { s.event.code.system = "local"; }},
      {"translation", [](Sample& s) { s.translations[1].code = "C10E."; }},
      {"fewer translations", [](Sample& s) { s.event.translations = s.event.translations.first(1); }},
      {"start", [](Sample& s) { s.event.start.local += 1; }},
      {"start precision", [](Sample& s) { s.event.start.precision = Precision::finer; }},
      {"start offset", [](Sample& s) { s.event.start.offset_minutes = 0; }},
      {"end form", [](Sample& s) { s.event.end = {.form = End::Form::ongoing}; }},
      {"end", [](Sample& s) { s.event.end.at.local += micros_per_day; }},
      {"value", [](Sample& s) { s.event.value.text = "as seen"; }},
      {"value form", [](Sample& s) { s.event.value = {}; }},
      {"organisation", [](Sample& s) { s.event.source.organisation = "RAX"; }},
      {"source system", [](Sample& s) { s.event.source.system = "omop"; }},
      {"source person", [](Sample& s) { s.event.source_person = "p-18"; }},
      {"record", [](Sample& s) { s.event.record = "Condition/2"; }},
      {"version", [](Sample& s) { s.event.version = "4"; }},
      {"part", [](Sample& s) { s.event.part = 0; }},
      {"sequence", [](Sample& s) { s.event.sequence = 8; }},
      {"ordinal", [](Sample& s) { s.event.ordinal = 0; }},
      {"encounter", [](Sample& s) { s.event.encounter = ""; }},
      {"attribute name", [](Sample& s) { s.attributes[2].name = "strength"; }},
      {"attribute number", [](Sample& s) { s.attributes[2].value.number = *parse_decimal("5"); }},
      {"attribute comparator", [](Sample& s) { s.attributes[2].value.comparator = Comparator::equal; }},
      {"attribute unit", [](Sample& s) { s.attributes[2].value.unit = "g"; }},
      {"attribute code", [](Sample& s) { s.attributes[1].value.code.code = "368208006"; }},
      {"attribute date", [](Sample& s) { s.attributes[0].value.date = *parse_time("2024-04"); }},
      {"fewer attributes", [](Sample& s) { s.event.attributes = s.event.attributes.first(2); }},
  };
  for (const auto& [what, change] : changes) {
    const Sample a;
    Sample b;
    EXPECT_TRUE(same_content(a.event, b.event));
    change(b);
    EXPECT_FALSE(same_content(a.event, b.event)) << what;
    EXPECT_FALSE(same_content(b.event, a.event)) << what;
  }
}

TEST(SameContent, LooksPastTheStoresFieldsAndDisplays) {
  const Sample a;
  Sample b;
  b.event.number = 99;
  b.event.recorded = 0;
  b.event.has_original = false;
  b.event.code.display = "T2DM";
  b.translations[0].display = "";
  b.attributes[1].value.code.display = "";
  EXPECT_TRUE(same_content(a.event, b.event));
}

TEST(SameContent, BooleansDifferByTheirTruth) {
  Event yes{.value = {.form = Value::Form::boolean, .boolean = true}};
  Event no{.value = {.form = Value::Form::boolean, .boolean = false}};
  EXPECT_TRUE(same_content(yes, yes));
  EXPECT_FALSE(same_content(yes, no));
}

}  // namespace
}  // namespace chartline::record
