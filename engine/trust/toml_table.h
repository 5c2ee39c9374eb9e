// TomlTable: one table of a TOML file, read key by key. Whoever has taken all that they know asks finish(), which complains
// about any key that is left. Complaints name file and line. Seen by the sources that read policies alone.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/record/time.h"

namespace chartline::engine {

class TomlTable {
 public:
  // Borrows the table. `name` is what messages call it: "[roles.clinician]".
  TomlTable(const toml::table& table, std::string origin, std::string name)
      : table_(table), origin_(std::move(origin)), name_(std::move(name)) {}

  // Absent: nullopt, {} or null.
  Result<std::optional<std::string>> text(std::string_view key);
  Result<std::optional<std::int64_t>> number(std::string_view key, std::int64_t least, std::int64_t most);
  Result<bool> flag(std::string_view key, bool otherwise);
  Result<std::optional<record::Day>> day(std::string_view key);  // a TOML date
  Result<std::vector<std::string>> texts(std::string_view key);
  Result<std::optional<TomlTable>> table(std::string_view key);
  Result<std::vector<TomlTable>> tables(std::string_view key);            // an array of tables
  Result<std::vector<std::pair<std::string, TomlTable>>> named_tables();  // every key, each of them a table

  Result<std::string> required_text(std::string_view key);

  Result<void> finish() const;
  Error complaint(std::string_view what) const;                           // at the table
  Error complaint_at(std::string_view key, std::string_view what) const;  // at a key of it
  bool has(std::string_view key) const { return table_.contains(key); }
  std::uint64_t line() const { return table_.source().begin.line; }
  const std::string& name() const { return name_; }
  const std::string& origin() const { return origin_; }

 private:
  const toml::node* take(std::string_view key);
  Error at(const toml::node& node, std::string_view what) const;

  const toml::table& table_;
  std::string origin_, name_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace chartline::engine
