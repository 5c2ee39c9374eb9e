// An event in words: every field that its source gave, so that two events are the same fact exactly if their words are equal.
#pragma once

#include <string>

#include "formats/record/event.h"

namespace chartline::record {

inline std::string words(const Code& code) { return std::string(code.system) + ":" + std::string(code.code); }

inline std::string words(const Value& value) {
  switch (value.form) {
    case Value::Form::none: return "-";
    case Value::Form::number:
      return std::string(name(value.comparator)) + print(value.number) + " " + std::string(value.unit);
    case Value::Form::code: return "code " + words(value.code);
    case Value::Form::text: return "text " + std::string(value.text);
    case Value::Form::boolean: return value.boolean ? "true" : "false";
    case Value::Form::date: return "date " + print(value.date) + "@" + std::to_string(value.date.offset_minutes);
  }
  return "?";
}

inline std::string words(const Time& time) {
  return print(time) + "@" + std::to_string(time.offset_minutes) + "/" + std::string(name(time.precision));
}

inline std::string words(const Event& event) {
  std::string text;
  const auto add = [&](std::string_view field, std::string_view value) {
    text += std::string(field) + "=" + std::string(value) + "; ";
  };
  add("kind", name(event.kind)), add("status", name(event.status)), add("certainty", name(event.certainty)),
      add("author", name(event.author));
  add("code", words(event.code));
  for (const Code& code : event.translations) add("also", words(code));
  add("start", words(event.start)),
      add("end", std::string(name(event.end.form)) + " " + (event.end.form == End::Form::at ? words(event.end.at) : ""));
  add("value", words(event.value));
  add("source", std::string(event.source.organisation) + "|" + std::string(event.source.system)),
      add("person", event.source_person);
  add("record", event.record), add("version", event.version), add("part", std::to_string(event.part));
  add("sequence", std::to_string(event.sequence)), add("ordinal", std::to_string(event.ordinal)),
      add("encounter", event.encounter);
  for (const Attribute& attribute : event.attributes) add(attribute.name, words(attribute.value));
  return text;
}

}  // namespace chartline::record
