// XXH3 hashes: 64 bits for checksums and tables, 128 bits for the identity of content. Both are stable across machines
// and releases of the library. None is a secret: keyed_hash64 mixes in the store's own key so that the hashes of
// identifiers cannot be precomputed.
#pragma once

#include <compare>
#include <cstdint>

#include "base/bytes.h"

namespace chartline {

// A 128-bit number that is added up: sums of content hashes do not depend on order.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  Hash128& operator+=(const Hash128& o) {
    const std::uint64_t before = low;
    low += o.low;
    high += o.high + (low < before ? 1 : 0);
    return *this;
  }
  Hash128& operator-=(const Hash128& o) {
    const std::uint64_t before = low;
    low -= o.low;
    high -= o.high + (low > before ? 1 : 0);
    return *this;
  }
  friend Hash128 operator+(Hash128 a, const Hash128& b) { return a += b; }
  friend Hash128 operator-(Hash128 a, const Hash128& b) { return a -= b; }
  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128& a, const Hash128& b) {
    return a.high != b.high ? a.high <=> b.high : a.low <=> b.low;
  }
};

std::uint64_t hash64(BytesView bytes);
std::uint64_t keyed_hash64(BytesView bytes, std::uint64_t key);
Hash128 hash128(BytesView bytes);
std::string hex(const Hash128& hash);  // 32 lower-case digits, high half first

}  // namespace chartline
