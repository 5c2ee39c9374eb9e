#include "engine/storage/tables.h"

#include <array>
#include <utility>

namespace chartline::engine {
namespace {

constexpr std::array<std::string_view, table_count> names = {
    "meta", "changes", "identity", "timeline", "details", "history", "postings", "originals", "terminology", "audit"};

}  // namespace

std::string_view name(Table table) { return names[static_cast<std::size_t>(table)]; }

std::optional<Table> parse_table(std::string_view word) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == word) return static_cast<Table>(i);
  return std::nullopt;
}

void Batch::put(Table table, Bytes key, Bytes value) {
  bytes_ += key.size() + value.size();
  operations_.push_back({table, false, std::move(key), std::move(value)});
}

void Batch::erase(Table table, Bytes key) {
  bytes_ += key.size();
  operations_.push_back({table, true, std::move(key), {}});
}

}  // namespace chartline::engine
