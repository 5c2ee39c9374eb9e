#include "formats/exchange/draft.h"

#include <algorithm>

#include "base/check.h"

namespace chartline::exchange {

using record::Attribute;
using record::Code;
using record::Event;
using record::Value;

namespace {

// Clearing gives the memory back to the heap, which costs more than keeping what a few records took.
constexpr std::uint64_t records_per_clearing = 64;

}  // namespace

Value number_value(const record::Decimal& number) {
  Value value;
  value.form = Value::Form::number;
  value.number = number;
  return value;
}

Value text_value(std::string_view text) {
  Value value;
  value.form = Value::Form::text;
  value.text = text;
  return value;
}

Value code_value(const Code& code) {
  Value value;
  value.form = Value::Form::code;
  value.code = code;
  return value;
}

Value date_value(const record::Time& time) {
  Value value;
  value.form = Value::Form::date;
  value.date = time;
  return value;
}

Value bool_value(bool truth) {
  Value value;
  value.form = Value::Form::boolean;
  value.boolean = truth;
  return value;
}

void Draft::begin(const record::Source& source) {
  if (++records_ % records_per_clearing == 0) arena_.clear();
  source_ = source;
  identifiers_.clear();
  events_.clear();
  translations_.clear();
  attributes_.clear();
  is_open_ = false;
}

std::string_view Draft::joined(std::string_view before, char separator, std::string_view after) {
  std::string text;
  text.reserve(before.size() + 1 + after.size());
  text.append(before).push_back(separator);
  text.append(after);
  return keep(text);
}

void Draft::identifier(std::string_view system, std::string_view value) {
  if (!value.empty()) identifiers_.push_back({system, value});
}

Event& Draft::open(record::Kind kind) {
  if (is_open_) close();
  const std::string_view record_id = events_.empty() ? std::string_view{} : events_.front().record;
  event_ = Event{};
  event_.kind = kind;
  event_.source = source_;
  event_.record = record_id;
  event_.part = static_cast<std::uint32_t>(events_.size());
  is_open_ = true;
  return event_;
}

void Draft::translation(const Code& code) {
  if (code.empty() || same(code, event_.code)) return;
  for (const Code& known : translations_)
    if (same(known, code)) return;
  translations_.push_back(code);
}

void Draft::attribute(std::string_view name, const Value& value) { attributes_.push_back({name, value}); }

void Draft::text_attribute(std::string_view name, std::string_view text) {
  if (!text.empty()) attribute(name, text_value(text));
}

void Draft::close() {
  std::sort(attributes_.begin(), attributes_.end(),
            [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  event_.translations = arena_.array(translations_);
  event_.attributes = arena_.array(attributes_);
  translations_.clear();
  attributes_.clear();
  events_.push_back(event_);
  is_open_ = false;
}

record::Record Draft::record(std::string_view original) {
  check(is_open_ && !identifiers_.empty(), "a record has an event, and somebody whose it is");
  close();
  record::Record made;
  made.identifiers = identifiers_;
  made.events = events_;
  made.original = original;
  return made;
}

}  // namespace chartline::exchange
