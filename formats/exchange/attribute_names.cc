#include "formats/exchange/attribute_names.h"

#include <algorithm>

#include "formats/exchange/cell.h"

namespace chartline::exchange {

bool AttributeNames::take(std::string_view name) {
  if (std::find(taken_.begin(), taken_.end(), name) != taken_.end()) return false;
  taken_.emplace_back(name);
  return true;
}

std::string_view AttributeNames::take_column(std::string_view column, std::size_t number) {
  std::string name = attribute_name(column);
  if (name.empty() || !take(name)) {
    name = "column_" + std::to_string(number + 1) + (name.empty() ? "" : "_" + name);
    while (!take(name)) name += "_";
  }
  return taken_.back();
}

}  // namespace chartline::exchange
