// Rows are sifted alike with the widest instructions of this machine and without.
#include "query/vectorised/sift_columns.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <vector>

namespace chartline::query::vectorised {
namespace {

constexpr std::uint64_t seed = 20261127;

class SiftColumns : public testing::TestWithParam<Wide> {};

TEST_P(SiftColumns, KeepsNarrowValuesOfASpan) {
  std::mt19937_64 random(seed);
  for (int turn = 0; turn < 300; ++turn) {
    const std::size_t first = random() % 20, count = random() % 70;
    std::vector<std::uint32_t> values(first + count);
    const bool small = turn % 2 == 0;
    for (std::uint32_t& value : values) value = static_cast<std::uint32_t>(random()) >> (small ? 24 : 0);
    const std::uint32_t least = static_cast<std::uint32_t>(random()) >> (small ? 24 : 0);
    const std::uint32_t span = turn % 7 == 0 ? ~0u : static_cast<std::uint32_t>(random()) >> (small ? 25 : 1);
    std::vector<std::uint32_t> expected, found(count + sift_room);
    for (std::size_t row = first; row < first + count; ++row)
      if (values[row] - least <= span) expected.push_back(static_cast<std::uint32_t>(row));
    found.resize(sift_narrow(values.data(), first, count, least, span, found.data(), GetParam()));
    ASSERT_EQ(found, expected) << "seed " << seed << ", turn " << turn;
  }
}

TEST_P(SiftColumns, KeepsTurnedValuesOfASpanOrBeyondIt) {
  std::mt19937_64 random(seed);
  for (int turn = 0; turn < 300; ++turn) {
    const std::size_t first = random() % 20, count = random() % 70;
    std::vector<std::uint64_t> values(first + count);
    const int less = turn % 3 == 0 ? 0 : 56;
    for (std::uint64_t& value : values) value = random() >> less;
    const WideSpan of{
        .least = random() >> less, .span = turn % 7 == 0 ? ~0ull : random() >> (less + 1), .inside = turn % 2 == 0};
    std::vector<std::uint32_t> expected, found(count + sift_room);
    for (std::size_t row = first; row < first + count; ++row)
      if ((std::rotr(values[row], 1) - of.least <= of.span) == of.inside)
        expected.push_back(static_cast<std::uint32_t>(row));
    found.resize(sift_turned(values.data(), first, count, of, found.data(), GetParam()));
    ASSERT_EQ(found, expected) << "seed " << seed << ", turn " << turn;
  }
}

TEST_P(SiftColumns, KeepsValuesWithoutSomeBits) {
  std::mt19937_64 random(seed);
  for (int turn = 0; turn < 300; ++turn) {
    const std::size_t first = random() % 20, count = random() % 70;
    std::vector<std::uint32_t> values(first + count);
    for (std::uint32_t& value : values) value = static_cast<std::uint32_t>(random() & random());
    const std::uint32_t bits = turn % 7 == 0 ? 0 : static_cast<std::uint32_t>(random() & random() & random());
    std::uint32_t of_any = 0;
    std::vector<std::uint32_t> expected, found(count + sift_room);
    for (std::size_t row = first; row < first + count; ++row) {
      of_any |= values[row];
      if ((values[row] & bits) == 0) expected.push_back(static_cast<std::uint32_t>(row));
    }
    found.resize(sift_without(values.data(), first, count, bits, found.data(), GetParam()));
    ASSERT_EQ(found, expected) << "seed " << seed << ", turn " << turn;
    ASSERT_EQ(bits_of({values.data() + first, count}, GetParam()), of_any) << "seed " << seed << ", turn " << turn;
  }
}

TEST_P(SiftColumns, CountsBits) {
  std::mt19937_64 random(seed);
  for (std::size_t count = 0; count < 40; ++count) {
    std::vector<std::uint64_t> words(count);
    std::int64_t expected = 0;
    for (std::uint64_t& word : words) {
      word = random() & random();
      for (int bit = 0; bit < 64; ++bit) expected += static_cast<std::int64_t>(word >> bit & 1);
    }
    EXPECT_EQ(count_bits(words, GetParam()), expected) << "seed " << seed << ", of " << count;
  }
}

INSTANTIATE_TEST_SUITE_P(With, SiftColumns, testing::Values(Wide::where_it_can, Wide::never));

}  // namespace
}  // namespace chartline::query::vectorised
