#include "formats/exchange/csv_folder.h"

#include <algorithm>

#include "formats/exchange/cell.h"
#include "formats/exchange/csv_rows.h"

namespace chartline::exchange {

std::string table_stem(std::string_view file_name) {
  if (const auto folder = file_name.find_last_of("/:"); folder != std::string_view::npos)
    file_name.remove_prefix(folder + 1);
  return lower(file_name.substr(0, file_name.find('.')));
}

bool is_table_file(const Input& input, std::span<const std::string> paths) {
  return is_csv_name(input.name()) || std::find(paths.begin(), paths.end(), input.name()) != paths.end();
}

Result<void> not_read(RowReport& report, std::string_view reason) {
  report.at(0);
  return report.repaired("", "table_not_read", reason);
}

}  // namespace chartline::exchange
