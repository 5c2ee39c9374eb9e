// Values as two integers for each row, the same in runs, details and postings: a form that packs Value::Form, comparator
// and scale together, and a number. Numbers of one run are brought to one scale where that is exact and costs little, so
// that the form is constant and the numbers compare as integers.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "formats/stored/columns.h"
#include "formats/stored/row.h"

namespace chartline::stored {

// form:3 comparator:3 scale:8 (two's complement), from the lowest bit.
constexpr std::uint32_t pack_form(record::Value::Form form, record::Comparator comparator, std::int8_t scale) {
  return static_cast<std::uint32_t>(form) | static_cast<std::uint32_t>(comparator) << 3 |
         static_cast<std::uint32_t>(static_cast<std::uint8_t>(scale)) << 6;
}
constexpr record::Value::Form form_of(std::uint32_t packed) { return static_cast<record::Value::Form>(packed & 7); }
constexpr record::Comparator comparator_of(std::uint32_t packed) {
  return static_cast<record::Comparator>(packed >> 3 & 7);
}
constexpr std::int8_t scale_of(std::uint32_t packed) { return static_cast<std::int8_t>(packed >> 6 & 255); }
inline constexpr std::uint32_t form_word_max = (1u << 14) - 1;
bool is_form(std::uint32_t packed);  // one that pack_form makes of valid parts
bool all_forms(const Column<std::uint32_t>& forms, std::size_t count);

constexpr bool has_word(std::uint32_t packed) {  // of the others the word may be any
  using record::Value;
  constexpr auto bit = [](Value::Form form) { return 1u << static_cast<unsigned>(form); };
  return ((bit(Value::Form::number) | bit(Value::Form::code) | bit(Value::Form::boolean)) >> (packed & 7) & 1) != 0;
}

inline std::uint32_t form_word(const RowValue& value) {
  if (value.form != record::Value::Form::number) return pack_form(value.form, record::Comparator::equal, 0);
  return pack_form(value.form, value.comparator, value.number.scale);
}
inline std::uint64_t value_word(const RowValue& value) {  // 0 for text and dates
  if (value.form == record::Value::Form::number) return zigzag(value.number.mantissa);
  if (value.form == record::Value::Form::code) return value.code;
  return value.form == record::Value::Form::boolean && value.boolean;
}

// As record::decimal, at once for the usual number, which has a few noughts too many at the scale of its run.
inline record::Decimal normal_decimal(std::int64_t mantissa, std::int8_t scale) {
  constexpr std::int64_t limit = 1'000'000'000'000'000'000;
  constexpr int scale_max = 18;
  if (mantissa == 0) return {};
  while (mantissa % 10 == 0 && scale > -scale_max) mantissa /= 10, --scale;
  if (mantissa < limit && mantissa > -limit && scale <= scale_max) return {mantissa, scale};
  return record::decimal(mantissa, scale);
}

// The value again, without unit, text and date.
inline RowValue unpack_value(std::uint32_t form, std::uint64_t word) {
  RowValue value;
  value.form = form_of(form);
  if (value.form == record::Value::Form::number) {
    value.comparator = comparator_of(form);
    const std::int8_t scale = scale_of(form);
    value.number = scale == record::Decimal::binary ? record::Decimal{unzigzag(word), scale}
                                                    : normal_decimal(unzigzag(word), scale);
  } else if (value.form == record::Value::Form::code) {
    value.code = static_cast<Name>(word);
  } else if (value.form == record::Value::Form::boolean) {
    value.boolean = word != 0;
  }
  return value;
}
double number_of(std::uint32_t form, std::uint64_t word);  // NaN where not a number

// Brings the numbers of a run to one scale, or leaves all as they are.
void even_out(std::span<std::uint32_t> forms, std::span<std::uint64_t> words);
// Gives rows without a value that of a neighbour.
void fill_gaps(std::span<const std::uint32_t> forms, std::span<std::uint64_t> words);

}  // namespace chartline::stored
