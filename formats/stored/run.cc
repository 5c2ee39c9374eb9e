#include "formats/stored/run.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "base/check.h"
#include "formats/stored/bits.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/hot_columns.h"
#include "formats/stored/run_details.h"
#include "formats/stored/seal.h"
#include "formats/stored/whole_rows.h"

namespace chartline::stored {

using record::Time;

namespace {

// Rows turned into columns, before packing. One for each thread: encoding allocates only until it has seen its largest run.
struct HotScratch {
  std::vector<std::uint32_t> narrow[narrow_parts.size()];
  std::vector<std::uint64_t> wide[wide_parts.size()];

  std::uint32_t* narrow_column(HotColumn column) { return narrow[hot_places[column].at].data(); }
  std::uint64_t* wide_column(HotColumn column) { return wide[hot_places[column].at].data(); }
};

std::int64_t floor_day(Micros local) {
  const std::int64_t day = local / record::micros_per_day;
  return day - (local % record::micros_per_day < 0);
}

// local = day x micros_per_day + micros, modulo 2^64: any bytes give some number.
Micros local_of(Day day, std::uint64_t micros) {
  return static_cast<Micros>(static_cast<std::uint64_t>(day) * static_cast<std::uint64_t>(record::micros_per_day) +
                             micros);
}

std::uint32_t offset_word(const Time& time) {
  return static_cast<std::uint32_t>(time.offset_minutes + static_cast<int>(offset_zero));
}
std::int16_t offset_minutes(std::uint32_t word) {
  return static_cast<std::int16_t>(static_cast<int>(word) - static_cast<int>(offset_zero));
}

// True where some row has an end other than `point`.
template <typename Rows>
bool transpose(const Rows& rows, HotScratch& to) {
  for (auto& column : to.narrow) column.resize(rows.size());
  for (auto& column : to.wide) column.resize(rows.size());
  std::uint32_t* const day = to.narrow_column(hot_day);
  std::uint64_t* const time_of_day = to.wide_column(hot_time_of_day);
  std::uint32_t* const offset = to.narrow_column(hot_offset);
  std::uint32_t* const precision = to.narrow_column(hot_precision);
  std::uint32_t* const code = to.narrow_column(hot_code);
  std::uint32_t* const kind = to.narrow_column(hot_kind);
  std::uint32_t* const number = to.narrow_column(hot_number);
  std::uint32_t* const value_form = to.narrow_column(hot_value_form);
  std::uint64_t* const value = to.wide_column(hot_value);
  std::uint32_t* const source = to.narrow_column(hot_source);
  std::uint32_t* const unit = to.narrow_column(hot_unit);
  std::uint32_t* const status = to.narrow_column(hot_status);
  std::uint32_t* const author = to.narrow_column(hot_author);
  std::uint32_t* const certainty = to.narrow_column(hot_certainty);
  std::uint32_t* const end_form = to.narrow_column(hot_end_form);
  std::uint32_t ends = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const HotWords row = rows.hot(i);
    const std::int64_t local_day = floor_day(row.local);
    day[i] = static_cast<std::uint32_t>(local_day) ^ day_zero;
    time_of_day[i] = static_cast<std::uint64_t>(row.local) -
                     static_cast<std::uint64_t>(local_day) * static_cast<std::uint64_t>(record::micros_per_day);
    offset[i] = row.offset;
    precision[i] = row.precision;
    code[i] = row.code;
    kind[i] = row.kind;
    number[i] = row.number;
    value_form[i] = row.value_form;
    value[i] = row.value;
    source[i] = row.source;
    unit[i] = row.unit;
    status[i] = row.status;
    author[i] = row.author;
    certainty[i] = row.certainty;
    end_form[i] = row.end_form;
    ends |= end_form[i];
  }
  even_out(to.narrow[hot_places[hot_value_form].at], to.wide[hot_places[hot_value].at]);
  return ends != 0;
}

// Rows whose end is not a time take the words of the one before, so that they do not widen the columns.
template <typename Rows>
void transpose_ends(const Rows& rows, HotScratch& to) {
  std::uint64_t local = 0;
  std::uint32_t offset = offset_zero, precision = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows.row(i);
    if (row.end.form == record::End::Form::at) {
      const Time& at = row.end.at;
      local = zigzag(
          static_cast<std::int64_t>(static_cast<std::uint64_t>(at.local) - static_cast<std::uint64_t>(row.start.local)));
      offset = offset_word(at);
      precision = static_cast<std::uint32_t>(at.precision);
    }
    to.wide_column(hot_end_local)[i] = local;
    to.narrow_column(hot_end_offset)[i] = offset;
    to.narrow_column(hot_end_precision)[i] = precision;
  }
}

template <typename T>
bool all_are(std::span<const T> values, T standard) {
  T different = 0;
  for (const T value : values) different |= value ^ standard;
  return different == 0;
}

// What differs from row to row as if by chance: no block compresses it.
constexpr Packing packing_of(HotColumn column) {
  return column == hot_day || column == hot_time_of_day || column == hot_code ? Packing::tightest : Packing::tight;
}

template <typename T>
void pack_part(const HotPart<T>& part, std::type_identity_t<std::span<const T>> values, std::uint32_t& mask, Bytes& out) {
  if (all_are(values, part.standard)) return;
  mask |= 1u << part.column;
  pack_column(values, part.bias, out, packing_of(part.column));
}

// The rows of which a column says something, by another column; words of others may be any.
struct Some {
  HotColumn bit;
  std::span<const std::uint32_t> which;
  bool others_are_standard;
};

template <typename T>
void pack_some(const HotPart<T>& part, std::type_identity_t<std::span<const T>> values, const Some& some, auto&& has,
               std::uint32_t& mask, Bytes& out) {
  if (all_are(some.which, some.which[0])) return pack_part(part, values, mask, out);
  thread_local std::vector<T> room;
  room.resize(values.size());
  T* const chosen = room.data();
  std::size_t count = 0;
  bool others_differ = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool here = has(some.which[i]);
    chosen[count] = values[i];
    count += here;
    others_differ |= !here && values[i] != part.standard;
  }
  if (count == values.size() || (some.others_are_standard && others_differ)) return pack_part(part, values, mask, out);
  const std::span<const T> of_some(chosen, count);
  if (all_are(of_some, part.standard)) return;
  mask |= 1u << part.column | 1u << some.bit;
  Writer(out).varint(count);
  pack_column(of_some, part.bias, out, packing_of(part.column));
}

// The columns that say what sort of event a row is: for each sort, or row by row.
void pack_sorts(const HotScratch& scratch, std::uint32_t& mask, Bytes& out) {
  thread_local Sorts sorts;
  std::array<std::span<const std::uint32_t>, hot_sort_columns> columns;
  for (unsigned column = 0; column < hot_sort_columns; ++column)
    columns[column] = scratch.narrow[hot_places[column].at];
  const bool has_sorts = sorts.find(columns);
  if (has_sorts) {
    mask |= 1u << hot_has_sorts;
    Writer(out).varint(sorts.count());
    pack_column<std::uint32_t>(sorts.places(), 0, out, Packing::tight);
  }
  for (unsigned column = 0; column < hot_sort_columns; ++column) {
    const auto& part = narrow_parts[hot_places[column].at];
    pack_part(part, has_sorts ? sorts.of(columns[column]) : columns[column], mask, out);
  }
}

bool are_counted(std::span<const std::uint32_t> numbers) {
  const Measures<std::uint32_t> m = measure(numbers.data(), numbers.size());
  return m.min == 1 && m.ascending && (numbers.size() == 1 || (m.step_min == 1 && m.step_max == 1));
}

void pack_columns(HotScratch& scratch, bool has_ends, std::uint32_t& mask, Bytes& out) {
  pack_sorts(scratch, mask, out);
  const auto narrow = [&](HotColumn column) -> std::span<const std::uint32_t> {
    return scratch.narrow[hot_places[column].at];
  };
  const auto wide = [&](HotColumn column) -> std::span<const std::uint64_t> {
    return scratch.wide[hot_places[column].at];
  };
  const auto pack_narrow = [&](HotColumn column) {
    pack_part(narrow_parts[hot_places[column].at], narrow(column), mask, out);
  };
  const std::span<const std::uint32_t> precision = narrow(hot_precision), form = narrow(hot_value_form);
  pack_some(
      narrow_parts[hot_places[hot_day].at], narrow(hot_day), {hot_some_days, precision, true},
      [](std::uint32_t word) { return is_dated(word); }, mask, out);
  pack_some(
      wide_parts[hot_places[hot_time_of_day].at], wide(hot_time_of_day), {hot_some_times, precision, true},
      [](std::uint32_t word) { return is_timed(word); }, mask, out);
  pack_narrow(hot_offset);
  pack_narrow(hot_code);
  const std::span<const std::uint32_t> number = narrow(hot_number);
  if (are_counted(number)) mask |= 1u << hot_counted;
  else pack_narrow(hot_number);
  pack_some(
      wide_parts[hot_places[hot_value].at], wide(hot_value), {hot_some_values, form, false},
      [](std::uint32_t word) { return has_word(word); }, mask, out);
  if (!has_ends) return;
  pack_part(wide_parts[hot_places[hot_end_local].at], wide(hot_end_local), mask, out);
  pack_narrow(hot_end_offset);
  pack_narrow(hot_end_precision);
}

template <typename Rows>
bool in_order(const Rows& rows) {
  Micros last = std::numeric_limits<Micros>::min();
  bool ascend = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Micros instant = rows.instant(i);
    ascend &= last <= instant;
    last = instant;
  }
  return ascend;
}

template <typename Rows>
RunBytes encode(const Rows& rows) {
  check(rows.size() <= rows_limit, "a run has no more rows than its format allows");
  check(in_order(rows), "the rows of a run are in order of time");
  thread_local HotScratch scratch;
  thread_local Bytes packed, cold;
  packed.clear(), cold.clear();

  const bool has_ends = transpose(rows, scratch);
  if (has_ends) transpose_ends(rows, scratch);
  std::uint32_t mask = 0;
  if (rows.size() != 0) pack_columns(scratch, has_ends, mask, packed);

  RunBytes run;
  if (need_details(rows)) {
    const bool translated = encode_details(rows, run.details);
    run.details_checksum = seal(run.details);
    mask |= 1u << hot_has_details | (translated ? 0 : 1u << hot_untranslated);
  } else {
    encode_cold_numbers(rows, cold);
  }
  if (!cold.empty()) mask |= 1u << hot_cold;

  run.hot.reserve(packed.size() + cold.size() + 20);
  Writer write(run.hot);
  write.u8(format_version);
  write.varint(rows.size());
  write.varint(mask);
  if (!cold.empty()) write.varint(cold.size());
  write.raw(packed);
  write.raw(cold);
  run.hot_checksum = seal(run.hot);
  return run;
}

}  // namespace

RunBytes encode_run(std::span<const Row> rows) { return encode(WholeRows(rows)); }
RunBytes encode_run(const MixedRows& rows) { return encode(rows); }

Time RunColumns::start_at(std::size_t row) const {
  return {local_of(day_at(row), time_of_day[row]), offset_minutes(offset[row]),
          static_cast<record::Precision>(precision[row])};
}

record::End RunColumns::end_at(std::size_t row) const {
  record::End end;
  end.form = static_cast<record::End::Form>(end_form[row]);
  if (end.form == record::End::Form::at) {
    const std::uint64_t start = static_cast<std::uint64_t>(local_of(day_at(row), time_of_day[row]));
    end.at = {static_cast<Micros>(start + static_cast<std::uint64_t>(unzigzag(end_local[row]))),
              offset_minutes(end_offset[row]), static_cast<record::Precision>(end_precision[row])};
  }
  return end;
}

RowValue RunColumns::value_at(std::size_t row) const {
  RowValue found = unpack_value(value_form[row], value[row]);
  found.unit = unit[row];
  return found;
}

double RunColumns::number_at(std::size_t row) const { return number_of(value_form[row], value[row]); }

std::size_t RunColumns::bytes() const {
  std::size_t bytes = sizeof *this + cold.capacity();
  for (const auto& room : room_.narrow) bytes += room.capacity() * sizeof(std::uint32_t);
  for (const auto& room : room_.wide) bytes += room.capacity() * sizeof(std::uint64_t);
  return bytes;
}

Result<std::unique_ptr<RunRows>> decode_run(BytesView hot, BytesView details, std::optional<std::uint64_t> hot_checksum,
                                            std::optional<std::uint64_t> details_checksum) {
  auto run = std::make_unique<RunRows>();
  TRY(decode_hot(hot, field_all, run->columns, hot_checksum));
  TRY(decode_details(details, field_all, run->columns, run->details, details_checksum));
  const RunColumns& columns = run->columns;
  run->rows.resize(columns.count);
  for (std::size_t i = 0; i < run->rows.size(); ++i) {
    Row& row = run->rows[i];
    row.number = columns.number[i];
    row.kind = static_cast<record::Kind>(columns.kind[i]);
    row.status = static_cast<record::Status>(columns.status[i]);
    row.certainty = static_cast<record::Certainty>(columns.certainty[i]);
    row.author = static_cast<record::Author>(columns.author[i]);
    row.code = columns.code[i];
    row.source = columns.source[i];
    row.start = columns.start_at(i);
    row.end = columns.end_at(i);
    row.value = columns.value_at(i);
    run->details.fill(i, row);
  }
  return run;
}

}  // namespace chartline::stored
