#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <random>
#include <vector>

namespace chartline {
namespace {

template <typename Call>
Bytes written(const Call& call) {
  Bytes bytes;
  Writer writer(bytes);
  call(writer);
  return bytes;
}

TEST(Zigzag, PutsSmallNumbersFirst) {
  EXPECT_EQ(zigzag(0), 0U);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  EXPECT_EQ(zigzag(-2), 3U);
  EXPECT_EQ(zigzag(std::numeric_limits<std::int64_t>::max()), std::numeric_limits<std::uint64_t>::max() - 1);
  EXPECT_EQ(zigzag(std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::uint64_t>::max());
}

TEST(Writer, LaysOutBytes) {
  EXPECT_EQ(written([](Writer& w) { w.u8(0xfe); }), "\xfe");
  EXPECT_EQ(written([](Writer& w) { w.u16(0x0102); }), "\x02\x01");
  EXPECT_EQ(written([](Writer& w) { w.u32(0x01020304); }), "\x04\x03\x02\x01");
  EXPECT_EQ(written([](Writer& w) { w.u64(0x0102030405060708); }), "\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(written([](Writer& w) { w.u32be(0x01020304); }), "\x01\x02\x03\x04");
  EXPECT_EQ(written([](Writer& w) { w.u64be(0x0102030405060708); }), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(written([](Writer& w) { w.varint(127); }), "\x7f");
  EXPECT_EQ(written([](Writer& w) { w.varint(300); }), "\xac\x02");
  EXPECT_EQ(written([](Writer& w) { w.signed_varint(-1); }), "\x01");
  EXPECT_EQ(written([](Writer& w) { w.text("hb"); }), "\x02hb");
}

TEST(Writer, BigEndianBytesSortAsNumbers) {
  EXPECT_TRUE(rc::check([](std::uint64_t a, std::uint64_t b) {
    const Bytes left = written([&](Writer&w) { w.u64be(a); }), right = written([&](Writer&w) { w.u64be(b); });
    RC_ASSERT((a < b) == (left < right));
  }));
}

TEST(Writer, AppendsToWhatIsThere) {
  Bytes bytes = "head";
  Writer writer(bytes);
  writer.raw("er");
  EXPECT_EQ(bytes, "header");
  EXPECT_EQ(writer.size(), 6U);
}

// A step of a layout: which field is written, and what.
struct Field {
  int type;
  std::uint64_t number;
  Bytes text;
};

void write(Writer& writer, const Field& field) {
  switch (field.type) {
    case 0: writer.u8(static_cast<std::uint8_t>(field.number)); break;
    case 1: writer.u16(static_cast<std::uint16_t>(field.number)); break;
    case 2: writer.u32(static_cast<std::uint32_t>(field.number)); break;
    case 3: writer.u64(field.number); break;
    case 4: writer.u32be(static_cast<std::uint32_t>(field.number)); break;
    case 5: writer.u64be(field.number); break;
    case 6: writer.varint(field.number); break;
    case 7: writer.signed_varint(static_cast<std::int64_t>(field.number)); break;
    default: writer.text(field.text); break;
  }
}

bool reads_back(Reader& reader, const Field& field) {
  switch (field.type) {
    case 0: return reader.u8() == static_cast<std::uint8_t>(field.number);
    case 1: return reader.u16() == static_cast<std::uint16_t>(field.number);
    case 2: return reader.u32() == static_cast<std::uint32_t>(field.number);
    case 3: return reader.u64() == field.number;
    case 4: return reader.u32be() == static_cast<std::uint32_t>(field.number);
    case 5: return reader.u64be() == field.number;
    case 6: return reader.varint() == field.number;
    case 7: return reader.signed_varint() == static_cast<std::int64_t>(field.number);
    default: return reader.text() == field.text;
  }
}

std::vector<Field> random_fields(std::mt19937_64& random) {
  std::vector<Field> fields(random() % 20);
  for (Field& field : fields) {
    field.type = static_cast<int>(random() % 9);
    field.number = random() >> (random() % 64);  // every width of number is met
    field.text.resize(random() % 200);
    for (char& byte : field.text) byte = static_cast<char>(random());
  }
  return fields;
}

TEST(Bytes, AnyLayoutIsReadAsItWasWritten) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::vector<Field> fields = random_fields(random);
    Bytes bytes;
    Writer writer(bytes);
    for (const Field& field : fields) write(writer, field);
    Reader reader(bytes);
    for (const Field& field : fields) ASSERT_TRUE(reads_back(reader, field)) << "type " << field.type;
    EXPECT_TRUE(reader.done());
  }
}

TEST(Bytes, AnyLayoutCutShortFails) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::vector<Field> fields = random_fields(random);
    Bytes bytes;
    Writer writer(bytes);
    for (const Field& field : fields) write(writer, field);
    if (bytes.empty()) continue;
    Reader reader(BytesView(bytes).substr(0, random() % bytes.size()));
    for (const Field& field : fields) reads_back(reader, field);
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Bytes, EveryVarintIsReadAsItWasWritten) {
  EXPECT_TRUE(rc::check([](std::uint64_t v) {
    for (int shift = 0; shift < 64; ++shift) {
      const std::uint64_t number = v >> shift;
      const Bytes bytes =
          written([&](Writer& w) { w.varint(number), w.signed_varint(static_cast<std::int64_t>(number)); });
      Reader reader(bytes);
      RC_ASSERT(reader.varint() == number);
      RC_ASSERT(reader.signed_varint() == static_cast<std::int64_t>(number));
      RC_ASSERT(reader.done());
    }
  }));
}

TEST(Reader, FailsOnVarintsThatDoNotFit) {
  for (const Bytes& hostile : {Bytes(9, '\xff') + '\x02',        // 65 bits
                               Bytes(9, '\x80') + '\x7f',        // 70 bits
                               Bytes(10, '\x80'),                // no end within 64 bits
                               Bytes(20, '\xff'),                // no end at all
                               Bytes("\x80"), Bytes(9, '\xff'),  // cut short
                               Bytes()}) {
    Reader reader(hostile);
    EXPECT_EQ(reader.varint(), 0U);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.left(), 0U);
  }
}

TEST(Reader, TakesTheLargestVarint) {
  const Bytes bytes = Bytes(9, '\xff') + '\x01';
  Reader reader(bytes);
  EXPECT_EQ(reader.varint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(reader.done());
}

TEST(Reader, FailsOnTextLongerThanItsBytes) {
  for (const std::uint64_t length :
       {std::uint64_t{3}, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    const Bytes bytes = written([&](Writer& w) { w.varint(length), w.raw("hb"); });
    Reader reader(bytes);
    EXPECT_EQ(reader.text(), "");
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Reader, StaysFailedAndGivesZero) {
  Reader reader("\x01\x02\x03");
  EXPECT_EQ(reader.u64(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0U);
  EXPECT_EQ(reader.varint(), 0U);
  EXPECT_EQ(reader.raw(1), "");
  EXPECT_EQ(reader.raw(0), "");
  EXPECT_FALSE(reader.done());
}

TEST(Reader, IsDoneOnlyAtTheEnd) {
  Reader reader("\x01\x02");
  reader.u8();
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.left(), 1U);
  reader.u8();
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(Reader("").done());
}

}  // namespace
}  // namespace chartline
