#include "cli/event_row.h"

#include "formats/exchange/event_json.h"

namespace chartline::cli {
namespace {

using record::Code;
using record::Event;
using record::Value;

Cell end_cell(const record::End& end) {
  switch (end.form) {
    case record::End::Form::point: return {};
    case record::End::Form::at: return text_cell(record::print(end.at));
    case record::End::Form::ongoing:
    case record::End::Form::unknown: break;
  }
  return text_cell(record::name(end.form));
}

Cell value_cell(const Value& value) {
  switch (value.form) {
    case Value::Form::none:
    case Value::Form::text:
    case Value::Form::code: return {};
    case Value::Form::number: return number_cell(record::print(value.number));
    case Value::Form::boolean: return truth_cell(value.boolean);
    case Value::Form::date: return text_cell(record::print(value.date));
  }
  return {};
}

Cell attributes_cell(std::span<const record::Attribute> attributes) {
  if (attributes.empty()) return {};
  const std::string json = exchange::attributes_json(attributes);
  return nested_cell(json, json);
}

Cell translations_cell(std::span<const Code> translations) {
  if (translations.empty()) return {};
  std::string text, json = exchange::codes_json(translations);
  for (const Code& code : translations) {
    const bool is_plain =
        code.system.find_first_of("|;[") == std::string_view::npos && code.code.find(';') == std::string_view::npos;
    if (!is_plain) return nested_cell(json, json);
    text.append(text.empty() ? "" : ";").append(code_text(code));
  }
  return nested_cell(std::move(text), std::move(json));
}

Cell recorded_cell(Micros recorded) {
  return recorded == 0 ? Cell{} : text_cell(record::print(record::at_instant(recorded)));
}

struct Column {
  std::string_view name;
  Cell (*cell)(const record::Identifier& patient, const Event& event);
};
using Who = const record::Identifier&;
using What = const Event&;

constexpr Column columns[] = {
    {"patient", [](Who who, What) { return text_cell(who.value); }},
    {"patient_system", [](Who who, What) { return text_cell(who.system); }},
    {"kind", [](Who, What e) { return text_cell(record::name(e.kind)); }},
    {"time", [](Who, What e) { return text_cell(record::print(e.start)); }},
    {"end", [](Who, What e) { return end_cell(e.end); }},
    {"system", [](Who, What e) { return text_cell(e.code.system); }},
    {"code", [](Who, What e) { return text_cell(e.code.code); }},
    {"display", [](Who, What e) { return text_cell(e.code.display); }},
    {"translations", [](Who, What e) { return translations_cell(e.translations); }},
    {"value", [](Who, What e) { return value_cell(e.value); }},
    {"unit", [](Who, What e) { return text_cell(e.value.unit); }},
    {"comparator", [](Who, What e) { return text_cell(record::name(e.value.comparator)); }},
    {"value_code", [](Who, What e) { return text_cell(code_text(e.value.code)); }},
    {"value_display", [](Who, What e) { return text_cell(e.value.code.display); }},
    {"status", [](Who, What e) { return text_cell(record::name(e.status)); }},
    {"certainty", [](Who, What e) { return text_cell(record::name(e.certainty)); }},
    {"author", [](Who, What e) { return text_cell(record::name(e.author)); }},
    {"source", [](Who, What e) { return text_cell(e.source.organisation); }},
    {"source_system", [](Who, What e) { return text_cell(e.source.system); }},
    {"source_person", [](Who, What e) { return text_cell(e.source_person); }},
    {"record", [](Who, What e) { return text_cell(e.record); }},
    {"version", [](Who, What e) { return text_cell(e.version); }},
    {"part", [](Who, What e) { return number_cell(e.part); }},
    {"ordinal", [](Who, What e) { return number_cell(e.ordinal); }},
    {"sequence", [](Who, What e) { return number_cell(e.sequence); }},
    {"encounter", [](Who, What e) { return text_cell(e.encounter); }},
    {"number", [](Who, What e) { return number_cell(e.number); }},
    {"recorded", [](Who, What e) { return recorded_cell(e.recorded); }},
    {"attributes", [](Who, What e) { return attributes_cell(e.attributes); }},
    {"text", [](Who, What e) { return text_cell(e.value.text); }},
};

}  // namespace

std::string code_text(const Code& code) {
  if (code.empty()) return {};
  return std::string(code.system).append("|").append(code.code);
}

std::vector<std::string> event_columns() {
  std::vector<std::string> names;
  for (const Column& column : columns) names.emplace_back(column.name);
  return names;
}

Row event_row(const record::Identifier& patient, const Event& event) {
  Row row;
  row.reserve(std::size(columns));
  for (const Column& column : columns) row.push_back(column.cell(patient, event));
  return row;
}

}  // namespace chartline::cli
