// Damage that a disk does to bytes, and bytes that nobody wrote, for tests.
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"
#include "base/result.h"
#include "formats/stored/seal.h"

namespace chartline::stored {

// Every single flipped bit and every cut must be seen. `decode` takes bytes and gives a Result.
template <typename Decode>
void expect_damage_is_seen(const Bytes& bytes, Decode decode) {
  ASSERT_TRUE(decode(bytes).has_value());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto result = decode(flipped);
    ASSERT_FALSE(result.has_value()) << "bit " << bit;
    ASSERT_EQ(result.error().fault, Fault::corrupt) << "bit " << bit;
  }
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_FALSE(decode(bytes.substr(0, length)).has_value()) << length;
}

// Sealed anew, damaged bytes have the right checksum: the decoder's own checks are all that stands between them and harm.
template <typename Decode>
void expect_no_harm(const Bytes& bytes, std::uint64_t seed, int rounds, Decode decode, Trailer trailer = Trailer::half) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < rounds; ++round) {
    Bytes damaged = bytes.substr(0, bytes.size() - static_cast<std::size_t>(trailer));
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n)
      damaged[1 + random() % (damaged.size() - 1)] = static_cast<char>(random());
    if (random() % 4 == 0) damaged.resize(1 + random() % damaged.size());
    seal(damaged, trailer);
    const auto result = decode(damaged);
    ASSERT_TRUE(result.has_value() || result.error().fault == Fault::corrupt) << "seed " << seed << " round " << round;
  }
  Bytes newer = bytes.substr(0, bytes.size() - static_cast<std::size_t>(trailer));
  newer[0] = static_cast<char>(format_version + 1);
  seal(newer, trailer);
  EXPECT_EQ(decode(newer).error().fault, Fault::unsupported);
  newer[0] = 0;
  newer.resize(newer.size() - static_cast<std::size_t>(trailer));
  seal(newer, trailer);
  EXPECT_EQ(decode(newer).error().fault, Fault::corrupt);
}

// Bytes with a version and a checksum around `content`.
inline Bytes sealed(BytesView content, Trailer trailer = Trailer::half) {
  Bytes bytes(1, static_cast<char>(format_version));
  bytes += content;
  seal(bytes, trailer);
  return bytes;
}

}  // namespace chartline::stored
