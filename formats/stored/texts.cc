#include "formats/stored/texts.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "base/hash.h"

namespace chartline::stored {

namespace {

enum Shape : std::uint32_t { shape_text = 0, shape_uuid = 1, shape_number = 2, shapes = 3 };

constexpr std::size_t uuid_bytes = 16, uuid_letters = 36;
constexpr std::size_t digits_max = 18, number_letters = 20;  // as written, and of any number
constexpr std::size_t prefixes_max = 64;
constexpr std::size_t prefix_bytes_max = 255;

constexpr bool is_dash(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
int hex_digit(char c) { return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

// 36 letters in lower case, 8-4-4-4-12.
bool parse_uuid(std::string_view text, char* out) {
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < uuid_letters; ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) return false;
    if (nibble % 2 == 0) out[nibble / 2] = static_cast<char>(digit << 4);
    else out[nibble / 2] = static_cast<char>(out[nibble / 2] | digit);
    ++nibble;
  }
  return true;
}

// Gives where it ends.
char* print_uuid(const char* bytes, char* out) {
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0, nibble = 0; i < uuid_letters; ++i) {
    if (is_dash(i)) {
      *out++ = '-';
    } else {
      const auto byte = static_cast<unsigned char>(bytes[nibble / 2]);
      *out++ = digits[nibble % 2 == 0 ? byte >> 4 : byte & 15];
      ++nibble;
    }
  }
  return out;
}

// Where the number at the end of a text begins: it has no leading zero, so that printing it gives the same digits.
std::size_t number_start(std::string_view text) {
  std::size_t start = text.size();
  while (start > 0 && is_digit(text[start - 1]) && text.size() - start < digits_max) --start;
  while (start + 1 < text.size() && text[start] == '0') ++start;
  return start;
}

// Splits distinct texts into the parts that are packed apart.
class Splitter {
 public:
  void add(std::string_view text) {
    char uuid[uuid_bytes];
    if (text.size() >= uuid_letters && parse_uuid(text.substr(text.size() - uuid_letters), uuid)) {
      if (const auto prefix = place_prefix(text.substr(0, text.size() - uuid_letters))) {
        classes_.push_back(*prefix * shapes + shape_uuid);
        uuids_.append(uuid, uuid_bytes);
        return;
      }
    }
    if (const std::size_t start = number_start(text); start < text.size()) {
      if (const auto prefix = place_prefix(text.substr(0, start))) {
        std::uint64_t number = 0;
        std::from_chars(text.data() + start, text.data() + text.size(), number);
        classes_.push_back(*prefix * shapes + shape_number);
        numbers_.push_back(number);
        return;
      }
    }
    check(text.size() <= 0xffffffffu, "a text is shorter than 4 GiB");
    classes_.push_back(shape_text);
    lengths_.push_back(static_cast<std::uint32_t>(text.size()));
    letters_.append(text);
  }

  void write(Bytes& out) const {
    Writer write(out);
    write.u8(static_cast<std::uint8_t>(prefixes_.size()));
    for (const std::string_view prefix : prefixes_) write.text(prefix);
    pack(classes_, out);
    write.raw(uuids_);
    pack(numbers_, out);
    pack(lengths_, out);
    write.raw(letters_);
  }

 private:
  // 0 is no prefix; nullopt where it is too long or there are too many.
  std::optional<std::uint32_t> place_prefix(std::string_view prefix) {
    if (prefix.empty()) return 0;
    if (prefix.size() > prefix_bytes_max) return std::nullopt;
    const auto found = std::find(prefixes_.begin(), prefixes_.end(), prefix);
    if (found != prefixes_.end()) return static_cast<std::uint32_t>(found - prefixes_.begin()) + 1;
    if (prefixes_.size() == prefixes_max) return std::nullopt;
    prefixes_.push_back(prefix);
    return static_cast<std::uint32_t>(prefixes_.size());
  }

  std::vector<std::string_view> prefixes_;
  std::vector<std::uint32_t> classes_, lengths_;
  std::vector<std::uint64_t> numbers_;
  Bytes uuids_, letters_;
};

// Which texts were seen, in order of first sight: open addressing, at most half full. Its room is used again, because packing a
// small run is mostly making such room.
class Distinct {
 public:
  void begin(std::size_t texts_max) {
    texts_.clear();
    places_.assign(std::bit_ceil(texts_max * 2 + 1), 0);
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }
  // The text's place among them, the last one where it is new.
  std::uint32_t place(std::string_view text) {
    std::size_t at = hash64(text) & (places_.size() - 1);
    for (; places_[at] != 0; at = (at + 1) & (places_.size() - 1))
      if (texts_[places_[at] - 1] == text) return places_[at] - 1;
    texts_.push_back(text);
    places_[at] = size();
    return size() - 1;
  }

 private:
  std::vector<std::string_view> texts_;
  std::vector<std::uint32_t> places_;  // 1 more; 0: free
};

}  // namespace

// number of distinct texts, the place of each row's among them, the texts.
void encode_texts(std::span<const std::string_view> texts, Bytes& out) {
  thread_local Distinct known;
  thread_local std::vector<std::uint32_t> places;
  known.begin(texts.size());
  places.resize(texts.size());
  Splitter splitter;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0 && texts[i] == texts[i - 1]) {
      places[i] = places[i - 1];
      continue;
    }
    const std::uint32_t before = known.size();
    places[i] = known.place(texts[i]);
    if (known.size() > before) splitter.add(texts[i]);
  }
  Writer(out).varint(known.size());
  if (known.size() == 0) return;
  pack(places, out);
  splitter.write(out);
}

// The parts of distinct texts, packed apart. One for each thread: reading allocates only until it has seen its longest column.
struct PackedTexts {
  std::vector<std::string_view> prefixes;
  std::vector<std::uint32_t> class_room, length_room;
  std::vector<std::uint64_t> number_room;
  Column<std::uint32_t> classes, lengths;
  Column<std::uint64_t> numbers;
  BytesView uuids, letters;
  std::uint64_t longest = 0;  // of all of them together, at most

  bool read(Reader& in, std::size_t count);
};

bool PackedTexts::read(Reader& in, std::size_t count) {
  prefixes.assign(in.u8() + std::size_t{1}, {});
  for (std::size_t i = 1; i < prefixes.size(); ++i) {
    prefixes[i] = in.text();
    if (prefixes[i].size() > prefix_bytes_max) return false;
  }
  if (!unpack(in, count, class_room, classes)) return false;
  std::size_t of_shape[shapes] = {};
  std::uint64_t prefix_letters = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (classes[i] / shapes >= prefixes.size()) return false;
    ++of_shape[classes[i] % shapes];
    prefix_letters += prefixes[classes[i] / shapes].size();
  }
  uuids = in.raw(of_shape[shape_uuid] * uuid_bytes);
  if (!unpack(in, of_shape[shape_number], number_room, numbers)) return false;
  if (!unpack(in, of_shape[shape_text], length_room, lengths)) return false;
  std::uint64_t plain = 0;
  for (std::size_t i = 0; i < of_shape[shape_text]; ++i) plain += lengths[i];
  letters = in.raw(plain);
  longest = prefix_letters + of_shape[shape_uuid] * uuid_letters + of_shape[shape_number] * number_letters + plain;
  return in.ok();
}

namespace {

PackedTexts& packed_room() {
  thread_local PackedTexts room;
  return room;
}

bool read_distinct(Reader& in, std::size_t count, std::uint64_t& distinct) {
  distinct = in.varint();
  return in.ok() && distinct <= count && (distinct != 0 || count == 0);
}

}  // namespace

bool Texts::decode(Reader& in, std::size_t count) {
  distinct_.clear();
  std::uint64_t distinct = 0;
  if (!read_distinct(in, count, distinct)) return false;
  if (distinct == 0) return true;
  if (!unpack(in, count, place_room_, place_)) return false;
  for (std::size_t i = 0; i < (place_.is_constant() ? 1 : count); ++i) {
    if (place_[i] >= distinct) return false;
  }
  PackedTexts& packed = packed_room();
  if (!packed.read(in, distinct)) return false;
  print(packed, distinct);
  return true;
}

bool Texts::pass_over(Reader& in, std::size_t count) {
  std::uint64_t distinct = 0;
  if (!read_distinct(in, count, distinct)) return false;
  return distinct == 0 || (skip(in, count) && packed_room().read(in, distinct));
}

void Texts::print(const PackedTexts& packed, std::size_t count) {
  text_.resize(packed.longest);
  distinct_.resize(count);
  std::size_t uuid = 0, number = 0, plain = 0, letter = 0;
  char* at = text_.data();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view prefix = packed.prefixes[packed.classes[i] / shapes];
    const char* start = at;
    at = std::copy(prefix.begin(), prefix.end(), at);
    switch (packed.classes[i] % shapes) {
      case shape_uuid: at = print_uuid(packed.uuids.data() + uuid_bytes * uuid++, at); break;
      case shape_number: at = std::to_chars(at, at + number_letters, packed.numbers[number++]).ptr; break;
      default: {
        const std::string_view all = packed.letters.substr(letter, packed.lengths[plain]);
        at = std::copy(all.begin(), all.end(), at);
        letter += packed.lengths[plain++];
      }
    }
    distinct_[i] = {start, at};
  }
}

std::size_t Texts::bytes() const {
  return place_room_.capacity() * sizeof(std::uint32_t) + distinct_.capacity() * sizeof(std::string_view) +
         text_.capacity();
}

}  // namespace chartline::stored
