// A plain CSV file cut into parts that several threads may read at once. Only where that is certain to be right: a file on
// disk, large enough to be worth it, without a single quote, so that every line end is the end of a row.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"

namespace chartline::exchange {

struct CsvPart {
  std::uint64_t begin = 0, end = 0;  // byte offsets of rows' starts
  std::uint64_t first_line = 0;      // line number at `begin`
};

// The rows behind the header, in parts of about `part_bytes`; empty where the file must be read as one. `csv` has read its
// header and nothing else.
Result<std::vector<CsvPart>> cut(const Csv& csv, const Input& input, std::uint64_t part_bytes);

}  // namespace chartline::exchange
