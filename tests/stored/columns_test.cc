// Whatever the values, a column gives them back; every instruction set gives the same; any bytes are refused or read, and
// never read beyond.
#include "formats/stored/columns.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <utility>

#include "formats/stored/bits.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/distinct.h"

namespace chartline::stored {
namespace {

// Sets the instruction set for one scope.
class Using {
 public:
  explicit Using(std::string_view name) : before_(instruction_set()) { set_instruction_set(name); }
  ~Using() { set_instruction_set(before_); }

 private:
  std::string_view before_;
};

std::vector<std::string_view> available_sets() {
  std::vector<std::string_view> names;
  const Using restored(instruction_set());
  for (const std::string_view name : {"plain", "sse4.1", "avx2", "neon"}) {
    if (set_instruction_set(name)) names.push_back(name);
  }
  return names;
}

template <typename T>
Bytes packed(const std::vector<T>& values, Packing packing = Packing::quick) {
  Bytes bytes;
  pack_column<T>(values, 0, bytes, packing);
  return bytes;
}

template <typename T>
std::vector<T> unpacked(const Bytes& bytes, std::size_t count) {
  // A copy of just these bytes on the heap, so that the address sanitizer sees every byte read beyond them.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  Reader in(BytesView(exact.data(), exact.size()));
  std::vector<T> room;
  Column<T> column;
  EXPECT_TRUE(unpack(in, count, room, column));
  EXPECT_TRUE(in.done());
  std::vector<T> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(column[i]);
  return values;
}

template <typename T>
void expect_round_trip(const std::vector<T>& values) {
  for (const Packing packing : {Packing::quick, Packing::tight, Packing::tightest}) {
    const Bytes bytes = packed(values, packing);
    EXPECT_EQ(unpacked<T>(bytes, values.size()), values);
    Reader passed(bytes);
    EXPECT_TRUE(skip(passed, values.size()));
    EXPECT_TRUE(passed.done());
  }
}

unsigned tag_of(const Bytes& bytes) { return static_cast<unsigned char>(bytes[0]); }

TEST(Columns, ChoosesTheFormThatSuitsTheValues) {
  std::vector<std::uint32_t> values;
  const auto fill = [&](std::size_t count, auto&& value) {
    values.clear();
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<std::uint32_t>(value(i)));
    expect_round_trip(values);
    return tag_of(packed(values));
  };
  std::mt19937_64 random(7);
  EXPECT_EQ(fill(0, [](std::size_t) { return 0; }), form::small);
  EXPECT_EQ(fill(100, [](std::size_t) { return 63; }), form::small + 63);
  EXPECT_EQ(fill(100, [](std::size_t) { return 64; }), form::frame);
  EXPECT_EQ(fill(100, [&](std::size_t) { return random() % 1000; }), form::frame + 10);
  EXPECT_EQ(fill(100, [](std::size_t i) { return 5 + i; }), form::delta);
  EXPECT_EQ(fill(100, [&](std::size_t i) { return 1000 * i + random() % 7; }), form::delta + 4);
  EXPECT_EQ(fill(1000, [&](std::size_t i) { return random() % (i < 900 ? 16 : 1 << 20); }), form::frame_groups);
  EXPECT_EQ(fill(1000, [&](std::size_t i) { return i * i * i; }), form::delta_groups);
  EXPECT_EQ(fill(100, [&](std::size_t i) { return i % 3 * 1'000'003 + i % 2; }), form::dictionary);
  EXPECT_EQ(fill(100,
                 [](std::size_t i) {
                   return std::array{5, 900'001, 77, 12'345'678, 3}[i / 20];
                 }),
            form::stretches);
  EXPECT_EQ(fill(100, [&](std::size_t) { return 7 + random() % 1000 * 60; }), form::scaled);
  EXPECT_EQ(fill(100, [&](std::size_t) { return 7'200 + random() % 1000 * 60; }), form::multiples);
}

// Numbers of which most are small and some are not, and steps of which that holds; smaller by so much as was asked for.
TEST(Columns, AreRiceCodedWhereThatIsSmaller) {
  std::mt19937_64 random(8);
  std::vector<std::uint32_t> waits, moments;
  std::uint32_t now = 20'000;
  for (int i = 0; i < 200; ++i) {
    waits.push_back(static_cast<std::uint32_t>(std::exponential_distribution<>(i % 20 ? 0.01 : 0.001)(random)));
    moments.push_back(now += waits.back());
  }
  for (const auto& [values, rice] : {std::pair(waits, form::rice), std::pair(moments, form::rice_steps)}) {
    const Bytes tight = packed(values, Packing::tight), quick = packed(values);
    EXPECT_EQ(tag_of(tight), rice);
    EXPECT_LT(tight.size(), quick.size() * 8 / 10);
    EXPECT_LE(tight.size(), values.size() * 9 / 8 + 8);  // entropy of such a wait: 8.2 bits
    EXPECT_NE(tag_of(quick), rice);
    expect_round_trip(values);
  }
  std::vector<std::uint32_t> even;  // a little smaller is not enough
  for (int i = 0; i < 200; ++i)
    even.push_back(static_cast<std::uint32_t>(std::exponential_distribution<>(0.01)(random)));
  EXPECT_NE(tag_of(packed(even, Packing::tight)), form::rice);
  EXPECT_EQ(tag_of(packed(even, Packing::tightest)), form::rice);
  for (std::uint32_t& one : even) one = static_cast<std::uint32_t>(random() % 700);
  EXPECT_NE(tag_of(packed(even, Packing::tightest)), form::rice);
  // What no unary code can hold is packed otherwise.
  expect_round_trip(std::vector<std::uint64_t>{1, 2, 3, std::uint64_t{1} << 60, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST(Columns, CostNothingWhereConstantAndLittleWhereRegular) {
  EXPECT_EQ(packed(std::vector<std::uint32_t>(10'000, 3)).size(), 1u);
  std::vector<std::uint32_t> ascending(10'000);
  for (std::uint32_t i = 0; i < ascending.size(); ++i) ascending[i] = i;
  EXPECT_EQ(packed(ascending).size(), 3u);
}

TEST(Columns, LeaveConstantsWithoutRoom) {
  const Bytes bytes = packed(std::vector<std::uint64_t>(500, 1'234'567));
  Reader in(bytes);
  std::vector<std::uint64_t> room;
  Column<std::uint64_t> column;
  ASSERT_TRUE(unpack(in, 500, room, column));
  EXPECT_TRUE(room.empty());
  EXPECT_TRUE(column.is_constant());
  EXPECT_EQ(column[499], 1'234'567u);
}

TEST(Columns, TakeEveryWidthCountAndInstructionSet) {
  std::mt19937_64 random(11);
  for (unsigned width = 0; width <= 64; ++width) {
    for (std::size_t count = 0; count <= 300; count += count < 20 ? 1 : 7) {
      std::vector<std::uint64_t> values(count);
      for (std::uint64_t& value : values) value = width == 0 ? 0 : random() >> (64 - width);
      const std::uint64_t base = random();
      Bytes bytes;
      pack_bits(values.data(), count, width, 0, bytes);
      ASSERT_EQ(bytes.size(), packed_bytes(count, width));
      const std::vector<char> exact(bytes.begin(), bytes.end());
      for (const std::string_view name : available_sets()) {
        const Using set(name);
        std::vector<std::uint64_t> wide(count + room_margin);
        unpack_bits(exact.data(), exact.data() + exact.size(), width, count, base, wide.data());
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_EQ(wide[i], base + values[i]) << name << " width " << width << " count " << count;
        if (width > 32) continue;
        std::vector<std::uint32_t> narrow(count + room_margin);
        unpack_bits(exact.data(), exact.data() + exact.size(), width, count, static_cast<std::uint32_t>(base),
                    narrow.data());
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(narrow[i], static_cast<std::uint32_t>(base + values[i]))
              << name << " width " << width << " count " << count;
        }
        sum_up(narrow.data(), count, 17);
        std::uint32_t sum = 17;
        for (std::size_t i = 0; i < count; ++i) {
          sum += static_cast<std::uint32_t>(base + values[i]);
          ASSERT_EQ(narrow[i], sum) << name << " count " << count;
        }
      }
    }
  }
}

// A stretch of a column: constant, random, ascending, few values, long runs, multiples, outliers.
rc::Gen<std::vector<std::uint64_t>> any_values() {
  return rc::gen::mapcat(rc::gen::inRange<std::uint64_t>(0, ~std::uint64_t{0}), [](std::uint64_t seed) {
    return rc::gen::map(rc::gen::inRange<std::size_t>(0, 700), [seed](std::size_t count) {
      std::mt19937_64 random(seed);
      const unsigned width = static_cast<unsigned>(random() % 65);
      const unsigned small = static_cast<unsigned>(random() % 12);
      const std::uint64_t start = random() >> random() % 64;
      const std::uint64_t unit = 1 + random() % 100'000;
      const int shape = static_cast<int>(random() % 8);
      std::vector<std::uint64_t> values(count);
      std::uint64_t last = start;
      for (std::uint64_t& value : values) {
        switch (shape) {
          case 0: value = start; break;
          case 1: value = width == 0 ? 0 : random() >> (64 - width); break;
          case 2: value = last += random() % (std::uint64_t{1} << small); break;
          case 3: value = start ^ (random() % 5 * unit); break;
          case 4: value = last = random() % 16 ? last : random() >> width % 64; break;
          case 5: value = start + random() % 1000 * unit; break;
          case 6: value = random() % 100 ? random() % 8 : random(); break;
          default: value = last += random() >> width % 64; break;
        }
      }
      return values;
    });
  });
}

TEST(Columns, GiveBackAnyValues) {
  EXPECT_TRUE(rc::check("round trip", [] {
    const std::vector<std::uint64_t> wide = *any_values();
    const std::vector<std::uint32_t> narrow(wide.begin(), wide.end());
    for (const std::string_view name : available_sets()) {
      const Using set(name);
      expect_round_trip(wide);
      expect_round_trip(narrow);
    }
    RC_ASSERT(!::testing::Test::HasFailure());
  }));
}

TEST(Columns, AreReadWithTheirBias) {
  const std::vector<std::uint32_t> values = {0x80000005u, 0x80000001u, 0x7fffffffu, 0x80000002u};
  Bytes bytes;
  pack_column<std::uint32_t>(values, 0x80000000u, bytes);
  Reader in(bytes);
  std::vector<std::uint32_t> room;
  Column<std::uint32_t> column;
  ASSERT_TRUE(unpack_column(in, values.size(), 0x80000000u, room, column));
  EXPECT_TRUE(std::equal(values.begin(), values.end(), column.values()));
}

// What reading and passing over make of bytes that no packer wrote.
bool reads(const Bytes& bytes, std::size_t count) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  Reader wide_in(BytesView(exact.data(), exact.size())), narrow_in = wide_in, passed = wide_in;
  std::vector<std::uint64_t> wide_room;
  std::vector<std::uint32_t> narrow_room;
  Column<std::uint64_t> wide;
  Column<std::uint32_t> narrow;
  unpack(narrow_in, count, narrow_room, narrow);
  skip(passed, count);
  return unpack(wide_in, count, wide_room, wide);
}

Bytes bytes_of(std::initializer_list<unsigned> values) {
  Bytes bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

TEST(Columns, RefuseWhatIsNoColumn) {
  const struct {
    const char* why;
    Bytes bytes;
    std::size_t count;
  } cases[] = {
      {"nothing", "", 1},
      {"no constant", bytes_of({form::frame}), 1},
      {"values for none", bytes_of({form::frame + 3, 0}), 0},
      {"no base", bytes_of({form::frame + 3}), 8},
      {"too few values", bytes_of({form::frame + 3, 0, 1, 2}), 8},
      {"no step", bytes_of({form::delta + 3, 0}), 9},
      {"too few steps", bytes_of({form::delta + 3, 0, 0, 1, 2}), 9},
      {"no group", bytes_of({form::frame_groups, 0}), 9},
      {"width of a group", bytes_of({form::frame_groups, 0, 65, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), 1},
      {"too few of a group", bytes_of({form::delta_groups, 0, 8, 0, 1}), 9},
      {"no dictionary", bytes_of({form::dictionary}), 9},
      {"empty dictionary", bytes_of({form::dictionary, 0, form::small}), 9},
      {"dictionary of dictionaries", bytes_of({form::dictionary, 2, form::dictionary, 1, form::small, 0, 0}), 9},
      {"no places", bytes_of({form::dictionary, 3, form::delta, 1, 1}), 9},
      {"place beyond the dictionary", bytes_of({form::dictionary, 3, form::delta, 1, 1, 3}), 1},
      {"no stretches", bytes_of({form::stretches, 0, form::small, form::small}), 9},
      {"more stretches than values", bytes_of({form::stretches, 10, form::small, form::small}), 9},
      {"stretches without values", bytes_of({form::stretches, 2, form::scaled}), 9},
      {"stretches without lengths", bytes_of({form::stretches, 2, form::small, form::scaled}), 9},
      {"stretches too long", bytes_of({form::stretches, 2, form::small, form::small + 5}), 9},
      {"stretches too short", bytes_of({form::stretches, 2, form::small, form::small + 3}), 9},
      {"stretches after the last value", bytes_of({form::stretches, 2, form::small, form::frame + 8, 0, 8, 0}), 9},
      {"scaled twice", bytes_of({form::scaled, 1, 0, form::scaled, 1, 0, form::small}), 9},
      {"multiples of what is scaled", bytes_of({form::multiples, 1, form::scaled, 1, 0, form::small}), 9},
      {"multiples of multiples", bytes_of({form::multiples, 1, form::multiples, 1, form::small}), 9},
      {"multiples of no unit", bytes_of({form::multiples}), 9},
      {"multiples without quotients", bytes_of({form::multiples, 1}), 9},
      {"no Rice code", bytes_of({form::rice, 0}), 9},
      {"no first", bytes_of({form::rice}), 9},
      {"Rice code wider than the integer", bytes_of({form::rice, 0, 64, 1}) + Bytes(80, 'x'), 9},
      {"too few low bits", bytes_of({form::rice, 0, 8, 1, 1, 2}), 9},
      {"too few unary bits", bytes_of({form::rice, 0, 1, 3, 0, 0, 0xff}), 9},
      {"too few ones", bytes_of({form::rice, 0, 0, 2, 0xff, 0}), 9},
      {"too many ones", bytes_of({form::rice, 0, 0, 2, 0xff, 3}), 9},
      {"no Rice code of steps", bytes_of({form::rice_steps, 0, 0}), 9},
      {"too few ones of steps", bytes_of({form::rice_steps, 0, 0, 0, 1, 0x7f}), 9},
      {"unknown form", bytes_of({form::multiples + 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 9},
  };
  for (const auto& c : cases) EXPECT_FALSE(reads(c.bytes, c.count)) << c.why;
}

TEST(Columns, OfNothingAreConstant) {
  const auto passes = [](const Bytes& bytes) {
    Reader in(bytes);
    return skip(in, 0);
  };
  EXPECT_TRUE(passes(bytes_of({form::small})));
  EXPECT_TRUE(passes(bytes_of({form::frame, 7})));
  EXPECT_FALSE(passes(bytes_of({form::frame})));
  EXPECT_FALSE(passes(bytes_of({form::delta, 0, 0})));
  EXPECT_FALSE(passes(""));
}

TEST(Columns, RefuseWidthsBeyondTheInteger) {
  Bytes bytes = bytes_of({form::frame + 40, 0}) + Bytes(40, 'x');
  Reader in(bytes);
  std::vector<std::uint32_t> room;
  Column<std::uint32_t> column;
  EXPECT_FALSE(unpack(in, 8, room, column));
  EXPECT_TRUE(reads(bytes, 8));
}

TEST(Columns, SurviveAnyBytes) {
  const std::uint64_t seed = 20;
  std::mt19937_64 random(seed);
  for (int round = 0; round < 100'000; ++round) {
    Bytes bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!bytes.empty() && random() % 2) bytes[0] = static_cast<char>(form::frame_groups + random() % 7);
    reads(bytes, random() % 300);
  }
}

TEST(Columns, SurviveEveryFlipAndCut) {
  std::mt19937_64 random(21);
  const std::vector<std::vector<std::uint64_t>> samples = {
      {1, 5, 9, 1'000, 7},
      {1, 2, 3, 10, 11},
      std::vector<std::uint64_t>(30, 9),
      {600, 1200, 60'000, 60, 0, 0, 120, 60'000, 1260, 3600, 7200},
      {8'000'000, 1, 8'000'000, 1, 1, 1, 8'000'000, 1, 1, 1, 1, 8'000'000},
      {1,  0, 2, 0, 1, 0, 30, 0, 1, 0, 1, 2, 0, 3, 0, 0, 1, 2, 1, 0,
       60, 0, 1, 0, 0, 0, 0,  1, 3, 1, 0, 0, 1, 0, 2, 0, 0, 0, 5},
      {3, 3, 3, 3, 3, 3, 3, 3, 99, 99, 99, 99, 99, 99, 99, 99, 7, 7, 7, 7, 7, 7, 7}};
  for (const std::vector<std::uint64_t>& values : samples) {
    for (const Packing packing : {Packing::quick, Packing::tight, Packing::tightest}) {
      const Bytes bytes = packed(values, packing);
      for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        Bytes flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        reads(flipped, values.size());
      }
      for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_FALSE(reads(bytes.substr(0, length), values.size()));
    }
  }
}

TEST(InstructionSet, IsOneThatThisMachineHas) {
  EXPECT_FALSE(set_instruction_set("mmx"));
  EXPECT_TRUE(set_instruction_set(instruction_set()));
}

TEST(Columns, AreSummedWithinStretchesAlikeByEveryInstructionSet) {
  std::mt19937_64 random(12);
  for (std::size_t count = 0; count < 90; ++count) {
    std::vector<std::uint32_t> of(count), steps(count), expected(count);
    const std::uint32_t base = static_cast<std::uint32_t>(random()), often = 1 + static_cast<std::uint32_t>(random() % 9);
    for (std::size_t i = 0; i < count; ++i) {
      const bool same = i != 0 && random() % often != 0;
      of[i] = same ? of[i - 1] : static_cast<std::uint32_t>(random()), steps[i] = static_cast<std::uint32_t>(random());
      expected[i] = steps[i] + (same ? expected[i - 1] : base);
    }
    for (const std::string_view name : available_sets()) {
      const Using set(name);
      std::vector<std::uint32_t> values = steps;
      sum_within(of.data(), values.data(), count, base);
      EXPECT_EQ(values, expected) << name;
    }
  }
}

TEST(Columns, TakeUnaryNumbersAlikeByEveryInstructionSet) {
  std::mt19937_64 random(13);
  for (std::size_t count = 0; count < 200; ++count) {
    const unsigned width = static_cast<unsigned>(random() % 20);
    const double mean = 1 << random() % 6;
    std::vector<std::uint32_t> low(count + room_margin, 7), expected(count);
    Bytes bits;
    std::size_t end = 0;
    for (std::uint32_t& value : expected) {
      const auto zeros = static_cast<std::uint32_t>(std::exponential_distribution<>(1 / mean)(random));
      end += zeros;
      bits.resize(end / 8 + 1, '\0');
      bits[end / 8] = static_cast<char>(bits[end / 8] | 1 << end % 8), ++end;
      value = 7 + (zeros << width);
    }
    for (const std::string_view name : available_sets()) {
      const Using set(name);
      std::vector<std::uint32_t> values(count + room_margin);
      EXPECT_TRUE(add_unary(bits, width, low.data(), count, values.data())) << name;
      values.resize(count);
      EXPECT_EQ(values, expected) << name;
      values.resize(count + 1 + room_margin), low.resize(count + 1 + room_margin, 7);
      EXPECT_FALSE(add_unary(bits, width, low.data(), count + 1, values.data())) << name << ": one too few";
      if (count == 0) continue;
      EXPECT_FALSE(add_unary(bits, width, low.data(), count - 1, values.data())) << name << ": one too many";
    }
  }
}

TEST(Columns, AreMeasuredAlikeByEveryInstructionSet) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 400; ++round) {
    std::vector<std::uint32_t> values(1 + random() % 200);
    const std::uint64_t range = std::uint64_t{1} << random() % 33, climbs = random() % 2;
    std::uint32_t before = static_cast<std::uint32_t>(random());
    for (std::uint32_t& value : values)
      value = before = static_cast<std::uint32_t>(random() % range + (climbs != 0 && random() % 50 != 0 ? before : 0));
    const Measures<std::uint32_t> plain = measure_plain(values.data(), values.size());
    for (const std::string_view name : available_sets()) {
      const Using set(name);
      const Measures<std::uint32_t> m = measure(values.data(), values.size());
      EXPECT_EQ(std::pair(m.min, m.max), std::pair(plain.min, plain.max)) << name;
      EXPECT_EQ(std::pair(m.step_min, m.step_max), std::pair(plain.step_min, plain.step_max)) << name;
      EXPECT_EQ(std::pair(m.ascending, m.stretches), std::pair(plain.ascending, plain.stretches)) << name;
      EXPECT_EQ(m.step_bits, plain.step_bits) << name;
      EXPECT_EQ(all_ascend(values.data(), values.size()), plain.ascending) << name;
      const Range<std::uint32_t> ends = range_of(values.data(), values.size());
      EXPECT_EQ(std::pair(ends.min, ends.max), std::pair(plain.min, plain.max)) << name;
    }
  }
}

// Values that lie near each other are found by a table, the same ones far apart by their hash.
TEST(Columns, HaveTheSameDistinctValuesByTableAndByHash) {
  constexpr std::uint64_t apart = 1'000'003;
  std::mt19937_64 random(12);
  Distinct<std::uint64_t> by_table, by_hash;
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t base = random() % 1000, range = 2 + random() % (round % 2 == 0 ? 300 : 16'000);
    std::vector<std::uint64_t> near(2 + random() % 900), far;
    for (std::uint64_t& value : near) value = base + random() % range;
    for (const std::uint64_t value : near) far.push_back(value * apart);
    const auto [min, max] = std::ranges::minmax(near);
    if (min == max) continue;
    const std::set<std::uint64_t> distinct(near.begin(), near.end());
    const bool few = by_table.find(near, min, max, ~std::uint64_t{0}, Packing::tight);
    EXPECT_EQ(few, distinct.size() <= dictionary_values_max) << round;
    EXPECT_EQ(few, by_hash.find(far, min * apart, max * apart, ~std::uint64_t{0}, Packing::tight)) << round;
    if (!few) continue;
    EXPECT_TRUE(std::ranges::equal(by_table.values(), distinct)) << round;
    EXPECT_TRUE(std::ranges::equal(by_table.places(), by_hash.places())) << round;
    for (std::size_t i = 0; i < near.size(); ++i) EXPECT_EQ(by_table.values()[by_table.places()[i]], near[i]) << round;
    for (std::size_t i = 0; i < distinct.size(); ++i)
      EXPECT_EQ(by_table.values()[i] * apart, by_hash.values()[i]) << round;
  }
}

template <typename T>
void expect_limits_kept(T greatest) {
  std::mt19937_64 random(7);
  const T odd[] = {0,
                   1,
                   static_cast<T>(greatest + 1),
                   static_cast<T>(greatest + greatest),
                   static_cast<T>(~greatest),
                   static_cast<T>(T{1} << (8 * sizeof(T) - 1)),
                   static_cast<T>(~T{0})};
  for (std::size_t count : {0, 1, 2, 3, 7, 8, 33}) {
    std::vector<T> values(count);
    for (T& value : values) value = static_cast<T>(greatest - random() % 3 % (greatest + T{1}));
    EXPECT_TRUE(all_up_to(Column<T>(values.data()), count, greatest));
    for (std::size_t i = 0; i < count; ++i) {
      for (const T value : odd) {
        const T kept = std::exchange(values[i], value);
        EXPECT_EQ(all_up_to(Column<T>(values.data()), count, greatest), value <= greatest) << value << " at " << i;
        values[i] = kept;
      }
    }
  }
}

TEST(Columns, ValuesAreHeldAgainstTheirGreatest) {
  for (const std::uint32_t greatest : {0u, 2u, 1023u, 0xffffu, 0x7fffffffu}) expect_limits_kept(greatest);
  for (const std::uint64_t greatest : {std::uint64_t{5}, std::uint64_t{86'399'999'999}, ~std::uint64_t{0} >> 1})
    expect_limits_kept(greatest);
  const std::uint32_t any[] = {0, ~0u};
  EXPECT_TRUE(all_up_to(Column<std::uint32_t>(any), 2, ~0u));
}

}  // namespace
}  // namespace chartline::stored
