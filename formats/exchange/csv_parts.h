// Cuts a plain CSV file into parts that several threads can read, as they come to them. Rows must be lines for that: where a
// quote is met, what follows may not be, and is the last part.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "formats/exchange/csv.h"

namespace chartline::exchange {

struct CsvPart {
  std::uint64_t begin = 0, end = 0;  // byte offsets; rows that start in [begin, end)
  std::uint64_t first_line = 0;      // of the row at begin
};

class CsvCutter {
 public:
  // The rows after the one that `csv` has read last, in parts of about part_bytes. Nothing where the input cannot be read in
  // parts, or is too short.
  static std::optional<CsvCutter> make(const Csv& csv, const Input& input, std::uint64_t part_bytes);
  Result<std::optional<CsvPart>> next();  // nothing at the end

 private:
  CsvCutter(const Input& input, std::uint64_t bytes, std::uint64_t part_bytes)
      : input_(&input), bytes_(bytes), part_bytes_(part_bytes) {}
  const Input* input_;
  std::uint64_t bytes_, part_bytes_;
  std::uint64_t at_ = 0, line_ = 0;  // where the next part begins
  std::string window_;
};

}  // namespace chartline::exchange
