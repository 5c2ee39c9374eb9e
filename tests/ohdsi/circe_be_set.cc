#include "tests/ohdsi/circe_be_set.h"

#include <simdjson.h>

#include <set>
#include <sstream>

#include "tests/integration/must.h"

namespace chartline::ohdsi {
namespace {

constexpr std::string_view model = "cdm.";

std::string plain(simdjson::dom::element value) {
  if (value.is_string()) return std::string(value.get_string().value());
  std::stringstream text;
  text << value;
  return text.str();
}

}  // namespace

std::string circe_be(const std::string& file) { return "../shared/data/circe-be-tests/" + file; }

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Tables read_tables(const std::string& path) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  Tables tables;
  if (parser.load(path).get(object) != simdjson::SUCCESS) throw std::runtime_error("cannot read " + path);
  for (const auto table : object) {
    std::vector<Fields>& rows = tables[std::string(table.key)];
    for (const simdjson::dom::object row : table.value.get_array()) {
      Fields fields;
      for (const auto field : row)
        if (!field.value.is_null()) fields[std::string(field.key)] = plain(field.value);
      rows.push_back(std::move(fields));
    }
  }
  return tables;
}

void write_tables(const Tables& tables, const exchange::ScratchFolder& folder) {
  for (const auto& [name, rows] : tables) {
    if (!name.starts_with(model)) continue;
    std::set<std::string> columns;
    for (const Fields& row : rows)
      for (const auto& [column, value] : row) columns.insert(column);
    std::string text;
    for (const std::string& column : columns) text += (text.empty() ? "" : ",") + column;
    for (const Fields& row : rows) {
      text += "\n";
      for (const std::string& column : columns) {
        if (column != *columns.begin()) text += ",";
        if (const auto found = row.find(column); found != row.end()) text += "\"" + found->second + "\"";
      }
    }
    folder.write(name.substr(model.size()) + ".csv", text + "\n");
  }
}

std::map<int, Rows> cohorts_of(const Tables& tables, const std::string& table) {
  std::map<int, Rows> cohorts;
  for (const Fields& row : tables.at(table)) {
    if (row.contains("subject_id"))
      cohorts[std::stoi(row.at("cohort_definition_id"))].emplace(row.at("subject_id"), row.at("cohort_start_date"),
                                                                 row.at("cohort_end_date"));
    else cohorts[0].emplace(row.at("person_id"), row.at("start_date"), row.at("end_date"));
  }
  return cohorts;
}

std::string concept_sets_of(const std::vector<Fields>& codesets) {
  std::map<std::string, std::string> items;
  for (const Fields& row : codesets) {
    std::string& list = items[row.at("codeset_id")];
    list += (list.empty() ? "" : ", ") + (R"({"concept": {"CONCEPT_ID": )" + row.at("concept_id") + "}}");
  }
  std::string sets;
  for (const auto& [id, list] : items)
    sets += (sets.empty() ? "" : ", ") +
            (R"({"id": )" + id + R"(, "name": "set )" + id + R"(", "expression": {"items": [)" + list + "]}}");
  return "[" + sets + "]";
}

}  // namespace chartline::ohdsi
