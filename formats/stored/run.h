// A run: a sorted, packed, immutable part of one patient's timeline. Two byte strings: the hot columns (time, kind, code,
// value, unit, end, state, source, number) and the details (everything else), so that a read which names no detail never
// touches them. Each ends with four bytes of checksum over what comes before, so that it can be verified alone; the
// patient's head holds the whole XXH3 of each, so that a run cannot be mistaken for another. Drawn in docs/stored-bytes.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/stored/columns.h"
#include "formats/stored/row.h"

namespace chartline::stored {

// The most rows of one run: bounds what hostile bytes can make a reader allocate, since equal rows take no bytes.
inline constexpr std::size_t rows_limit = std::size_t{1} << 16;

struct RunBytes {
  Bytes hot;
  Bytes details;                   // "" where no row has text, translations or attributes: then nothing is stored
  std::uint64_t hot_checksum = 0;  // hash64 of the bytes, all of them; 0 for no details
  std::uint64_t details_checksum = 0;
};

// Rows in the order in which they are to stand (the store's total order; ordered by start.instant() at least: checked);
// at most rows_limit of them. A value has the fields of its form and no others.
RunBytes encode_run(std::span<const Row> rows);

// What a reader may ask for; bits of a mask.
enum RunField : std::uint32_t {
  field_time = 1,
  field_kind = 2,
  field_code = 4,
  field_value = 8,
  field_unit = 16,
  field_end = 32,
  field_state = 64,  // status, certainty, author
  field_source = 128,
  field_number = 256,
  field_hot = 511,  // all of the above
  // Of the details:
  field_told = 512,     // recorded, removed, sequence, part, ordinal, original; needs field_time
  field_record = 1024,  // record, version, source person
  field_encounter = 2048,
  field_text = 4096,  // of values; needs field_value
  field_translations = 8192,
  field_attributes = 16384,
  field_details = 32256,  // all of these
  field_all = field_hot | field_details,
};

// Hot columns of one run, decoded; those not asked for hold a default. Owns its memory; reusable, movable.
class RunColumns {
 public:
  RunColumns() = default;
  RunColumns(RunColumns&&) = default;
  RunColumns& operator=(RunColumns&&) = default;
  std::uint32_t count = 0;
  Column<std::uint32_t> day;          // local day + 2^31 (so that it is unsigned and ordered): use day_at
  Column<std::uint64_t> time_of_day;  // micros after local midnight
  Column<std::uint32_t> offset;       // minutes + 2^15
  Column<std::uint32_t> precision;    // record::Precision
  Column<std::uint32_t> kind, code, unit, source, number, status, certainty, author;
  Column<std::uint32_t> value_form;  // record::Value::Form, comparator and scale packed together: use value_at
  Column<std::uint64_t> value;  // zigzag mantissa at that scale; Name of a code value; 0 or 1 for a boolean; text is in
                                // the details; any number for forms that have none
  Column<std::uint32_t> end_form;   // record::End::Form; the next three are any number where it is not `at`
  Column<std::uint64_t> end_local;  // zigzag of (end.local - start.local)
  Column<std::uint32_t> end_offset, end_precision;
  bool has_details = false;       // whether encode_run gave any
  bool has_translations = false;  // whether any of them may be one
  Bytes cold;  // of a run without details, where field_told was asked for: its cold numbers, still packed, for decode_details

  Day day_at(std::size_t row) const { return static_cast<Day>(day[row] ^ 0x80000000u); }
  record::Time start_at(std::size_t row) const;
  record::End end_at(std::size_t row) const;
  RowValue value_at(std::size_t row) const;  // without unit where field_unit was not asked, text empty
  double number_at(std::size_t row) const;   // NaN where the value is not a number

  std::size_t bytes() const;  // memory held, for bounded caches

 private:
  friend Result<void> decode_hot(BytesView, std::uint32_t, RunColumns&, std::optional<std::uint64_t>);
  bool read_columns(Reader& in, std::uint32_t mask, std::uint32_t fields);
  void count_from_one();
  struct Room {
    std::vector<std::uint32_t> narrow[16];
    std::vector<std::uint64_t> wide[3];
  };
  Room room_;
};

// corrupt where checksum, version or any column is wrong; unsupported where the version is newer. `fields` is a mask of
// RunField. `checksum` is what the head names: readers give it, so that these bytes are that run and no other.
Result<void> decode_hot(BytesView hot, std::uint32_t fields, RunColumns& into,
                        std::optional<std::uint64_t> checksum = {});

// What a head need not say of a run that stands in it, by the content of its hot bytes; nothing is checked.
struct RunGist {
  std::uint64_t rows = 0;
  std::optional<Micros> recorded;  // all of them then; nothing where they differ, or details tell
};
RunGist gist_of(BytesView content);

// The details of one run, as far as they were asked for. Owns its memory; reusable, movable.
class RunDetails {
 public:
  // Fills the cold fields of row `i` (and the text of its value) as far as these fields, and those that were decoded, tell of them;
  // spans and strings borrow from this object.
  void fill(std::size_t i, Row& row, std::uint32_t fields = field_all) const;
  std::string_view record(std::size_t i) const;     // "" where it was not decoded, as the next
  std::string_view encounter(std::size_t i) const;  // the record of the encounter that a row names
  bool has_translations() const;                    // of any row
  std::span<const Name> translations(std::size_t i) const;
  std::size_t bytes() const;
  void clear();  // says nothing of any row

  struct Parts;
  RunDetails();
  RunDetails(RunDetails&&) noexcept;
  RunDetails& operator=(RunDetails&&) noexcept;
  ~RunDetails();
  std::unique_ptr<Parts> parts;
};
// `columns` is the same run's, decoded with the same fields: sequences may count the rows of each instant. A run whose details
// are "" keeps its cold numbers (recorded and the like) at the end of its hot bytes, from where decode_hot copied them.
Result<void> decode_details(BytesView details, std::uint32_t fields, const RunColumns& columns, RunDetails& into,
                            std::optional<std::uint64_t> checksum = {});

// Everything of a run, for folding, checks and history: rows in stored order, borrowing from `hot`, `details` and the holder.
struct RunRows {
  RunColumns columns;
  RunDetails details;
  std::vector<Row> rows;
};
Result<std::unique_ptr<RunRows>> decode_run(BytesView hot, BytesView details,
                                            std::optional<std::uint64_t> hot_checksum = {},
                                            std::optional<std::uint64_t> details_checksum = {});

}  // namespace chartline::stored
