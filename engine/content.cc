#include "engine/content.h"

#include <algorithm>
#include <type_traits>
#include <vector>

namespace chartline::engine {
namespace {

using record::Value;
using stored::Row;
using stored::RowAttribute;
using stored::RowValue;
using Which = stored::Dictionary;

record::Time normal(const record::Time& time) { return time.known() ? time : record::Time(); }
record::End normal(const record::End& end) {
  return {.form = end.form, .at = end.form == record::End::Form::at ? normal(end.at) : record::Time()};
}
record::Decimal normal(const record::Decimal& number) {
  return number.is_exact() ? record::decimal(number.mantissa, number.scale) : number;
}

// The fixed part of what is hashed. Names stand by the hash of their text. Every byte is set: there is no padding.
struct Canonical {
  std::uint64_t code = 0;
  std::uint64_t source = 0;
  std::uint64_t value_name = 0;  // unit of a number, code of a code value
  std::int64_t number = 0;       // mantissa; 0 or 1 for a boolean; local micros of a date
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::uint64_t sequence = 0;
  std::uint32_t part = 0;
  std::int16_t start_offset = 0;
  std::int16_t end_offset = 0;
  std::int16_t value_offset = 0;
  std::uint8_t value_precision = 0;
  std::uint8_t value_form = 0;
  std::uint8_t comparator = 0;
  std::int8_t scale = 0;
  std::uint8_t kind = 0;
  std::uint8_t status = 0;
  std::uint8_t certainty = 0;
  std::uint8_t author = 0;
  std::uint8_t start_precision = 0;
  std::uint8_t end_form = 0;
  std::uint8_t end_precision = 0;
  std::uint8_t reserved[3] = {};
};
static_assert(std::has_unique_object_representations_v<Canonical>);

template <typename Enum>
std::uint8_t number_of(Enum word) {
  return static_cast<std::uint8_t>(word);
}

// Everything of a value but its text, which is of the variable part.
void set_value(Canonical& to, const RowValue& value, const Dictionary& names) {
  to.value_form = number_of(value.form);
  switch (value.form) {
    case Value::Form::none:
    case Value::Form::text: break;
    case Value::Form::number:
      to.comparator = number_of(value.comparator);
      to.number = value.number.mantissa;
      to.scale = value.number.scale;
      to.value_name = names.text_hash(Which::unit, value.unit);
      break;
    case Value::Form::code: to.value_name = names.text_hash(Which::code, value.code); break;
    case Value::Form::boolean: to.number = value.boolean ? 1 : 0; break;
    case Value::Form::date: {
      const record::Time date = normal(value.date);
      to.number = date.local;
      to.value_offset = date.offset_minutes;
      to.value_precision = number_of(date.precision);
    }
  }
}

BytesView bytes_of(const Canonical& fixed) { return {reinterpret_cast<const char*>(&fixed), sizeof fixed}; }

Canonical canonical(const Row& row, const Dictionary& names) {
  Canonical fixed;
  fixed.code = names.text_hash(Which::code, row.code);
  fixed.source = names.text_hash(Which::source, row.source);
  const record::Time start = normal(row.start);
  fixed.start = start.local;
  fixed.start_offset = start.offset_minutes;
  fixed.start_precision = number_of(start.precision);
  const record::End end = normal(row.end);
  fixed.end = end.at.local;
  fixed.end_offset = end.at.offset_minutes;
  fixed.end_precision = number_of(end.at.precision);
  fixed.end_form = number_of(end.form);
  fixed.sequence = row.sequence;
  fixed.part = row.part;
  fixed.kind = number_of(row.kind);
  fixed.status = number_of(row.status);
  fixed.certainty = number_of(row.certainty);
  fixed.author = number_of(row.author);
  set_value(fixed, row.value, names);
  return fixed;
}

bool needs_no_more(const Row& row) {
  return row.translations.empty() && row.source_person.empty() && row.record.empty() && row.version.empty() &&
         row.encounter.empty() && row.attributes.empty() && row.value.form != Value::Form::text;
}

void write_attributes(std::span<const RowAttribute> attributes, const Dictionary& names, Writer& out) {
  out.varint(attributes.size());
  for (const RowAttribute& attribute : attributes) {
    Canonical fixed;
    fixed.code = names.text_hash(Which::attribute, attribute.name);
    set_value(fixed, attribute.value, names);
    out.raw(bytes_of(fixed));
    out.text(attribute.value.form == Value::Form::text ? attribute.value.text : std::string_view());
  }
}

// What does not fit the fixed part, each piece with its length before it.
void write_variable(const Row& row, const Dictionary& names, Writer& out) {
  out.text(row.value.form == Value::Form::text ? row.value.text : std::string_view());
  out.text(row.source_person);
  out.text(row.record);
  out.text(row.version);
  out.text(row.encounter);
  out.varint(row.translations.size());
  for (const Name translation : row.translations) out.u64(names.text_hash(Which::code, translation));
  write_attributes(row.attributes, names, out);
}

Bytes& scratch() {
  thread_local Bytes bytes;
  bytes.clear();
  return bytes;
}

int compare(const record::Source& a, const record::Source& b) {
  const int organisation = a.organisation.compare(b.organisation);
  return organisation != 0 ? organisation : a.system.compare(b.system);
}

}  // namespace

Hash128 content_hash(const Row& row, const Dictionary& names) {
  const Canonical fixed = canonical(row, names);
  if (needs_no_more(row)) return hash128(bytes_of(fixed));
  Bytes& bytes = scratch();
  Writer out(bytes);
  out.raw(bytes_of(fixed));
  write_variable(row, names, out);
  return hash128(bytes);
}

std::uint64_t PlainContent::code_hash(Name code) {
  if (code >= code_hashes_.size()) code_hashes_.resize(code + 1);
  std::uint64_t& hash = code_hashes_[code];
  if (hash == 0) hash = names_.text_hash(Which::code, code);
  return hash;
}

struct PlainContent::OfSort {
  bool known = false;
  bool timed = false;
  Canonical fixed;
};
PlainContent::PlainContent(const Dictionary& names) : names_(names) {}
PlainContent::~PlainContent() = default;

Hash128 PlainContent::hash(const stored::PlainRow& row, const stored::PlainSort& sort, std::uint64_t sequence) {
  if (row.sort >= of_sorts_.size()) of_sorts_.resize(row.sort + 1);
  OfSort& of = of_sorts_[row.sort];
  if (!of.known) {
    of = {.known = true,
          .timed = sort.precision != record::Precision::none,
          .fixed = canonical(stored::row_of(row, sort), names_)};
  }
  Canonical fixed = of.fixed;
  fixed.code = code_hash(row.code);
  fixed.start = of.timed ? row.local : 0;
  fixed.number = row.mantissa;  // 0 without a value
  fixed.sequence = sequence;
  return hash128(bytes_of(fixed));
}

Hash128 record_key(const Row& row, const Dictionary& names) {
  // A row without an id is the same row wherever its source puts it: its place is not part of who it is.
  Hash128 content;
  if (row.record.empty() && row.sequence != 0) {
    Row anywhere = row;
    anywhere.sequence = 0;
    content = content_hash(anywhere, names);
  } else if (row.record.empty()) {
    content = content_hash(row, names);
  }
  Bytes& bytes = scratch();
  Writer out(bytes);
  out.u64(names.text_hash(Which::source, row.source));
  out.text(row.record);
  if (row.record.empty()) {
    out.u64(content.low);
    out.u64(content.high);
    out.u32(row.ordinal);
  }
  return hash128(bytes);
}

bool before(const Row& a, const Row& b, const Dictionary& names) { return before(a, names, b, names); }

bool before(const Row& a, const Dictionary& names_of_a, const Row& b, const Dictionary& names_of_b) {
  if (const Micros x = a.start.instant(), y = b.start.instant(); x != y) return x < y;
  if (a.start.precision != b.start.precision) return a.start.precision < b.start.precision;
  if (a.source != b.source || &names_of_a != &names_of_b) {
    if (const int order = compare(names_of_a.source(a.source), names_of_b.source(b.source)); order != 0)
      return order < 0;
  }
  if (a.sequence != b.sequence) return a.sequence < b.sequence;
  if (const int order = a.record.compare(b.record); order != 0) return order < 0;
  if (a.part != b.part) return a.part < b.part;
  if (a.ordinal != b.ordinal) return a.ordinal < b.ordinal;
  return content_hash(a, names_of_a) < content_hash(b, names_of_b);
}

RowValue to_row_value(const Value& value, Dictionary& names) {
  RowValue row;
  row.form = value.form;
  switch (value.form) {
    case Value::Form::none: break;
    case Value::Form::number:
      row.comparator = value.comparator;
      row.number = normal(value.number);
      row.unit = names.intern_unit(value.unit);
      break;
    case Value::Form::code: row.code = names.intern(value.code); break;
    case Value::Form::text: row.text = value.text; break;
    case Value::Form::boolean: row.boolean = value.boolean; break;
    case Value::Form::date: row.date = normal(value.date); break;
  }
  return row;
}

Value to_value(const RowValue& row, const Dictionary& names) {
  return {.form = row.form,
          .comparator = row.comparator,
          .boolean = row.boolean,
          .number = row.number,
          .unit = names.unit(row.unit),
          .code = names.code(row.code),
          .text = row.text,
          .date = row.date};
}

Row to_row(const record::Event& event, Dictionary& names, record::Arena& room) {
  Row row;
  row.number = event.number;
  row.kind = event.kind;
  row.status = event.status;
  row.certainty = event.certainty;
  row.author = event.author;
  row.code = names.intern(event.code);
  row.source = names.intern(event.source);
  row.start = normal(event.start);
  row.end = normal(event.end);
  row.value = to_row_value(event.value, names);
  row.source_person = event.source_person;
  row.record = event.record;
  row.version = event.version;
  row.part = event.part;
  row.ordinal = event.ordinal;
  row.sequence = event.sequence;
  row.encounter = event.encounter;
  row.recorded = event.recorded;

  if (!event.translations.empty()) {
    std::vector<Name> translations;
    for (const record::Code& translation : event.translations) {
      if (!translation.empty()) translations.push_back(names.intern(translation));
    }
    row.translations = room.array(translations);
  }
  if (!event.attributes.empty()) {
    std::vector<record::Attribute> sorted(event.attributes.begin(), event.attributes.end());
    std::ranges::stable_sort(sorted, {}, &record::Attribute::name);
    std::vector<RowAttribute> attributes;
    for (const record::Attribute& attribute : sorted) {
      attributes.push_back(
          {.name = names.intern_attribute(attribute.name), .value = to_row_value(attribute.value, names)});
    }
    row.attributes = room.array(attributes);
  }
  return row;
}

record::Event to_event(const Row& row, const Dictionary& names, record::Arena& room) {
  record::Event event;
  event.number = row.number;
  event.kind = row.kind;
  event.status = row.status;
  event.certainty = row.certainty;
  event.author = row.author;
  event.code = names.code(row.code);
  event.source = names.source(row.source);
  event.start = row.start;
  event.end = row.end;
  event.value = to_value(row.value, names);
  event.source_person = row.source_person;
  event.record = row.record;
  event.version = row.version;
  event.part = row.part;
  event.ordinal = row.ordinal;
  event.sequence = row.sequence;
  event.encounter = row.encounter;
  event.recorded = row.recorded;
  event.has_original = row.original != 0;

  if (!row.translations.empty()) {
    std::vector<record::Code> translations;
    for (const Name translation : row.translations) translations.push_back(names.code(translation));
    event.translations = room.array(translations);
  }
  if (!row.attributes.empty()) {
    std::vector<record::Attribute> attributes;
    for (const RowAttribute& attribute : row.attributes) {
      attributes.push_back({.name = names.attribute(attribute.name), .value = to_value(attribute.value, names)});
    }
    event.attributes = room.array(attributes);
  }
  return event;
}

Row copy(const Row& row, record::Arena& room) {
  Row copied = row;
  copied.value.text = room.text(row.value.text);
  copied.translations = room.array(row.translations);
  copied.source_person = room.text(row.source_person);
  copied.record = room.text(row.record);
  copied.version = room.text(row.version);
  copied.encounter = room.text(row.encounter);
  const std::span<RowAttribute> attributes = room.array(row.attributes);
  for (RowAttribute& attribute : attributes) attribute.value.text = room.text(attribute.value.text);
  copied.attributes = attributes;
  return copied;
}

}  // namespace chartline::engine
