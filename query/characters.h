// The bytes of a query's text by class. Bytes of 0x80 and above stand only within quotes, codes and comments.
#pragma once

#include <string_view>

namespace chartline::query {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool in_word(char c) { return begins_word(c) || is_digit(c); }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// A code without quotes ends at white space, comma, semicolon, bracket or quote.
constexpr bool in_bare_code(char c) {
  return !is_control(c) && c != ' ' && std::string_view(",;()[]{}'").find(c) == std::string_view::npos;
}
constexpr bool in_list_name(char c) { return in_word(c) || c == '-' || c == '/' || c == '.'; }

}  // namespace chartline::query
