// Cuts a plain CSV file into parts that several threads can read, as they come to them. Rows must be lines for that: where a
// quote is met, or a line longer than a part, what follows is the last part.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "formats/exchange/csv.h"

namespace chartline::exchange {

struct CsvPart {
  std::uint64_t begin = 0, end = 0;       // byte offsets; rows that start in [begin, end)
  std::uint64_t first_line = 0;           // of the row at begin
  std::optional<std::string_view> lines;  // its text, where its rows are known to be lines; else it is yet to be read
  bool is_ascii = false;

  // Of `csv`, which the part was cut from; it lives no longer than the part.
  Result<Csv> open(const Csv& csv, const Input& input) const;

  std::unique_ptr<char[]> room;  // of the text
};

class CsvCutter {
 public:
  // The rows after the one that `csv` has read last, in parts of at most part_bytes but for the last. Nothing where the input
  // cannot be read in parts, or is too short.
  static std::optional<CsvCutter> make(const Csv& csv, const Input& input, std::size_t part_bytes);
  Result<bool> next(CsvPart& part);  // whose room is used again; false at the end

 private:
  CsvCutter(const Input& input, std::uint64_t bytes, std::size_t part_bytes)
      : input_(&input), bytes_(bytes), part_bytes_(part_bytes) {}
  const Input* input_;
  std::uint64_t bytes_;
  std::size_t part_bytes_;
  std::uint64_t at_ = 0, line_ = 0;  // where the next part begins
};

}  // namespace chartline::exchange
