#include <vector>

#include "engine/import.h"
#include "formats/exchange/draft.h"
#include "tests/suites/ehrql_case.h"

namespace chartline::suites {
namespace {

Result<record::Value> value_of(Json cell, std::string_view type) {
  if (type == "bool") return exchange::bool_value(bool(cell));
  if (type == "int" || type == "float") {
    const double number = cell.is_int64() ? static_cast<double>(int64_t(cell)) : double(cell);
    return exchange::number_value(record::decimal(number));
  }
  const std::string_view text = cell;
  if (type == "SNOMEDCTCode") return exchange::code_value({"snomed", text, {}});
  if (type == "date") {
    const auto date = record::parse_time(text);
    if (!date) return invalid_request("a date of the case cannot be read");
    return exchange::date_value(*date);
  }
  return exchange::text_value(text.empty() ? in_place_of_empty : text);
}

class Loader {
 public:
  explicit Loader(engine::Import& import) : import_(import) {}

  Result<void> row(std::string_view table, simdjson::dom::array cells, const std::vector<std::string_view>& columns,
                   Json schema) {
    draft_.begin({"spec", {}});
    record::Event& event = draft_.open(record::Kind::other);
    event.code = {"local", table, {}};
    event.sequence = ++sequence_;
    std::size_t at = 0;
    for (const std::string_view column : columns) {
      const Json cell = cells.at(at++);
      if (column == "patient_id") {
        draft_.identifier("spec", draft_.keep(std::to_string(int64_t(cell))));
      } else if (!cell.is_null()) {
        const std::string_view type = schema[column];
        draft_.attribute(column, TRY(value_of(cell, type)));
      }
    }
    return import_.add(draft_.record({}));
  }

 private:
  engine::Import& import_;
  exchange::Draft draft_;
  std::uint64_t sequence_ = 0;
};

}  // namespace

std::string inline_table(std::int64_t node) { return "inline_" + std::to_string(node); }

Result<void> load_tables(engine::Store& store, Json one_case) {
  const auto import = TRY(engine::Import::begin(store, {}));
  Loader loader(*import);
  std::vector<std::string_view> columns;
  for (const auto [name, table] : simdjson::dom::object(one_case["tables"])) {
    // One schema serves all tables, or each name has its own.
    Json schema = one_case["schema"], own;
    if (schema[name].get(own) == simdjson::SUCCESS) schema = own;
    columns.clear();
    for (const std::string_view column : simdjson::dom::array(table["columns"])) columns.push_back(column);
    for (const simdjson::dom::array row : simdjson::dom::array(table["rows"]))
      TRY(loader.row(name, row, columns, schema));
  }
  for (const Json node : simdjson::dom::array(one_case["query"]["nodes"])) {
    if (std::string_view(node["op"]) != "InlinePatientTable") continue;
    columns = {"patient_id"};
    for (const auto [column, type] : simdjson::dom::object(node["schema"])) columns.push_back(column);
    const std::string name = inline_table(node["id"]);
    for (const simdjson::dom::array row : simdjson::dom::array(node["rows"]))
      TRY(loader.row(name, row, columns, node["schema"]));
  }
  TRY(import->finish());
  return {};
}

}  // namespace chartline::suites
