// Text for terminals: how wide it is, how it is cut, and the forms of numbers, sizes and durations that people read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chartline::cli {

// Safe to print on one line: control characters become spaces, and bytes that are not UTF-8 the replacement character.
// Where `utf8` is false every character beyond ASCII becomes `?`.
std::string printable(std::string_view text, bool utf8);

std::size_t display_width(std::string_view utf8_text);  // columns: 0 for combining marks, 2 for wide characters
std::string fit(std::string_view text, std::size_t width, bool utf8);  // cut with an ellipsis where wider
std::string pad_right(std::string text, std::size_t width);            // blanks behind it
std::string pad_left(std::string text, std::size_t width);             // blanks before it

std::string grouped(std::uint64_t number);                        // 1,234,567
std::string human_bytes(std::uint64_t bytes);                     // 1.2 GB
std::string human_seconds(double seconds);                        // 0.4 s, 12 s, 3:07, 1:02:03
std::optional<std::uint64_t> parse_bytes(std::string_view text);  // 1048576, 512K, 64M, 2G, 2GiB (powers of 1,024)
std::optional<std::uint64_t> parse_number(std::string_view text);

// Breaks paragraphs into lines of at most `width` columns, each after `indent` blanks. Lines that begin with a blank stay
// as they are.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

// The candidate that a person who typed `word` most likely meant; nothing if none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);
std::string joined(std::span<const std::string_view> words, std::string_view between);

}  // namespace chartline::cli
