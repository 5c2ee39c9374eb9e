#include "engine/content.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <vector>

namespace chartline::engine {
namespace {

using record::Value;

const record::Code translations[] = {{.system = "icd10", .code = "J45", .display = "Asthma"},
                                     {.system = "read2", .code = "H33.."}};
const record::Code other_translations[] = {{.system = "read2", .code = "H33.."}, {.system = "icd10", .code = "J45"}};
const record::Attribute attributes[] = {
    {.name = "body_site", .value = {.form = Value::Form::code, .code = {.system = "snomed", .code = "39607008"}}},
    {.name = "dose", .value = {.form = Value::Form::number, .number = {.mantissa = 5, .scale = 1}, .unit = "mg"}},
    {.name = "due", .value = {.form = Value::Form::date, .date = record::day_time(19'000, 60)}},
    {.name = "note", .value = {.form = Value::Form::text, .text = "after meals"}},
    {.name = "prn", .value = {.form = Value::Form::boolean, .boolean = true}},
};

// An event with something in every field.
record::Event full() {
  record::Event event;
  event.kind = record::Kind::observation;
  event.status = record::Status::final;
  event.certainty = record::Certainty::confirmed;
  event.author = record::Author::clinician;
  event.code = {.system = "loinc", .code = "8480-6", .display = "Systolic blood pressure"};
  event.translations = translations;
  event.start = {.local = 1'000'000'000'000, .offset_minutes = 60, .precision = record::Precision::second};
  event.end = {.form = record::End::Form::at,
               .at = {.local = 2'000'000'000'000, .offset_minutes = 60, .precision = record::Precision::second}};
  event.value = {.form = Value::Form::number,
                 .comparator = record::Comparator::less,
                 .number = {.mantissa = 1201, .scale = 1},
                 .unit = "mm[Hg]"};
  event.source = {.organisation = "RYJ", .system = "fhir"};
  event.source_person = "p-1";
  event.record = "obs-1";
  event.version = "3";
  event.part = 2;
  event.sequence = 9;
  event.ordinal = 1;
  event.encounter = "enc-1";
  event.attributes = attributes;
  event.number = 17;
  event.recorded = 5'000;
  event.has_original = true;
  return event;
}

using Change = std::function<void(record::Event&)>;

const std::vector<Change> content_changes = {
    [](auto& e) { e.kind = record::Kind::procedure; },
    [](auto& e) { e.status = record::Status::amended; },
    [](auto& e) { e.certainty = record::Certainty::refuted; },
    [](auto& e) { e.author = record::Author::device; },
    [](auto& e) { e.code.code = "8462-4"; },
    [](auto& e) { e.code.system = "local"; },
    [](auto& e) { e.translations = {}; },
    [](auto& e) { e.translations = other_translations; },
    [](auto& e) { e.start.local += 1'000'000; },
    [](auto& e) { e.start.offset_minutes = 0; },
    [](auto& e) { e.start.precision = record::Precision::finer; },
    [](auto& e) { e.start = {}; },
    [](auto& e) { e.end.at.local += 1'000'000; },
    [](auto& e) { e.end.at.offset_minutes = 0; },
    [](auto& e) { e.end.at.precision = record::Precision::finer; },
    [](auto& e) { e.end = {.form = record::End::Form::ongoing, .at = {}}; },
    [](auto& e) { e.end = {.form = record::End::Form::unknown, .at = {}}; },
    [](auto& e) { e.value.comparator = record::Comparator::greater; },
    [](auto& e) { e.value.number.mantissa = 1202; },
    [](auto& e) { e.value.number.scale = 2; },
    [](auto& e) { e.value.unit = "kPa"; },
    [](auto& e) { e.value = {}; },
    [](auto& e) { e.value = {.form = Value::Form::text, .text = "high"}; },
    [](auto& e) { e.value = {.form = Value::Form::text, .text = "low"}; },
    [](auto& e) { e.value = {.form = Value::Form::boolean, .boolean = true}; },
    [](auto& e) { e.value = {.form = Value::Form::boolean, .boolean = false}; },
    [](auto& e) { e.value = {.form = Value::Form::code, .code = translations[0]}; },
    [](auto& e) { e.source.organisation = "RYK"; },
    [](auto& e) { e.source.system = "omop"; },
    [](auto& e) { e.source_person = "p-2"; },
    [](auto& e) { e.record = "obs-2"; },
    [](auto& e) { e.version = "4"; },
    [](auto& e) { e.part = 3; },
    [](auto& e) { e.sequence = 10; },
    [](auto& e) { e.encounter = "enc-2"; },
    [](auto& e) { e.attributes = e.attributes.first(4); },
    [](auto& e) { e.attributes = {}; },
    // The same letters in neighbouring fields.
    [](auto& e) { e.source_person = "p-1obs-1", e.record = ""; },
    [](auto& e) { e.record = "obs-13", e.version = ""; },
};

struct ContentTest : testing::Test {
  stored::Row row(const record::Event& event) { return to_row(event, names, room); }
  Hash128 content(const record::Event& event) { return content_hash(row(event), names); }
  Dictionary names;
  record::Arena room;
};

TEST_F(ContentTest, DiffersForEachFieldOfTheSource) {
  std::set<Hash128> seen{content(full())};
  for (std::size_t i = 0; i < content_changes.size(); ++i) {
    record::Event event = full();
    content_changes[i](event);
    EXPECT_TRUE(seen.insert(content(event)).second) << "change " << i;
  }
  for (std::size_t i = 0; i < std::size(attributes); ++i) {
    std::vector<record::Attribute> changed(std::begin(attributes), std::end(attributes));
    changed[i].name = "other";
    record::Event event = full();
    event.attributes = changed;
    EXPECT_TRUE(seen.insert(content(event)).second) << "name of attribute " << i;
    changed[i] = attributes[i];
    changed[i].value = {.form = Value::Form::text, .text = "another"};
    EXPECT_TRUE(seen.insert(content(event)).second) << "value of attribute " << i;
  }
}

TEST_F(ContentTest, LeavesAsideWhatTheStoreGaveAndDisplays) {
  const Hash128 expected = content(full());
  record::Event event = full();
  event.number = 18, event.recorded = 6'000, event.has_original = false, event.ordinal = 4;
  event.code.display = "SBP";
  EXPECT_EQ(content(event), expected);
}

TEST_F(ContentTest, LeavesAsideFieldsThatTheFormDoesNotUse) {
  record::Event event = full();
  event.value = {.form = Value::Form::text, .text = "high"};
  event.end = {};
  event.start = {};
  const Hash128 expected = content(event);
  event.value.unit = "mg", event.value.boolean = true, event.value.comparator = record::Comparator::less;
  event.end.at.local = 5;
  event.start.offset_minutes = 60;
  EXPECT_EQ(content(event), expected);
}

TEST_F(ContentTest, DoesNotDependOnTheOrderOfAttributesNorOnHowADecimalIsWritten) {
  std::vector<record::Attribute> reversed(std::rbegin(attributes), std::rend(attributes));
  record::Event event = full();
  event.attributes = reversed;
  event.value.number = {.mantissa = 120'100, .scale = 3};
  EXPECT_EQ(content(event), content(full()));
}

TEST_F(ContentTest, DoesNotDependOnTheNumbersOfNames) {
  Dictionary others;
  others.intern(record::Code{.system = "x", .code = "y"});
  others.intern(record::Source{.organisation = "x", .system = "y"});
  others.intern_unit("x");
  others.intern_attribute("x");
  const stored::Row elsewhere = to_row(full(), others, room);
  EXPECT_NE(elsewhere.code, row(full()).code);
  EXPECT_EQ(content_hash(elsewhere, others), content(full()));
  EXPECT_EQ(record_key(elsewhere, others), record_key(row(full()), names));
}

TEST_F(ContentTest, IdentifiesARecordByItsSourceAndId) {
  const Hash128 expected = record_key(row(full()), names);
  record::Event event = full();
  event.value = {}, event.part = 5, event.version = "9", event.ordinal = 0;
  EXPECT_EQ(record_key(row(event), names), expected);
  event.source.organisation = "RYK";
  EXPECT_NE(record_key(row(event), names), expected);
  event = full();
  event.record = "obs-2";
  EXPECT_NE(record_key(row(event), names), expected);
}

TEST_F(ContentTest, IdentifiesARecordWithoutAnIdByContentAndOrdinal) {
  record::Event event = full();
  event.record = "";
  const Hash128 expected = record_key(row(event), names);
  record::Event equal = event;
  equal.number = 18, equal.recorded = 6'000;
  EXPECT_EQ(record_key(row(equal), names), expected);
  equal.ordinal = 2;
  EXPECT_NE(record_key(row(equal), names), expected);
  equal = event;
  equal.value.number.mantissa = 1199;
  EXPECT_NE(record_key(row(equal), names), expected);
}

TEST_F(ContentTest, ComesBackFromARow) {
  const record::Event event = full();
  stored::Row kept = copy(row(event), room);
  EXPECT_FALSE(to_event(kept, names, room).has_original);  // whoever keeps the original says which it is
  kept.original = stored::original_hash("as received");
  const record::Event back = to_event(kept, names, room);
  EXPECT_TRUE(record::same_content(event, back));
  EXPECT_EQ(back.number, event.number);
  EXPECT_EQ(back.recorded, event.recorded);
  EXPECT_TRUE(back.has_original);
  EXPECT_EQ(back.code.display, "Systolic blood pressure");
  EXPECT_EQ(back.translations[0].display, "Asthma");
  for (const Change& change : content_changes) {
    record::Event changed = full();
    change(changed);
    EXPECT_TRUE(record::same_content(changed, to_event(row(changed), names, room)));
  }
}

TEST_F(ContentTest, CopiesDeeply) {
  stored::Row copied;
  {
    record::Arena short_lived;
    std::string text = "high";
    record::Event event = full();
    event.value = {.form = Value::Form::text, .text = text};
    copied = copy(to_row(event, names, short_lived), room);
    text = "gone";
  }
  EXPECT_EQ(copied.value.text, "high");
  EXPECT_EQ(copied.translations.size(), 2U);
  EXPECT_EQ(copied.attributes.size(), 5U);
  EXPECT_EQ(copied.attributes[3].value.text, "after meals");
}

TEST_F(ContentTest, OrdersByTimeThenPrecisionThenPlace) {
  // Each one comes after all those before it.
  const std::vector<Change> ascending = {
      [](auto& e) { e.start = {}; },
      [](auto& e) { e.start = record::day_time(-20'000); },  // 1915
      [](auto& e) { e.start = {.local = 0, .offset_minutes = 0, .precision = record::Precision::year}; },
      [](auto& e) { e.start = {.local = 0, .offset_minutes = 0, .precision = record::Precision::day}; },
      [](auto& e) { e.start = {.local = 0, .offset_minutes = 0, .precision = record::Precision::second}; },
      [](auto& e) { e.start.local -= 1, e.sequence = 99; },
      [](auto& e) { e.source.organisation = "AAA"; },
      [](auto& e) { e.source.system = "csv"; },
      [](auto& e) { e.sequence = 8; },
      [](auto& e) { e.record = "obs-0"; },
      [](auto& e) { e.part = 1; },
      [](auto& e) { e.ordinal = 0; },
      [](auto&) {},
      [](auto& e) { e.ordinal = 2; },
      [](auto& e) { e.start.offset_minutes = 0; },  // an hour later
  };
  std::vector<stored::Row> rows;
  for (const Change& change : ascending) {
    record::Event event = full();
    change(event);
    rows.push_back(row(event));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows.size(); ++j) EXPECT_EQ(before(rows[i], rows[j], names), i < j) << i << ", " << j;
  }
}

TEST_F(ContentTest, OrdersEqualPlacesByContent) {
  record::Event one = full(), two = full();
  two.value.number.mantissa = 7;
  EXPECT_NE(before(row(one), row(two), names), before(row(two), row(one), names));
  EXPECT_FALSE(before(row(one), row(one), names));
}

}  // namespace
}  // namespace chartline::engine
