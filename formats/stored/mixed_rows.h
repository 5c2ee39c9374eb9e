// MixedRows: rows of one patient as a bulk load has them, in the order in which they are to stand: nearly all plain, in 32 bytes each, and a few
// whole. They are encoded as the same rows would be if all of them were whole.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "formats/stored/plain_row.h"
#include "formats/stored/run.h"
#include "formats/stored/value_columns.h"

namespace chartline::stored {

struct MixedRow {
  static constexpr std::uint32_t whole = 1u << 31;  // in the sort: the rest of it is a place among the whole rows
  PlainRow plain;
  std::uint32_t sequence, ordinal;
  bool is_whole() const { return (plain.sort & whole) != 0; }
};

// The hot columns of one row as the encoder has them.
struct HotWords {
  Micros local;
  std::uint64_t value;
  std::uint32_t offset, precision, code, kind, number, value_form, source, unit, status, author, certainty, end_form;
};
inline HotWords hot_words(const Row& row) {
  const auto word = [](auto value) { return static_cast<std::uint32_t>(value); };
  return {row.start.local,
          value_word(row.value),
          word(row.start.offset_minutes + (1 << 15)),
          word(row.start.precision),
          row.code,
          word(row.kind),
          row.number,
          form_word(row.value),
          row.source,
          row.value.unit,
          word(row.status),
          word(row.author),
          word(row.certainty),
          word(row.end.form)};
}
// Of a plain row.
constexpr std::uint32_t form_word(const PlainSort& sort) {
  return pack_form(sort.value_form, sort.comparator, sort.scale);
}
constexpr std::uint64_t value_word(const PlainRow& row, const PlainSort& sort) {
  return sort.value_form == record::Value::Form::boolean ? static_cast<std::uint64_t>(row.mantissa)
                                                         : zigzag(row.mantissa);
}

using ColdWords = std::array<std::uint64_t, 6>;  // recorded, removed, sequence, part, ordinal, original
inline ColdWords cold_words(const Row& row) {
  return {zigzag(row.recorded), zigzag(row.removed), row.sequence, row.part, row.ordinal, row.original};
}

class MixedRows {
 public:
  // Numbered from `first_number` on, one by one; plain rows are `recorded` then. Whole rows have number, recorded, sequence and ordinal themselves.
  MixedRows(std::span<const MixedRow> rows, std::span<const Row> wholes, std::span<const PlainSort> sorts,
            std::uint32_t first_number, Micros recorded)
      : rows_(rows), wholes_(wholes), sorts_(sorts), first_number_(first_number), recorded_(recorded) {}
  MixedRows part(std::size_t from, std::size_t past) const {
    return {rows_.subspan(from, past - from), wholes_, sorts_, first_number_ + static_cast<std::uint32_t>(from),
            recorded_};
  }
  std::size_t size() const { return rows_.size(); }
  const MixedRow& operator[](std::size_t i) const { return rows_[i]; }
  const PlainSort& sort(std::size_t i) const { return sorts_[rows_[i].plain.sort]; }  // of a plain one
  // The row, as far as it has what no plain row has.
  const Row& row(std::size_t i) const { return rows_[i].is_whole() ? whole(i) : nothing; }
  HotWords hot(std::size_t i) const {
    const PlainRow& plain = rows_[i].plain;
    if (rows_[i].is_whole()) return hot_words(whole(i));
    const PlainSort& sort = sorts_[plain.sort];
    const auto word = [](auto value) { return static_cast<std::uint32_t>(value); };
    return {plain.local,
            value_word(plain, sort),
            word(sort.offset_minutes + (1 << 15)),
            word(sort.precision),
            plain.code,
            word(sort.kind),
            first_number_ + static_cast<std::uint32_t>(i),
            form_word(sort),
            sort.source,
            sort.unit,
            word(sort.status),
            word(sort.author),
            word(sort.certainty),
            word(sort.end_form)};
  }
  ColdWords cold(std::size_t i) const {
    if (rows_[i].is_whole()) return cold_words(whole(i));
    return {zigzag(recorded_), 0, rows_[i].sequence, 0, rows_[i].ordinal, 0};
  }
  Micros instant(std::size_t i) const {
    if (rows_[i].is_whole()) return whole(i).start.instant();
    const PlainSort& sort = sorts_[rows_[i].plain.sort];
    return record::Time{rows_[i].plain.local, sort.offset_minutes, sort.precision}.instant();
  }

 private:
  static constexpr Row nothing{};
  const Row& whole(std::size_t i) const { return wholes_[rows_[i].plain.sort & ~MixedRow::whole]; }

  std::span<const MixedRow> rows_;
  std::span<const Row> wholes_;
  std::span<const PlainSort> sorts_;
  std::uint32_t first_number_;
  Micros recorded_;
};

RunBytes encode_run(const MixedRows& rows);

}  // namespace chartline::stored
