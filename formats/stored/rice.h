// Golomb-Rice coding of a stretch of numbers of which most are small and some are not: the low bits of each, packed, and what is
// above them in unary, a bit for each number with as many zeros before it. Takes half a bit more than the entropy of steps
// between random moments; no number, however great, widens the others.
//
//   width:u8 bytes:varint low bits of each:packed, unary:`bytes` bytes, lowest bit first
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace chartline::stored {

struct RicePlan {
  unsigned width = 0;  // of the low bits
  std::uint64_t bits = 0;
};

// The best width for values[i] - base.
template <typename T>
RicePlan plan_rice(std::span<const T> values, T base);

template <typename T>
void write_rice(std::span<const T> values, T base, unsigned width, Bytes& out);

// `out` has room for count + room_margin. False where the bytes are not so many numbers.
template <typename T>
bool read_rice(Reader& in, std::size_t count, T base, T* out);
bool skip_rice(Reader& in, std::size_t count);

}  // namespace chartline::stored
