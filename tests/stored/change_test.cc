// The log: every change comes back with every field; damage is seen; hostile bytes do no harm.
#include "formats/stored/change.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/stored/damage.h"
#include "tests/stored/sample_rows.h"

namespace chartline::stored {
namespace {

Bytes encoded(const Change& change) {
  Bytes bytes;
  encode(change, bytes);
  return bytes;
}

TEST(ChangeRecord, GivesBackEveryKindOfChange) {
  const std::vector<Bytes> changes = {
      encoded(NewName{Dictionary::source, 7, "RYJ", "fhir", ""}),
      encoded(Identify{{1, 2}, "nhs", "value"}),
      encoded(Link{{0, 4}, {3, 9}, true}),
      encoded(Link{{0, 4}, {3, 9}, false}),
      encoded(Erase{12, 0xfedcba9876543210u}),
      encoded(SetMeta{"name", Bytes("\0\1\2", 3)}),
  };
  const Bytes bytes = encode_record(1ull << 60, -5, changes);
  record::Arena room;
  const auto record = decode_record(bytes, room);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->commit, 1ull << 60);
  EXPECT_EQ(record->recorded, -5);
  ASSERT_EQ(record->changes.size(), changes.size());
  const auto& name = std::get<NewName>(record->changes[0]);
  EXPECT_EQ(name.dictionary, Dictionary::source);
  EXPECT_EQ(name.number, 7u);
  EXPECT_EQ(name.first, "RYJ");
  EXPECT_EQ(name.second, "fhir");
  EXPECT_EQ(name.third, "");
  const auto& identify = std::get<Identify>(record->changes[1]);
  EXPECT_EQ(identify.patient, (PatientRef{1, 2}));
  EXPECT_EQ(identify.system, "nhs");
  EXPECT_EQ(identify.value, "value");
  const auto& link = std::get<Link>(record->changes[2]);
  EXPECT_EQ(link.a, (PatientRef{0, 4}));
  EXPECT_EQ(link.b, (PatientRef{3, 9}));
  EXPECT_TRUE(link.linked);
  EXPECT_FALSE(std::get<Link>(record->changes[3]).linked);
  const auto& erase = std::get<Erase>(record->changes[4]);
  EXPECT_EQ(erase.patient, 12u);
  EXPECT_EQ(erase.token, 0xfedcba9876543210u);
  const auto& meta = std::get<SetMeta>(record->changes[5]);
  EXPECT_EQ(meta.name, "name");
  EXPECT_EQ(meta.value, BytesView("\0\1\2", 3));
}

TEST(ChangeRecord, GivesBackAnyRows) {
  EXPECT_TRUE(rc::check("round trip", [](std::uint64_t seed) {
    SampleRows sample(seed);
    const auto rows = sample.rows(*rc::gen::inRange<std::size_t>(0, 20));
    const auto removed = *rc::gen::arbitrary<std::vector<std::uint32_t>>();
    const auto original = *rc::gen::arbitrary<std::string>();
    const Bytes bytes = encode_record(9, 10, std::vector<Bytes>{encoded(Put{3, removed, rows, original, 4})});
    record::Arena room;
    const auto record = decode_record(bytes, room);
    RC_ASSERT(record.has_value());
    const auto& put = std::get<Put>(record->changes.at(0));
    RC_ASSERT(put.patient == 3u);
    RC_ASSERT(std::equal(put.removed.begin(), put.removed.end(), removed.begin(), removed.end()));
    RC_ASSERT(put.original == original);
    RC_ASSERT(put.removed_original == 4u);
    RC_ASSERT(put.added.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) RC_ASSERT(difference(put.added[i], rows[i]) == "");
  }));
}

Bytes sample_record(std::uint64_t seed, std::size_t rows) {
  SampleRows sample(seed);
  const auto added = sample.rows(rows);
  const std::vector<std::uint32_t> removed = {1, 500, 70'000};
  return encode_record(
      seed, 1,
      std::vector<Bytes>{encoded(Put{3, removed, added, "original", 4}),
                         encoded(NewName{Dictionary::unit, 1, "mg", "", ""}), encoded(Link{{0, 4}, {3, 9}, true}),
                         encoded(Erase{1, 2}), encoded(Identify{{0, 1}, "a", "b"})});
}

TEST(ChangeRecord, SeesDamageAndSurvivesIt) {
  const auto decode = [](BytesView bytes) {
    record::Arena room;
    return decode_record(bytes, room);
  };
  expect_damage_is_seen(sample_record(1, 2), decode);
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    expect_no_harm(sample_record(seed, seed % 9), seed, 300, decode, Trailer::whole);
}

TEST(ChangeRecord, RefusesWhatIsNoChange) {
  const auto decode = [](const Bytes& change) {
    record::Arena room;
    return decode_record(encode_record(1, 1, std::vector<Bytes>{change}), room).has_value();
  };
  EXPECT_TRUE(decode(encoded(NewName{Dictionary::attribute, 1, "", "", ""})));
  EXPECT_FALSE(decode(encoded(NewName{static_cast<Dictionary>(dictionary_count), 1, "", "", ""})));
  EXPECT_FALSE(decode(Bytes(1, '\0'))) << "a tag that there is not";
  EXPECT_FALSE(decode(Bytes("\x07", 1))) << "a tag that there is not";
  EXPECT_FALSE(decode(Bytes("\x04\0\0\0\0\x02", 6))) << "neither linked nor not";
  EXPECT_FALSE(decode(Bytes("\x02\0\x09", 3))) << "more removed than bytes";
  EXPECT_FALSE(decode(Bytes("\x02\0\0\x09", 4))) << "more rows than bytes";
  EXPECT_FALSE(decode(Bytes("\x05\xff\xff\xff\xff\xff\x01", 7) + Bytes(8, '\0'))) << "a patient beyond 32 bits";

  Row row;
  const auto decode_row = [&] { return decode(encoded(Put{1, {}, std::span(&row, 1), "", 0})); };
  EXPECT_TRUE(decode_row());
  row.value.unit = 5;
  EXPECT_TRUE(decode_row()) << "a unit without a number";
  row.kind = static_cast<record::Kind>(record::kind_count);
  EXPECT_FALSE(decode_row()) << "a kind that there is not";
  row = {};
  row.start.precision = static_cast<record::Precision>(6);
  EXPECT_FALSE(decode_row()) << "a precision that there is not";
  row = {};
  row.value.form = static_cast<record::Value::Form>(6);
  EXPECT_FALSE(decode_row()) << "a form of value that there is not";
  EXPECT_FALSE(decode(Bytes("\x02\0\0\x01\x80\x80\x20\0\0\0\0\0", 12))) << "a field that there is not";
  EXPECT_FALSE(decode(Bytes("\x02\0\0\x01\x10\0\0\0\x03\0\x80\x80\x08\0\0", 15))) << "an offset beyond 16 bits";
  record::Arena room;
  EXPECT_FALSE(decode_record(sealed(Bytes("\1\1\7", 3), Trailer::whole), room)) << "more changes than bytes";
}

}  // namespace
}  // namespace chartline::stored
