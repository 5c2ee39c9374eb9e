#include "formats/stored/run_details.h"

#include <array>
#include <bit>

#include "base/check.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/seal.h"
#include "formats/stored/texts.h"
#include "formats/stored/value_columns.h"
#include "formats/stored/whole_rows.h"

namespace chartline::stored {

using Form = record::Value::Form;

namespace {

// The most translations, or attributes, of one run.
constexpr std::size_t items_limit = rows_limit * 16;

// What counts rows of one instant: 0 for the first, one more for each further one.
class PlacesInInstants {
 public:
  std::uint64_t next(Micros instant) {
    place_ = last_ == instant ? place_ + 1 : 0;
    last_ = instant;
    return place_;
  }

 private:
  std::optional<Micros> last_;
  std::uint64_t place_ = 0;
};

// Numbers, each with its bit in a mask: a column of zeros is not stored, nor are sequences that count the rows of each instant.
struct ColdNumbers {
  static constexpr std::size_t columns = 6, sequence = 2;
  static constexpr unsigned mask_counted = 1u << columns;
  std::array<std::vector<std::uint64_t>, columns> room;
  std::array<Column<std::uint64_t>, columns> column;

  void clear() { column.fill(Column<std::uint64_t>()); }
  void decode(Reader& in, const RunColumns& run) {
    if (in.left() == 0) return;
    const unsigned mask = in.u8();
    const bool counted = mask & mask_counted;
    if (mask >= 2 * mask_counted || (counted && (mask >> sequence & 1))) return in.fail();
    for (std::size_t i = 0; i < columns; ++i) {
      if ((mask >> i & 1) && !unpack(in, run.count, room[i], column[i])) return in.fail();
    }
    if (!counted) return;
    PlacesInInstants places;
    room[sequence].clear();
    for (std::size_t i = 0; i < run.count; ++i) room[sequence].push_back(places.next(run.start_at(i).instant()));
    column[sequence] = Column<std::uint64_t>(room[sequence].data());
  }
  void fill(std::size_t i, Row& row) const {
    row.recorded = unzigzag(column[0][i]);
    row.removed = unzigzag(column[1][i]);
    row.sequence = column[2][i];
    row.part = static_cast<std::uint32_t>(column[3][i]);
    row.ordinal = static_cast<std::uint32_t>(column[4][i]);
    row.original = column[5][i];
  }
};

// Texts, each with its bit in a mask: a column of empty ones is not stored.
using ColdText = std::string_view Row::*;
constexpr std::array<ColdText, 4> cold_texts = {&Row::record, &Row::encounter, &Row::version, &Row::source_person};
constexpr unsigned mask_value_text = 16, mask_translations = 32, mask_attributes = 64, mask_all = 127;

// The parts that fields need.
constexpr unsigned mask_of(std::uint32_t fields) {
  constexpr unsigned records = 1 | 4 | 8, encounter = 2;
  return (fields & field_record ? records : 0) | (fields & field_encounter ? encounter : 0) |
         (fields & field_text ? mask_value_text : 0) | (fields & field_translations ? mask_translations : 0) |
         (fields & field_attributes ? mask_attributes : 0);
}

// The parts of attributes, one after another over all rows.
struct AttributeColumns {
  std::vector<std::uint32_t> name, form, unit, date_offset, date_precision;
  std::vector<std::uint64_t> word;
  std::vector<std::string_view> text;

  void add(const RowAttribute& attribute) {
    const RowValue& value = attribute.value;
    const bool is_date = value.form == Form::date;
    name.push_back(attribute.name);
    form.push_back(form_word(value));
    unit.push_back(value.unit);
    word.push_back(is_date ? zigzag(value.date.local) : value_word(value));
    date_offset.push_back(is_date ? static_cast<std::uint32_t>(zigzag(value.date.offset_minutes)) : 0);
    date_precision.push_back(is_date ? static_cast<std::uint32_t>(value.date.precision) : 0);
    if (value.form == Form::text) text.push_back(value.text);
  }
  void write(Bytes& out) const {
    for (const auto* column : {&name, &form, &unit}) pack(*column, out);
    pack(word, out);
    pack(date_offset, out);
    pack(date_precision, out);
    encode_texts(text, out);
  }
};

// Decodes the number of items of each row into where each row's begin, one more than rows; false where there are too many.
bool decode_starts(Reader& in, std::size_t count, std::vector<std::uint32_t>& starts) {
  std::vector<std::uint32_t> room;
  Column<std::uint32_t> counts;
  if (!unpack(in, count, room, counts)) return false;
  starts.assign(count + 1, 0);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    total += counts[i];
    if (total > items_limit) return false;
    starts[i + 1] = static_cast<std::uint32_t>(total);
  }
  return true;
}

// Appends a column as it is spoken of row by row.
bool decode_flat(Reader& in, std::size_t count, std::vector<std::uint32_t>& into) {
  Column<std::uint32_t> column;
  if (!unpack(in, count, into, column)) return false;
  if (column.is_constant()) into.assign(count, column[0]);
  return true;
}

}  // namespace

template <typename Rows>
bool need_details(const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows.row(i);
    if (!row.record.empty() || !row.encounter.empty() || !row.version.empty() || !row.source_person.empty() ||
        !row.translations.empty() || !row.attributes.empty() || row.value.form == Form::text)
      return true;
  }
  return false;
}

namespace {

template <typename Rows>
bool counts_instants(const Rows& rows, std::span<const std::uint64_t> sequences) {
  PlacesInInstants places;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (places.next(rows.instant(i)) != sequences[i]) return false;
  return true;
}

}  // namespace

template <typename Rows>
void encode_cold_numbers(const Rows& rows, Bytes& out) {
  thread_local std::array<std::vector<std::uint64_t>, ColdNumbers::columns> columns;
  ColdWords any{};
  for (auto& column : columns) column.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ColdWords numbers = rows.cold(i);
    for (std::size_t c = 0; c < columns.size(); ++c) any[c] |= columns[c][i] = numbers[c];
  }
  unsigned mask = 0;
  for (std::size_t c = 0; c < columns.size(); ++c) mask |= any[c] != 0 ? 1u << c : 0;
  if (any[ColdNumbers::sequence] != 0 && counts_instants(rows, columns[ColdNumbers::sequence]))
    mask ^= 1u << ColdNumbers::sequence | ColdNumbers::mask_counted;
  if (mask == 0) return;
  Writer(out).u8(static_cast<std::uint8_t>(mask));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (mask >> c & 1) pack(columns[c], out);
  }
}

// version, rows, length of the cold numbers, these, mask, then each part that the mask names.
template <typename Rows>
bool encode_details(const Rows& rows, Bytes& out) {
  Bytes cold;
  encode_cold_numbers(rows, cold);
  unsigned mask = 0;
  const auto for_each_row = [&](auto&& visit) {
    for (std::size_t i = 0; i < rows.size(); ++i) visit(rows.row(i), i);
  };
  for_each_row([&](const Row& row, std::size_t) {
    for (unsigned t = 0; t < cold_texts.size(); ++t) mask |= !(row.*cold_texts[t]).empty() ? 1u << t : 0;
    mask |= row.value.form == Form::text ? mask_value_text : 0;
    mask |= !row.translations.empty() ? mask_translations : 0;
    mask |= !row.attributes.empty() ? mask_attributes : 0;
  });
  Writer write(out);
  write.u8(format_version);
  write.varint(rows.size());
  write.text(cold);
  write.u8(static_cast<std::uint8_t>(mask));
  std::vector<std::string_view> texts(rows.size());
  const auto write_texts = [&](auto&& text_of) {
    for_each_row([&](const Row& row, std::size_t i) { texts[i] = text_of(row); });
    encode_texts(texts, out);
  };
  for (unsigned t = 0; t < cold_texts.size(); ++t) {
    if (mask >> t & 1) write_texts([&](const Row& row) { return row.*cold_texts[t]; });
  }
  if (mask & mask_value_text) {
    write_texts([](const Row& row) { return row.value.form == Form::text ? row.value.text : std::string_view(); });
  }
  std::vector<std::uint32_t> counts(rows.size());
  if (mask & mask_translations) {
    std::vector<std::uint32_t> names;
    for_each_row([&](const Row& row, std::size_t i) {
      counts[i] = static_cast<std::uint32_t>(row.translations.size());
      names.insert(names.end(), row.translations.begin(), row.translations.end());
    });
    check(names.size() <= items_limit, "a run has no more translations than its format allows");
    pack(counts, out);
    pack(names, out);
  }
  if (mask & mask_attributes) {
    AttributeColumns columns;
    for_each_row([&](const Row& row, std::size_t i) {
      counts[i] = static_cast<std::uint32_t>(row.attributes.size());
      for (const RowAttribute& attribute : row.attributes) columns.add(attribute);
    });
    check(columns.name.size() <= items_limit, "a run has no more attributes than its format allows");
    pack(counts, out);
    columns.write(out);
  }
  return (mask & mask_translations) != 0;
}

template bool need_details(const WholeRows&);
template bool need_details(const MixedRows&);
template void encode_cold_numbers(const WholeRows&, Bytes&);
template void encode_cold_numbers(const MixedRows&, Bytes&);
template bool encode_details(const WholeRows&, Bytes&);
template bool encode_details(const MixedRows&, Bytes&);

struct RunDetails::Parts {
  ColdNumbers numbers;
  unsigned mask = 0;  // of parts that are stored and were asked for
  std::array<Texts, cold_texts.size()> texts;
  Texts value_text;
  std::vector<std::uint32_t> translation_starts, translations;
  std::vector<std::uint32_t> attribute_starts;
  std::vector<RowAttribute> attributes;
  Texts attribute_text;

  void clear() { numbers.clear(), mask = 0; }
  std::string_view cold_text(unsigned t, std::size_t i) const {
    return mask >> t & 1 ? texts[t][i] : std::string_view();
  }
  bool decode(Reader& in, const RunColumns& run, std::uint32_t fields);
  bool decode_attributes(Reader& in, std::size_t count);
};

bool RunDetails::Parts::decode(Reader& in, const RunColumns& run, std::uint32_t fields) {
  const std::size_t count = run.count;
  Reader cold(in.text());
  if (fields & field_told) {
    numbers.decode(cold, run);
    if (!cold.done()) return false;
  }
  const unsigned stored = in.u8(), wanted = stored & mask_of(fields);
  if (!in.ok() || (stored & ~mask_all) != 0) return false;
  const auto has = [stored](unsigned part) { return (stored & part) != 0; };
  // Behind the last part asked for there is nothing to pass over.
  const auto wants = [wanted](unsigned part) { return (wanted & part) != 0; };
  const auto is_past = [wanted](unsigned part) { return wanted < part; };
  const auto read = [&](unsigned part, Texts& into) {
    if (!has(part) || is_past(part)) return true;
    return wants(part) ? into.decode(in, count) : Texts::pass_over(in, count);
  };
  for (unsigned t = 0; t < texts.size(); ++t) {
    if (!read(1u << t, texts[t])) return false;
  }
  if (!read(mask_value_text, value_text)) return false;
  if (has(mask_translations) && !is_past(mask_translations)) {
    if (!decode_starts(in, count, translation_starts)) return false;
    const std::size_t total = translation_starts.back();
    if (!(wants(mask_translations) ? decode_flat(in, total, translations) : skip(in, total))) return false;
  }
  if (wants(mask_attributes) && !decode_attributes(in, count)) return false;
  mask = wanted;
  return std::bit_width(wanted) < std::bit_width(stored) ? in.ok() : in.done();
}

bool RunDetails::Parts::decode_attributes(Reader& in, std::size_t count) {
  if (!decode_starts(in, count, attribute_starts)) return false;
  const std::size_t total = attribute_starts.back();
  thread_local std::array<std::vector<std::uint32_t>, 5> room;
  std::array<Column<std::uint32_t>, 5> columns;  // name, form, unit, date_offset, date_precision
  thread_local std::vector<std::uint64_t> word_room;
  Column<std::uint64_t> words;
  for (std::size_t c = 0; c < 3; ++c) {
    if (!unpack(in, total, room[c], columns[c])) return false;
  }
  if (!unpack(in, total, word_room, words)) return false;
  for (std::size_t c = 3; c < 5; ++c) {
    if (!unpack(in, total, room[c], columns[c])) return false;
  }
  attributes.resize(total);
  std::size_t texts_total = 0;
  for (std::size_t i = 0; i < total; ++i) {
    if (!is_form(columns[1][i]) || columns[3][i] > 0xffff ||
        columns[4][i] > static_cast<std::uint32_t>(record::Precision::finer))
      return false;
    RowValue& value = attributes[i].value;
    attributes[i].name = columns[0][i];
    value = unpack_value(columns[1][i], words[i]);
    value.unit = columns[2][i];
    if (value.form == Form::date) {
      value.date = {unzigzag(words[i]), static_cast<std::int16_t>(unzigzag(columns[3][i])),
                    static_cast<record::Precision>(columns[4][i])};
    }
    texts_total += value.form == Form::text;
  }
  if (!attribute_text.decode(in, texts_total)) return false;
  std::size_t text = 0;
  for (RowAttribute& attribute : attributes) {
    if (attribute.value.form == Form::text) attribute.value.text = attribute_text[text++];
  }
  return true;
}

RunDetails::RunDetails() = default;
RunDetails::RunDetails(RunDetails&&) noexcept = default;
RunDetails& RunDetails::operator=(RunDetails&&) noexcept = default;
RunDetails::~RunDetails() = default;

void RunDetails::fill(std::size_t i, Row& row, std::uint32_t fields) const {
  if (!parts) return;
  const unsigned mask = parts->mask & mask_of(fields);
  if (fields & field_told) parts->numbers.fill(i, row);
  for (std::size_t t = 0; t < cold_texts.size(); ++t) {
    if (mask >> t & 1) row.*cold_texts[t] = parts->texts[t][i];
  }
  if ((mask & mask_value_text) && row.value.form == Form::text) row.value.text = parts->value_text[i];
  if (mask & mask_translations) row.translations = translations(i);
  if (mask & mask_attributes) {
    const std::uint32_t from = parts->attribute_starts[i], past = parts->attribute_starts[i + 1];
    row.attributes = std::span(parts->attributes).subspan(from, past - from);
  }
}

std::string_view RunDetails::record(std::size_t i) const { return parts ? parts->cold_text(0, i) : std::string_view(); }
std::string_view RunDetails::encounter(std::size_t i) const {
  return parts ? parts->cold_text(1, i) : std::string_view();
}

void RunDetails::clear() {
  if (parts) parts->clear();
}

bool RunDetails::has_translations() const { return parts && (parts->mask & mask_translations) != 0; }

std::span<const Name> RunDetails::translations(std::size_t i) const {
  if (!has_translations()) return {};
  const std::uint32_t from = parts->translation_starts[i], past = parts->translation_starts[i + 1];
  return std::span(parts->translations).subspan(from, past - from);
}

std::size_t RunDetails::bytes() const {
  if (!parts) return sizeof *this;
  std::size_t bytes = sizeof *this + sizeof *parts + parts->value_text.bytes() + parts->attribute_text.bytes();
  for (const Texts& texts : parts->texts) bytes += texts.bytes();
  for (const auto& room : parts->numbers.room) bytes += room.capacity() * sizeof(std::uint64_t);
  for (const auto* starts : {&parts->translation_starts, &parts->translations, &parts->attribute_starts}) {
    bytes += starts->capacity() * sizeof(std::uint32_t);
  }
  return bytes + parts->attributes.capacity() * sizeof(RowAttribute);
}

Result<void> decode_details(BytesView details, std::uint32_t fields, const RunColumns& columns, RunDetails& into,
                            std::optional<std::uint64_t> checksum) {
  if (!into.parts) into.parts = std::make_unique<RunDetails::Parts>();
  into.clear();
  if (!columns.has_details) {
    if (!details.empty() || checksum.value_or(0) != 0) return wrong_bytes("details");
    Reader cold(columns.cold);
    into.parts->numbers.decode(cold, columns);
    return cold.done() ? Result<void>() : wrong_bytes("run");
  }
  Reader in(TRY(unseal(details, "details", checksum)));
  if (in.varint() != columns.count || !into.parts->decode(in, columns, fields)) return wrong_bytes("details");
  return {};
}

}  // namespace chartline::stored
