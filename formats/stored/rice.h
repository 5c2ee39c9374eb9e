// Golomb-Rice coding of a stretch of numbers of which most are small and some are not: the low bits of each, packed, and what is
// above them in unary, a bit for each number with as many zeros before it. Takes half a bit more than the entropy of steps
// between random moments; no number, however great, widens the others.
//
//   width:u8 bytes:varint low bits of each:packed, unary:`bytes` bytes, lowest bit first
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace chartline::stored {

struct RicePlan {
  unsigned width = 0;  // of the low bits
  std::uint64_t bits = 0;
};

// What numbers of this sum take at least, whatever the width.
std::uint64_t rice_bits_least(std::size_t count, std::uint64_t sum);
// The best width for values[i] - base, of which the greatest and the sum are known; nothing where that takes `bits_max` or more.
template <typename T>
std::optional<RicePlan> plan_rice(std::span<const T> values, T base, T greatest, std::uint64_t sum,
                                  std::uint64_t bits_max);

template <typename T>
void write_rice(std::span<const T> values, T base, unsigned width, Bytes& out);

// `out` has room for count + room_margin. False where the bytes are not so many numbers.
template <typename T>
bool read_rice(Reader& in, std::size_t count, T base, T* out);
bool skip_rice(Reader& in, std::size_t count);

}  // namespace chartline::stored
