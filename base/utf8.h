// Text from outside: whether it is UTF-8, and its form inside a JSON string.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace chartline {

// By words, the last of which overlaps the one before: nearly every text is ASCII, and most are short.
inline bool is_ascii(std::string_view text) {
  const auto word_at = [&]<typename Word>(Word word, std::size_t i) {
    return std::memcpy(&word, text.data() + i, sizeof word), word;
  };
  std::uint64_t bits = 0;
  if (text.size() >= sizeof(std::uint64_t)) {
    for (std::size_t i = 0; i + sizeof bits <= text.size(); i += sizeof bits) bits |= word_at(std::uint64_t{}, i);
    bits |= word_at(std::uint64_t{}, text.size() - sizeof bits);
  } else if (text.size() >= sizeof(std::uint32_t)) {
    bits = word_at(std::uint32_t{}, 0) | word_at(std::uint32_t{}, text.size() - sizeof(std::uint32_t));
  } else {
    for (const char c : text) bits |= static_cast<std::uint8_t>(c);
  }
  return (bits & 0x8080808080808080) == 0;
}

// Well-formed as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8_beyond_ascii(std::string_view text);
inline bool is_utf8(std::string_view text) { return is_ascii(text) || is_utf8_beyond_ascii(text); }

// Appends `text` to what is UTF-8; each byte of it that is not becomes U+FFFD.
void append_utf8(std::string& out, std::string_view text);

// Appends `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD each.
void append_json_string(std::string& out, std::string_view text);

}  // namespace chartline
