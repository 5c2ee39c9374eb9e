// Whether two texts are the same, without a call where they are short, as names and codes are.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace chartline {

[[gnu::always_inline]] inline bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const std::size_t n = a.size();
  // Its first and its last bytes, which overlap in the middle.
  const auto ends_are_same = [&](auto word) {
    const auto load = [&](std::string_view text, std::size_t at) {
      std::memcpy(&word, text.data() + at, sizeof word);
      return word;
    };
    return load(a, 0) == load(b, 0) && load(a, n - sizeof word) == load(b, n - sizeof word);
  };
  if (n > 2 * sizeof(std::uint64_t)) return std::memcmp(a.data(), b.data(), n) == 0;
  if (n >= sizeof(std::uint64_t)) return ends_are_same(std::uint64_t{});
  if (n >= sizeof(std::uint32_t)) return ends_are_same(std::uint32_t{});
  if (n >= sizeof(std::uint16_t)) return ends_are_same(std::uint16_t{});
  return n == 0 || a.front() == b.front();
}

}  // namespace chartline
