#include "base/hash.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace chartline {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

// From the reference implementation, seed 0 (https://github.com/Cyan4973/xxHash): the hashes are stored, so they may
// never change.
TEST(Hash, OfNothingIsKnown) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2ULL);
  EXPECT_EQ(hex(hash128("")), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, OfTextIsKnown) {
  EXPECT_EQ(hash64("abc"), 0x78af5f94892f3950ULL);
  EXPECT_EQ(hex(hash128("abc")), "06b05ab6733a618578af5f94892f3950");
  EXPECT_EQ(hash64(Bytes(1000, 'x')), 0xc0a4877b962cba82ULL);
}

TEST(Hash, KeyChangesTheKeyedHash) {
  EXPECT_EQ(keyed_hash64("9434765919", 0), hash64("9434765919"));
  EXPECT_NE(keyed_hash64("9434765919", 1), keyed_hash64("9434765919", 2));
}

TEST(Hash, OneFlippedBitChangesBoth) {
  Bytes bytes(300, 'a');
  const std::uint64_t short_before = hash64(bytes);
  const Hash128 long_before = hash128(bytes);
  for (char& byte : bytes) {
    byte ^= 1;
    EXPECT_NE(hash64(bytes), short_before);
    EXPECT_NE(hash128(bytes), long_before);
    byte ^= 1;
  }
}

TEST(Hash128, CarriesAndBorrows) {
  EXPECT_EQ((Hash128{most, 0} + Hash128{1, 0}), (Hash128{0, 1}));
  EXPECT_EQ((Hash128{0, 1} - Hash128{1, 0}), (Hash128{most, 0}));
  EXPECT_EQ((Hash128{most, most} + Hash128{1, 0}), (Hash128{0, 0}));
}

TEST(Hash128, SumsDoNotDependOnOrder) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 1000; ++round) {
    const Hash128 a{random(), random()}, b{random(), random()}, c{random(), random()};
    EXPECT_EQ(a + b + c, c + a + b);
    EXPECT_EQ(a + b - b, a);
    EXPECT_EQ(a - b + b, a);
  }
}

TEST(Hash128, IsOrderedByItsHighHalfFirst) {
  EXPECT_LT((Hash128{9, 1}), (Hash128{0, 2}));
  EXPECT_LT((Hash128{1, 2}), (Hash128{2, 2}));
  EXPECT_GT((Hash128{2, 2}), (Hash128{1, 2}));
}

TEST(Hash128, PrintsItsHighHalfFirst) {
  EXPECT_EQ(hex({0x0123456789abcdefULL, 0xfedcba9876543210ULL}), "fedcba98765432100123456789abcdef");
}

}  // namespace
}  // namespace chartline
