// Postings: for one code, who had it when; under name 0 stand the events without a primary code, so that those of all names
// which are no translation are every event once. Likewise for one attribute, under a name of its own: which events have it, and with
// what value. A packed run of postings covers a range of patient blocks (4,096 patients to a
// block) and is sorted by patient, instant to the second and event number. What is constant over a run costs nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/stored/columns.h"
#include "formats/stored/row.h"

namespace chartline::stored {

// The most postings, or removals, of one run: bounds what hostile bytes can make a reader allocate.
inline constexpr std::size_t postings_limit = std::size_t{1} << 24;

inline constexpr std::uint32_t block_patients = 4096;
inline constexpr std::uint32_t block_of(PatientId patient) { return patient / block_patients; }

// The postings of an attribute stand behind those of all codes. They tell the patient, the number of the event and the value of
// the attribute, the first where it has several; all else is as in an empty posting.
inline constexpr Name attribute_postings = Name{1} << 31;
constexpr Name postings_of_attribute(Name attribute) { return attribute_postings | attribute; }
constexpr bool is_of_attribute(Name name) { return (name & attribute_postings) != 0; }

// Facts that questions decide on without opening the event.
enum PostingFlag : std::uint32_t {
  posting_hidden = 1,          // status entered_in_error
  posting_not_asserted = 2,    // refuted, planned, proposed or not done: left out by default
  posting_contributed = 4,     // authored by patient or carer
  posting_timed = 8,           // precision second or finer: `second` counts
  posting_finer = 16,          // has a fraction of a second: order within it needs the event
  posting_vague = 32,          // precision month, year or none: the last two flags tell which
  posting_end_elsewhere = 64,  // ends at a time that `end` does not tell: the event says when
  posting_translation = 128,   // this code is a translation of the event, not its primary code
  posting_month = 256,         // precision month
  posting_year = 512,          // precision year
};
std::uint32_t posting_flags(const Row& row);  // all but posting_translation
constexpr record::Precision precision_of(std::uint32_t flags) {
  using enum record::Precision;
  if (flags & posting_vague) return flags & posting_month ? month : flags & posting_year ? year : none;
  return flags & posting_finer ? finer : flags & posting_timed ? second : day;
}

// The end of an event, beside its start: point, ongoing, unknown, or how long after it: in days where both are known to
// the day, in seconds where both are known to the second. Any other end, or one before its start, is elsewhere.
struct PostingEnd {
  std::uint32_t word = point;
  std::int16_t shift = 0;  // minutes that the end's offset is east of the start's
  static constexpr std::uint32_t point = 0, ongoing = 1, unknown = 2, lasts = 3;  // and longer
  friend auto operator<=>(const PostingEnd&, const PostingEnd&) = default;
};
std::optional<PostingEnd> posting_end(const record::Time& start, const record::End& end);  // nullopt: elsewhere
record::End end_of(const PostingEnd& end, const record::Time& start);

struct Posting {
  PatientId patient = 0;
  Day day = 0;
  std::uint32_t second = 0;  // after local midnight
  std::uint32_t number = 0;  // the event's number in its patient's timeline
  std::uint32_t flags = 0;
  record::Kind kind = record::Kind::other;
  Name source = 0;
  Name unit = 0;
  record::Author author = record::Author::unknown;
  record::Status status = record::Status::none;
  record::Certainty certainty = record::Certainty::none;
  std::int16_t offset = 0;  // minutes east of UTC
  PostingEnd end{};         // `point` where it is elsewhere
  RowValue value;           // number, code or boolean; text and dates are left in the timeline (form says so)
};
Posting posting_of(PatientId patient, const Row& row);
Posting posting_of(PatientId patient, std::uint32_t number, const RowAttribute& attribute);

struct PostingBytes {
  Bytes bytes;
  std::uint64_t checksum = 0;  // hash64 of bytes, all of them; repeated in the code's directory
};
PostingBytes encode_postings(std::span<const Posting> postings);  // sorted by patient: checked

enum PostingField : std::uint32_t {
  posting_field_patient = 1,
  posting_field_day = 2,
  posting_field_second = 4,
  posting_field_number = 8,
  posting_field_flags = 16,
  posting_field_kind = 32,
  posting_field_source = 64,
  posting_field_unit = 128,
  posting_field_value = 256,
  posting_field_offset = 512,
  posting_field_author = 1024,
  posting_field_status = 2048,
  posting_field_certainty = 4096,
  posting_field_end = 8192,
  posting_field_all = 16383,
};

// Columns of one run of postings, decoded; those not asked for hold a default. Owns its memory; reusable, movable.
class PostingColumns {
 public:
  PostingColumns() = default;
  PostingColumns(PostingColumns&&) = default;
  PostingColumns& operator=(PostingColumns&&) = default;
  std::uint32_t count = 0;
  Column<std::uint32_t> patient;
  Column<std::uint32_t> day;  // + 2^31
  Column<std::uint32_t> second, number, flags, kind, source, unit, offset, author, status, certainty, end, end_shift;
  Column<std::uint32_t> value_form;
  Column<std::uint64_t> value;  // as in RunColumns

  Day day_at(std::size_t i) const { return static_cast<Day>(day[i] ^ 0x80000000u); }
  RowValue value_at(std::size_t i) const;
  double number_at(std::size_t i) const;  // NaN where the value is not a number
  record::Value::Form form_at(std::size_t i) const;
  record::Comparator comparator_at(std::size_t i) const;
  PostingEnd end_at(std::size_t i) const;
  // Of the postings first .. past-1, one after another; quick where all are written alike.
  void numbers(std::size_t first, std::size_t past, double* into) const;
  Posting at(std::size_t i) const;                                 // needs posting_field_all
  void copy(const PostingColumns& from);                           // all columns that were decoded
  PostingColumns only(std::span<const std::uint32_t> rows) const;  // these, ascending, of all columns that were decoded
  std::size_t bytes() const;

 private:
  friend Result<void> decode_postings(BytesView, std::uint32_t, PostingColumns&, std::optional<std::uint64_t>);
  friend Result<void> decode_more_postings(BytesView, std::uint32_t, PostingColumns&);
  Result<void> decode(BytesView content, std::uint32_t fields);
  struct Room {
    std::vector<std::uint32_t> narrow[15];
    std::vector<std::uint64_t> wide[1];
  };
  Room room_;
};
// corrupt where checksum, version or any column is wrong. `checksum` is what the directory names: readers give it.
Result<void> decode_postings(BytesView bytes, std::uint32_t fields, PostingColumns& into,
                             std::optional<std::uint64_t> checksum = {});
// Further fields of bytes that were decoded into the same columns, and checked, before.
Result<void> decode_more_postings(BytesView bytes, std::uint32_t fields, PostingColumns& into);

// Postings taken away from older runs of a code since those were written: sorted (patient, event number) pairs, packed.
struct Removal {
  PatientId patient;
  std::uint32_t number;
  friend auto operator<=>(const Removal&, const Removal&) = default;
};
PostingBytes encode_removals(std::span<const Removal> removals);
Result<std::vector<Removal>> decode_removals(BytesView bytes, std::optional<std::uint64_t> checksum = {});

// A code's directory (block head): every run of its postings and every run of removals, with count and checksum.
struct PostingRun {
  std::uint32_t first_block = 0;
  std::uint32_t last_block = 0;  // inclusive
  std::uint64_t run = 0;         // never reused; a greater run was written later
  std::uint32_t count = 0;       // postings, or removals
  bool removals = false;         // applies to runs with a smaller number
  std::uint64_t checksum = 0;
  std::uint32_t bytes = 0;
  friend bool operator==(const PostingRun&, const PostingRun&) = default;
};
struct Directory {
  std::uint64_t events = 0;      // postings minus removals
  std::uint64_t patients = 0;    // estimate for planning: exact when last merged, else an upper bound
  std::vector<PostingRun> runs;  // ascending by (first_block, run)
};
Bytes encode(const Directory& directory);
Result<Directory> decode_directory(BytesView bytes);

}  // namespace chartline::stored
