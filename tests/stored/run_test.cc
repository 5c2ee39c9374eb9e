// A run gives back its rows, whole and by field; damage is always seen and never harmful.
#include "formats/stored/run.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <functional>

#include "base/hash.h"
#include "formats/stored/hot_columns.h"
#include "tests/stored/damage.h"
#include "tests/stored/sample_rows.h"

namespace chartline::stored {
namespace {

void expect_round_trip(const std::vector<Row>& rows, const std::string& context) {
  const RunBytes run = encode_run(rows);
  EXPECT_EQ(run.hot_checksum, hash64(run.hot));
  EXPECT_EQ(run.details_checksum, run.details.empty() ? 0 : hash64(run.details));
  const auto decoded = decode_run(run.hot, run.details, run.hot_checksum, run.details_checksum);
  ASSERT_TRUE(decoded) << context << ": " << decoded.error().message;
  ASSERT_EQ((*decoded)->rows.size(), rows.size()) << context;
  for (std::size_t i = 0; i < rows.size(); ++i)
    ASSERT_EQ(difference((*decoded)->rows[i], rows[i]), "") << context << " row " << i;
}

TEST(Run, GivesBackAnyRows) {
  EXPECT_TRUE(rc::check("round trip", [](std::uint64_t seed, bool plain) {
    SampleRows sample(seed);
    const auto rows = sample.rows(*rc::gen::inRange<std::size_t>(0, 200), plain);
    expect_round_trip(rows, "seed " + std::to_string(seed));
    RC_ASSERT(!::testing::Test::HasFailure());
  }));
}

TEST(Run, GivesBackManyRows) {
  SampleRows sample(3);
  expect_round_trip(sample.rows(10'000), "many");
  expect_round_trip({}, "none");
}

TEST(Run, KeepsNumbersOfOneScaleOrOfMany) {
  std::vector<Row> rows;
  for (const auto& number : {record::decimal(1205, 1), record::decimal(12, -1), record::decimal(0, 0),
                             record::decimal(-7, 0), record::decimal(5, 0)}) {
    Row row;
    row.value.form = record::Value::Form::number;
    row.value.number = number;
    rows.push_back(row);
  }
  expect_round_trip(rows, "one scale");
  RunColumns columns;
  ASSERT_TRUE(decode_hot(encode_run(rows).hot, field_value, columns));
  EXPECT_TRUE(columns.value_form.is_constant());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(columns.number_at(i), rows[i].value.number.to_double());

  for (const auto& number :
       {record::decimal(999'999'999'999'999'999, 18), record::decimal(1, -18), record::decimal(1.0 / 3.0)}) {
    rows.back().value.number = number;
    expect_round_trip(rows, "many scales");
    ASSERT_TRUE(decode_hot(encode_run(rows).hot, field_value, columns));
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(columns.number_at(i), rows[i].value.number.to_double());
  }
  rows.back().value.number = record::decimal(9'007'199'254'740'993, 1);
  rows.front().value.number = record::decimal(-9'007'199'254'740'993, 1);
  ASSERT_TRUE(decode_hot(encode_run(rows).hot, field_value, columns));
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(columns.number_at(i), rows[i].value.number.to_double());

  rows.assign(2, Row{});
  rows[0].value.form = rows[1].value.form = record::Value::Form::number;
  rows[1].value.number = record::decimal(5, 3);
  expect_round_trip(rows, "nought takes the scale of the others");
  for (const auto& number : {record::decimal(5, 0), record::decimal(5, -2), record::decimal(-9'007'199'254'740'995, 0)}) {
    rows[1].value.number = number;
    expect_round_trip(rows, "nought and another");
    ASSERT_TRUE(decode_hot(encode_run(rows).hot, field_value, columns));
    EXPECT_EQ(columns.number_at(0), 0);
    EXPECT_EQ(columns.number_at(1), number.to_double());
  }
}

TEST(Run, IsNotANumberWhereThereIsNone) {
  RunColumns columns;
  ASSERT_TRUE(decode_hot(encode_run(std::vector<Row>(3)).hot, field_value, columns));
  EXPECT_TRUE(std::isnan(columns.number_at(1)));
}

TEST(Run, OfBulkLoadedRowsHasNoDetailsAndFewBytes) {
  std::mt19937_64 random(5);
  std::vector<Row> rows(100);
  Day day = 10'000;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].number = static_cast<std::uint32_t>(i + 1);
    rows[i].kind = record::Kind::observation;
    rows[i].code = static_cast<Name>(1 + random() % 1000);
    rows[i].source = 1;
    rows[i].start = record::day_time(day += static_cast<Day>(random() % 256));
    rows[i].value.form = record::Value::Form::number;
    rows[i].value.number = record::decimal(static_cast<std::int64_t>(random() % 2000), 1);
    rows[i].recorded = 1'764'000'000'123'456;
  }
  const RunBytes run = encode_run(rows);
  EXPECT_EQ(run.details, "");
  EXPECT_EQ(run.details_checksum, 0u);
  EXPECT_LE(run.hot.size(), 430u);  // 29 bits of each event are random: 363 bytes
  expect_round_trip(rows, "bulk");
}

// Several rows of one instant are told apart by sequences that a loader counts: they take one bit for the whole run.
TEST(Run, CountsTheRowsOfAnInstantWithoutAColumn) {
  std::vector<Row> rows(300);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].start = i < 30 ? record::Time() : record::day_time(static_cast<Day>(10'000 + i / 7));
    rows[i].sequence = i == 0 || rows[i].start != rows[i - 1].start ? 0 : rows[i - 1].sequence + 1;
  }
  const std::size_t counted = encode_run(rows).hot.size();
  expect_round_trip(rows, "counted");
  rows[4].record = "with details";
  expect_round_trip(rows, "counted, with details");
  rows[4].record = {};
  rows[60].sequence = 7;  // this one was given by the source
  EXPECT_GT(encode_run(rows).hot.size(), counted + 50);
  expect_round_trip(rows, "not counted");
}

// Whatever a row has that stands in the details brings them about, alone.
TEST(Run, HasDetailsForAnyOneOfThem) {
  constexpr Name translations[] = {5, 6};
  const RowAttribute attributes[] = {{.name = 7, .value = {}}};
  const std::vector<std::pair<const char*, std::function<void(Row&)>>> fields = {
      {"record", [](Row& row) { row.record = "r1"; }},
      {"encounter", [](Row& row) { row.encounter = "e1"; }},
      {"version", [](Row& row) { row.version = "2"; }},
      {"source person", [](Row& row) { row.source_person = "p1"; }},
      {"translations", [&](Row& row) { row.translations = translations; }},
      {"attributes", [&](Row& row) { row.attributes = attributes; }},
      {"text", [](Row& row) { row.value.form = record::Value::Form::text, row.value.text = "home"; }},
  };
  for (const auto& [name, give] : fields) {
    std::vector<Row> rows(3);
    give(rows[1]);
    const RunBytes run = encode_run(rows);
    EXPECT_FALSE(run.details.empty()) << name;
    RunColumns columns;
    ASSERT_TRUE(decode_hot(run.hot, 0, columns));
    EXPECT_EQ(columns.has_translations, std::string_view(name) == "translations") << name;
    expect_round_trip(rows, name);
  }
}

TEST(Run, DecodesWhatIsAskedForAndDefaultsTheRest) {
  SampleRows sample(9);
  const auto rows = sample.rows(150);
  const RunBytes run = encode_run(rows);
  RunColumns all, some;
  ASSERT_TRUE(decode_hot(run.hot, field_hot, all));
  for (std::uint32_t fields = 0; fields <= field_hot; ++fields) {
    ASSERT_TRUE(decode_hot(run.hot, fields, some, run.hot_checksum));
    ASSERT_EQ(some.count, 150u);
    const auto expect_part = [&](const auto& part) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto expected = part.fields & fields ? (all.*part.values)[i] : part.standard;
        ASSERT_EQ((some.*part.values)[i], expected) << "column " << part.column << " row " << i;
      }
    };
    for (const auto& part : narrow_parts) expect_part(part);
    for (const auto& part : wide_parts) expect_part(part);
  }
}

TEST(Run, CountsItsMemory) {
  SampleRows sample(10);
  const RunBytes run = encode_run(sample.rows(500));
  const auto decoded = decode_run(run.hot, run.details);
  ASSERT_TRUE(decoded);
  EXPECT_GE((*decoded)->columns.bytes(), 500 * 8u);
  EXPECT_GE((*decoded)->details.bytes(), 500u);
  RunColumns moved;
  moved = std::move((*decoded)->columns);
  EXPECT_EQ(moved.number[499], (*decoded)->rows[499].number);
}

TEST(Run, SeesDamage) {
  SampleRows sample(11);
  const auto rows = sample.rows(12);
  const RunBytes run = encode_run(rows);
  ASSERT_FALSE(run.details.empty());
  RunColumns columns;
  expect_damage_is_seen(run.hot, [&](BytesView bytes) { return decode_hot(bytes, field_time, columns); });
  expect_damage_is_seen(run.hot,
                        [&](BytesView bytes) { return decode_hot(bytes, field_time, columns, run.hot_checksum); });
  expect_damage_is_seen(run.details, [&](BytesView bytes) { return decode_run(run.hot, bytes); });
  expect_damage_is_seen(
      run.details, [&](BytesView bytes) { return decode_run(run.hot, bytes, run.hot_checksum, run.details_checksum); });
}

TEST(Run, SurvivesAnyBytes) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SampleRows sample(seed);
    const auto rows = sample.rows(1 + seed * 3, seed % 4 == 0);
    const RunBytes run = encode_run(rows);
    expect_no_harm(run.hot, seed, 400, [&](BytesView bytes) { return decode_run(bytes, run.details); });
    if (run.details.empty()) continue;
    expect_no_harm(run.details, seed, 400, [&](BytesView bytes) { return decode_run(run.hot, bytes); });
  }
}

TEST(Run, IsNotTakenForAnother) {
  SampleRows sample(12);
  const RunBytes one = encode_run(sample.rows(5)), other = encode_run(sample.rows(5)),
                 plain = encode_run(std::vector<Row>(5));
  RunColumns columns;
  EXPECT_EQ(decode_hot(one.hot, field_hot, columns, other.hot_checksum).error().fault, Fault::corrupt);
  RunDetails details;
  const auto takes = [&](BytesView bytes, std::optional<std::uint64_t> checksum = {}) {
    return decode_details(bytes, field_all, columns, details, checksum).has_value();
  };
  ASSERT_TRUE(decode_hot(one.hot, field_all, columns));
  EXPECT_FALSE(takes(""));
  EXPECT_FALSE(takes(other.details, one.details_checksum));
  ASSERT_TRUE(decode_hot(plain.hot, field_all, columns));
  EXPECT_TRUE(takes(""));
  EXPECT_TRUE(takes("", 0));
  EXPECT_FALSE(takes(one.details));
  EXPECT_FALSE(takes("", one.details_checksum));
}

// Whatever was read into the same room before.
TEST(Run, GivesTheDetailsAskedForAlone) {
  RunColumns columns;
  RunDetails details;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SampleRows sample(seed);
    const auto rows = sample.rows(seed * 5 + 1, seed % 4 == 0);
    const RunBytes run = encode_run(rows);
    for (std::uint32_t fields = 0; fields <= field_details; fields += field_told) {
      ASSERT_TRUE(decode_hot(run.hot, fields | field_time, columns));
      ASSERT_TRUE(decode_details(run.details, fields, columns, details, run.details_checksum));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        Row expected = {}, read = {};
        expected.value.form = read.value.form = rows[i].value.form;
        if (fields & field_told) {
          expected.recorded = rows[i].recorded, expected.removed = rows[i].removed, expected.part = rows[i].part;
          expected.ordinal = rows[i].ordinal, expected.sequence = rows[i].sequence, expected.original = rows[i].original;
        }
        if (fields & field_record) {
          expected.record = rows[i].record, expected.version = rows[i].version;
          expected.source_person = rows[i].source_person;
        }
        if (fields & field_encounter) expected.encounter = rows[i].encounter;
        if (fields & field_text && expected.value.form == record::Value::Form::text)
          expected.value.text = rows[i].value.text;
        if (fields & field_translations) expected.translations = rows[i].translations;
        if (fields & field_attributes) expected.attributes = rows[i].attributes;
        details.fill(i, read);
        ASSERT_EQ(difference(read, expected), "") << "seed " << seed << " fields " << fields << " row " << i;
        EXPECT_EQ(details.record(i), expected.record);
        EXPECT_EQ(details.encounter(i), expected.encounter);
      }
    }
  }
}

// The events of a patient are of a few sorts; some have no day, no time of day or no value.
std::vector<Row> rows_of_sorts(std::uint64_t seed, std::size_t count, std::size_t sorts) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t sort = random() % sorts;
    rows[i].number = static_cast<std::uint32_t>(i + 1);
    rows[i].code = static_cast<Name>(1 + random() % 300);
    rows[i].kind = static_cast<record::Kind>(sort % 7);
    rows[i].source = static_cast<Name>(sort / 7 % 9);
    rows[i].value.form = sort % 2 == 0 ? record::Value::Form::number : record::Value::Form::none;
    if (sort % 2 == 0) {
      rows[i].value.number = record::decimal(static_cast<std::int64_t>(random() % 3000), 0);
      rows[i].value.unit = static_cast<Name>(sort % 5);
    }
    const Day day = static_cast<Day>(i * 20 + random() % 20);
    rows[i].start = record::day_time(day);
    if (sort % 3 == 0)
      rows[i].start =
          record::at_instant(rows[i].start.local + static_cast<Micros>(random() % 86'400) * record::micros_per_second);
    if (sort % 10 == 9) rows[i].start = {};
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.start.instant() < b.start.instant(); });
  return rows;
}

TEST(Run, HasATableOfTheSortsOfItsRows) {
  for (const std::size_t sorts : {1, 2, 3, 10, 60, 64, 65, 500}) {
    for (const std::size_t count : {1, 7, 8, 20, 100, 1000, 5000})
      expect_round_trip(rows_of_sorts(sorts + count, count, sorts),
                        std::to_string(sorts) + " of " + std::to_string(count));
  }
  const auto few = encode_run(rows_of_sorts(1, 1000, 4)).hot.size(),
             many = encode_run(rows_of_sorts(1, 1000, 500)).hot.size();
  EXPECT_LT(few + 600, many);
}

TEST(Run, OfFewSortsSurvivesAnyBytes) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const RunBytes run = encode_run(rows_of_sorts(seed, 20 + seed * 3, 2 + seed % 12));
    expect_no_harm(run.hot, seed, 400, [&](BytesView bytes) { return decode_run(bytes, run.details); });
  }
}

// A day that an undated event has all the same, or a time of day that one without a time has, is kept.
TEST(Run, KeepsDaysAndTimesThatNobodyAsksFor) {
  for (const bool day : {false, true}) {
    auto rows = rows_of_sorts(3, 50, 10);
    for (Row& row : rows) {
      if (day ? row.start.precision == record::Precision::none : row.start.precision == record::Precision::day)
        row.start.local += day ? record::micros_per_day : record::micros_per_second;
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.start.instant() < b.start.instant(); });
    const RunBytes run = encode_run(rows);
    RunColumns columns;
    ASSERT_TRUE(decode_hot(run.hot, field_hot, columns));
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(columns.start_at(i).local, rows[i].start.local) << i;
  }
}

TEST(Run, PassesOverItsSorts) {
  const auto rows = rows_of_sorts(4, 100, 10);
  const RunBytes run = encode_run(rows);
  RunColumns columns;
  for (std::uint32_t fields = 0; fields <= field_hot; ++fields) {
    ASSERT_TRUE(decode_hot(run.hot, fields, columns));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fields & field_number) {
        ASSERT_EQ(columns.number[i], rows[i].number);
      }
      if (fields & field_code) {
        ASSERT_EQ(columns.code[i], rows[i].code);
      }
      if (fields & field_time) {
        ASSERT_EQ(columns.start_at(i).local, rows[i].start.local);
      }
      if (fields & field_kind) {
        ASSERT_EQ(columns.kind[i], static_cast<std::uint32_t>(rows[i].kind));
      }
    }
  }
}

// Content that no encoder writes, with a right checksum.
TEST(Run, RefusesWrongContent) {
  RunColumns columns;
  const auto decode = [&](std::initializer_list<unsigned> content) {
    Bytes bytes;
    for (const unsigned byte : content) bytes.push_back(static_cast<char>(byte));
    return decode_hot(sealed(bytes), field_hot, columns).has_value();
  };
  EXPECT_TRUE(decode({3, 0}));
  EXPECT_FALSE(decode({})) << "no count";
  EXPECT_FALSE(decode({0x81, 0x80, 4, 0})) << "too many rows";
  EXPECT_FALSE(decode({3, 0x80, 0x80, 0x80, 0x20})) << "a column that there is not";
  EXPECT_FALSE(decode({3, 0, 1})) << "more than its columns";
  EXPECT_TRUE(decode({3, 0x80, 0x80, 0x80, 0x10}));
  EXPECT_EQ(columns.number[2], 3u) << "numbers that count";
  EXPECT_TRUE(decode({0, 0x80, 0x80, 0x80, 0x10}));
  EXPECT_FALSE(decode({3, 0x80, 0xc0, 0x80, 0x10, 192})) << "numbers that count, and others";
  EXPECT_FALSE(decode({3, 0x80, 0x80, 0x10, 9, 1})) << "cold numbers beyond the end";
  EXPECT_TRUE(decode({3, 1 << hot_kind, 192 + 21}));
  EXPECT_FALSE(decode({3, 1 << hot_kind, 192 + 22})) << "a kind that there is not";
  EXPECT_FALSE(decode({3, 1 << hot_kind, 8, 14, 1, 2, 9})) << "a kind that there is not, in one row";
  EXPECT_FALSE(decode({3, 1 << hot_kind})) << "no column";
  EXPECT_TRUE(decode({3, 1 << hot_value_form, 192 + 1}));
  EXPECT_FALSE(decode({3, 1 << hot_value_form, 192 + 6})) << "a form of value that there is not";
  EXPECT_TRUE(decode({3, 1 << hot_value_form, 8, 1, 2, 3, 3}));
  EXPECT_FALSE(decode({3, 1 << hot_value_form, 8, 1, 2, 3, 5})) << "a form of value that there is not, in one row";
  EXPECT_FALSE(decode({3, 1 << hot_value_form, 0, 0x80, 0x80, 1})) << "a form beyond its bits";
  EXPECT_FALSE(decode({3, 1 << hot_value_form, 0, 0x80, 0x40})) << "a scale of 128 less 256";
}

TEST(Run, RefusesWrongSorts) {
  RunColumns columns;
  const auto decode = [&](std::uint32_t mask, std::initializer_list<unsigned> content, std::uint32_t fields = field_hot) {
    Bytes bytes;
    Writer write(bytes);
    write.varint(3);
    write.varint(mask);
    for (const unsigned byte : content) write.u8(static_cast<std::uint8_t>(byte));
    return decode_hot(sealed(bytes), fields, columns).has_value();
  };
  constexpr std::uint32_t sorts = 1u << hot_has_sorts, kind = 1u << hot_kind, precision = 1u << hot_precision;
  constexpr unsigned zero = 192, frame_1 = 1, frame_8 = 8;
  EXPECT_TRUE(decode(sorts | kind, {2, frame_1, 0, 0b101, frame_8, 0, 4, 5}));
  EXPECT_EQ(columns.kind[0], 5u);
  EXPECT_EQ(columns.kind[1], 4u);
  EXPECT_TRUE(decode(sorts | kind, {1, zero, zero + 4})) << "one sort";
  EXPECT_FALSE(decode(sorts | kind, {2, zero, frame_8, 0, 4, 5})) << "two sorts of which all rows are one";
  EXPECT_FALSE(decode(sorts | kind, {2, frame_1, 0})) << "no sorts of rows";
  EXPECT_FALSE(decode(sorts | kind, {2, frame_1, 0, 0b101})) << "no column";
  EXPECT_FALSE(decode(sorts | kind, {})) << "no number of sorts";
  EXPECT_FALSE(decode(sorts | kind, {0, zero, zero})) << "no sorts";
  EXPECT_FALSE(decode(sorts | kind, {65, zero, zero})) << "too many sorts";
  EXPECT_FALSE(decode(sorts | kind, {2, frame_8, 0, 0, 1, 2, frame_8, 0, 4, 5})) << "a sort that there is not";
  EXPECT_FALSE(decode(sorts | kind, {2, frame_8, 0}, field_code)) << "no sorts to pass over";

  constexpr std::uint32_t some_days = 1u << hot_some_days | 1u << hot_day;
  EXPECT_TRUE(decode(precision | some_days, {frame_8, 0, 0, 3, 0, 1, zero + 9}));
  EXPECT_FALSE(decode(precision | some_days, {frame_8, 0, 0, 3, 0, 2, zero + 9})) << "more days than dated rows";
  EXPECT_FALSE(decode(precision | some_days, {frame_8, 0, 0, 3, 0, 0, zero + 9})) << "fewer days than dated rows";
  EXPECT_FALSE(decode(precision | some_days, {frame_8, 0, 0, 3, 0, 4, zero + 9})) << "more days than rows";
  EXPECT_FALSE(decode(precision | some_days, {frame_8, 0, 0, 3, 0})) << "no number of days";
  EXPECT_FALSE(decode(precision | some_days, {frame_8, 0, 0, 3, 0, 1})) << "no days";
  EXPECT_FALSE(decode(some_days, {3, zero + 9})) << "all rows are dated";
  EXPECT_FALSE(decode(some_days | 1u << hot_code, {1}, field_code)) << "no days to pass over";
}

TEST(RunDeath, StopsAtRowsOutOfOrder) {
  std::vector<Row> rows(2);
  rows[0].start = record::day_time(2);
  rows[1].start = record::day_time(1);
  EXPECT_DEATH(encode_run(rows), "order");
}

}  // namespace
}  // namespace chartline::stored
