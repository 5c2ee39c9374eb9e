#include "formats/exchange/csv_parts.h"

#include <algorithm>
#include <cstring>

namespace chartline::exchange {
namespace {

constexpr std::size_t window_bytes = std::size_t{1} << 20;

// Eight bytes at a time: a byte of 7 bits that is no line end carries into its highest bit. Bytes of a word count up side by side.
std::uint64_t count_lines(std::string_view text) {
  constexpr std::uint64_t ends = 0x0a0a0a0a0a0a0a0au, low = 0x7f7f7f7f7f7f7f7fu, even = 0x00ff00ff00ff00ffu, ones = 0x0001000100010001u;
  constexpr std::size_t words_max = 255;  // before a byte could overflow
  std::uint64_t lines = 0;
  std::size_t i = 0;
  while (i + sizeof(std::uint64_t) <= text.size()) {
    const std::size_t words = std::min(words_max, (text.size() - i) / sizeof(std::uint64_t));
    std::uint64_t counts = 0;
    for (std::size_t w = 0; w < words; ++w, i += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, sizeof word);
      word ^= ends;
      counts += ~(((word & low) + low) | word | low) >> 7;
    }
    lines += ((counts & even) + (counts >> 8 & even)) * ones >> 48;
  }
  return lines + static_cast<std::uint64_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), '\n'));
}

}  // namespace

std::optional<CsvCutter> CsvCutter::make(const Csv& csv, const Input& input, std::uint64_t part_bytes) {
  const std::optional<std::uint64_t> bytes = input.plain_bytes();
  if (!bytes || *bytes < 2 * part_bytes) return std::nullopt;
  CsvCutter cutter(input, *bytes, part_bytes);
  cutter.at_ = csv.past_row(), cutter.line_ = csv.past_line();
  return cutter;
}

Result<std::optional<CsvPart>> CsvCutter::next() {
  if (at_ >= bytes_) return std::optional<CsvPart>();
  CsvPart part{at_, bytes_, line_};
  window_.resize(window_bytes);
  for (std::uint64_t at = at_; at < bytes_;) {
    const std::size_t got = TRY(input_->read_at(at, window_));
    const std::string_view seen(window_.data(), got);
    if (got == 0 || std::memchr(seen.data(), '"', seen.size()) != nullptr) break;
    // A part ends with the last line of the window that takes it to its size.
    const std::size_t last = at + got - part.begin >= part_bytes_ ? seen.rfind('\n') : std::string_view::npos;
    if (last != std::string_view::npos) {
      part.end = at + last + 1;
      line_ += count_lines(seen.substr(0, last + 1));
      break;
    }
    line_ += count_lines(seen);
    at += got;
  }
  at_ = part.end;
  return std::optional(part);
}

}  // namespace chartline::exchange
