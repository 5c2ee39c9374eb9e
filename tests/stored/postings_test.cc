// Postings give back what was written, whole and by field; directories and removals too; damage is always seen.
#include "formats/stored/postings.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "base/hash.h"
#include "formats/stored/value_columns.h"
#include "tests/stored/damage.h"
#include "tests/stored/sample_rows.h"

namespace chartline::stored {
namespace {

std::vector<Posting> sample_postings(std::uint64_t seed, std::size_t count) {
  SampleRows sample(seed);
  std::vector<Posting> postings;
  PatientId patient = 0;
  for (const Row& row : sample.rows(count))
    postings.push_back(posting_of(patient += static_cast<PatientId>(sample.random()() % 5), row));
  return postings;
}

void expect_same(const Posting& a, const Posting& b) {
  EXPECT_EQ(a.patient, b.patient);
  EXPECT_EQ(a.day, b.day);
  EXPECT_EQ(a.second, b.second);
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.flags, b.flags);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.unit, b.unit);
  EXPECT_EQ(a.offset, b.offset);
  EXPECT_EQ(a.author, b.author);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.certainty, b.certainty);
  EXPECT_EQ(a.end, b.end);
  RowValue value = b.value;
  value.unit = b.unit;
  EXPECT_TRUE(same(a.value, value));
}

TEST(Postings, GiveBackAny) {
  EXPECT_TRUE(rc::check("round trip", [](std::uint64_t seed) {
    const auto postings = sample_postings(seed, *rc::gen::inRange<std::size_t>(0, 300));
    const PostingBytes run = encode_postings(postings);
    RC_ASSERT(run.checksum == hash64(run.bytes));
    PostingColumns columns;
    RC_ASSERT(decode_postings(run.bytes, posting_field_all, columns, run.checksum).has_value());
    RC_ASSERT(columns.count == postings.size());
    for (std::size_t i = 0; i < postings.size(); ++i) expect_same(columns.at(i), postings[i]);
    RC_ASSERT(!::testing::Test::HasFailure());
  }));
}

// Of an attribute they tell what a value of an event would be; what a text or a date says they leave to the timeline.
TEST(Postings, OfAttributesGiveBackWhatTheyTell) {
  const std::string words = "left";
  std::vector<Posting> postings, expected;
  for (const auto form : {record::Value::Form::number, record::Value::Form::code, record::Value::Form::boolean,
                          record::Value::Form::text, record::Value::Form::date, record::Value::Form::none}) {
    RowAttribute attribute{.name = 3, .value = {}};
    attribute.value.form = form;
    if (form == record::Value::Form::number)
      attribute.value.number = record::decimal(125, 1), attribute.value.unit = 7,
      attribute.value.comparator = record::Comparator::less;
    if (form == record::Value::Form::code) attribute.value.code = 9;
    if (form == record::Value::Form::boolean) attribute.value.boolean = true;
    if (form == record::Value::Form::text) attribute.value.text = words;
    if (form == record::Value::Form::date) attribute.value.date = record::day_time(18'000);
    const auto number = static_cast<std::uint32_t>(postings.size() + 1);
    postings.push_back(posting_of(5, number, attribute));
    Posting& told = expected.emplace_back();
    told.patient = 5, told.number = number, told.unit = attribute.value.unit;
    told.value = attribute.value;
    told.value.text = {}, told.value.date = {};
  }
  const PostingBytes run = encode_postings(postings);
  PostingColumns columns, copied;
  ASSERT_TRUE(decode_postings(run.bytes, posting_field_all, columns, run.checksum));
  copied.copy(columns);
  ASSERT_EQ(columns.count, postings.size());
  for (std::size_t i = 0; i < postings.size(); ++i) {
    expect_same(columns.at(i), expected[i]);
    expect_same(copied.at(i), expected[i]);
  }
}

TEST(Postings, DecodeWhatIsAskedForAndDefaultTheRest) {
  const auto postings = sample_postings(4, 300);
  const PostingBytes run = encode_postings(postings);
  PostingColumns all, some;
  ASSERT_TRUE(decode_postings(run.bytes, posting_field_all, all));
  std::vector<std::uint32_t> asked = {0, posting_field_all};
  for (std::uint32_t one = 1; one < posting_field_all; one <<= 1) {
    for (std::uint32_t other = 1; other <= one; other <<= 1) {
      asked.push_back(one | other);
      asked.push_back(posting_field_all & ~(one | other));
    }
  }
  for (const std::uint32_t fields : asked) {
    ASSERT_TRUE(decode_postings(run.bytes, fields, some));
    for (std::size_t i = 0; i < postings.size(); i += 17) {
      ASSERT_EQ(some.patient[i], fields & posting_field_patient ? all.patient[i] : 0);
      ASSERT_EQ(some.day_at(i), fields & posting_field_day ? all.day_at(i) : 0);
      ASSERT_EQ(some.second[i], fields & posting_field_second ? all.second[i] : 0);
      ASSERT_EQ(some.number[i], fields & posting_field_number ? all.number[i] : 0);
      ASSERT_EQ(some.flags[i], fields & posting_field_flags ? all.flags[i] : 0);
      ASSERT_EQ(some.kind[i], fields & posting_field_kind ? all.kind[i] : 0);
      ASSERT_EQ(some.source[i], fields & posting_field_source ? all.source[i] : 0);
      ASSERT_EQ(some.unit[i], fields & posting_field_unit ? all.unit[i] : 0);
      ASSERT_EQ(some.offset[i], fields & posting_field_offset ? all.offset[i] : 1u << 15);
      ASSERT_EQ(some.author[i], fields & posting_field_author ? all.author[i] : 0);
      ASSERT_EQ(some.status[i], fields & posting_field_status ? all.status[i] : 0);
      ASSERT_EQ(some.certainty[i], fields & posting_field_certainty ? all.certainty[i] : 0);
      ASSERT_EQ(some.end_at(i), fields & posting_field_end ? all.end_at(i) : PostingEnd());
      ASSERT_EQ(some.value[i], fields & posting_field_value ? all.value[i] : 0);
      ASSERT_EQ(some.value_form[i], fields & posting_field_value ? all.value_form[i] : 0);
    }
  }
  EXPECT_GE(all.bytes(), 300 * 4u);
  some = std::move(all);
  const PostingColumns moved = std::move(some);
  expect_same(moved.at(299), postings[299]);
}

TEST(Postings, DecodeMoreOfTheSameBytes) {
  const auto postings = sample_postings(5, 300);
  const PostingBytes run = encode_postings(postings);
  for (std::uint32_t first = 0; first <= posting_field_all; first += 67) {
    PostingColumns columns;
    ASSERT_TRUE(decode_postings(run.bytes, first, columns, run.checksum));
    ASSERT_TRUE(decode_more_postings(run.bytes, posting_field_all & ~first, columns));
    for (std::size_t i = 0; i < postings.size(); i += 17) expect_same(columns.at(i), postings[i]);
  }
}

TEST(Postings, TellNumbers) {
  std::vector<Posting> postings(2);
  postings[0].value.form = record::Value::Form::number;
  postings[0].value.number = record::decimal(65, 1);
  PostingColumns columns;
  ASSERT_TRUE(decode_postings(encode_postings(postings).bytes, posting_field_value, columns));
  EXPECT_EQ(columns.number_at(0), 6.5);
  EXPECT_TRUE(std::isnan(columns.number_at(1)));
}

// At whatever scale a run has it, a number comes back as the one that it was.
TEST(Postings, GiveNumbersInTheirNormalForm) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::int64_t mantissa = static_cast<std::int64_t>(random()) >> random() % 64;
    for (std::uint64_t noughts = random() % 4; noughts > 0; --noughts) mantissa = mantissa / 1000 * 10;
    const auto scale = static_cast<std::int8_t>(random() % 37) - 18;
    EXPECT_EQ(normal_decimal(mantissa, static_cast<std::int8_t>(scale)), record::decimal(mantissa, scale))
        << mantissa << " " << scale;
  }
}

TEST(Postings, TellHowANumberIsBounded) {
  std::vector<Posting> postings(2);
  for (Posting& posting : postings) posting.value.form = record::Value::Form::number;
  postings[1].value.comparator = record::Comparator::greater_or_equal;
  PostingColumns columns;
  ASSERT_TRUE(decode_postings(encode_postings(postings).bytes, posting_field_value, columns));
  EXPECT_EQ(columns.comparator_at(0), record::Comparator::equal);
  EXPECT_EQ(columns.comparator_at(1), record::Comparator::greater_or_equal);
}

TEST(Postings, KeepSomeOfThemInOtherColumns) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto postings = sample_postings(seed, 300);
    PostingColumns all;
    ASSERT_TRUE(decode_postings(encode_postings(postings).bytes, posting_field_all, all));
    const std::vector<std::uint32_t> rows = {0, 17, 18, 299};
    const PostingColumns some = all.only(rows);
    ASSERT_EQ(some.count, rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) expect_same(some.at(i), postings[rows[i]]);
    EXPECT_EQ(all.only({}).count, 0u);

    PostingColumns alike;  // every column is one value
    ASSERT_TRUE(decode_postings(encode_postings(std::vector<Posting>(5, postings[7])).bytes, posting_field_all, alike));
    expect_same(alike.only(std::vector<std::uint32_t>{1, 4}).at(1), postings[7]);
  }
}

// All of one scale, as they mostly are, or anything else: what many of them are is what each is by itself.
TEST(Postings, TellManyNumbersAsOneByOne) {
  using Form = record::Value::Form;
  const auto number = [](std::int64_t mantissa, int scale) {
    RowValue value;
    value.form = Form::number;
    value.number = {.mantissa = mantissa, .scale = static_cast<std::int8_t>(scale)};
    return value;
  };
  const auto at = [&](std::size_t i) { return number(static_cast<std::int64_t>(i) * 17 - 900, 2); };
  const std::map<std::string, std::function<RowValue(std::size_t)>> cases = {
      {"of one scale", at},
      {"some missing", [&](std::size_t i) { return i % 7 == 3 ? RowValue() : at(i); }},
      {"one too great for a double",
       [&](std::size_t i) { return i == 20 ? number((std::int64_t{1} << 60) + 1, 2) : at(i); }},
      {"one too small", [&](std::size_t i) { return i == 20 ? number(-(std::int64_t{1} << 60) - 1, 2) : at(i); }},
      {"of many scales", [&](std::size_t i) { return number(static_cast<std::int64_t>(i) + 1, i == 20 ? 18 : -18); }},
      {"hundreds", [&](std::size_t i) { return number(static_cast<std::int64_t>(i % 9) + 1, -2); }},
      {"binary",
       [&](std::size_t i) {
         return number(std::bit_cast<std::int64_t>(1.0 / static_cast<double>(i + 3)), record::Decimal::binary);
       }},
      {"all the same", [&](std::size_t) { return number(71, 1); }},
      {"codes",
       [](std::size_t i) {
         RowValue value;
         value.form = Form::code;
         value.code = static_cast<Name>(i + 1);
         return value;
       }},
  };
  for (const auto& [name, value] : cases) {
    std::vector<Posting> postings(300);
    for (std::size_t i = 0; i < postings.size(); ++i) postings[i].value = value(i);
    PostingColumns columns;
    ASSERT_TRUE(decode_postings(encode_postings(postings).bytes, posting_field_value, columns)) << name;
    std::vector<double> numbers(280);
    columns.numbers(10, 290, numbers.data());
    columns.numbers(10, 10, nullptr);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double one = columns.number_at(i + 10);
      EXPECT_EQ(std::isnan(one), columns.form_at(i + 10) != Form::number) << name << " " << i;
      EXPECT_EQ(std::isnan(numbers[i]), std::isnan(one)) << name << " " << i;
      if (!std::isnan(one)) {
        EXPECT_EQ(numbers[i], one) << name << " " << i;
      }
    }
  }
}

TEST(Postings, OfOneCodeCostLittle) {
  std::mt19937_64 random(6);
  std::vector<Posting> postings(10'000);
  PatientId patient = 0;
  for (Posting& posting : postings) {
    posting.patient = patient += static_cast<PatientId>(random() % 8);
    posting.day = static_cast<Day>(10'000 + random() % 8192);
    posting.number = static_cast<std::uint32_t>(random() % 128);
    posting.kind = record::Kind::condition;
    posting.source = 1;
  }
  EXPECT_LE(encode_postings(postings).bytes.size(), 10'000u * 24 / 8);  // 23 bits of each are random
}

TEST(Postings, SayWhatQuestionsDecideOn) {
  Row row;
  EXPECT_EQ(posting_flags(row), posting_vague) << "no time at all";
  row.start = record::day_time(100);
  EXPECT_EQ(posting_flags(row), 0u);
  row.start.precision = record::Precision::second;
  EXPECT_EQ(posting_flags(row), posting_timed);
  row.start.precision = record::Precision::finer;
  EXPECT_EQ(posting_flags(row), posting_timed | posting_finer);
  row.start.precision = record::Precision::month;
  EXPECT_EQ(posting_flags(row), posting_vague | posting_month);
  row.start.precision = record::Precision::year;
  EXPECT_EQ(posting_flags(row), posting_vague | posting_year);
  using enum record::Precision;
  for (const record::Precision precision : {none, year, month, day, second, finer}) {
    row.start.precision = precision;
    EXPECT_EQ(precision_of(posting_flags(row)), precision);
  }
  row.start.precision = record::Precision::day;
  row.end.form = record::End::Form::ongoing;
  EXPECT_EQ(posting_flags(row), 0u);
  row.end = {.form = record::End::Form::at, .at = record::day_time(99)};
  EXPECT_EQ(posting_flags(row), posting_end_elsewhere);
  row.end = {};
  row.status = record::Status::entered_in_error;
  EXPECT_EQ(posting_flags(row), posting_hidden);
  for (const auto status : {record::Status::planned, record::Status::proposed, record::Status::not_done}) {
    row.status = status;
    EXPECT_EQ(posting_flags(row), posting_not_asserted);
  }
  row.status = record::Status::final;
  row.certainty = record::Certainty::refuted;
  EXPECT_EQ(posting_flags(row), posting_not_asserted);
  row.certainty = record::Certainty::confirmed;
  for (const auto author : {record::Author::patient, record::Author::carer}) {
    row.author = author;
    EXPECT_EQ(posting_flags(row), posting_contributed);
  }
}

// Point, ongoing, unknown, or so long after a start that is known alike; every other end is elsewhere.
TEST(Postings, TellEndsBesideTheirStarts) {
  using record::End;
  std::size_t told = 0, elsewhere = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const Row& row : SampleRows(seed).rows(200)) {
      const auto end = posting_end(row.start, row.end);
      EXPECT_EQ(!end, (posting_flags(row) & posting_end_elsewhere) != 0);
      EXPECT_TRUE(!end || end_of(*end, row.start) == row.end);
      if (row.end.form == End::Form::at) ++(end ? told : elsewhere);
    }
  }
  EXPECT_GT(told, 50u);
  EXPECT_GT(elsewhere, 50u);

  const record::Time day = record::day_time(100, 60), second = record::at_instant(1'000'000, 60);
  const auto at = [](const record::Time& time) { return End{.form = End::Form::at, .at = time}; };
  const auto word = [](const record::Time& start, const End& end) {
    return posting_end(start, end).value_or(PostingEnd{.word = ~0u}).word;
  };
  constexpr std::uint32_t lasts = PostingEnd::lasts, none = ~0u;
  EXPECT_EQ(word(day, {}), PostingEnd::point);
  EXPECT_EQ(word(day, {.form = End::Form::ongoing}), PostingEnd::ongoing);
  EXPECT_EQ(word(day, {.form = End::Form::unknown}), PostingEnd::unknown);
  EXPECT_EQ(word(day, at(day)), lasts);
  EXPECT_EQ(word(day, at(record::day_time(107))), lasts + 7);
  EXPECT_EQ(posting_end(day, at(record::day_time(107)))->shift, -60);
  EXPECT_EQ(word(day, at(record::day_time(99))), none) << "before its start";
  EXPECT_EQ(word(day, at(second)), none) << "not known alike";
  EXPECT_EQ(word(second, at(record::at_instant(91'000'000, 60))), lasts + 90);
  EXPECT_EQ(word(second, at(record::at_instant(91'500'000, 60))), none) << "with a fraction";
  constexpr std::int64_t longest = 0x7fff'ffff - lasts;  // seconds; starts at the first
  EXPECT_EQ(word(second, at(record::at_instant((1 + longest) * 1'000'000, 60))), 0x7fff'ffff);
  EXPECT_EQ(word(second, at(record::at_instant((2 + longest) * 1'000'000, 60))), none) << "too long";
  EXPECT_EQ(word({.precision = record::Precision::month}, at({.precision = record::Precision::month})), none);
  record::Time odd = record::at_instant(91'000'000, 60);
  ++odd.local;
  EXPECT_EQ(word(second, at(odd)), none) << "called whole, with a fraction";
  record::Time east = record::day_time(107), west = day;
  east.offset_minutes = INT16_MAX, west.offset_minutes = -1;
  EXPECT_EQ(word(west, at(east)), none) << "a shift beyond 16 bits";
}

TEST(Postings, LeaveTextInTheTimeline) {
  Row row;
  row.start = record::at_instant(3 * record::micros_per_day - 1'500'000, 60);
  row.value.form = record::Value::Form::text;
  row.value.text = "home";
  const Posting posting = posting_of(9, row);
  EXPECT_EQ(posting.value.form, record::Value::Form::text);
  EXPECT_EQ(posting.value.text, "");
  EXPECT_EQ(posting.day, 3);
  EXPECT_EQ(posting.second, 3598u);
  EXPECT_EQ(posting.offset, 60);
}

TEST(Postings, SeeDamageAndSurviveIt) {
  PostingColumns columns;
  const PostingBytes small = encode_postings(sample_postings(7, 9));
  expect_damage_is_seen(small.bytes, [&](BytesView bytes) { return decode_postings(bytes, posting_field_all, columns); });
  expect_damage_is_seen(
      small.bytes, [&](BytesView bytes) { return decode_postings(bytes, posting_field_day, columns, small.checksum); });
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Bytes bytes = encode_postings(sample_postings(seed, 1 + seed * 9)).bytes;
    expect_no_harm(bytes, seed, 400, [&](BytesView b) { return decode_postings(b, posting_field_all, columns); });
    expect_no_harm(bytes, seed, 200, [&](BytesView b) { return decode_postings(b, posting_field_number, columns); });
  }
}

// Numbers ascend within a patient as long as nothing was added late: then they are small steps.
TEST(Postings, KeepNumbersAsStepsOfTheirPatient) {
  std::mt19937_64 random(9);
  std::vector<Posting> postings(2000);
  for (std::size_t i = 0; i < postings.size(); ++i) {
    postings[i].patient = static_cast<PatientId>(i / 20);
    postings[i].number = static_cast<std::uint32_t>((i % 20 == 0 ? 0 : postings[i - 1].number) + 1 + random() % 16);
  }
  const auto expect_numbers = [&] {
    PostingColumns columns;
    const PostingBytes run = encode_postings(postings);
    EXPECT_TRUE(decode_postings(run.bytes, posting_field_number, columns));
    for (std::size_t i = 0; i < postings.size(); ++i) EXPECT_EQ(columns.number[i], postings[i].number) << i;
    return run.bytes.size();
  };
  EXPECT_LE(expect_numbers(), 2000 * 5 / 8 + 100u);
  for (Posting& posting : postings) posting.patient = 7;  // one patient
  for (std::size_t i = 0; i < postings.size(); ++i) postings[i].number = static_cast<std::uint32_t>(3 * i + 3);
  EXPECT_LE(expect_numbers(), 40u);
  postings[100].number = 1;  // added late
  expect_numbers();
  for (std::size_t i = 0; i < postings.size(); ++i)
    postings[i].patient = static_cast<PatientId>(i / 2), postings[i].number = 5;
  expect_numbers();  // not that it happens
}

// Where a patient has many that is smaller; days that a zone sends back stay as they are.
TEST(Postings, KeepDaysAsStepsOfTheirPatient) {
  std::mt19937_64 random(10);
  std::vector<Posting> postings(2000);
  for (std::size_t i = 0; i < postings.size(); ++i) {
    postings[i].patient = static_cast<PatientId>(i / 20);
    const bool first = i % 20 == 0;
    postings[i].day = (first ? -9'000 : postings[i - 1].day) + static_cast<Day>(random() % (first ? 16'384 : 40));
    postings[i].flags = static_cast<std::uint32_t>(random() % 8);
  }
  const auto expect_days = [&] {
    const PostingBytes run = encode_postings(postings);
    for (const std::uint32_t fields :
         {std::uint32_t{posting_field_day}, posting_field_day | posting_field_flags, posting_field_flags | 0u}) {
      PostingColumns columns;
      EXPECT_TRUE(decode_postings(run.bytes, fields, columns));
      if ((fields & posting_field_day) == 0) {
        EXPECT_TRUE(decode_more_postings(run.bytes, posting_field_day, columns));
      }
      for (std::size_t i = 0; i < postings.size(); ++i) EXPECT_EQ(columns.day_at(i), postings[i].day) << i;
      for (std::size_t i = 0; i < postings.size(); ++i)
        EXPECT_EQ(columns.flags[i], fields & posting_field_flags ? postings[i].flags : 0) << i;
    }
    return run.bytes.size();
  };
  EXPECT_LE(expect_days(), 3'000u);  // 14 bits each as they are, and three for the flags: 4,250
  for (Posting& posting : postings) posting.day = -12'000;
  for (std::size_t i = 0; i < postings.size(); ++i) postings[i].day += static_cast<Day>(i % 20);
  expect_days();
  postings[100 + 7].day = -30'000;
  expect_days();
  for (std::size_t i = 0; i < postings.size(); ++i)
    postings[i].patient = 7, postings[i].day = static_cast<Day>(i * i / 1000);
  expect_days();  // one patient
}

TEST(Postings, RefuseWrongContent) {
  PostingColumns columns;
  const auto decode = [&](std::initializer_list<unsigned> content, std::uint32_t fields = posting_field_all) {
    Bytes bytes;
    for (const unsigned byte : content) bytes.push_back(static_cast<char>(byte));
    return decode_postings(sealed(bytes), fields, columns).has_value();
  };
  EXPECT_TRUE(decode({3, 0}));
  EXPECT_FALSE(decode({})) << "no count";
  EXPECT_FALSE(decode({0xff, 0xff, 0xff, 0x7f, 0})) << "too many";
  EXPECT_FALSE(decode({3, 0x80, 0x80, 0x10})) << "a column that there is not";
  EXPECT_FALSE(decode({3, 0, 1})) << "more than its columns";
  EXPECT_TRUE(decode({3, 64, 192 + 21}));
  EXPECT_FALSE(decode({3, 64, 192 + 22})) << "a kind that there is not";
  EXPECT_FALSE(decode({3, 64, 8, 14, 1, 2, 9})) << "a kind that there is not, in one posting";
  EXPECT_FALSE(decode({3, 0x80, 0x80, 2})) << "no values";
  EXPECT_TRUE(decode({3, 0x82, 0x80, 8, 0, 192}));
  EXPECT_FALSE(decode({3, 0x82, 0x80, 8, 0})) << "steps from a day, and no steps";
  EXPECT_FALSE(decode({3, 0x82, 0x80, 8})) << "steps from no day";
  EXPECT_FALSE(decode({3, 0x80, 0x80, 2}, posting_field_kind)) << "no values to pass over";
  EXPECT_TRUE(decode({3, 1, 8, 0, 1, 4, 4}));
  EXPECT_FALSE(decode({3, 1, 8, 0, 1, 4, 3})) << "patients out of order, among whom readers look by halves";
  EXPECT_FALSE(decode({3, 1, 65, 4, 0xff, 0xff, 0xff, 0xff, 0x0f})) << "patients that descend by steps";
}

TEST(PostingsDeath, StopAtPatientsOutOfOrder) {
  std::vector<Posting> postings(2);
  postings[0].patient = 2;
  postings[1].patient = 1;
  EXPECT_DEATH(encode_postings(postings), "order");
}

TEST(Removals, GiveBackAny) {
  std::mt19937_64 random(8);
  for (std::size_t count = 0; count < 400; count += 13) {
    std::vector<Removal> removals(count);
    for (Removal& removal : removals)
      removal = {static_cast<PatientId>(random() % 50), static_cast<std::uint32_t>(random() % 50)};
    std::sort(removals.begin(), removals.end());
    const PostingBytes run = encode_removals(removals);
    const auto decoded = decode_removals(run.bytes, run.checksum);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, removals);
    expect_no_harm(run.bytes, count, 200, [](BytesView bytes) { return decode_removals(bytes); });
  }
}

TEST(Removals, SortByPatientThenNumber) {
  EXPECT_LT((Removal{1, 9}), (Removal{2, 1}));
  EXPECT_LT((Removal{1, 1}), (Removal{1, 2}));
  EXPECT_GT((Removal{2, 1}), (Removal{1, 9}));
  EXPECT_NE((Removal{1, 1}), (Removal{1, 2}));
}

TEST(Removals, SeeDamageAndDisorder) {
  const PostingBytes run = encode_removals(std::vector<Removal>{{1, 2}, {1, 7}, {9, 1}});
  expect_damage_is_seen(run.bytes, [](BytesView bytes) { return decode_removals(bytes); });
  const auto decode = [](std::initializer_list<unsigned> content) {
    Bytes bytes;
    for (const unsigned byte : content) bytes.push_back(static_cast<char>(byte));
    return decode_removals(sealed(bytes)).has_value();
  };
  EXPECT_TRUE(decode({2, 192, 192}));
  EXPECT_FALSE(decode({2, 192, 8, 0, 9, 3})) << "out of order";
  EXPECT_FALSE(decode({2, 192})) << "no numbers";
  EXPECT_FALSE(decode({2})) << "no patients";
  EXPECT_FALSE(decode({2, 192, 192, 0})) << "more than its columns";
  EXPECT_FALSE(decode({0xff, 0xff, 0xff, 0x7f, 192, 192})) << "too many";
  EXPECT_DEATH(encode_removals(std::vector<Removal>{{2, 1}, {1, 1}}), "order");
}

Directory sample_directory(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Directory directory{random() >> random() % 64, random() >> random() % 64, {}};
  std::uint32_t block = 0;
  for (std::size_t i = random() % 20; i > 0; --i) {
    block += static_cast<std::uint32_t>(random() % 3);
    directory.runs.push_back({block, block + static_cast<std::uint32_t>(random() % 9), 100 + directory.runs.size(),
                              static_cast<std::uint32_t>(random() >> 32), random() % 2 == 0, random(),
                              static_cast<std::uint32_t>(random() >> 32)});
  }
  return directory;
}

TEST(Directories, GiveBackAny) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Directory directory = sample_directory(seed);
    const Bytes bytes = encode(directory);
    const auto decoded = decode_directory(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->events, directory.events);
    EXPECT_EQ(decoded->patients, directory.patients);
    EXPECT_EQ(decoded->runs, directory.runs);
    expect_no_harm(bytes, seed, 300, [](BytesView b) { return decode_directory(b); });
  }
  expect_damage_is_seen(encode(sample_directory(3)), [](BytesView bytes) { return decode_directory(bytes); });
}

TEST(Directories, TellRunsApartByEveryField) {
  const PostingRun run{1, 2, 3, 4, false, 6, 7};
  EXPECT_EQ(run, (PostingRun{1, 2, 3, 4, false, 6, 7}));
  for (const PostingRun& other : {PostingRun{0, 2, 3, 4, false, 6, 7},
                                  {1, 0, 3, 4, false, 6, 7},
                                  {1, 2, 0, 4, false, 6, 7},
                                  {1, 2, 3, 0, false, 6, 7},
                                  {1, 2, 3, 4, true, 6, 7},
                                  {1, 2, 3, 4, false, 0, 7},
                                  {1, 2, 3, 4, false, 6, 0}}) {
    EXPECT_NE(run, other);
  }
}

TEST(Directories, RefuseWrongContent) {
  const auto decode = [](std::uint64_t first, std::uint64_t further, std::uint64_t count, std::uint64_t size,
                         std::uint64_t second_run = 2) {
    Bytes content;
    Writer write(content);
    for (const std::uint64_t number : {0, 0, 2}) write.varint(number);
    for (const std::uint64_t number : {first, further, std::uint64_t{1}, count, size}) write.varint(number);
    write.u64(1);
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{0}, second_run, std::uint64_t{2}, std::uint64_t{2}})
      write.varint(number);
    write.u64(1);
    return decode_directory(sealed(content)).has_value();
  };
  constexpr std::uint64_t most = 0xffffffffu;
  EXPECT_TRUE(decode(7, most - 7, most << 1, most));
  EXPECT_FALSE(decode(most + 1, 0, 2, 2)) << "first block";
  EXPECT_FALSE(decode(7, most + 1, 2, 2)) << "blocks";
  EXPECT_FALSE(decode(7, most - 6, 2, 2)) << "last block";
  EXPECT_FALSE(decode(7, 0, (most + 1) << 1, 2)) << "count";
  EXPECT_FALSE(decode(7, 0, 2, most + 1)) << "bytes";
  EXPECT_FALSE(decode(7, 0, 2, 2, 0)) << "out of order";
  EXPECT_FALSE(decode_directory(sealed(Bytes("\0\0\7", 3)))) << "more runs than bytes";
}

TEST(DirectoriesDeath, StopAtRunsOutOfOrder) {
  Directory directory;
  directory.runs = {{2, 2, 1}, {1, 1, 2}};
  EXPECT_DEATH(encode(directory), "order");
  directory.runs = {{1, 1, 2}, {1, 1, 1}};
  EXPECT_DEATH(encode(directory), "order");
  directory.runs = {{2, 1, 1}};
  EXPECT_DEATH(encode(directory), "begins");
}

}  // namespace
}  // namespace chartline::stored
