// StructuralCursor: walks the separators and line ends of a text, 64 bytes at a time. Quotes are the caller's business.
//
// SSE2 on x86-64, which every such processor has, and eight bytes at a time in a word elsewhere: splitting is a small part
// of making records, so wider registers chosen at run time are not worth their code (docs/decisions/2026-11-22-csv-reader.md).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace chartline::exchange {

class StructuralCursor {
 public:
  static constexpr std::size_t reads_past = 64;  // bytes behind the text that must be readable

  void seek(const char* at, char separator) {
    separator_ = separator;
    block_ = at;
    mask_ = 0;
    begun_ = false;
  }

  // The next separator or '\n' before `limit`, each once; nullptr if there is none: then seek before going on.
  const char* next(const char* limit) {
    if (!begun_) {
      begun_ = true;
      if (block_ >= limit) return nullptr;
      mask_ = mask(block_);
    }
    while (mask_ == 0) {
      block_ += 64;
      if (block_ >= limit) return nullptr;
      mask_ = mask(block_);
    }
    const char* found = block_ + std::countr_zero(mask_);
    mask_ &= mask_ - 1;
    return found < limit ? found : nullptr;
  }

 private:
  std::uint64_t mask(const char* at) const {
#if defined(__SSE2__)
    const __m128i separators = _mm_set1_epi8(separator_);
    const __m128i line_ends = _mm_set1_epi8('\n');
    std::uint64_t mask = 0;
    for (int i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
      const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, separators), _mm_cmpeq_epi8(bytes, line_ends));
      mask |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(found))) << (16 * i);
    }
    return mask;
#else
    std::uint64_t mask = 0;
    for (int i = 0; i < 8; ++i) {
      std::uint64_t word;
      std::memcpy(&word, at + 8 * i, sizeof word);
      mask |= (matches(word, separator_) | matches(word, '\n')) << (8 * i);
    }
    return mask;
#endif
  }

  // One bit for each of eight bytes that is `wanted`. The sum cannot carry from byte to byte, so there is no false match.
  [[maybe_unused]] static std::uint64_t matches(std::uint64_t word, char wanted) {
    constexpr std::uint64_t low7 = 0x7f7f7f7f7f7f7f7f;
    const std::uint64_t differs = word ^ (0x0101010101010101 * static_cast<std::uint8_t>(wanted));
    const std::uint64_t high_bits = ~(((differs & low7) + low7) | differs | low7);
    return (high_bits >> 7) * 0x0102040810204080 >> 56;
  }

  const char* block_ = nullptr;
  std::uint64_t mask_ = 0;
  char separator_ = ',';
  bool begun_ = true;
};

}  // namespace chartline::exchange
