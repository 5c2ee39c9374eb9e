// What text may stand for a group: 256 bytes of it, whole characters of UTF-8. Groups are kept in memory until all are counted, and
// what one person is grouped by must not be much of that.
#pragma once

#include <cstddef>
#include <string>

namespace chartline::query {

inline constexpr std::size_t group_bytes_max = 256;

inline std::string group_words(std::string text) {
  if (text.size() <= group_bytes_max) return text;
  std::size_t bytes = group_bytes_max;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80) --bytes;
  text.resize(bytes);
  return text;
}

// Whether it may be less than what it was made of.
inline bool may_be_cut(const std::string& group) {
  constexpr std::size_t character_bytes_max = 4;
  return group.size() + character_bytes_max > group_bytes_max;
}

}  // namespace chartline::query
