#include "formats/exchange/csv_parts.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "formats/exchange/structural.h"

namespace chartline::exchange {
namespace {

// What can be told of a text before its rows are looked at.
struct Seen {
  std::uint64_t lines = 0;
  bool quotes = false, ascii = true;
};

// Sixteen bytes at a time; a comparison gives -1 where it holds.
Seen look_at(std::string_view text) {
  using Block [[gnu::vector_size(16)]] = signed char;
  constexpr std::size_t blocks_max = 255;  // before a count could overflow
  Seen seen;
  Block quotes{}, bits{};
  std::size_t i = 0;
  while (i + sizeof(Block) <= text.size()) {
    const std::size_t blocks = std::min(blocks_max, (text.size() - i) / sizeof(Block));
    Block ends{};
    for (std::size_t b = 0; b < blocks; ++b, i += sizeof(Block)) {
      Block block;
      std::memcpy(&block, text.data() + i, sizeof block);
      ends -= block == '\n', quotes |= block == '"', bits |= block;
    }
    for (std::size_t b = 0; b < sizeof(Block); ++b) seen.lines += static_cast<unsigned char>(ends[b]);
  }
  for (std::size_t b = 0; b < sizeof(Block); ++b) seen.quotes |= quotes[b] != 0, seen.ascii &= bits[b] >= 0;
  for (; i < text.size(); ++i)
    seen.lines += text[i] == '\n', seen.quotes |= text[i] == '"', seen.ascii &= static_cast<signed char>(text[i]) >= 0;
  return seen;
}

}  // namespace

Result<Csv> CsvPart::open(const Csv& csv, const Input& input) const {
  if (lines) return csv.lines(*lines, is_ascii, begin, first_line);
  return csv.part(input, begin, end, first_line);
}

std::optional<CsvCutter> CsvCutter::make(const Csv& csv, const Input& input, std::size_t part_bytes) {
  const std::optional<std::uint64_t> bytes = input.plain_bytes();
  if (!bytes || *bytes < 2 * part_bytes) return std::nullopt;
  CsvCutter cutter(input, *bytes, part_bytes);
  cutter.at_ = csv.past_row(), cutter.line_ = csv.past_line();
  return cutter;
}

Result<bool> CsvCutter::next(CsvPart& part) {
  if (at_ >= bytes_) return false;
  part.begin = at_, part.end = bytes_, part.first_line = line_, part.lines.reset();
  if (!part.room) part.room = std::make_unique_for_overwrite<char[]>(part_bytes_ + StructuralCursor::reads_past);
  const std::size_t got = TRY(input_->read_at(at_, std::span(part.room.get(), part_bytes_)));
  std::string_view text(part.room.get(), got);
  if (got == part_bytes_) text = text.substr(0, text.rfind('\n') + 1);  // of all lines but the last, which may go on
  if (const Seen seen = look_at(text); !text.empty() && !seen.quotes) {
    part.lines = text, part.is_ascii = seen.ascii;
    if (got == part_bytes_) part.end = at_ + text.size();
    line_ += seen.lines;
  }
  at_ = part.end;
  return true;
}

}  // namespace chartline::exchange
