#include "engine/demographics.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "tests/engine/made_moment.h"

namespace chartline::engine {
namespace {

using Form = record::Value::Form;

struct DemographicsTest : testing::Test {
  stored::RowAttribute date(std::string_view attribute, record::Time time) {
    stored::RowAttribute made{.name = names.intern_attribute(attribute), .value = {}};
    made.value.form = Form::date, made.value.date = time;
    return made;
  }
  stored::RowAttribute sex(std::string_view code) {
    stored::RowAttribute made{.name = names.intern_attribute(record::attribute::sex), .value = {}};
    made.value.form = Form::code,
    made.value.code = names.intern(record::Code{.system = "gender", .code = code, .display = ""});
    return made;
  }
  stored::Row person(Micros recorded, std::uint32_t number, const std::vector<stored::RowAttribute>& attributes) {
    stored::Row row;
    row.kind = record::Kind::patient, row.recorded = recorded, row.number = number;
    row.attributes = room.array(attributes);
    return row;
  }
  stored::Row died(record::Time time) {
    stored::Row row;
    row.kind = record::Kind::death, row.start = time;
    return row;
  }
  Demographics of(const std::vector<stored::Row>& rows) { return demographics_of(rows, names); }
  Dictionary names;
  record::Arena room;
};

TEST_F(DemographicsTest, KnowsNothingOfNobody) {
  const Demographics who = of({});
  EXPECT_FALSE(who.birth.known());
  EXPECT_FALSE(who.death.known());
  EXPECT_FALSE(who.dead);
  EXPECT_EQ(who.sex, 0U);
}

TEST_F(DemographicsTest, TakesEachFieldFromWhoeverToldItLast) {
  const std::vector<stored::Row> rows = {
      person(10, 1, {date("birth", record::day_time(100)), sex("male")}),
      person(20, 3, {sex("other")}),
      person(20, 2, {date("birth", record::day_time(200)), sex("female")}),
  };
  EXPECT_EQ(of(rows).birth, record::day_time(200));
  EXPECT_EQ(names.code(of(rows).sex).code, "other");
  EXPECT_FALSE(of(rows).dead);
}

TEST_F(DemographicsTest, PassesOverHiddenRowsAndOtherKinds) {
  stored::Row hidden = person(30, 4, {sex("male")});
  hidden.status = record::Status::entered_in_error;
  stored::Row other = person(40, 5, {sex("male")});
  other.kind = record::Kind::observation;
  stored::Row hidden_death = died(record::day_time(5));
  hidden_death.status = record::Status::entered_in_error;
  stored::Row refuted_death = died(record::day_time(6));
  refuted_death.certainty = record::Certainty::refuted;
  const Demographics who = of({person(1, 1, {sex("female")}), hidden, other, hidden_death, refuted_death});
  EXPECT_EQ(names.code(who.sex).code, "female");
  EXPECT_FALSE(who.dead);
}

TEST_F(DemographicsTest, KnowsADeathFromAttributeOrEvent) {
  const stored::Row told = person(1, 1, {date("death", record::day_time(300))});
  EXPECT_EQ(of({told, died(record::day_time(299))}).death, record::day_time(300));
  EXPECT_EQ(of({died(record::day_time(299)), died(record::day_time(298)), died({})}).death, record::day_time(298));
  const stored::Row undated = person(2, 2, {date("death", {})});
  EXPECT_TRUE(of({undated}).dead);
  EXPECT_FALSE(of({undated}).death.known());
  EXPECT_EQ(of({undated, died(record::day_time(299))}).death, record::day_time(299));
  EXPECT_TRUE(of({died({})}).dead);
}

TEST_F(DemographicsTest, KeepsWholeDays) {
  const record::Time noon{.local = -100 * record::micros_per_day + record::micros_per_day / 2,
                          .offset_minutes = 60,
                          .precision = record::Precision::second};
  EXPECT_EQ(of({person(1, 1, {date("birth", noon)})}).birth, record::day_time(-100));
  const record::Time year{.local = 0, .offset_minutes = 0, .precision = record::Precision::year};
  EXPECT_EQ(of({person(1, 1, {date("birth", year)})}).birth, year);
}

TEST(DemographicsPage, ComesBackFromItsBytes) {
  std::mt19937_64 random(1);
  for (const std::uint32_t patients : {0u, 1u, 100u, stored::block_patients}) {
    DemographicsPage page;
    for (std::uint32_t place = 0; place < patients; ++place) {
      Demographics who;
      if (random() % 4) who.birth = record::day_time(static_cast<Day>(random() % 40'000) - 20'000);
      if (random() % 4 == 0) who.dead = true, who.death = record::day_time(static_cast<Day>(random() % 20'000));
      who.sex = static_cast<Name>(random() % 3);
      page.set(place, who);
      EXPECT_EQ(page.at(place).birth, who.birth);
      EXPECT_EQ(page.at(place).death, who.death);
      EXPECT_EQ(page.at(place).dead, who.dead);
      EXPECT_EQ(page.at(place).sex, who.sex);
    }
    const auto decoded = decode_demographics(encode(page));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, page);
  }
}

TEST(DemographicsPage, IsTheSameHoweverItWasFilled) {
  DemographicsPage page;
  page.set(5, {.birth = record::day_time(1), .death = {}, .dead = false, .sex = 2});
  page.set(9, {.birth = record::day_time(1), .death = {}, .dead = false, .sex = 2});
  page.set(9, {});
  DemographicsPage other;
  other.set(5, page.at(5));
  EXPECT_EQ(page, other);
  EXPECT_EQ(encode(page), encode(other));
}

TEST(DemographicsPage, RefusesDamage) {
  DemographicsPage page;
  for (std::uint32_t place = 0; place < 20; ++place)
    page.set(
        place,
        {.birth = record::day_time(static_cast<Day>(place * place)), .death = {}, .dead = place % 2 == 0, .sex = place});
  const Bytes bytes = encode(page);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_EQ(decode_demographics(damaged).error().fault, Fault::corrupt) << "bit " << bit;
    // With a right checksum over wrong bytes: refused, or some page, but never out of bounds.
    damaged.resize(damaged.size() - 8);
    Writer(damaged).u64(hash64(damaged));
    if (const auto decoded = decode_demographics(damaged)) {
      EXPECT_FALSE(encode(*decoded).empty());
    }
  }
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode_demographics(BytesView(bytes).substr(0, length)));
}

class DemographicsOfView : public testing::TestWithParam<int> {};

// The folded page, or where the delta or the instant says otherwise, the rows.
TEST_P(DemographicsOfView, AgreeWithTheRowsThemselves) {
  MadeMoment made(static_cast<std::uint64_t>(GetParam()), 1, 20, 30);
  const auto of_rows = [&](PatientId patient, Micros now) {
    std::vector<stored::Row> rows;
    for (const MadeMoment::Version& version : made.versions()) {
      const bool is_current = version.row.recorded <= now && (version.row.removed == 0 || version.row.removed > now);
      if (version.patient.id == patient && is_current) rows.push_back(version.row);
    }
    return demographics_of(rows, made.names(0));
  };
  DemographicsPage page;
  for (PatientId patient = 0; patient < 20; ++patient)
    page.set(patient, of_rows(patient, static_cast<Micros>(made.watermark())));
  Batch batch;
  batch.put(Table::meta, demographics_key(0), encode(page));
  ASSERT_TRUE(made.tables(0).write(batch, false));
  const auto block = made.view().demographics(0, 0);
  ASSERT_TRUE(block) << block.error().message;
  for (PatientId patient = 0; patient < 20; ++patient) {
    const Demographics expected = of_rows(patient, static_cast<Micros>(made.commit())), who = block->at(patient);
    EXPECT_EQ(std::tuple(who.birth, who.death, who.dead, who.sex),
              std::tuple(expected.birth, expected.death, expected.dead, expected.sex));
  }
  for (const Micros as_of : {Micros{INT64_MAX}, Micros{40}}) {
    for (PatientId patient = 0; patient < 20; ++patient) {
      const auto who = made.view(as_of).demographics({0, patient});
      ASSERT_TRUE(who) << who.error().message;
      const Demographics expected = of_rows(patient, std::min<Micros>(as_of, static_cast<Micros>(made.commit())));
      EXPECT_EQ(who->birth, expected.birth);
      EXPECT_EQ(who->death, expected.death);
      EXPECT_EQ(who->dead, expected.dead);
      EXPECT_EQ(who->sex, expected.sex);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DemographicsOfView, testing::Range(1, 7));

}  // namespace
}  // namespace chartline::engine
