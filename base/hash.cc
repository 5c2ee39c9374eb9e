#include "base/hash.h"

#include <xxhash.h>

namespace chartline {

std::uint64_t hash64(BytesView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t keyed_hash64(BytesView bytes, std::uint64_t key) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), key);
}

Hash128 hash128(BytesView bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.low64, h.high64};
}

std::string hex(const Hash128& hash) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (int i = 0; i < 16; ++i) {
    text[static_cast<std::size_t>(i)] = digits[hash.high >> (60 - 4 * i) & 15];
    text[static_cast<std::size_t>(16 + i)] = digits[hash.low >> (60 - 4 * i) & 15];
  }
  return text;
}

}  // namespace chartline
