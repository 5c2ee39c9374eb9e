#include "query/vectorised/sift_columns.h"

#include <array>
#include <bit>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace chartline::query::vectorised {
namespace {

// Every row is written and those are kept for which it holds, without a branch.
template <typename Holds>
std::size_t sift_plain(std::size_t from, std::size_t past, std::size_t left, std::uint32_t* into, const Holds& holds) {
  for (std::size_t row = from; row < past; ++row) {
    into[left] = static_cast<std::uint32_t>(row);
    left += holds(row);
  }
  return left;
}

#ifdef __x86_64__

// For each choice of eight rows their places, those chosen first.
struct alignas(32) Places8 {
  std::array<std::array<std::uint32_t, 8>, 256> of{};
};
constexpr Places8 places = [] {
  Places8 made;
  for (std::size_t choice = 0; choice < 256; ++choice) {
    std::size_t left = 0;
    for (std::uint32_t place = 0; place < 8; ++place)
      if (choice >> place & 1) made.of[choice][left++] = place;
  }
  return made;
}();

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}

__attribute__((target("avx2"))) __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

__attribute__((target("avx2,popcnt"))) std::size_t put(__m256i rows, unsigned chosen, std::size_t left,
                                                       std::uint32_t* into) {
  const __m256i those = _mm256_permutevar8x32_epi32(rows, load(places.of[chosen].data()));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(into + left), those);
  return left + static_cast<std::size_t>(std::popcount(chosen));
}

__attribute__((target("avx2"))) __m256i first_rows(std::size_t first) {
  const __m256i from = _mm256_set1_epi32(static_cast<int>(first));
  return _mm256_add_epi32(from, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

__attribute__((target("avx2,popcnt"))) std::size_t narrow_avx2(const std::uint32_t* values, std::size_t first,
                                                               std::size_t past, std::uint32_t least,
                                                               std::uint32_t span, std::uint32_t* into) {
  const __m256i low = _mm256_set1_epi32(static_cast<int>(least)), most = _mm256_set1_epi32(static_cast<int>(span));
  __m256i rows = first_rows(first);
  std::size_t left = 0;
  for (std::size_t row = first; row < past; row += 8) {
    const __m256i beyond = _mm256_sub_epi32(load(values + row), low);
    const __m256i within = _mm256_cmpeq_epi32(_mm256_min_epu32(beyond, most), beyond);
    left = put(rows, static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(within))), left, into);
    rows = _mm256_add_epi32(rows, _mm256_set1_epi32(8));
  }
  return left;
}

__attribute__((target("avx2,popcnt"))) std::size_t without_avx2(const std::uint32_t* values, std::size_t first,
                                                                std::size_t past, std::uint32_t bits,
                                                                std::uint32_t* into) {
  const __m256i asked = _mm256_set1_epi32(static_cast<int>(bits));
  __m256i rows = first_rows(first);
  std::size_t left = 0;
  for (std::size_t row = first; row < past; row += 8) {
    const __m256i has_none = _mm256_cmpeq_epi32(_mm256_and_si256(load(values + row), asked), _mm256_setzero_si256());
    left = put(rows, static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(has_none))), left, into);
    rows = _mm256_add_epi32(rows, _mm256_set1_epi32(8));
  }
  return left;
}

__attribute__((target("avx2"))) std::uint32_t bits_avx2(const std::uint32_t* values, std::size_t count) {
  __m256i all = _mm256_setzero_si256();
  for (std::size_t i = 0; i < count; i += 8) all = _mm256_or_si256(all, load(values + i));
  alignas(32) std::uint32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), all);
  std::uint32_t bits = 0;
  for (const std::uint32_t lane : lanes) bits |= lane;
  return bits;
}

// A bit for each of four values that is beyond.
__attribute__((target("avx2"))) unsigned beyond_avx2(__m256i words, __m256i least, __m256i most, __m256i sign) {
  const __m256i turned = _mm256_or_si256(_mm256_srli_epi64(words, 1), _mm256_slli_epi64(words, 63));
  const __m256i over = _mm256_xor_si256(_mm256_sub_epi64(turned, least), sign);
  return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(over, most))));
}

__attribute__((target("avx2,popcnt"))) std::size_t turned_avx2(const std::uint64_t* values, std::size_t first,
                                                               std::size_t past, const WideSpan& of, std::uint32_t* into) {
  const __m256i sign = _mm256_set1_epi64x(INT64_MIN), least = _mm256_set1_epi64x(static_cast<std::int64_t>(of.least));
  const __m256i most = _mm256_xor_si256(_mm256_set1_epi64x(static_cast<std::int64_t>(of.span)), sign);
  const unsigned flipped = of.inside ? 0xff : 0;
  __m256i rows = first_rows(first);
  std::size_t left = 0;
  for (std::size_t row = first; row < past; row += 8) {
    const unsigned beyond = beyond_avx2(load(values + row), least, most, sign) |
                            beyond_avx2(load(values + row + 4), least, most, sign) << 4;
    left = put(rows, beyond ^ flipped, left, into);
    rows = _mm256_add_epi32(rows, _mm256_set1_epi32(8));
  }
  return left;
}

__attribute__((target("popcnt"))) std::int64_t count_bits_at_once(std::span<const std::uint64_t> words) {
  std::int64_t all = 0;
  for (const std::uint64_t word : words) all += std::popcount(word);
  return all;
}

#endif

}  // namespace

std::int64_t count_bits(std::span<const std::uint64_t> words, [[maybe_unused]] Wide wide) {
#ifdef __x86_64__
  if (wide == Wide::where_it_can && has_avx2()) return count_bits_at_once(words);
#endif
  std::int64_t all = 0;
  for (const std::uint64_t word : words) all += std::popcount(word);
  return all;
}

std::size_t sift_narrow(const std::uint32_t* values, std::size_t first, std::size_t count, std::uint32_t least,
                        std::uint32_t span, std::uint32_t* into, [[maybe_unused]] Wide wide) {
  std::size_t done = 0, left = 0;
#ifdef __x86_64__
  if (wide == Wide::where_it_can && has_avx2())
    done = count / 8 * 8, left = narrow_avx2(values, first, first + done, least, span, into);
#endif
  return sift_plain(first + done, first + count, left, into,
                    [&](std::size_t row) { return values[row] - least <= span; });
}

std::size_t sift_without(const std::uint32_t* values, std::size_t first, std::size_t count, std::uint32_t bits,
                         std::uint32_t* into, [[maybe_unused]] Wide wide) {
  std::size_t done = 0, left = 0;
#ifdef __x86_64__
  if (wide == Wide::where_it_can && has_avx2())
    done = count / 8 * 8, left = without_avx2(values, first, first + done, bits, into);
#endif
  return sift_plain(first + done, first + count, left, into, [&](std::size_t row) { return (values[row] & bits) == 0; });
}

std::uint32_t bits_of(std::span<const std::uint32_t> values, [[maybe_unused]] Wide wide) {
  std::size_t done = 0;
  std::uint32_t bits = 0;
#ifdef __x86_64__
  if (wide == Wide::where_it_can && has_avx2()) done = values.size() / 8 * 8, bits = bits_avx2(values.data(), done);
#endif
  for (const std::uint32_t value : values.subspan(done)) bits |= value;
  return bits;
}

std::size_t sift_turned(const std::uint64_t* values, std::size_t first, std::size_t count, const WideSpan& of,
                        std::uint32_t* into, [[maybe_unused]] Wide wide) {
  std::size_t done = 0, left = 0;
#ifdef __x86_64__
  if (wide == Wide::where_it_can && has_avx2())
    done = count / 8 * 8, left = turned_avx2(values, first, first + done, of, into);
#endif
  const auto [least, span, inside] = of;
  return sift_plain(first + done, first + count, left, into,
                    [=](std::size_t row) { return (std::rotr(values[row], 1) - least <= span) == inside; });
}

}  // namespace chartline::query::vectorised
