// A posting as a bulk load holds millions of them: every field, the value as its two integers.
#pragma once

#include <cstdint>
#include <span>

#include "formats/stored/mixed_rows.h"
#include "formats/stored/postings.h"
#include "formats/stored/value_columns.h"

namespace chartline::stored {

struct NarrowPosting {
  PatientId patient;
  Day day;
  std::uint32_t second, number;
  Name source, unit;
  std::uint64_t value_word;
  std::uint16_t value_form;
  std::int16_t offset;
  std::uint8_t flags;
  record::Kind kind;
};
static_assert(sizeof(NarrowPosting) == 40);

inline NarrowPosting narrow(const Posting& wide) {
  return {wide.patient,
          wide.day,
          wide.second,
          wide.number,
          wide.source,
          wide.unit,
          value_word(wide.value),
          static_cast<std::uint16_t>(form_word(wide.value)),
          wide.offset,
          static_cast<std::uint8_t>(wide.flags),
          wide.kind};
}
inline const NarrowPosting& narrow(const NarrowPosting& posting) { return posting; }

// But for posting_translation.
constexpr std::uint8_t posting_flags(record::Status status, record::Certainty certainty, record::Author author,
                                     record::Precision precision, record::End::Form end) {
  using record::Precision, record::Status;
  std::uint32_t flags = 0;
  if (status == Status::entered_in_error) flags |= posting_hidden;
  if (certainty == record::Certainty::refuted || status == Status::planned || status == Status::proposed ||
      status == Status::not_done)
    flags |= posting_not_asserted;
  if (author == record::Author::patient || author == record::Author::carer) flags |= posting_contributed;
  if (precision >= Precision::second) flags |= posting_timed;
  if (precision == Precision::finer) flags |= posting_finer;
  if (precision < Precision::day) flags |= posting_vague;
  if (end != record::End::Form::point) flags |= posting_open_end;
  return static_cast<std::uint8_t>(flags);
}

// Of a plain row.
inline NarrowPosting narrow_posting_of(PatientId patient, const PlainRow& row, const PlainSort& sort,
                                       std::uint32_t number) {
  const auto day = static_cast<Day>(row.local / record::micros_per_day - (row.local % record::micros_per_day < 0));
  const auto second = static_cast<std::uint32_t>((row.local - day * record::micros_per_day) / record::micros_per_second);
  return {patient,
          day,
          second,
          number,
          sort.source,
          sort.unit,
          value_word(row, sort),
          static_cast<std::uint16_t>(form_word(sort)),
          sort.offset_minutes,
          posting_flags(sort.status, sort.certainty, sort.author, sort.precision, sort.end_form),
          sort.kind};
}

// As narrow(posting_of(patient, row)).
inline NarrowPosting narrow_posting_of(PatientId patient, const Row& row) {
  const Day day = row.start.day();
  const auto second =
      static_cast<std::uint32_t>((row.start.local - day * record::micros_per_day) / record::micros_per_second);
  return {patient,
          day,
          second,
          row.number,
          row.source,
          row.value.unit,
          value_word(row.value),
          static_cast<std::uint16_t>(form_word(row.value)),
          row.start.offset_minutes,
          static_cast<std::uint8_t>(posting_flags(row)),
          row.kind};
}

PostingBytes encode_postings(std::span<const NarrowPosting> postings);  // as those of Postings

}  // namespace chartline::stored
