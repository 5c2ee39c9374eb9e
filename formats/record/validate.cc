#include "formats/record/validate.h"

#include <string>

#include "base/utf8.h"

namespace chartline::record {
namespace {

Result<void> at_most(std::string_view text, std::size_t bytes_max, const char* field) {
  if (text.size() <= bytes_max) return {};
  return invalid_request(std::string(field) + " has " + std::to_string(text.size()) + " bytes; at most " +
                         std::to_string(bytes_max) + " are kept");
}

Result<void> check_text(std::string_view text, std::size_t bytes_max, const char* field) {
  TRY(at_most(text, bytes_max, field));
  return is_utf8(text) ? Result<void>() : invalid_request(std::string(field) + " holds bytes that are not UTF-8");
}

Result<void> validate(const Code& code, const char* field) {
  TRY(check_text(code.system, name_bytes_max, field));
  TRY(check_text(code.code, name_bytes_max, field));
  TRY(check_text(code.display, name_bytes_max, field));
  if (!code.code.empty() && code.system.empty())
    return invalid_request(std::string(field) + " has a code without a system");
  return {};
}

Result<void> validate(const Value& value, const char* field) {
  TRY(check_text(value.unit, name_bytes_max, field));
  TRY(check_text(value.text, text_bytes_max, field));
  return validate(value.code, field);
}

bool same_record(const Event& a, const Event& b) {
  return a.source.organisation == b.source.organisation && a.source.system == b.source.system && a.record == b.record &&
         a.version == b.version;
}

// Nearly every event: all texts are short and of UTF-8, nothing is missing. What fails here is looked at field by field.
bool is_plainly_fine(const Event& event, const Event& first) {
  for (const std::string_view text : {event.code.system, event.code.code, event.code.display, event.value.unit,
                                      event.value.text, event.source.organisation, event.source.system,
                                      event.source_person, event.record, event.version, event.encounter})
    if (text.size() > identifier_bytes_max || !is_utf8(text)) return false;
  return !(event.code.system.empty() && !event.code.code.empty()) && event.value.code.code.empty() &&
         event.value.form != Value::Form::date && event.translations.empty() && event.attributes.empty() &&
         static_cast<int>(event.kind) < kind_count && (&event == &first || same_record(event, first));
}

Result<void> validate(const Event& event, const Event& first) {
  if (is_plainly_fine(event, first)) return {};
  TRY(validate(event.code, "code"));
  for (const Code& code : event.translations) TRY(validate(code, "translation"));
  TRY(validate(event.value, "value"));
  if (event.value.form == Value::Form::date) return invalid_request("value is a date: dates belong into attributes");
  TRY(check_text(event.source.organisation, identifier_bytes_max, "source"));
  TRY(check_text(event.source.system, identifier_bytes_max, "source_system"));
  TRY(check_text(event.source_person, identifier_bytes_max, "source_person"));
  TRY(check_text(event.record, identifier_bytes_max, "record"));
  TRY(check_text(event.version, identifier_bytes_max, "version"));
  TRY(check_text(event.encounter, identifier_bytes_max, "encounter"));
  if (static_cast<int>(event.kind) >= kind_count) return invalid_request("kind is not one of the list");
  if (!same_record(event, first))
    return invalid_request("the events of one record differ in source, record or version");
  for (std::size_t i = 0; i < event.attributes.size(); ++i) {
    TRY(check_text(event.attributes[i].name, name_bytes_max, "attribute"));
    if (event.attributes[i].name.empty()) return invalid_request("an attribute has no name");
    if (i > 0 && event.attributes[i].name < event.attributes[i - 1].name)
      return invalid_request("attributes are not sorted by name");
    TRY(validate(event.attributes[i].value, "attribute"));
  }
  return {};
}

}  // namespace

Result<void> validate(const Record& record) {
  if (record.events.empty()) return invalid_request("a record has no event");
  if (record.events.size() > events_per_record_max)
    return invalid_request("a record has " + std::to_string(record.events.size()) + " events; at most " +
                           std::to_string(events_per_record_max));
  if (record.identifiers.empty() || record.identifiers.front().value.empty())
    return invalid_request("a record names no patient");
  for (const Identifier& identifier : record.identifiers) {
    TRY(check_text(identifier.system, identifier_bytes_max, "identifier system"));
    TRY(check_text(identifier.value, identifier_bytes_max, "identifier"));
  }
  TRY(at_most(record.original, original_bytes_max, "original"));
  if (record.events.size() > 1 && record.events.front().record.empty())
    return invalid_request("a record of several events needs an id");
  for (const Event& event : record.events) {
    const Result<void> valid = validate(event, record.events.front());
    if (valid) continue;
    if (record.events.size() == 1) return valid;
    return invalid_request("event " + std::to_string(&event - record.events.data() + 1) + ": " + valid.error().message);
  }
  return {};
}

}  // namespace chartline::record
