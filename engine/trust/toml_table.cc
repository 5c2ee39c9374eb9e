#include "engine/trust/toml_table.h"

namespace chartline::engine {

Error TomlTable::at(const toml::node& node, std::string_view what) const {
  return invalid_request(origin_ + ": line " + std::to_string(node.source().begin.line) + ": " + std::string(what));
}

Error TomlTable::complaint(std::string_view what) const {
  return at(table_, (name_.empty() ? "" : name_ + ": ") + std::string(what));
}

Error TomlTable::complaint_at(std::string_view key, std::string_view what) const {
  const toml::node* const node = table_.get(key);
  return at(node ? *node : static_cast<const toml::node&>(table_), std::string(key) + ": " + std::string(what));
}

const toml::node* TomlTable::take(std::string_view key) {
  taken_.emplace(key);
  return table_.get(key);
}

Result<std::optional<std::string>> TomlTable::text(std::string_view key) {
  const toml::node* const node = take(key);
  if (!node) return std::optional<std::string>();
  const auto value = node->value_exact<std::string>();
  if (!value) return complaint_at(key, "text in quotes is expected");
  return value;
}

Result<std::string> TomlTable::required_text(std::string_view key) {
  const auto value = TRY(text(key));
  if (!value || value->empty()) return complaint("the key " + std::string(key) + " is missing or empty");
  return *value;
}

Result<std::optional<std::int64_t>> TomlTable::number(std::string_view key, std::int64_t least, std::int64_t most) {
  const toml::node* const node = take(key);
  if (!node) return std::optional<std::int64_t>();
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < least || *value > most)
    return complaint_at(
        key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most) + " is expected");
  return value;
}

Result<bool> TomlTable::flag(std::string_view key, bool otherwise) {
  const toml::node* const node = take(key);
  if (!node) return otherwise;
  const auto value = node->value_exact<bool>();
  if (!value) return complaint_at(key, "true or false is expected");
  return *value;
}

Result<std::optional<record::Day>> TomlTable::day(std::string_view key) {
  const toml::node* const node = take(key);
  if (!node) return std::optional<record::Day>();
  const auto value = node->value_exact<toml::date>();
  if (!value) return complaint_at(key, "a date is expected, without quotes: 2026-11-20");
  return std::optional(record::days_from_civil(value->year, value->month, value->day));
}

Result<std::vector<std::string>> TomlTable::texts(std::string_view key) {
  std::vector<std::string> all;
  const toml::node* const node = take(key);
  if (!node) return all;
  const toml::array* const array = node->as_array();
  const Error wrong = complaint_at(key, "a list of texts is expected: [\"one\", \"two\"]");
  if (!array) return wrong;
  for (const toml::node& one : *array) {
    const auto value = one.value_exact<std::string>();
    if (!value) return wrong;
    all.push_back(*value);
  }
  return all;
}

Result<std::optional<TomlTable>> TomlTable::table(std::string_view key) {
  const toml::node* const node = take(key);
  if (!node) return std::optional<TomlTable>();
  if (!node->is_table()) return complaint_at(key, "a table is expected");
  return std::optional(TomlTable(*node->as_table(), origin_, "[" + std::string(key) + "]"));
}

Result<std::vector<TomlTable>> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> all;
  const toml::node* const node = take(key);
  if (!node) return all;
  const toml::array* const array = node->as_array();
  if (!array) return complaint_at(key, "tables in double brackets are expected: [[" + std::string(key) + "]]");
  for (const toml::node& one : *array) {
    if (!one.is_table()) return complaint_at(key, "each of the list is a table");
    all.emplace_back(*one.as_table(), origin_, "[[" + std::string(key) + "]]");
  }
  return all;
}

Result<std::vector<std::pair<std::string, TomlTable>>> TomlTable::named_tables() {
  std::vector<std::pair<std::string, TomlTable>> all;
  for (const auto& [key, node] : table_) {
    taken_.emplace(key.str());
    if (!node.is_table()) return complaint_at(key.str(), "a table is expected");
    const std::string inner = name_.substr(0, name_.size() - 1) + "." + std::string(key.str()) + "]";
    all.emplace_back(std::string(key.str()), TomlTable(*node.as_table(), origin_, inner));
  }
  return all;
}

Result<void> TomlTable::finish() const {
  for (const auto& [key, node] : table_) {
    if (!taken_.contains(key.str()))
      return invalid_request(origin_ + ": line " + std::to_string(key.source().begin.line) + ": " +
                             (name_.empty() ? "a policy" : name_) + " has no key " + std::string(key.str()));
  }
  return {};
}

}  // namespace chartline::engine
