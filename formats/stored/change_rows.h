// A row in the log: every field, those that are not at their default named by a mask.
#pragma once

#include "base/bytes.h"
#include "formats/stored/row.h"

namespace chartline::stored {

inline constexpr std::size_t row_bytes_min = 4;  // mask, number, kind, code: no row is smaller

void write_row(Writer& write, const Row& row);
Row read_row(Reader& in, record::Arena& room);  // fails the reader where the bytes are no row

}  // namespace chartline::stored
