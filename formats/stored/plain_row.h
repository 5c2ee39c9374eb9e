// Plain rows: a Row that has no more than a code, a time and a number, in 24 bytes. What many rows have in common is their sort.
#pragma once

#include <cstdint>

#include "formats/stored/row.h"

namespace chartline::stored {

struct PlainSort {
  Name source = 0;
  Name unit = 0;
  std::int16_t offset_minutes = 0;
  record::Kind kind = record::Kind::other;
  record::Status status = record::Status::none;
  record::Certainty certainty = record::Certainty::none;
  record::Author author = record::Author::unknown;
  record::Precision precision = record::Precision::none;
  record::End::Form end_form = record::End::Form::point;       // all but `at`
  record::Value::Form value_form = record::Value::Form::none;  // none, number or boolean
  record::Comparator comparator = record::Comparator::equal;
  std::int8_t scale = 0;

  friend bool operator==(const PlainSort&, const PlainSort&) = default;
};

struct PlainRow {  // without standard values, so that room for many is not written before they come
  Micros local;
  std::int64_t mantissa;  // of a number; 0 or 1 of a boolean
  Name code;
  std::uint32_t sort;  // a number of whoever keeps the sorts
};
static_assert(sizeof(PlainRow) == 24);

inline bool is_plain(const Row& row) {
  return row.translations.empty() && row.source_person.empty() && row.record.empty() && row.version.empty() &&
         row.part == 0 && row.ordinal == 0 && row.sequence == 0 && row.encounter.empty() && row.attributes.empty() &&
         row.end.form != record::End::Form::at &&
         (row.value.form == record::Value::Form::none || row.value.form == record::Value::Form::number ||
          row.value.form == record::Value::Form::boolean);
}

// Of a plain row.
inline PlainSort sort_of(const Row& row) {
  return {.source = row.source,
          .unit = row.value.unit,
          .offset_minutes = row.start.offset_minutes,
          .kind = row.kind,
          .status = row.status,
          .certainty = row.certainty,
          .author = row.author,
          .precision = row.start.precision,
          .end_form = row.end.form,
          .value_form = row.value.form,
          .comparator = row.value.comparator,
          .scale = row.value.number.scale};
}
inline std::int64_t mantissa_of(const Row& row) {
  return row.value.form == record::Value::Form::boolean ? row.value.boolean : row.value.number.mantissa;
}
inline Row row_of(const PlainRow& plain, const PlainSort& sort) {
  Row row;
  row.kind = sort.kind, row.status = sort.status, row.certainty = sort.certainty, row.author = sort.author;
  row.code = plain.code, row.source = sort.source;
  row.start = {plain.local, sort.offset_minutes, sort.precision};
  row.end.form = sort.end_form;
  row.value.form = sort.value_form, row.value.comparator = sort.comparator, row.value.unit = sort.unit;
  if (sort.value_form == record::Value::Form::boolean) row.value.boolean = plain.mantissa != 0;
  else row.value.number = {plain.mantissa, sort.scale};
  return row;
}

}  // namespace chartline::stored
