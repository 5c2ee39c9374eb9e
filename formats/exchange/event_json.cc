#include "formats/exchange/event_json.h"

#include <simdjson.h>

#include <optional>

#include "base/utf8.h"
#include "formats/exchange/cell.h"
#include "formats/exchange/draft.h"
#include "formats/exchange/event_extras.h"

namespace chartline::exchange {
namespace {

using record::Attribute;
using record::Code;
using record::Value;
namespace json = simdjson::ondemand;

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

std::string member(std::string_view name, std::string_view text) {
  std::string out = "{";
  append_member(out, name, text);
  return out + "}";
}

std::string code_json(const Code& code) {
  std::string out = "{";
  append_member(out, "system", code.system);
  append_member(out, "code", code.code);
  if (!code.display.empty()) append_member(out, "display", code.display);
  return out + "}";
}

// A year alone is a number to most who read it.
bool reads_as_date(std::string_view text) { return text.size() > 4 && record::parse_time(text).has_value(); }

std::string text_json(std::string_view words, bool is_date) {
  if (reads_as_date(words) != is_date) return member(is_date ? "date" : "text", words);
  std::string out;
  append_json_string(out, words);
  return out;
}

std::string number_json(const Value& value) {
  const std::string number = record::print(value.number);
  if (value.unit.empty() && value.comparator == record::Comparator::equal) return number;
  std::string out = "{\"value\":" + number;
  if (value.comparator != record::Comparator::equal) append_member(out, "comparator", record::name(value.comparator));
  if (!value.unit.empty()) append_member(out, "unit", value.unit);
  return out + "}";
}

std::string value_json(const Value& value) {
  switch (value.form) {
    case Value::Form::none: break;
    case Value::Form::boolean: return value.boolean ? "true" : "false";
    case Value::Form::code: return code_json(value.code);
    case Value::Form::text: return text_json(value.text, false);
    case Value::Form::date: return text_json(record::print(value.date), true);
    case Value::Form::number: return number_json(value);
  }
  return "null";
}

}  // namespace

std::string codes_json(std::span<const Code> codes) {
  std::string out = "[";
  for (const Code& code : codes) out.append(out.size() > 1 ? "," : "").append(code_json(code));
  return out + "]";
}

std::string attributes_json(std::span<const Attribute> attributes) {
  std::string out = "{";
  for (std::size_t i = 0; i < attributes.size();) {
    std::size_t past = i + 1;
    while (past < attributes.size() && attributes[past].name == attributes[i].name) ++past;
    if (i > 0) out += ',';
    append_json_string(out, attributes[i].name);
    out += past - i > 1 ? ":[" : ":";
    for (std::size_t j = i; j < past; ++j) out.append(j > i ? "," : "").append(value_json(attributes[j].value));
    if (past - i > 1) out += ']';
    i = past;
  }
  return out + "}";
}

// Whatever is not of the form ends the reading as an error of the parser.
struct EventJson::Parts {
  explicit Parts(const record::Zone& zone_of_times) : zone(zone_of_times) {}

  template <typename Read>
  bool read(std::string_view text, Read read_document) {
    padded = simdjson::padded_string(text);
    try {
      json::document document = parser.iterate(padded);
      read_document(document);
      return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing follows
    } catch (const simdjson::simdjson_error&) {
      return false;
    }
  }
  [[noreturn]] static void refuse() { throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE); }

  std::string_view text(json::value value) { return arena.text(std::string_view(value.get_string())); }

  Value number(json::value value) {
    const std::string_view token = trimmed(value.raw_json_token());
    double ignored = value.get_double();  // the parser looks at the whole token
    static_cast<void>(ignored);
    const auto number = plain_number_cell(token);
    return number ? number_value(*number) : text_value(arena.text(token));
  }

  Value words(std::string_view words) {
    const auto date = reads_as_date(words) ? parse_local(words, zone) : std::nullopt;
    return date ? date_value(*date) : text_value(words);
  }

  Value date(std::string_view words) {
    if (words.empty()) return date_value({});
    const auto date = parse_local(words, zone);
    if (!date) refuse();
    return date_value(*date);
  }

  // One of {system, code, display}, {value, comparator, unit}, {text} and {date}.
  Value object(json::object members, CodeCells& codes) {
    std::optional<std::string_view> system, code, text_told, date_told;
    std::string_view display, unit;
    std::optional<Value> told;
    record::Comparator comparator = record::Comparator::equal;
    int others = 0;
    for (json::field member : members) {
      const std::string_view name = member.unescaped_key();
      if (name == "system") system = text(member.value());
      else if (name == "code") code = text(member.value());
      else if (name == "display") display = text(member.value());
      else if (name == "value" && member.value().type() == json::json_type::number) told = number(member.value());
      else if (name == "unit") unit = text(member.value()), ++others;
      else if (name == "comparator") {
        const auto known = record::parse_comparator(text(member.value()));
        if (!known) refuse();
        comparator = *known, ++others;
      } else if (name == "text") text_told = text(member.value());
      else if (name == "date") date_told = text(member.value());
      else refuse();
    }
    const int kinds =
        int{code.has_value()} + int{told.has_value()} + int{text_told.has_value()} + int{date_told.has_value()};
    if (kinds != 1 || (others > 0 && !told) || ((system || !display.empty()) && !code)) refuse();
    if (text_told) return text_value(*text_told);
    if (date_told) return date(*date_told);
    if (told) {
      if (told->form != Value::Form::number && others > 0) refuse();
      told->comparator = comparator, told->unit = unit;
      return *told;
    }
    const Code read = codes.read(*code, system.value_or(""));
    if (read.empty()) refuse();
    return code_value({arena.text(read.system), arena.text(read.code), display});
  }

  Value value(json::value value, CodeCells& codes) {
    switch (value.type()) {
      case json::json_type::null:
        if (!value.is_null()) refuse();
        return {};
      case json::json_type::boolean: return bool_value(value.get_bool());
      case json::json_type::number: return number(value);
      case json::json_type::string: return words(text(value));
      case json::json_type::object: return object(value.get_object(), codes);
      case json::json_type::array: break;
    }
    refuse();
  }

  record::Zone zone;
  record::Arena arena;
  json::parser parser;
  simdjson::padded_string padded;
};

EventJson::EventJson(const record::Zone& zone) : parts_(std::make_unique<Parts>(zone)) {}
EventJson::EventJson(EventJson&&) noexcept = default;
EventJson::~EventJson() = default;
void EventJson::clear() { parts_->arena.clear(); }

bool EventJson::codes(std::string_view text, CodeCells& codes, std::vector<Code>& to) {
  return parts_->read(text, [&](json::document& document) {
    for (json::value one : document.get_array()) {
      const Value value = parts_->object(one.get_object(), codes);
      if (value.form != Value::Form::code) Parts::refuse();
      to.push_back(value.code);
    }
  });
}

bool EventJson::attributes(std::string_view text, CodeCells& codes, std::vector<Attribute>& to) {
  return parts_->read(text, [&](json::document& document) {
    for (json::field member : document.get_object()) {
      const std::string_view name = parts_->arena.text(member.unescaped_key());
      if (name.empty()) Parts::refuse();
      json::value value = member.value();
      if (value.type() != json::json_type::array) {
        to.push_back({name, parts_->value(value, codes)});
        continue;
      }
      for (json::value one : value.get_array()) to.push_back({name, parts_->value(one, codes)});
    }
  });
}

}  // namespace chartline::exchange
