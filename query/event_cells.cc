#include "query/event_cells.h"

namespace chartline::query {
namespace {

Cell text_cell(std::string_view text) { return text.empty() ? Cell(Missing{}) : Cell(std::string(text)); }

Cell source_cell(const record::Source& source) {
  if (source.system.empty()) return text_cell(source.organisation);
  return std::string(source.organisation) + "|" + std::string(source.system);
}

}  // namespace

std::vector<ResultColumn> event_columns() {
  using enum ColumnForm;
  return {{.name = "kind", .form = text, .unit = ""},   {.name = "code", .form = text, .unit = ""},
          {.name = "start", .form = time, .unit = ""},  {.name = "end", .form = time, .unit = ""},
          {.name = "value", .form = any, .unit = ""},   {.name = "unit", .form = text, .unit = ""},
          {.name = "source", .form = text, .unit = ""}, {.name = "record", .form = text, .unit = ""}};
}

Cell time_cell(const record::Time& time) { return time.known() ? Cell(time) : Cell(Missing{}); }

Cell code_cell(const record::Code& code) {
  if (code.empty()) return Missing{};
  return std::string(code.system) + ":" + std::string(code.code);
}

Cell value_cell(const record::Value& value) {
  using Form = record::Value::Form;
  switch (value.form) {
    case Form::none: return Missing{};
    case Form::number:
      if (value.comparator == record::Comparator::equal) return value.number.to_double();
      return std::string(record::name(value.comparator)) + record::print(value.number);
    case Form::code: return code_cell(value.code);
    case Form::text: return text_cell(value.text);
    case Form::boolean: return value.boolean;
    case Form::date: return time_cell(value.date);
  }
  return Missing{};
}

void add_event_cells(const Item& item, std::vector<Cell>& row) {
  const Cell end = item.end.form == record::End::Form::at ? time_cell(item.end.at) : Cell(Missing{});
  if (!item.event) {
    row.insert(row.end(), {Missing{}, Missing{}, time_cell(item.start), end, Missing{}, Missing{}, Missing{}, Missing{}});
    return;
  }
  const record::Event& event = *item.event;
  row.push_back(std::string(record::name(event.kind)));
  row.push_back(code_cell(event.code));
  row.push_back(time_cell(item.start));
  row.push_back(end);
  row.push_back(value_cell(event.value));
  row.push_back(event.value.form == record::Value::Form::number ? text_cell(event.value.unit) : Cell(Missing{}));
  row.push_back(source_cell(event.source));
  row.push_back(text_cell(event.record));
}

void add_no_event_cells(std::vector<Cell>& row) { row.insert(row.end(), event_columns().size(), Missing{}); }

}  // namespace chartline::query
