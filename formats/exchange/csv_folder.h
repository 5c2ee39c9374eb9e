// Folders and archives of CSV files, one per table, as databases export them: which file is which, and which is none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "formats/exchange/input.h"
#include "formats/exchange/row_report.h"

namespace chartline::exchange {

inline constexpr std::uint64_t rows_per_progress = 1 << 15;  // of progress

// "folder/PERSON.csv.gz", "a.tar.xz:omop/person.csv" -> "person"
std::string table_stem(std::string_view file_name);

// Named outright among the paths, or found under a name that says CSV.
bool is_table_file(const Input& input, std::span<const std::string> paths);

// Names a file in the quality report that is left unread.
Result<void> not_read(RowReport& report, std::string_view reason);

}  // namespace chartline::exchange
