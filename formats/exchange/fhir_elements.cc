#include "formats/exchange/fhir_elements.h"

#include <algorithm>

#include "formats/exchange/cell.h"
#include "formats/record/systems.h"

namespace chartline::exchange::fhir {
namespace {

using record::Code;
using record::Identifier;
using record::text_system;
using record::Time;
using record::Value;

constexpr std::size_t date_length = 10;  // "2024-02-29": a time of day follows, and then an offset

bool has_offset(std::string_view time) {
  return time.size() > date_length && time.find_first_of("Zz+-", date_length) != std::string_view::npos;
}

// FHIR writes a leap second as 23:59:60, which no Time is.
std::optional<Time> before_leap_second(std::string_view time) {
  constexpr std::string_view leap = ":60";
  constexpr std::size_t seconds = 16;  // "2016-12-31T23:59"
  if (time.size() <= seconds || !time.substr(seconds).starts_with(leap)) return std::nullopt;
  return record::parse_time(std::string(time).replace(seconds, leap.size(), ":59"));
}

std::string_view unit_of(Node quantity) {
  const auto code = quantity["code"].text();
  const auto unit = quantity["unit"].text();
  if (!code.empty() && quantity["system"].text() == "http://unitsofmeasure.org") return code;
  if (!unit.empty()) return unit;
  return code.empty() ? quantity["currency"].text() : code;
}

std::string with_unit(std::string words, Node quantity) {
  const std::string_view unit = unit_of(quantity);
  return unit.empty() ? words : words.append(" ").append(unit);
}

// Also of the types that are Quantities of one thing.
bool names_quantity(std::string_view name) {
  for (const std::string_view type : {"Quantity", "Age", "Duration", "Distance", "Count", "Money"})
    if (name.ends_with(type)) return true;
  for (const std::string_view element : {"quantity", "dose", "length", "low", "high", "daysSupply"})
    if (name == element) return true;
  return false;
}

// An Identifier or a ContactPoint has a value too, but nothing else that a Quantity has.
bool is_quantity(Node object, std::string_view name) {
  const Node value = object["value"];
  if (value.number() || !value.written().empty()) return true;
  return object["comparator"] || object["unit"] || object["currency"] || (value && object["code"]) ||
         names_quantity(name);
}

}  // namespace

std::string_view Elements::system(std::string_view uri) {
  const auto name = record::system_from_uri(uri);
  return name.data() == uri.data() ? arena_.text(name) : name;
}

Code Elements::coding(Node coding) {
  const auto code = trimmed(coding["code"].text());
  if (code.empty()) return {};
  const auto name = system(coding["system"].text());
  return {name, arena_.text(record::canonical_code(name, code)), arena_.text(coding["display"].text())};
}

Code Elements::text_code(std::string_view words) {
  words = trimmed(words);
  if (words.empty() || words.size() > text_code_bytes_max) return {};
  const auto kept = arena_.text(words);
  return {text_system, kept, kept};
}

Coded Elements::codeable_concept(Node from) {
  codes_.clear();
  std::string_view words;
  std::size_t selected = 0;
  for (const Node item : from.items()) {
    if (item.is_text()) {  // a plain code of an older version, or a name
      if (words.empty()) words = item.text();
      continue;
    }
    if (words.empty()) words = item["text"].text();
    const Node list = item["coding"] ? item["coding"] : item;
    for (const Node entry : list.items()) {
      const Code code = coding(entry);
      if (code.empty()) {
        if (words.empty()) words = entry["display"].text();
        continue;
      }
      const auto known = std::ranges::find_if(codes_, [&](const Code& other) { return same(other, code); });
      const auto at = static_cast<std::size_t>(known - codes_.begin());
      if (known == codes_.end()) codes_.push_back(code);
      if (entry["userSelected"].boolean().value_or(false)) selected = at;
    }
  }
  if (codes_.empty()) return {text_code(words), {}};
  const auto primary = codes_.begin() + static_cast<std::ptrdiff_t>(selected);
  std::rotate(codes_.begin(), primary, primary + 1);
  if (codes_.front().display.empty()) codes_.front().display = arena_.text(trimmed(words));
  return {codes_.front(), arena_.array(std::span<const Code>(codes_).subspan(1))};
}

std::optional<Identifier> Elements::identifier(Node identifier, std::string_view field) {
  return this->identifier(identifier["system"].text(), identifier["value"].text(), field);
}

std::optional<Identifier> Elements::identifier(std::string_view uri, std::string_view value, std::string_view field) {
  value = trimmed(value);
  if (uri.empty() || value.empty()) return std::nullopt;
  const auto name = system(uri);
  if (name != record::nhs_system) return Identifier{name, arena_.text(value)};
  if (const auto digits = record::parse_nhs_number(value)) return Identifier{name, arena_.text(*digits)};
  note(std::string(field), "bad_nhs_number", "the check digit of an NHS number does not hold; it is kept under its URI");
  return Identifier{arena_.text(uri), arena_.text(value)};
}

std::optional<Time> Elements::time(Node node, std::string_view field) {
  if (!node) return std::nullopt;
  const auto text = trimmed(node.text());
  auto time = record::parse_time(text);
  if (!time) {
    time = before_leap_second(text);
    if (time) note(std::string(field), "leap_second", "second 60 is taken for the one before it");
  }
  if (!time) {
    note(std::string(field), "bad_date", "a date or time is not in FHIR's form; it is left out");
    return std::nullopt;
  }
  if (!has_offset(text)) {
    time->offset_minutes = zone_.offset_minutes(time->local);
    zone_was_needed_ = zone_was_needed_ || text.size() > date_length;
  }
  return time;
}

Value Elements::text_value(std::string_view words) {
  Value value;
  if (words.empty()) return value;
  if (words.size() > text_value_bytes_max) {
    note("value", "too_long", "a text is too long for an event; it stands in the original only");
    return value;
  }
  value.form = Value::Form::text;
  value.text = arena_.text(words);
  return value;
}

Value Elements::long_number(std::string_view words) {
  note("value", exchange::long_number.rule, exchange::long_number.reason);
  return text_value(words);
}

void Elements::append(std::string& out, Node quantity) {
  const Node value = quantity["value"];
  if (!value) return;
  const auto comparator = quantity["comparator"].text(), text = trimmed(value.text());
  if (const auto number = value.number()) record::print_to(out.append(comparator), *number);
  else if (!value.written().empty()) out.append(comparator).append(value.written());
  else if (!text.empty()) out.append(comparator).append(text);
  else note("Quantity.value", "bad_number", "the value of a quantity is no number; it is left out");
}

Value Elements::quantity(Node from) {
  Value value;
  const Node given = from["value"];
  auto number = given.number();
  if (!number && given) {
    const auto text = trimmed(given.text());
    number = plain_number_cell(text);
    if (number) note("Quantity.value", "text_number", "a number is written as a text; it is taken as the number");
    else if (!text.empty()) note("Quantity.value", number_fault(text).rule, number_fault(text).reason);
  }
  if (!number) {
    std::string words;
    append(words, from);
    if (words.empty()) return value;
    words = with_unit(std::move(words), from);
    return given.written().empty() ? text_value(words) : long_number(words);
  }
  value.form = Value::Form::number;
  value.number = *number;
  value.unit = arena_.text(unit_of(from));
  if (const auto word = from["comparator"].text(); !word.empty()) {
    if (const auto comparator = record::parse_comparator(word)) value.comparator = *comparator;
    else
      note("Quantity.comparator", "bad_comparator",
           "a comparator is none of <, <=, >=, >; the number is taken as equal");
  }
  return value;
}

Value Elements::object_value(Node from, std::string_view name) {
  if (is_quantity(from, name)) return quantity(from);
  std::string first, second;
  if (from["numerator"] || from["denominator"]) {
    append(first, from["numerator"]);
    append(second, from["denominator"]);
    return first.empty() && second.empty() ? Value{} : text_value(first.append(":").append(second));
  }
  if (from["low"] || from["high"]) {
    append(first, from["low"]);
    append(second, from["high"]);
    if (first.empty() && second.empty()) return {};
    return text_value(with_unit(first.append("..").append(second), from["low"] ? from["low"] : from["high"]));
  }
  if (from["start"] || from["end"])
    return text_value(std::string(from["start"].text()).append("/").append(from["end"].text()));
  if (from["coding"] || from["code"]) {
    Value value;
    value.code = codeable_concept(from).primary;
    if (value.code.empty()) return value;
    if (value.code.system == text_system) return text_value(value.code.display);
    value.form = Value::Form::code;
    return value;
  }
  if (from["origin"]) return text_value(from["data"].text());
  for (const std::string_view words : {"text", "reference", "value", "title", "url", "family", "display"})
    if (const Node found = from[words]; found.is_text()) return text_value(trimmed(found.text()));
  return {};
}

Value Elements::value(Node from, std::string_view name) {
  Value value;
  from = from.first();
  if (from.is_text()) return text_value(trimmed(from.text()));
  if (from.is_object()) return object_value(from, name);
  if (const auto truth = from.boolean()) {
    value.form = Value::Form::boolean;
    value.boolean = *truth;
  } else if (const auto number = from.number()) {
    value.form = Value::Form::number;
    value.number = *number;
  } else if (const auto written = from.written(); !written.empty()) {
    return long_number(written);
  }
  return value;
}

Value Elements::choice(Node parent, std::string_view prefix) {
  const auto [name, node] = parent.choice(prefix);
  return value(node, name);
}

}  // namespace chartline::exchange::fhir
