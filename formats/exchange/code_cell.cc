#include "formats/exchange/code_cell.h"

#include "formats/exchange/cell.h"
#include "formats/record/systems.h"

namespace chartline::exchange {

record::Code CodeCells::read(std::string_view cell, std::string_view system) {
  std::string_view code = trimmed(cell);
  if (code.empty()) return {};
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
  if (system.empty() || system == local_system) return {local_system, code, {}};
  const Names& names = canonical(system, code);
  return {names.first, names.second, {}};
}

const CodeCells::Names& CodeCells::canonical(std::string_view system, std::string_view code) {
  constexpr std::size_t codes_per_generation = 100'000;
  key_.assign(system).push_back('\0');
  key_.append(code);
  if (const auto known = now_.codes.find(key_); known != now_.codes.end()) return known->second;
  if (now_.codes.size() >= codes_per_generation) {
    before_ = std::move(now_);
    now_ = {};
  }
  const std::string_view short_name = record::system_from_uri(system);
  return now_.codes.emplace(key_, Names(short_name, record::canonical_code(short_name, code))).first->second;
}

}  // namespace chartline::exchange
