#include <algorithm>
#include <charconv>
#include <sstream>

#include "tests/query_random/script.h"

namespace chartline::query::random {
namespace {

using record::Event;
using record::Value;

constexpr std::string_view step_words[] = {"load", "write", "link", "unlink", "erase", "fold", "list", "terms"};

// -- out

std::string text_of(const record::Time& time) {
  std::string text = time.known() ? record::print(time) : "none";
  if (time.known() && time.precision < record::Precision::second && time.offset_minutes)
    text += "@" + std::to_string(time.offset_minutes);
  return text;
}

std::string text_of(const record::Code& code) { return std::string(code.system) + ":" + std::string(code.code); }

std::string text_of(const Value& value) {
  switch (value.form) {
    case Value::Form::none: return "none";
    case Value::Form::number:
      return "number~" + std::string(name(value.comparator)) + "~" + record::print(value.number) + "~" +
             std::string(value.unit);
    case Value::Form::code: return "code~" + text_of(value.code);
    case Value::Form::text: return "text~" + std::string(value.text);
    case Value::Form::boolean: return value.boolean ? "true" : "false";
    case Value::Form::date: return "date~" + text_of(value.date);
  }
  return "";
}

std::string text_of(const Event& event) {
  std::string line;
  const auto field = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) line += (line.empty() ? "" : " ") + std::string(key) + "=" + std::string(value);
  };
  field("kind", name(event.kind));
  if (!event.code.empty()) field("code", text_of(event.code));
  for (const record::Code& code : event.translations) field("also", text_of(code));
  if (event.start.known()) field("start", text_of(event.start));
  if (event.end.form == record::End::Form::at) field("end", text_of(event.end.at));
  if (event.end.form == record::End::Form::ongoing || event.end.form == record::End::Form::unknown)
    field("end", name(event.end.form));
  if (event.value.form != Value::Form::none) field("value", text_of(event.value));
  field("status", name(event.status)), field("certainty", name(event.certainty));
  if (event.author != record::Author::unknown) field("author", name(event.author));
  field("source", event.source.organisation), field("system", event.source.system);
  field("record", event.record), field("version", event.version);
  if (event.part) field("part", std::to_string(event.part));
  if (event.sequence) field("sequence", std::to_string(event.sequence));
  field("encounter", event.encounter);
  for (const record::Attribute& one : event.attributes) field("attr." + std::string(one.name), text_of(one.value));
  return line;
}

// -- in

std::optional<record::Time> time_in(std::string_view text) {
  if (text == "none") return record::Time{};
  const std::size_t at = text.find('@');
  std::int16_t offset = 0;
  if (at != text.npos) std::from_chars(text.data() + at + 1, text.data() + text.size(), offset);
  return record::parse_time(text.substr(0, at), offset);
}

record::Code code_in(std::string_view text) {
  return {text.substr(0, text.find(':')), text.substr(std::min(text.find(':') + 1, text.size())), {}};
}

std::optional<Value> value_in(std::string_view text) {
  Value value;
  const std::string_view form = text.substr(0, text.find('~'));
  const std::string_view rest = form.size() < text.size() ? text.substr(form.size() + 1) : "";
  if (form == "none") return value;
  if (form == "true" || form == "false") {
    value.form = Value::Form::boolean, value.boolean = form == "true";
  } else if (form == "code") {
    value.form = Value::Form::code, value.code = code_in(rest);
  } else if (form == "text") {
    value.form = Value::Form::text, value.text = rest;
  } else if (form == "date") {
    const auto date = time_in(rest);
    if (!date) return std::nullopt;
    value.form = Value::Form::date, value.date = *date;
  } else {
    const std::size_t first = rest.find('~'), second = rest.find('~', first + 1);
    if (form != "number" || first == rest.npos || second == rest.npos) return std::nullopt;
    const auto comparator = record::parse_comparator(rest.substr(0, first));
    const auto number = record::parse_decimal(rest.substr(first + 1, second - first - 1));
    if (!comparator || !number) return std::nullopt;
    value.form = Value::Form::number, value.comparator = *comparator, value.number = *number,
    value.unit = rest.substr(second + 1);
  }
  return value;
}

bool field_in(std::string_view key, std::string_view text, Event& event, std::vector<record::Code>& also,
              std::vector<record::Attribute>& attributes) {
  const auto taken = [](const auto& parsed, auto& into) {
    if (parsed) into = *parsed;
    return parsed.has_value();
  };
  const auto number = [&](auto& into) {
    return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc();
  };
  if (key == "kind") return taken(record::parse_kind(text), event.kind);
  if (key == "code") return event.code = code_in(text), true;
  if (key == "also") return also.push_back(code_in(text)), true;
  if (key == "start") return taken(time_in(text), event.start);
  if (key == "end") {
    event.end.form = text == "ongoing"   ? record::End::Form::ongoing
                     : text == "unknown" ? record::End::Form::unknown
                                         : record::End::Form::at;
    return event.end.form != record::End::Form::at || taken(time_in(text), event.end.at);
  }
  if (key == "value") return taken(value_in(text), event.value);
  if (key == "status") return taken(record::parse_status(text), event.status);
  if (key == "certainty") return taken(record::parse_certainty(text), event.certainty);
  if (key == "author") return taken(record::parse_author(text), event.author);
  if (key == "source") return event.source.organisation = text, true;
  if (key == "system") return event.source.system = text, true;
  if (key == "record") return event.record = text, true;
  if (key == "version") return event.version = text, true;
  if (key == "part") return number(event.part);
  if (key == "sequence") return number(event.sequence);
  if (key == "encounter") return event.encounter = text, true;
  if (!key.starts_with("attr.")) return false;
  attributes.push_back({key.substr(5), {}});
  return taken(value_in(text), attributes.back().value);
}

}  // namespace

std::string print(const Step& step) {
  std::string line(step_words[static_cast<std::size_t>(step.what)]);
  if (!step.person.empty()) line += " " + step.person;
  if (!step.other.empty()) line += " " + step.other;
  for (std::size_t i = 0; i < step.events.size(); ++i) line += (i ? " / " : " ") + text_of(step.events[i]);
  return line;
}

std::string print(const Script& script) {
  std::string text;
  for (const Step& step : script.steps) text += print(step) + "\n";
  return text;
}

std::optional<Script> parse_script(std::string_view lines, std::string& complaint) {
  Script script;
  std::istringstream in{std::string(lines)};
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    std::istringstream words(line);
    std::string word;
    words >> word;
    Step step;
    const auto* found = std::ranges::find(step_words, word);
    if (found == std::end(step_words)) return complaint = "no step: " + line, std::nullopt;
    step.what = static_cast<Step::What>(found - std::begin(step_words));
    words >> step.person;
    const bool pair = step.what == Step::What::link || step.what == Step::What::unlink || step.what >= Step::What::list;
    if (pair) words >> step.other;
    Event event;
    std::vector<record::Code> also;
    std::vector<record::Attribute> attributes;
    const auto ended = [&] {
      event.translations = script.arena->array(also), event.attributes = script.arena->array(attributes);
      step.events.push_back(event);
      event = {}, also.clear(), attributes.clear();
    };
    while (words >> word) {
      if (word == "/") {
        ended();
        continue;
      }
      const std::string_view kept = script.arena->text(word);
      const std::size_t equals = kept.find('=');
      if (equals == kept.npos || !field_in(kept.substr(0, equals), kept.substr(equals + 1), event, also, attributes))
        return complaint = "`" + word + "` in: " + line, std::nullopt;
    }
    if (step.what == Step::What::load || step.what == Step::What::write) ended();
    script.steps.push_back(std::move(step));
  }
  return script;
}

}  // namespace chartline::query::random
