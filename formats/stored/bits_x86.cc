#include "formats/stored/bits.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <utility>

// Eight values of at most 25 bits at a time. Four of them lie within 16 bytes: a shuffle brings to each 32-bit lane the
// four bytes in which its value starts, a shift drops the bits before it, a mask those after.
namespace chartline::stored {
namespace {

constexpr unsigned width_max = 25;  // 7 bits before the value and 25 of it fill a lane

struct alignas(32) Places {
  std::array<std::uint8_t, 32> bytes{};   // for the shuffle, in two halves
  std::array<std::uint32_t, 8> shifts{};  // right, to the value
  std::array<std::uint32_t, 8> lifts{};   // factor that moves the value to bit 7, where there is no shift for each lane
};

constexpr std::array<Places, width_max + 1> make_places() {
  std::array<Places, width_max + 1> all{};
  for (unsigned width = 1; width <= width_max; ++width) {
    for (unsigned i = 0; i < 8; ++i) {
      const unsigned half_start = i < 4 ? 0 : width / 2;  // byte from which this half was loaded
      const unsigned bit = i * width - half_start * 8;
      for (unsigned b = 0; b < 4; ++b)
        all[width].bytes[i * 4 + b] = static_cast<std::uint8_t>(std::min(bit / 8 + b, 15u));
      all[width].shifts[i] = bit % 8;
      all[width].lifts[i] = 1u << (7 - bit % 8);
    }
  }
  return all;
}
constexpr auto places = make_places();

// How `count` values are taken eight at a time: most straight from the source, the last from a padded copy, so that no load
// ends beyond `end`.
struct Eights {
  Eights(const char* from, const char* end, unsigned width, std::size_t count) : all((count + 7) / 8) {
    const std::size_t reach = width / 2 + 16;
    const std::size_t available = static_cast<std::size_t>(end - from);
    straight = available < reach ? 0 : std::min(all, (available - reach) / width + 1);
    if (straight == all) return;
    const std::size_t left = std::min(available - straight * width, reach + width);
    std::memcpy(padded, from + straight * width, left);
    std::memset(padded + left, 0, sizeof padded - left);
  }
  std::size_t all;
  std::size_t straight;
  char padded[128];
};

__attribute__((target("avx2"))) void unpack32_avx2(const char* from, const char* end, unsigned width, std::size_t count,
                                                   std::uint32_t base, std::uint32_t* out) {
  if (width == 0 || width > width_max) return plain_loops.unpack32(from, end, width, count, base, out);
  const Eights eights(from, end, width, count);
  const Places& place = places[width];
  const __m256i bytes = _mm256_load_si256(reinterpret_cast<const __m256i*>(place.bytes.data()));
  const __m256i shifts = _mm256_load_si256(reinterpret_cast<const __m256i*>(place.shifts.data()));
  const __m256i mask = _mm256_set1_epi32((1 << width) - 1);
  const __m256i bases = _mm256_set1_epi32(static_cast<int>(base));
  const unsigned half = width / 2;
  const auto step = [&](const char* at, std::size_t i) __attribute__((target("avx2"), always_inline)) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + half));
    __m256i v = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    v = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(v, bytes), shifts), mask);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_add_epi32(v, bases));
  };
  std::size_t i = 0;
  for (; i < eights.straight; ++i) step(from + i * width, i * 8);
  for (const char* at = eights.padded; i < eights.all; ++i, at += width) step(at, i * 8);
}

__attribute__((target("avx2"))) void unpack64_avx2(const char* from, const char* end, unsigned width, std::size_t count,
                                                   std::uint64_t base, std::uint64_t* out) {
  if (width == 0 || width > width_max) return plain_loops.unpack64(from, end, width, count, base, out);
  const Eights eights(from, end, width, count);
  const Places& place = places[width];
  const __m256i bytes = _mm256_load_si256(reinterpret_cast<const __m256i*>(place.bytes.data()));
  const __m256i shifts = _mm256_load_si256(reinterpret_cast<const __m256i*>(place.shifts.data()));
  const __m256i mask = _mm256_set1_epi32((1 << width) - 1);
  const __m256i bases = _mm256_set1_epi64x(static_cast<long long>(base));
  const unsigned half = width / 2;
  const auto step = [&](const char* at, std::size_t i) __attribute__((target("avx2"), always_inline)) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + half));
    __m256i v = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    v = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(v, bytes), shifts), mask);
    const __m256i first = _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm256_castsi256_si128(v)), bases);
    const __m256i last = _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm256_extracti128_si256(v, 1)), bases);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), first);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i + 4), last);
  };
  std::size_t i = 0;
  for (; i < eights.straight; ++i) step(from + i * width, i * 8);
  for (const char* at = eights.padded; i < eights.all; ++i, at += width) step(at, i * 8);
}

__attribute__((target("avx2"))) void sum32_avx2(std::uint32_t* values, std::size_t count, std::uint32_t start) {
  __m256i carry = _mm256_set1_epi32(static_cast<int>(start));
  const __m256i last_of_low = _mm256_set1_epi32(3);
  const __m256i last = _mm256_set1_epi32(7);
  const __m256i high_half = _mm256_set_epi32(-1, -1, -1, -1, 0, 0, 0, 0);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i));
    v = _mm256_add_epi32(v, _mm256_slli_si256(v, 4));
    v = _mm256_add_epi32(v, _mm256_slli_si256(v, 8));
    v = _mm256_add_epi32(v, _mm256_and_si256(_mm256_permutevar8x32_epi32(v, last_of_low), high_half));
    v = _mm256_add_epi32(v, carry);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + i), v);
    carry = _mm256_permutevar8x32_epi32(v, last);
  }
  plain_loops.sum32(values + i, count - i, static_cast<std::uint32_t>(_mm256_cvtsi256_si32(carry)));
}

// SSE has no shift for each lane: a multiplication moves every value up to bit 7, and one shift brings all down.
__attribute__((target("sse4.1"), always_inline)) inline __m128i four_sse41(const char* at, __m128i bytes, __m128i lifts,
                                                                           __m128i mask) {
  const __m128i v = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), bytes);
  return _mm_and_si128(_mm_srli_epi32(_mm_mullo_epi32(v, lifts), 7), mask);
}

__attribute__((target("sse4.1"))) void unpack32_sse41(const char* from, const char* end, unsigned width,
                                                      std::size_t count, std::uint32_t base, std::uint32_t* out) {
  if (width == 0 || width > width_max) return plain_loops.unpack32(from, end, width, count, base, out);
  const Eights eights(from, end, width, count);
  const auto* bytes = reinterpret_cast<const __m128i*>(places[width].bytes.data());
  const auto* lifts = reinterpret_cast<const __m128i*>(places[width].lifts.data());
  const __m128i mask = _mm_set1_epi32((1 << width) - 1);
  const __m128i bases = _mm_set1_epi32(static_cast<int>(base));
  const unsigned half = width / 2;
  const auto step = [&](const char* at, std::size_t i) __attribute__((target("sse4.1"), always_inline)) {
    const __m128i first = four_sse41(at, bytes[0], lifts[0], mask);
    const __m128i last = four_sse41(at + half, bytes[1], lifts[1], mask);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_add_epi32(first, bases));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i + 4), _mm_add_epi32(last, bases));
  };
  std::size_t i = 0;
  for (; i < eights.straight; ++i) step(from + i * width, i * 8);
  for (const char* at = eights.padded; i < eights.all; ++i, at += width) step(at, i * 8);
}

__attribute__((target("sse4.1"))) void unpack64_sse41(const char* from, const char* end, unsigned width,
                                                      std::size_t count, std::uint64_t base, std::uint64_t* out) {
  if (width == 0 || width > width_max) return plain_loops.unpack64(from, end, width, count, base, out);
  const Eights eights(from, end, width, count);
  const auto* bytes = reinterpret_cast<const __m128i*>(places[width].bytes.data());
  const auto* lifts = reinterpret_cast<const __m128i*>(places[width].lifts.data());
  const __m128i mask = _mm_set1_epi32((1 << width) - 1);
  const __m128i bases = _mm_set1_epi64x(static_cast<long long>(base));
  const unsigned half = width / 2;
  const auto step = [&](const char* at, std::size_t i) __attribute__((target("sse4.1"), always_inline)) {
    const __m128i first = four_sse41(at, bytes[0], lifts[0], mask);
    const __m128i last = four_sse41(at + half, bytes[1], lifts[1], mask);
    auto* to = reinterpret_cast<__m128i*>(out + i);
    _mm_storeu_si128(to, _mm_add_epi64(_mm_cvtepu32_epi64(first), bases));
    _mm_storeu_si128(to + 1, _mm_add_epi64(_mm_cvtepu32_epi64(_mm_srli_si128(first, 8)), bases));
    _mm_storeu_si128(to + 2, _mm_add_epi64(_mm_cvtepu32_epi64(last), bases));
    _mm_storeu_si128(to + 3, _mm_add_epi64(_mm_cvtepu32_epi64(_mm_srli_si128(last, 8)), bases));
  };
  std::size_t i = 0;
  for (; i < eights.straight; ++i) step(from + i * width, i * 8);
  for (const char* at = eights.padded; i < eights.all; ++i, at += width) step(at, i * 8);
}

__attribute__((target("sse4.1"))) void sum32_sse41(std::uint32_t* values, std::size_t count, std::uint32_t start) {
  __m128i carry = _mm_set1_epi32(static_cast<int>(start));
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(values + i));
    v = _mm_add_epi32(v, _mm_slli_si128(v, 4));
    v = _mm_add_epi32(v, _mm_slli_si128(v, 8));
    v = _mm_add_epi32(v, carry);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(values + i), v);
    carry = _mm_shuffle_epi32(v, 0xff);
  }
  plain_loops.sum32(values + i, count - i, static_cast<std::uint32_t>(_mm_cvtsi128_si32(carry)));
}

__attribute__((target("avx2"))) Measures<std::uint32_t> measure32_avx2(const std::uint32_t* values, std::size_t count) {
  if (count < 17) return measure_plain(values, count);
  const auto load = [&](std::size_t i) __attribute__((target("avx2"), always_inline)) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i));
  };
  __m256i min = load(0), max = min, step_min = _mm256_set1_epi32(-1), step_max = _mm256_setzero_si256();
  __m256i ascending = step_min, equal = step_max, step_bits = step_max;
  const auto step = [&](std::size_t i) __attribute__((target("avx2"), always_inline)) {
    const __m256i before = load(i - 1), now = load(i), steps = _mm256_sub_epi32(now, before);
    min = _mm256_min_epu32(min, now), max = _mm256_max_epu32(max, now);
    step_min = _mm256_min_epu32(step_min, steps), step_max = _mm256_max_epu32(step_max, steps);
    ascending = _mm256_and_si256(ascending, _mm256_cmpeq_epi32(_mm256_max_epu32(before, now), now));
    equal = _mm256_sub_epi32(equal, _mm256_cmpeq_epi32(now, before));
    step_bits = _mm256_or_si256(step_bits, steps);
  };
  std::size_t i = 1;
  for (; i + 8 <= count; i += 8) step(i);
  alignas(32) std::uint32_t lanes[7][8];
  const __m256i all[7] = {min, max, step_min, step_max, ascending, equal, step_bits};
  for (std::size_t k = 0; k < 7; ++k) _mm256_store_si256(reinterpret_cast<__m256i*>(lanes[k]), all[k]);
  // What is left over is measured with the value before it.
  Measures<std::uint32_t> m = measure_plain(values + i - 1, count - i + 1);
  m.stretches += i - 1;
  for (std::size_t lane = 0; lane < 8; ++lane) {
    m.min = std::min(m.min, lanes[0][lane]), m.max = std::max(m.max, lanes[1][lane]);
    m.step_min = std::min(m.step_min, lanes[2][lane]), m.step_max = std::max(m.step_max, lanes[3][lane]);
    m.ascending &= lanes[4][lane] != 0;
    m.stretches -= lanes[5][lane];
    m.step_bits |= lanes[6][lane];
  }
  return m;
}

__attribute__((target("avx2"))) Range<std::uint32_t> range32_avx2(const std::uint32_t* values, std::size_t count) {
  if (count < 8) return range_plain(values, count);
  const auto load = [&](std::size_t i) __attribute__((target("avx2"), always_inline)) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i));
  };
  __m256i min = load(count - 8), max = min;  // some of these are met twice
  for (std::size_t i = 0; i + 8 <= count; i += 8) {
    const __m256i now = load(i);
    min = _mm256_min_epu32(min, now), max = _mm256_max_epu32(max, now);
  }
  alignas(32) std::uint32_t least[8], greatest[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(least), min);
  _mm256_store_si256(reinterpret_cast<__m256i*>(greatest), max);
  return {range_plain(least, 8).min, range_plain(greatest, 8).max};
}

__attribute__((target("avx2"))) bool ascend32_avx2(const std::uint32_t* values, std::size_t count) {
  const auto load = [&](std::size_t i) __attribute__((target("avx2"), always_inline)) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + i));
  };
  __m256i ascending = _mm256_set1_epi32(-1);
  std::size_t i = 1;
  for (; i + 8 <= count; i += 8) {
    const __m256i now = load(i);
    ascending = _mm256_and_si256(ascending, _mm256_cmpeq_epi32(_mm256_max_epu32(load(i - 1), now), now));
  }
  return _mm256_movemask_epi8(ascending) == -1 && (count == 0 || ascend_plain(values + i - 1, count - i + 1));
}

// Four at a time: first the sums within the four, then what was before them is added to those that nothing parts from it.
__attribute__((target("sse4.1"))) void sum_within32_sse41(const std::uint32_t* of, std::uint32_t* values,
                                                          std::size_t count, std::uint32_t base) {
  if (count < 5) return sum_within_plain(of, values, count, base);
  const auto load = [](const std::uint32_t* at) __attribute__((target("sse4.1"), always_inline)) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  const __m128i all = _mm_set1_epi32(-1), bases = _mm_set1_epi32(static_cast<int>(base));
  __m128i before = _mm_set1_epi32(static_cast<int>(values[0]));
  values[0] += base;
  std::size_t i = 1;
  for (; i + 4 <= count; i += 4) {
    const __m128i same = _mm_cmpeq_epi32(load(of + i), load(of + i - 1));  // as the one before
    const __m128i two = _mm_and_si128(same, _mm_alignr_epi8(same, all, 12));
    const __m128i four = _mm_and_si128(two, _mm_alignr_epi8(two, all, 8));
    __m128i v = load(values + i);
    v = _mm_add_epi32(v, _mm_and_si128(_mm_slli_si128(v, 4), same));
    v = _mm_add_epi32(v, _mm_and_si128(_mm_slli_si128(v, 8), two));
    v = _mm_add_epi32(v, _mm_and_si128(before, four));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(values + i), _mm_add_epi32(v, bases));
    before = _mm_shuffle_epi32(v, 0xff);
  }
  sum_within_from(of, values, i, count, static_cast<std::uint32_t>(_mm_cvtsi128_si32(before)), base);
}

// The zeros before each one of a byte, and after the last.
struct Unary {
  std::array<std::array<std::uint8_t, 8>, 256> before{};
  std::array<std::uint8_t, 256> after{}, ones{};
};
constexpr Unary unary = [] {
  Unary all;
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      if (byte >> bit & 1) all.before[byte][all.ones[byte]++] = std::exchange(all.after[byte], std::uint8_t{0});
      else ++all.after[byte];
    }
  }
  return all;
}();

// A byte at a time, whose ones are eight at most: eight values are written, and those past its ones again with the next byte.
__attribute__((target("avx2"))) bool unary32_avx2(BytesView bits, unsigned width, const std::uint32_t* low,
                                                  std::size_t count, std::uint32_t* out) {
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(width));
  std::size_t found = 0;
  std::uint32_t zeros = 0;  // since the last one
  for (const char each : bits) {
    const auto byte = static_cast<std::uint8_t>(each);
    __m256i above = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(unary.before[byte].data())));
    above = _mm256_add_epi32(above, _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(zeros))));
    const __m256i lowest = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(low + found));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + found),
                        _mm256_add_epi32(lowest, _mm256_sll_epi32(above, shift)));
    found += unary.ones[byte];
    zeros = unary.after[byte] + (byte == 0 ? zeros : 0);
    if (found > count) return false;
  }
  return found == count;
}

constexpr BitLoops avx2 = {"avx2",       unpack32_avx2, unpack64_avx2,      sum32_avx2,  measure32_avx2,
                           range32_avx2, ascend32_avx2, sum_within32_sse41, unary32_avx2};
constexpr BitLoops sse41 = {"sse4.1",
                            unpack32_sse41,
                            unpack64_sse41,
                            sum32_sse41,
                            measure_plain<std::uint32_t>,
                            range_plain<std::uint32_t>,
                            ascend_plain,
                            sum_within32_sse41,
                            unary_plain<std::uint32_t>};

}  // namespace

const BitLoops* avx2_loops() { return __builtin_cpu_supports("avx2") ? &avx2 : nullptr; }
const BitLoops* sse41_loops() { return __builtin_cpu_supports("sse4.1") ? &sse41 : nullptr; }

}  // namespace chartline::stored

#else

namespace chartline::stored {
const BitLoops* avx2_loops() { return nullptr; }
const BitLoops* sse41_loops() { return nullptr; }
}  // namespace chartline::stored

#endif
