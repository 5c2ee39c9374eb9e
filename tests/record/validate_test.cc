// A text that is not UTF-8 is refused wherever it stands, by the name of its field.
#include "formats/record/validate.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace chartline::record {
namespace {

struct Sample {
  std::vector<Identifier> identifiers = {{"mrn", "1"}};
  std::vector<Code> translations = {{"icd10", "E11.9", "Type 2 diabetes"}};
  std::vector<Attribute> attributes = {{.name = "dose", .value = {.form = Value::Form::text, .text = "much"}}};
  std::vector<Event> events = {{.kind = Kind::condition,
                                .code = {"snomed", "44054006", "Diabetes"},
                                .start = day_time(1),
                                .value = {.form = Value::Form::code, .unit = "mg", .code = {"snomed", "1", "Yes"}},
                                .source = {.organisation = "RYJ", .system = "epr"},
                                .record = "r"}};
  Record record(bool plain = false) {
    if (!plain) events[0].translations = translations, events[0].attributes = attributes;
    return {.identifiers = identifiers, .events = events, .original = "\xff"};
  }
};

TEST(Validate, RefusesWhatIsNotUtf8ByTheNameOfItsField) {
  const std::vector<std::pair<std::string, std::function<std::string_view*(Sample&)>>> texts = {
      {"identifier system", [](Sample& s) { return &s.identifiers[0].system; }},
      {"identifier", [](Sample& s) { return &s.identifiers[0].value; }},
      {"code", [](Sample& s) { return &s.events[0].code.system; }},
      {"code", [](Sample& s) { return &s.events[0].code.code; }},
      {"code", [](Sample& s) { return &s.events[0].code.display; }},
      {"translation", [](Sample& s) { return &s.translations[0].display; }},
      {"value", [](Sample& s) { return &s.events[0].value.unit; }},
      {"value", [](Sample& s) { return &s.events[0].value.text; }},
      {"value", [](Sample& s) { return &s.events[0].value.code.display; }},
      {"source", [](Sample& s) { return &s.events[0].source.organisation; }},
      {"source_system", [](Sample& s) { return &s.events[0].source.system; }},
      {"source_person", [](Sample& s) { return &s.events[0].source_person; }},
      {"record", [](Sample& s) { return &s.events[0].record; }},
      {"version", [](Sample& s) { return &s.events[0].version; }},
      {"encounter", [](Sample& s) { return &s.events[0].encounter; }},
      {"attribute", [](Sample& s) { return &s.attributes[0].name; }},
      {"attribute", [](Sample& s) { return &s.attributes[0].value.text; }},
  };
  for (const bool plain : {false, true})  // plain events are looked at by another path
    for (const auto& [field, text] : texts) {
      Sample sample;
      if (plain) sample.events[0].value.code = {};
      *text(sample) = "Fl\xc3\xbcsse";
      EXPECT_TRUE(validate(sample.record(plain))) << field;
      *text(sample) = "Fl\xfcsse";
      const Result<void> valid = validate(sample.record(plain));
      if (plain && (field == "translation" || field == "attribute" || !sample.events[0].value.code.display.empty()))
        continue;
      ASSERT_FALSE(valid) << field;
      EXPECT_EQ(valid.error().message, field + " holds bytes that are not UTF-8");
      EXPECT_EQ(valid.error().fault, Fault::invalid_request);
    }
}

TEST(Validate, NamesTheEventAmongSeveral) {
  Sample sample;
  sample.events.resize(3, sample.events[0]);
  EXPECT_TRUE(validate(sample.record()));
  sample.events[1].value.text = "\xed\xa0\x80";
  const Result<void> valid = validate(sample.record());
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().message, "event 2: value holds bytes that are not UTF-8");
}

}  // namespace
}  // namespace chartline::record
