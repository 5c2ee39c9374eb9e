#include "formats/stored/bits.h"

#include <algorithm>
#include <atomic>

#include "formats/stored/columns.h"

namespace chartline::stored {

namespace {

template <typename T>
void pack_any(const T* values, std::size_t count, unsigned width, T base, Bytes& out) {
  const std::size_t before = out.size();
  const std::size_t bytes = packed_bytes(count, width);
  out.resize(before + bytes + 8);
  char* at = out.data() + before;
  std::uint64_t word = 0;
  unsigned filled = 0;
  const auto put = [&](std::uint64_t value, unsigned bits) {
    word |= value << filled;
    filled += bits;
    if (filled >= 64) {
      std::memcpy(at, &word, 8);
      at += 8;
      filled -= 64;
      word = filled == 0 ? 0 : value >> (bits - filled);
    }
  };
  const auto value = [&](std::size_t i) { return std::uint64_t{static_cast<T>(values[i] - base)}; };
  std::size_t i = 0;
  if (width <= 16) {
    for (; i + 4 <= count; i += 4)
      put(value(i) | value(i + 1) << width | (value(i + 2) | value(i + 3) << width) << 2 * width, 4 * width);
  } else if (width <= 32) {
    for (; i + 2 <= count; i += 2) put(value(i) | value(i + 1) << width, 2 * width);
  }
  for (; i < count; ++i) put(value(i), width);
  std::memcpy(at, &word, 8);
  out.resize(before + bytes);
}

// One load for each value: eight bytes from the byte where it starts, and a ninth where 64 bits end beyond them.
template <typename T>
void unpack_plain(const char* from, const char* end, unsigned width, std::size_t count, T base, T* out) {
  if (width == 0) {
    std::fill_n(out, count, base);
    return;
  }
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - width);
  std::uint64_t bit = 0;
  for (std::size_t i = 0; i < count; ++i, bit += width) {
    const char* at = from + bit / 8;
    const unsigned shift = bit % 8;
    std::uint64_t word = 0;
    const std::size_t left = static_cast<std::size_t>(end - at);
    if (left >= 8) std::memcpy(&word, at, 8);
    else std::memcpy(&word, at, left);
    word >>= shift;
    if (shift + width > 64) word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[8])) << (64 - shift);
    out[i] = base + static_cast<T>(word & mask);
  }
}

void sum_plain(std::uint32_t* values, std::size_t count, std::uint32_t start) {
  for (std::size_t i = 0; i < count; ++i) values[i] = start += values[i];
}

const BitLoops& best_loops() {
  for (const BitLoops* loops : {avx2_loops(), sse41_loops(), neon_loops()}) {
    if (loops) return *loops;
  }
  return plain_loops;
}

std::atomic<const BitLoops*>& loops_in_use() {
  static std::atomic<const BitLoops*> loops = &best_loops();
  return loops;
}

}  // namespace

const BitLoops plain_loops = {"plain",
                              unpack_plain<std::uint32_t>,
                              unpack_plain<std::uint64_t>,
                              sum_plain,
                              measure_plain<std::uint32_t>,
                              range_plain<std::uint32_t>,
                              ascend_plain,
                              sum_within_plain,
                              unary_plain<std::uint32_t>};

const BitLoops& bit_loops() { return *loops_in_use().load(std::memory_order_relaxed); }

std::string_view instruction_set() { return bit_loops().name; }

bool set_instruction_set(std::string_view name) {
  for (const BitLoops* loops : {&plain_loops, avx2_loops(), sse41_loops(), neon_loops()}) {
    if (loops && loops->name == name) {
      loops_in_use().store(loops, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

void pack_bits(const std::uint32_t* values, std::size_t count, unsigned width, std::uint32_t base, Bytes& out) {
  pack_any(values, count, width, base, out);
}

void pack_bits(const std::uint64_t* values, std::size_t count, unsigned width, std::uint64_t base, Bytes& out) {
  pack_any(values, count, width, base, out);
}

}  // namespace chartline::stored
