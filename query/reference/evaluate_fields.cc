// Fields and attributes of events and of the patient, and values as the cells of a result.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "query/reference/evaluator_parts.h"
#include "query/when.h"

namespace chartline::query {

using record::Time;
using typed::Node;
using typed::Op;
using record::End;

namespace {

Value text(std::string_view text) { return text.empty() ? Value(Missing{}) : std::string(text); }
Value known(const Time& time) { return time.known() ? Value(time) : Missing{}; }

// Of events that record a number the number, else whatever they record.
Value value_of(const record::Value& value, const record::Event* of) {
  using Form = record::Value::Form;
  switch (value.form) {
    case Form::none: return Missing{};
    case Form::number: return quantity(value, of);
    case Form::code: return Codings{.primary = value.code};
    case Form::text: return text(value.text);
    case Form::boolean: return truth(value.boolean);
    case Form::date: return known(value.date);
  }
  return Missing{};
}

Value comparator_of(const record::Value& value) {
  if (value.form != record::Value::Form::number) return Missing{};
  return value.comparator == record::Comparator::equal ? "=" : std::string(record::name(value.comparator));
}

const record::Value* find(std::span<const record::Attribute> attributes, std::string_view name) {
  const auto found = std::ranges::find(attributes, name, &record::Attribute::name);
  return found == attributes.end() ? nullptr : &found->value;
}

std::string written(const record::Code& code) { return std::string(code.system) + ":" + std::string(code.code); }

// `<0.3`, where the number has a bound on one side only.
Cell cell_of(const Quantity& number, const Node& node) {
  if (number.exact()) {
    const bool whole = node.op == Op::age || node.op == Op::year_of || node.op == Op::count || node.op == Op::distinct;
    return whole ? Cell(std::llround(number.low)) : number.low;
  }
  const bool below = std::isinf(number.low), above = std::isinf(number.high);
  if (below == above) return Missing{};
  const double bound = below ? number.high : number.low;
  if (node.type.measure != Type::Measure::recorded) return bound;
  const std::string comparator = below ? (number.high_open ? "<" : "<=") : (number.low_open ? ">" : ">=");
  return comparator + print(Cell(bound));
}

}  // namespace

Time end_of(const Time& start, const End& end) {
  if (end.form == End::Form::point) return start;
  return end.form == End::Form::at ? end.at : Time{};
}

Value days_touched(const Time& start, const End& end) {
  const Time last = end_of(start, end);
  if (!last.known() || !start.known()) return Missing{};
  const DayExtent from = day_extent(start), to = day_extent(last);
  return range(std::max(to.first - from.last + 1, 1), std::max(to.last - from.first + 1, 1));
}

std::string_view author_text(record::Author author) {
  return author == record::Author::unknown ? "unknown" : record::name(author);
}

std::string literal_text(const Node& node) {
  std::string written = std::get<std::string>(node.data);
  if (node.op != Op::word || node.type.list != WordList::status) return written;
  std::ranges::replace(written, '_', '-');
  const std::optional<record::Status> status = record::parse_status(written);
  return status ? std::string(record::name(*status)) : written;
}

std::string source_text(const record::Source& source) {
  return std::string(source.organisation) + (source.system.empty() ? "" : "|" + std::string(source.system));
}

Value Evaluator::Parts::field(const Item& item, std::string_view name) {
  if (name == "start") return known(item.start);
  if (name == "end") return known(end_of(item.start, item.end));
  if (name == "date") return known(date_of(item.start));
  if (name == "length") return days_touched(item.start, item.end);
  if (name == "count") return exactly(item.count);
  if (!item.event) return Missing{};
  const record::Event& event = *item.event;
  if (name == "value") return value_of(event.value, &event);
  if (name == "comparator") return comparator_of(event.value);
  if (name == "unit") return text(event.value.unit);
  if (name == "code") {
    if (event.code.empty() && event.translations.empty()) return Missing{};
    return Codings{.primary = event.code, .translations = event.translations};
  }
  if (name == "kind") return text(record::name(event.kind));
  if (name == "status") return text(record::name(event.status));
  if (name == "certainty") return text(record::name(event.certainty));
  if (name == "author") return text(author_text(event.author));
  if (name == "source") return text(source_text(event.source));
  if (name == "recorded") return event.recorded == 0 ? Value(Missing{}) : record::at_instant(event.recorded);
  if (name == "text")
    return event.value.form == record::Value::Form::text ? text(event.value.text) : text(event.code.display);
  if (name == "encounter") return text(encounter_of(event));
  return Missing{};
}

// attr.NAME of an event; of the patient it is that of the row recorded last that has it.
Value Evaluator::Parts::attribute(const Node& node) {
  const auto& name = std::get<std::string>(node.data);
  if (!node.parts.empty()) {
    const std::optional<Item> item = one(*node.parts[0]);
    const record::Value* value = item && item->event ? find(item->event->attributes, name) : nullptr;
    return value ? value_of(*value, item->event) : Missing{};
  }
  const record::Value* latest = nullptr;
  std::tuple<Micros, std::uint32_t> latest_told;
  for (const record::Event* row : rows_of_patient) {
    const record::Value* value = find(row->attributes, name);
    const std::tuple told{row->recorded, row->number};
    if (value && (!latest || told >= latest_told)) latest = value, latest_told = told;
  }
  return latest ? value_of(*latest, nullptr) : Missing{};
}

Cell Evaluator::cell(const Node& node) {
  const Value value = parts_->value(node);
  struct Visitor {
    const Node& node;
    Cell operator()(Missing) const { return Missing{}; }
    Cell operator()(Truth truth) const { return truth == Truth::unknown ? Cell(Missing{}) : truth == Truth::yes; }
    Cell operator()(const Quantity& number) const { return cell_of(number, node); }
    Cell operator()(const Time& time) const { return time.known() ? Cell(time) : Missing{}; }
    Cell operator()(const Duration& duration) const { return print(duration); }
    Cell operator()(const std::string& text) const { return text; }
    Cell operator()(const Codings& codings) const { return written(codings.primary); }
    Cell operator()(const DateRange& range) const {
      if (!range.from.known() || !range.to.known()) return Missing{};
      return record::print(range.from) + ".." + record::print(range.to);
    }
    Cell operator()(const Item& item) const { return item.start.known() ? Cell(item.start) : Missing{}; }
  };
  return std::visit(Visitor{node}, value);
}

}  // namespace chartline::query
