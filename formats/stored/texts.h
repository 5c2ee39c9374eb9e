// A column of texts, packed. Record ids are most of what it holds, so it knows their shapes: each distinct text is a
// prefix that others share, then a UUID (16 bytes), a decimal number (packed with its like), or any other text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/stored/columns.h"

namespace chartline::stored {

void encode_texts(std::span<const std::string_view> texts, Bytes& out);

struct PackedTexts;

// Texts as decoded. They borrow from this object; movable.
class Texts {
 public:
  // Reads a column of `count` texts; false where the bytes are none.
  bool decode(Reader& in, std::size_t count);
  static bool pass_over(Reader& in, std::size_t count);
  std::string_view operator[](std::size_t row) const {
    return distinct_.empty() ? std::string_view() : distinct_[place_[row]];
  }
  std::size_t bytes() const;

 private:
  void print(const PackedTexts& packed, std::size_t count);

  Column<std::uint32_t> place_;
  std::vector<std::uint32_t> place_room_;
  std::vector<std::string_view> distinct_;
  std::vector<char> text_;  // of those that are not stored as they read
};

}  // namespace chartline::stored
