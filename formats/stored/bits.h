// Bits: the innermost loops of packed columns. Value i of a packed stretch stands at bit i x width, lowest bit first, so
// any eight values start on a byte. Arithmetic is modulo the width of the integer.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/bytes.h"

namespace chartline::stored {

constexpr std::uint64_t packed_bytes(std::uint64_t count, unsigned width) { return (count * width + 7) / 8; }

// Unpackers may write up to this many values after the last one asked for: rooms are this much larger.
inline constexpr std::size_t room_margin = 8;

// Appends values[i] - base, each in `width` bits.
void pack_bits(const std::uint32_t* values, std::size_t count, unsigned width, std::uint32_t base, Bytes& out);
void pack_bits(const std::uint64_t* values, std::size_t count, unsigned width, std::uint64_t base, Bytes& out);

// What decides how a column is packed.
template <typename T>
struct Measures {
  T min, max;
  T step_min, step_max;  // meaningful where ascending
  bool ascending = true;
  std::size_t stretches = 1;  // of equal values
  T step_bits = 0;            // that any step has, modulo
  bool all_equal() const { return step_bits == 0; }
};

template <typename T>
struct Range {
  T min, max;
};

// One instruction set's loops. `from` holds packed_bytes(count, width) bytes; nothing at or after `end` is read.
struct BitLoops {
  std::string_view name;
  void (*unpack32)(const char* from, const char* end, unsigned width, std::size_t count, std::uint32_t base,
                   std::uint32_t* out);
  void (*unpack64)(const char* from, const char* end, unsigned width, std::size_t count, std::uint64_t base,
                   std::uint64_t* out);
  void (*sum32)(std::uint32_t* values, std::size_t count,
                std::uint32_t start);  // each becomes start + all up to and with it
  Measures<std::uint32_t> (*measure32)(const std::uint32_t* values, std::size_t count);  // count > 0
  Range<std::uint32_t> (*range32)(const std::uint32_t* values, std::size_t count);       // count > 0
  bool (*ascend32)(const std::uint32_t* values, std::size_t count);                      // equal ones too
  // Each value becomes base + the sum of all up to and with it since `of` changed last.
  void (*sum_within32)(const std::uint32_t* of, std::uint32_t* values, std::size_t count, std::uint32_t base);
  // out[i] = low[i] + (zeros before the i-th one, since the one before it) << width. False where there are not `count` ones.
  bool (*unary32)(BytesView bits, unsigned width, const std::uint32_t* low, std::size_t count, std::uint32_t* out);
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
inline void sum_within(const std::uint32_t* of, std::uint32_t* values, std::size_t count, std::uint32_t base) {
  bit_loops().sum_within32(of, values, count, base);
}
inline void sum_up(std::uint64_t* values, std::size_t count, std::uint64_t start) {
  for (std::size_t i = 0; i < count; ++i) values[i] = start += values[i];
}

// From the i-th on; `sum` is that of those before it since `of` changed.
inline void sum_within_from(const std::uint32_t* of, std::uint32_t* values, std::size_t i, std::size_t count,
                            std::uint32_t sum, std::uint32_t base) {
  for (; i < count; ++i) {
    sum = values[i] + (i != 0 && of[i] == of[i - 1] ? sum : 0);
    values[i] = base + sum;
  }
}
inline void sum_within_plain(const std::uint32_t* of, std::uint32_t* values, std::size_t count, std::uint32_t base) {
  sum_within_from(of, values, 0, count, 0, base);
}

template <typename T>
bool unary_plain(BytesView bits, unsigned width, const T* low, std::size_t count, T* out) {
  std::size_t i = 0;
  std::uint64_t past = 0;  // the one before
  for (std::size_t at = 0; at < bits.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bits.data() + at, std::min(sizeof word, bits.size() - at));
    for (; word != 0; word &= word - 1, ++i) {
      if (i == count) return false;
      const std::uint64_t place = at * 8 + static_cast<unsigned>(std::countr_zero(word));
      out[i] = static_cast<T>(low[i] + (static_cast<T>(place - past) << width));
      past = place + 1;
    }
  }
  return i == count;
}
inline bool add_unary(BytesView bits, unsigned width, const std::uint32_t* low, std::size_t count, std::uint32_t* out) {
  return bit_loops().unary32(bits, width, low, count, out);
}
inline bool add_unary(BytesView bits, unsigned width, const std::uint64_t* low, std::size_t count, std::uint64_t* out) {
  return unary_plain(bits, width, low, count, out);
}

template <typename T>
Range<T> range_plain(const T* values, std::size_t count) {
  Range<T> r{values[0], values[0]};
  for (std::size_t i = 1; i < count; ++i) r = {std::min(r.min, values[i]), std::max(r.max, values[i])};
  return r;
}
inline Range<std::uint32_t> range_of(const std::uint32_t* values, std::size_t count) {
  return bit_loops().range32(values, count);
}
inline Range<std::uint64_t> range_of(const std::uint64_t* values, std::size_t count) {
  return range_plain(values, count);
}

inline bool ascend_plain(const std::uint32_t* values, std::size_t count) {
  return std::is_sorted(values, values + count);
}
inline bool all_ascend(const std::uint32_t* values, std::size_t count) { return bit_loops().ascend32(values, count); }

template <typename T>
Measures<T> measure_plain(const T* values, std::size_t count) {
  Measures<T> m{values[0], values[0], static_cast<T>(~T{0}), 0};
  for (std::size_t i = 1; i < count; ++i) {
    const T value = values[i], step = static_cast<T>(value - values[i - 1]);
    m.min = std::min(m.min, value);
    m.max = std::max(m.max, value);
    m.step_min = std::min(m.step_min, step);
    m.step_max = std::max(m.step_max, step);
    m.ascending &= value >= values[i - 1];
    m.stretches += step != 0;
    m.step_bits |= step;
  }
  return m;
}
inline Measures<std::uint32_t> measure(const std::uint32_t* values, std::size_t count) {
  return bit_loops().measure32(values, count);
}
inline Measures<std::uint64_t> measure(const std::uint64_t* values, std::size_t count) {
  return measure_plain(values, count);
}

}  // namespace chartline::stored
