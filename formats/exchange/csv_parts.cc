#include "formats/exchange/csv_parts.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace chartline::exchange {

Result<std::vector<CsvPart>> cut(const Csv& csv, const Input& input, std::uint64_t part_bytes) {
  const std::optional<std::uint64_t> bytes = input.plain_bytes();
  std::vector<CsvPart> parts;
  if (!bytes || *bytes < 2 * part_bytes) return parts;
  std::string window(std::size_t{1} << 20, '\0');
  CsvPart part{csv.past_row(), 0, csv.past_line()};
  std::uint64_t line = part.first_line;
  for (std::uint64_t at = part.begin; at < *bytes;) {
    const std::size_t got = TRY(input.read_at(at, window));
    if (got == 0) break;
    const std::string_view seen(window.data(), got);
    if (std::memchr(seen.data(), '"', seen.size()) != nullptr) return std::vector<CsvPart>();
    // A part ends with the last line of the window that takes it to its size.
    const std::size_t last = at + got - part.begin >= part_bytes ? seen.rfind('\n') : std::string_view::npos;
    if (last != std::string_view::npos) {
      const auto lines = static_cast<std::uint64_t>(
          std::count(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(last) + 1, '\n'));
      part.end = at + last + 1;
      line += lines;
      parts.push_back(part);
      part = {part.end, 0, line};
      at = part.begin;
      continue;
    }
    line += static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), '\n'));
    at += got;
  }
  part.end = *bytes;
  if (part.begin < part.end) parts.push_back(part);
  return parts;
}

}  // namespace chartline::exchange
