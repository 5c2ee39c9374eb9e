// The hot columns of a run in stored order, as encoder and decoder walk them. Values come late: a reader that asks for time and
// code stops before them.
#pragma once

#include <array>

#include "formats/stored/run.h"
#include "formats/stored/sorts.h"
#include "formats/stored/value_columns.h"

namespace chartline::stored {

// The columns in stored order, which is that of their bits in the mask of stored columns; a column whose every value is its
// standard is not stored. Those that say what sort of event a row is come first: they have one value for each sort of row
// where the run has sorts, and the others may be stored of those rows alone of which they say something.
enum HotColumn : unsigned {
  hot_precision,
  hot_kind,
  hot_value_form,
  hot_source,
  hot_unit,
  hot_status,
  hot_author,
  hot_certainty,
  hot_end_form,
  hot_day,
  hot_time_of_day,
  hot_offset,
  hot_code,
  hot_number,
  hot_value,
  hot_end_local,
  hot_end_offset,
  hot_end_precision,
  hot_columns,
  hot_sort_columns = hot_day,  // so many columns say what sort of event a row is
  // Further bits of the mask.
  hot_cold = hot_columns,  // the run has cold numbers
  hot_has_details,         // the run has details
  hot_has_sorts,           // the run has sorts
  hot_some_days,           // days are stored of dated rows alone
  hot_some_times,          // times of day of timed rows alone
  hot_some_values,         // words of values of rows that have one alone
  hot_untranslated,        // none of its details is a translation
  hot_counted,             // its rows are numbered 1, 2, 3, ...
  hot_mask_bits,
};

inline constexpr std::uint32_t day_zero = 0x80000000u;        // 1970-01-01 in a column of days
inline constexpr std::uint32_t day_bias = day_zero - 25'567;  // 1900-01-01: later days are short
inline constexpr std::uint32_t offset_zero = 1u << 15;
inline constexpr std::uint32_t offset_bias = offset_zero - 15 * 60;  // west of every zone

template <typename T>
struct HotPart {
  HotColumn column;
  Column<T> RunColumns::*values;
  std::uint32_t fields;  // of RunField that need it
  T standard;            // the value that need not be stored
  T bias;
  T greatest;  // that is valid
};

inline constexpr std::uint32_t any_number = 0xffffffffu;
inline constexpr std::uint64_t any_word = ~std::uint64_t{0};
template <typename Enum>
constexpr std::uint32_t word_of(Enum last) {
  return static_cast<std::uint32_t>(last);
}

inline constexpr std::array<HotPart<std::uint32_t>, 15> narrow_parts = {{
    {hot_precision, &RunColumns::precision, field_time, 3, 0, word_of(record::Precision::finer)},
    {hot_kind, &RunColumns::kind, field_kind, 0, 0, record::kind_count - 1},
    {hot_value_form, &RunColumns::value_form, field_value, 0, 0, form_word_max},
    {hot_source, &RunColumns::source, field_source, 0, 0, any_number},
    {hot_unit, &RunColumns::unit, field_unit, 0, 0, any_number},
    {hot_status, &RunColumns::status, field_state, 0, 0, record::status_count - 1},
    {hot_author, &RunColumns::author, field_state, 0, 0, record::author_count - 1},
    {hot_certainty, &RunColumns::certainty, field_state, 0, 0, record::certainty_count - 1},
    {hot_end_form, &RunColumns::end_form, field_end, 0, 0, word_of(record::End::Form::unknown)},
    {hot_day, &RunColumns::day, field_time, day_zero, day_bias, any_number},
    {hot_offset, &RunColumns::offset, field_time, offset_zero, offset_bias, 0xffff},
    {hot_code, &RunColumns::code, field_code, 0, 0, any_number},
    {hot_number, &RunColumns::number, field_number, 0, 0, any_number},
    {hot_end_offset, &RunColumns::end_offset, field_end, offset_zero, offset_bias, 0xffff},
    {hot_end_precision, &RunColumns::end_precision, field_end, 0, 0, word_of(record::Precision::finer)},
}};
inline constexpr std::array<HotPart<std::uint64_t>, 3> wide_parts = {{
    {hot_time_of_day, &RunColumns::time_of_day, field_time, 0, 0, record::micros_per_day - 1},
    {hot_value, &RunColumns::value, field_value, 0, 0, any_word},
    {hot_end_local, &RunColumns::end_local, field_end, 0, 0, any_word},
}};
// Whether a row has a day, and a time of day: usually it has the standard otherwise.
constexpr bool is_dated(std::uint32_t precision) { return precision != word_of(record::Precision::none); }
constexpr bool is_timed(std::uint32_t precision) { return precision >= word_of(record::Precision::second); }

// Where a stored column is found: its place among the narrow or the wide parts.
struct HotPlace {
  bool wide = false;
  std::size_t at = 0;
};
inline constexpr auto hot_places = [] {
  std::array<HotPlace, hot_columns> places{};
  for (std::size_t i = 0; i < narrow_parts.size(); ++i) places[narrow_parts[i].column] = {false, i};
  for (std::size_t i = 0; i < wide_parts.size(); ++i) places[wide_parts[i].column] = {true, i};
  return places;
}();

}  // namespace chartline::stored
