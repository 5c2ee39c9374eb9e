#include "cli/event_row.h"

#include "formats/exchange/utf8.h"

namespace chartline::cli {
namespace {

using exchange::append_json_string;
using record::Code;
using record::Event;
using record::Value;

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

std::string code_json(const Code& code) {
  std::string out = "{";
  append_member(out, "system", code.system);
  append_member(out, "code", code.code);
  if (!code.display.empty()) append_member(out, "display", code.display);
  return out + "}";
}

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
    case Value::Form::code: return {};
    case Value::Form::number: return number_cell(record::print(value.number));
    case Value::Form::text: return {Cell::Type::text, std::string(value.text), {}};
    case Value::Form::boolean: return truth_cell(value.boolean);
    case Value::Form::date: return text_cell(record::print(value.date));
  }
  return {};
}

std::string attribute_json(const Value& value) {
  std::string out;
  switch (value.form) {
    case Value::Form::none: return "null";
    case Value::Form::boolean: return value.boolean ? "true" : "false";
    case Value::Form::code: return code_json(value.code);
    case Value::Form::text: return append_json_string(out, value.text), out;
    case Value::Form::date: return append_json_string(out, record::print(value.date)), out;
    case Value::Form::number: break;
  }
  const std::string number = record::print(value.number);
  if (value.unit.empty() && value.comparator == record::Comparator::equal) return number;
  out = "{\"value\":" + number;
  if (value.comparator != record::Comparator::equal) append_member(out, "comparator", record::name(value.comparator));
  if (!value.unit.empty()) append_member(out, "unit", value.unit);
  return out + "}";
}

// One member for each name; an array where a name has several values.
Cell attributes_cell(std::span<const record::Attribute> attributes) {
  if (attributes.empty()) return {};
  std::string json = "{";
  for (std::size_t i = 0; i < attributes.size();) {
    std::size_t past = i + 1;
    while (past < attributes.size() && attributes[past].name == attributes[i].name) ++past;
    if (i > 0) json += ',';
    append_json_string(json, attributes[i].name);
    json += past - i > 1 ? ":[" : ":";
    for (std::size_t j = i; j < past; ++j) json.append(j > i ? "," : "").append(attribute_json(attributes[j].value));
    if (past - i > 1) json += ']';
    i = past;
  }
  json += '}';
  return nested_cell(json, json);
}

Cell translations_cell(std::span<const Code> translations) {
  if (translations.empty()) return {};
  std::string text, json = "[";
  for (const Code& code : translations) {
    text.append(text.empty() ? "" : ";").append(code_text(code));
    json.append(json.size() > 1 ? "," : "").append(code_json(code));
  }
  return nested_cell(std::move(text), json + "]");
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
