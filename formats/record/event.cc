#include "formats/record/event.h"

#include <algorithm>

namespace chartline::record {
namespace {

Code copy(const Code& code, Arena& into) {
  return {.system = into.text(code.system), .code = into.text(code.code), .display = into.text(code.display)};
}

Value copy(const Value& value, Arena& into) {
  Value copied = value;
  copied.unit = into.text(value.unit);
  copied.code = copy(value.code, into);
  copied.text = into.text(value.text);
  return copied;
}

Attribute copy(const Attribute& attribute, Arena& into) {
  return {.name = into.text(attribute.name), .value = copy(attribute.value, into)};
}

Identifier copy(const Identifier& identifier, Arena& into) {
  return {.system = into.text(identifier.system), .value = into.text(identifier.value)};
}

// First the items as they are, then each one's text.
template <typename T>
std::span<const T> copy_each(std::span<const T> items, Arena& into) {
  const std::span<T> copied = into.array(items);
  for (T& item : copied) item = copy(item, into);
  return copied;
}

bool same_value(const Value& a, const Value& b) {
  if (a.form != b.form) return false;
  switch (a.form) {
    case Value::Form::none: return true;
    case Value::Form::number: return a.comparator == b.comparator && a.number == b.number && a.unit == b.unit;
    case Value::Form::code: return same(a.code, b.code);
    case Value::Form::text: return a.text == b.text;
    case Value::Form::boolean: return a.boolean == b.boolean;
    case Value::Form::date: return a.date == b.date;
  }
  return false;
}

bool same_attribute(const Attribute& a, const Attribute& b) { return a.name == b.name && same_value(a.value, b.value); }

}  // namespace

Event copy(const Event& event, Arena& into) {
  Event copied = event;
  copied.code = copy(event.code, into);
  copied.translations = copy_each(event.translations, into);
  copied.value = copy(event.value, into);
  copied.source = {.organisation = into.text(event.source.organisation), .system = into.text(event.source.system)};
  copied.source_person = into.text(event.source_person);
  copied.record = into.text(event.record);
  copied.version = into.text(event.version);
  copied.encounter = into.text(event.encounter);
  copied.attributes = copy_each(event.attributes, into);
  return copied;
}

Record copy(const Record& record, Arena& into) {
  Record copied = record;
  copied.identifiers = copy_each(record.identifiers, into);
  copied.events = copy_each(record.events, into);
  copied.original = into.text(record.original);
  copied.demanded_version = into.text(record.demanded_version);
  return copied;
}

bool same_content(const Event& a, const Event& b) {
  return a.kind == b.kind && a.status == b.status && a.certainty == b.certainty && a.author == b.author &&
         same(a.code, b.code) && std::ranges::equal(a.translations, b.translations, same) && a.start == b.start &&
         a.end == b.end && same_value(a.value, b.value) && a.source.organisation == b.source.organisation &&
         a.source.system == b.source.system && a.source_person == b.source_person && a.record == b.record &&
         a.version == b.version && a.part == b.part && a.sequence == b.sequence && a.ordinal == b.ordinal &&
         a.encounter == b.encounter && std::ranges::equal(a.attributes, b.attributes, same_attribute);
}

}  // namespace chartline::record
