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
  return exchange::text_value(text);
}

}  // namespace

Result<void> load_tables(engine::Store& store, Json one_case) {
  const auto import = TRY(engine::Import::begin(store, {}));
  const simdjson::dom::object tables = one_case["tables"];
  std::uint64_t sequence = 0;
  exchange::Draft draft;
  for (const auto [name, table] : tables) {
    // One schema serves all tables, or each name has its own.
    Json schema = one_case["schema"];
    Json own;
    if (schema[name].get(own) == simdjson::SUCCESS) schema = own;
    const simdjson::dom::array columns = table["columns"];
    for (const simdjson::dom::array row : table["rows"]) {
      draft.begin({"spec", {}});
      draft.identifier("spec", draft.keep(std::to_string(int64_t(row.at(0)))));
      record::Event& event = draft.open(record::Kind::other);
      event.code = {"local", name, {}};
      event.sequence = ++sequence;
      std::size_t at = 0;
      for (const std::string_view column : columns) {
        const Json cell = row.at(at++);
        if (column == "patient_id" || cell.is_null()) continue;
        const std::string_view type = schema[column];
        draft.attribute(column, TRY(value_of(cell, type)));
      }
      TRY(import->add(draft.record({})));
    }
  }
  TRY(import->finish());
  return {};
}

}  // namespace chartline::suites
