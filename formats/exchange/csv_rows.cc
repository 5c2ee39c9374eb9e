#include "formats/exchange/csv_rows.h"

#include <array>

#include "formats/exchange/cell.h"

namespace chartline::exchange {

bool is_csv_name(std::string_view name) {
  const std::string small = lower(name);
  std::string_view rest = small;
  constexpr std::array<std::string_view, 4> wrappings = {".gz", ".xz", ".zst", ".bz2"};
  for (const auto wrapping : wrappings) {
    if (!rest.ends_with(wrapping)) continue;
    rest.remove_suffix(wrapping.size());
    break;
  }
  return rest.ends_with(".csv");
}

}  // namespace chartline::exchange
