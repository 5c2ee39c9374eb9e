// A posting as a bulk load holds millions of them: every field, the value as its two integers.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "formats/stored/mixed_rows.h"
#include "formats/stored/postings.h"
#include "formats/stored/value_columns.h"

namespace chartline::stored {

// What many postings have in common; no byte of it is padding.
struct PostingSort {
  Name source, unit;
  std::uint16_t value_form, flags;
  std::int16_t offset, end_shift;
  record::Kind kind;
  record::Author author;
  record::Status status;
  record::Certainty certainty;
  friend bool operator==(const PostingSort&, const PostingSort&) = default;
};
static_assert(std::has_unique_object_representations_v<PostingSort>);

struct NarrowPosting : PostingSort {
  PatientId patient;
  std::uint64_t value_word;
  Day day;
  std::uint32_t second, number, end;
};
static_assert(sizeof(NarrowPosting) == 48);

inline NarrowPosting narrow(const Posting& wide) {
  return {{.source = wide.source,
           .unit = wide.unit,
           .value_form = static_cast<std::uint16_t>(form_word(wide.value)),
           .flags = static_cast<std::uint16_t>(wide.flags),
           .offset = wide.offset,
           .end_shift = wide.end.shift,
           .kind = wide.kind,
           .author = wide.author,
           .status = wide.status,
           .certainty = wide.certainty},
          wide.patient,
          value_word(wide.value),
          wide.day,
          wide.second,
          wide.number,
          wide.end.word};
}
inline const NarrowPosting& narrow(const NarrowPosting& posting) { return posting; }

constexpr std::uint32_t end_word(record::End::Form form) {  // that is not `at`
  using Form = record::End::Form;
  return form == Form::point ? PostingEnd::point : form == Form::ongoing ? PostingEnd::ongoing : PostingEnd::unknown;
}

// But for posting_end_elsewhere and posting_translation.
constexpr std::uint16_t posting_flags(record::Status status, record::Certainty certainty, record::Author author,
                                      record::Precision precision) {
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
  if (precision == Precision::month) flags |= posting_month;
  if (precision == Precision::year) flags |= posting_year;
  return static_cast<std::uint16_t>(flags);
}

// Of a plain row.
inline NarrowPosting narrow_posting_of(PatientId patient, const PlainRow& row, const PlainSort& sort,
                                       std::uint32_t number) {
  const auto day = static_cast<Day>(row.local / record::micros_per_day - (row.local % record::micros_per_day < 0));
  return {{.source = sort.source,
           .unit = sort.unit,
           .value_form = static_cast<std::uint16_t>(form_word(sort)),
           .flags = posting_flags(sort.status, sort.certainty, sort.author, sort.precision),
           .offset = sort.offset_minutes,
           .end_shift = 0,
           .kind = sort.kind,
           .author = sort.author,
           .status = sort.status,
           .certainty = sort.certainty},
          patient,
          value_word(row, sort),
          day,
          static_cast<std::uint32_t>((row.local - day * record::micros_per_day) / record::micros_per_second),
          number,
          end_word(sort.end_form)};
}

// As narrow(posting_of(patient, row)).
inline NarrowPosting narrow_posting_of(PatientId patient, const Row& row) {
  const Day day = row.start.day();
  const PostingEnd end = posting_end(row.start, row.end).value_or(PostingEnd());
  return {{.source = row.source,
           .unit = row.value.unit,
           .value_form = static_cast<std::uint16_t>(form_word(row.value)),
           .flags = static_cast<std::uint16_t>(posting_flags(row)),
           .offset = row.start.offset_minutes,
           .end_shift = end.shift,
           .kind = row.kind,
           .author = row.author,
           .status = row.status,
           .certainty = row.certainty},
          patient,
          value_word(row.value),
          day,
          static_cast<std::uint32_t>((row.start.local - day * record::micros_per_day) / record::micros_per_second),
          row.number,
          end.word};
}

PostingBytes encode_postings(std::span<const NarrowPosting> postings);  // as those of Postings

}  // namespace chartline::stored
