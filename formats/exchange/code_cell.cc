#include "formats/exchange/code_cell.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/same_text.h"
#include "formats/exchange/cell.h"
#include "formats/record/systems.h"

namespace chartline::exchange {

void CodeCells::begin_row() {
  constexpr std::size_t codes_kept = 200'000;
  if (cells_.size() + of_system_.size() < codes_kept) return;
  cells_.clear(), of_system_.clear();
  met_.fill(nullptr);
}

record::Code CodeCells::read(std::string_view cell, std::string_view system) {
  cell = trimmed(cell);
  if (cell.empty()) return {};
  const auto code_of = [](const Names& names) -> record::Code {
    if (names.code.empty()) return {};
    return {.system = names.system, .code = names.code, .display = {}};
  };
  const Cell*& met = met_[place_of(cell)];
  if (system.empty() && met && same_text(met->first, cell)) return code_of(met->second);
  std::string_view key = cell;
  if (!system.empty()) {
    key_.assign(system).push_back('\0');
    key = key_.append(cell);
  }
  TextMap<Names>& known = system.empty() ? cells_ : of_system_;
  auto found = known.find(key);
  if (found == known.end()) found = known.emplace(key, canonical(cell, system)).first;
  if (system.empty()) met = &*found;
  return code_of(found->second);
}

std::size_t CodeCells::place_of(std::string_view cell) {
  std::uint64_t first = 0, last = 0;
  std::memcpy(&first, cell.data(), std::min(cell.size(), sizeof first));
  if (cell.size() > sizeof last) std::memcpy(&last, cell.data() + cell.size() - sizeof last, sizeof last);
  return (first * 0x9e3779b97f4a7c15u ^ last) * 0xd6e8feb86659fd93u >> (64 - met_bits);
}

CodeCells::Names CodeCells::canonical(std::string_view cell, std::string_view system) {
  std::string_view code = cell;
  if (system.empty()) {
    const auto bar = code.find('|');
    const auto colon = bar == std::string_view::npos ? code.find(':') : std::string_view::npos;
    if (bar != std::string_view::npos) {
      system = trimmed(code.substr(0, bar));
      code = trimmed(code.substr(bar + 1));
    } else if (colon != std::string_view::npos && record::find_system(code.substr(0, colon))) {
      system = code.substr(0, colon);
      code = trimmed(code.substr(colon + 1));
    }
  }
  if (code.empty()) return {};
  if (system.empty() || system == local_system) return {std::string(local_system), std::string(code)};
  const std::string_view short_name = record::system_from_uri(system);
  return {std::string(short_name), std::string(record::canonical_code(short_name, code))};
}

}  // namespace chartline::exchange
