// Text from outside: whether it is UTF-8, and its form inside a JSON string.
#pragma once

#include <string>
#include <string_view>

namespace chartline {

// Well-formed as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// Appends `text` to what is UTF-8; each byte of it that is not becomes U+FFFD.
void append_utf8(std::string& out, std::string_view text);

// Appends `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD each.
void append_json_string(std::string& out, std::string_view text);

}  // namespace chartline
