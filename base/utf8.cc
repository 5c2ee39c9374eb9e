#include "base/utf8.h"

namespace chartline {
namespace {

bool is_continuation(std::uint8_t byte) { return (byte & 0xc0) == 0x80; }

// The length of the well-formed character that `text` (not empty) starts with; 0 if there is none.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(i < text.size() ? text[i] : 0); };
  const std::uint8_t first = byte(0);
  const std::uint8_t second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return is_continuation(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return is_continuation(second) && is_continuation(byte(2)) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && second < 0x90;
    const bool too_high = first == 0xf4 && second > 0x8f;
    return is_continuation(second) && is_continuation(byte(2)) && is_continuation(byte(3)) && !overlong && !too_high ? 4
                                                                                                                     : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8_beyond_ascii(std::string_view text) {
  constexpr std::size_t word_bytes = 8;
  while (!text.empty()) {
    if (text.size() >= word_bytes && is_ascii(text.substr(0, word_bytes))) {
      text.remove_prefix(word_bytes);
      continue;
    }
    const std::size_t bytes = character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

void append_utf8(std::string& out, std::string_view text) {
  if (is_utf8(text)) {
    out += text;
    return;
  }
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    out += bytes == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, bytes);
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    const auto c = static_cast<std::uint8_t>(text.front());
    if (bytes == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\', out += text.front();
    } else if (c < 0x20) {
      out += "\\u00", out += digits[c >> 4], out += digits[c & 15];
    } else {
      out.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  out += '"';
}

}  // namespace chartline
