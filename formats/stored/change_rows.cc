#include "formats/stored/change_rows.h"

#include <vector>

#include "formats/stored/value_columns.h"

namespace chartline::stored {

using record::Time;
using Form = record::Value::Form;

namespace {

// Fields of a row, in the order in which they follow its mask. Numbers are stored: add at the end.
enum Field : std::uint32_t {
  with_status,
  with_certainty,
  with_author,
  with_source,
  with_start,
  with_end,
  with_value,
  with_translations,
  with_source_person,
  with_record,
  with_version,
  with_part,
  with_ordinal,
  with_sequence,
  with_encounter,
  with_attributes,
  with_recorded,
  with_removed,
  with_original,
  fields,
};

constexpr std::uint64_t narrow_max = 0xffffffffu;

std::uint32_t narrow(Reader& in) {
  const std::uint64_t value = in.varint();
  if (value > narrow_max) in.fail();
  return static_cast<std::uint32_t>(value);
}

template <typename Enum>
Enum read_enum(Reader& in, Enum last) {
  const std::uint8_t value = in.u8();
  if (value > static_cast<std::uint8_t>(last)) in.fail();
  return static_cast<Enum>(value);
}

void write_time(Writer& write, const Time& time) {
  write.u8(static_cast<std::uint8_t>(time.precision));
  write.signed_varint(time.local);
  write.signed_varint(time.offset_minutes);
}
Time read_time(Reader& in) {
  Time time;
  time.precision = read_enum(in, record::Precision::finer);
  time.local = in.signed_varint();
  const std::int64_t offset = in.signed_varint();
  if (offset != static_cast<std::int16_t>(offset)) in.fail();
  time.offset_minutes = static_cast<std::int16_t>(offset);
  return time;
}

void write_value(Writer& write, const RowValue& value) {
  write.varint(form_word(value));
  write.varint(value_word(value));
  write.varint(value.unit);
  if (value.form == Form::text) write.text(value.text);
  if (value.form == Form::date) write_time(write, value.date);
}
RowValue read_value(Reader& in) {
  const std::uint32_t form = narrow(in);
  if (!is_form(form)) in.fail();
  const std::uint64_t word = in.varint();
  if (!in.ok()) return {};
  RowValue value = unpack_value(form, word);
  value.unit = narrow(in);
  if (value.form == Form::text) value.text = in.text();
  if (value.form == Form::date) value.date = read_time(in);
  return value;
}

bool is_default(const RowValue& value) { return value.form == Form::none && value.unit == 0; }

std::uint32_t mask_of(const Row& row) {
  std::uint32_t mask = 0;
  const auto set = [&](Field field, bool given) { mask |= given ? 1u << field : 0; };
  set(with_status, row.status != record::Status::none);
  set(with_certainty, row.certainty != record::Certainty::none);
  set(with_author, row.author != record::Author::unknown);
  set(with_source, row.source != 0);
  set(with_start, row.start != Time{});
  set(with_end, row.end.form != record::End::Form::point);
  set(with_value, !is_default(row.value));
  set(with_translations, !row.translations.empty());
  set(with_source_person, !row.source_person.empty());
  set(with_record, !row.record.empty());
  set(with_version, !row.version.empty());
  set(with_part, row.part != 0);
  set(with_ordinal, row.ordinal != 0);
  set(with_sequence, row.sequence != 0);
  set(with_encounter, !row.encounter.empty());
  set(with_attributes, !row.attributes.empty());
  set(with_recorded, row.recorded != 0);
  set(with_removed, row.removed != 0);
  set(with_original, row.original != 0);
  return mask;
}

// Reads `count` items, as many as could stand in what is left.
template <typename Item, typename Read>
std::span<const Item> read_items(Reader& in, record::Arena& room, std::size_t bytes_min, Read read) {
  const std::uint64_t count = in.varint();
  if (count > in.left() / bytes_min) in.fail();
  std::vector<Item> items;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) items.push_back(read());
  return room.array(items);
}

}  // namespace

void write_row(Writer& write, const Row& row) {
  const std::uint32_t mask = mask_of(row);
  const auto has = [&](Field field) { return mask >> field & 1; };
  write.varint(mask);
  write.varint(row.number);
  write.u8(static_cast<std::uint8_t>(row.kind));
  write.varint(row.code);
  if (has(with_status)) write.u8(static_cast<std::uint8_t>(row.status));
  if (has(with_certainty)) write.u8(static_cast<std::uint8_t>(row.certainty));
  if (has(with_author)) write.u8(static_cast<std::uint8_t>(row.author));
  if (has(with_source)) write.varint(row.source);
  if (has(with_start)) write_time(write, row.start);
  if (has(with_end)) {
    write.u8(static_cast<std::uint8_t>(row.end.form));
    if (row.end.form == record::End::Form::at) write_time(write, row.end.at);
  }
  if (has(with_value)) write_value(write, row.value);
  if (has(with_translations)) {
    write.varint(row.translations.size());
    for (const Name name : row.translations) write.varint(name);
  }
  if (has(with_source_person)) write.text(row.source_person);
  if (has(with_record)) write.text(row.record);
  if (has(with_version)) write.text(row.version);
  if (has(with_part)) write.varint(row.part);
  if (has(with_ordinal)) write.varint(row.ordinal);
  if (has(with_sequence)) write.varint(row.sequence);
  if (has(with_encounter)) write.text(row.encounter);
  if (has(with_attributes)) {
    write.varint(row.attributes.size());
    for (const RowAttribute& attribute : row.attributes)
      write.varint(attribute.name), write_value(write, attribute.value);
  }
  if (has(with_recorded)) write.signed_varint(row.recorded);
  if (has(with_removed)) write.signed_varint(row.removed);
  if (has(with_original)) write.u64(row.original);
}

Row read_row(Reader& in, record::Arena& room) {
  Row row;
  const std::uint64_t mask = in.varint();
  if (mask >> fields != 0) in.fail();
  const auto has = [&](Field field) { return mask >> field & 1; };
  row.number = narrow(in);
  row.kind = read_enum(in, static_cast<record::Kind>(record::kind_count - 1));
  row.code = narrow(in);
  if (has(with_status)) row.status = read_enum(in, static_cast<record::Status>(record::status_count - 1));
  if (has(with_certainty)) row.certainty = read_enum(in, static_cast<record::Certainty>(record::certainty_count - 1));
  if (has(with_author)) row.author = read_enum(in, static_cast<record::Author>(record::author_count - 1));
  if (has(with_source)) row.source = narrow(in);
  if (has(with_start)) row.start = read_time(in);
  if (has(with_end)) {
    row.end.form = read_enum(in, record::End::Form::unknown);
    if (row.end.form == record::End::Form::at) row.end.at = read_time(in);
  }
  if (has(with_value)) row.value = read_value(in);
  if (has(with_translations)) row.translations = read_items<Name>(in, room, 1, [&] { return narrow(in); });
  if (has(with_source_person)) row.source_person = in.text();
  if (has(with_record)) row.record = in.text();
  if (has(with_version)) row.version = in.text();
  if (has(with_part)) row.part = narrow(in);
  if (has(with_ordinal)) row.ordinal = narrow(in);
  if (has(with_sequence)) row.sequence = in.varint();
  if (has(with_encounter)) row.encounter = in.text();
  if (has(with_attributes)) {
    row.attributes = read_items<RowAttribute>(in, room, 4, [&] {
      const Name name = narrow(in);
      return RowAttribute{name, read_value(in)};
    });
  }
  if (has(with_recorded)) row.recorded = in.signed_varint();
  if (has(with_removed)) row.removed = in.signed_varint();
  if (has(with_original)) row.original = in.u64();
  return row;
}

}  // namespace chartline::stored
