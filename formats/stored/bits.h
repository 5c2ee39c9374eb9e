// Bits: the innermost loops of packed columns. Value i of a packed stretch stands at bit i x width, lowest bit first, so
// any eight values start on a byte. Arithmetic is modulo the width of the integer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace chartline::stored {

constexpr std::uint64_t packed_bytes(std::uint64_t count, unsigned width) { return (count * width + 7) / 8; }

// Unpackers may write up to this many values after the last one asked for: rooms are this much larger.
inline constexpr std::size_t room_margin = 8;

// Appends values[i] - base, each in `width` bits.
void pack_bits(const std::uint32_t* values, std::size_t count, unsigned width, std::uint32_t base, Bytes& out);
void pack_bits(const std::uint64_t* values, std::size_t count, unsigned width, std::uint64_t base, Bytes& out);

// One instruction set's loops. `from` holds packed_bytes(count, width) bytes; nothing at or after `end` is read.
struct BitLoops {
  std::string_view name;
  void (*unpack32)(const char* from, const char* end, unsigned width, std::size_t count, std::uint32_t base,
                   std::uint32_t* out);
  void (*unpack64)(const char* from, const char* end, unsigned width, std::size_t count, std::uint64_t base,
                   std::uint64_t* out);
  void (*sum32)(std::uint32_t* values, std::size_t count,
                std::uint32_t start);  // each becomes start + all up to and with it
};

extern const BitLoops plain_loops;
const BitLoops* avx2_loops();  // null where this machine lacks it
const BitLoops* sse41_loops();
const BitLoops* neon_loops();

const BitLoops& bit_loops();  // those in use

inline void unpack_bits(const char* from, const char* end, unsigned width, std::size_t count, std::uint32_t base,
                        std::uint32_t* out) {
  bit_loops().unpack32(from, end, width, count, base, out);
}
inline void unpack_bits(const char* from, const char* end, unsigned width, std::size_t count, std::uint64_t base,
                        std::uint64_t* out) {
  bit_loops().unpack64(from, end, width, count, base, out);
}
inline void sum_up(std::uint32_t* values, std::size_t count, std::uint32_t start) {
  bit_loops().sum32(values, count, start);
}
inline void sum_up(std::uint64_t* values, std::size_t count, std::uint64_t start) {
  for (std::size_t i = 0; i < count; ++i) values[i] = start += values[i];
}

}  // namespace chartline::stored
