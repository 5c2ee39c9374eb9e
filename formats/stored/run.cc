#include "formats/stored/run.h"

#include <algorithm>

#include "base/check.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/hot_columns.h"
#include "formats/stored/run_details.h"
#include "formats/stored/seal.h"

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
bool transpose(std::span<const Row> rows, HotScratch& to) {
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
    const Row& row = rows[i];
    const std::int64_t local_day = floor_day(row.start.local);
    day[i] = static_cast<std::uint32_t>(local_day) ^ day_zero;
    time_of_day[i] = static_cast<std::uint64_t>(row.start.local) -
                     static_cast<std::uint64_t>(local_day) * static_cast<std::uint64_t>(record::micros_per_day);
    offset[i] = offset_word(row.start);
    precision[i] = static_cast<std::uint32_t>(row.start.precision);
    code[i] = row.code;
    kind[i] = static_cast<std::uint32_t>(row.kind);
    number[i] = row.number;
    value_form[i] = form_word(row.value);
    value[i] = value_word(row.value);
    source[i] = row.source;
    unit[i] = row.value.unit;
    status[i] = static_cast<std::uint32_t>(row.status);
    author[i] = static_cast<std::uint32_t>(row.author);
    certainty[i] = static_cast<std::uint32_t>(row.certainty);
    end_form[i] = static_cast<std::uint32_t>(row.end.form);
    ends |= end_form[i];
  }
  even_out(to.narrow[hot_places[hot_value_form].at], to.wide[hot_places[hot_value].at]);
  return ends != 0;
}

// Rows whose end is not a time take the words of the one before, so that they do not widen the columns.
void transpose_ends(std::span<const Row> rows, HotScratch& to) {
  std::uint64_t local = 0;
  std::uint32_t offset = offset_zero, precision = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].end.form == record::End::Form::at) {
      const Time& at = rows[i].end.at;
      local = zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(at.local) -
                                               static_cast<std::uint64_t>(rows[i].start.local)));
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

template <typename T>
void pack_part(const HotPart<T>& part, std::span<const T> values, std::uint32_t& mask, Bytes& out) {
  if (all_are(values, part.standard)) return;
  mask |= 1u << part.column;
  pack_column(values, part.bias, out);
}

bool in_order(std::span<const Row> rows) {
  return std::is_sorted(rows.begin(), rows.end(),
                        [](const Row& a, const Row& b) { return a.start.instant() < b.start.instant(); });
}

}  // namespace

RunBytes encode_run(std::span<const Row> rows) {
  check(rows.size() <= rows_limit, "a run has no more rows than its format allows");
  check(in_order(rows), "the rows of a run are in order of time");
  thread_local HotScratch scratch;
  thread_local Bytes packed, cold;
  packed.clear(), cold.clear();

  const bool has_ends = transpose(rows, scratch);
  if (has_ends) transpose_ends(rows, scratch);
  std::uint32_t mask = 0;
  for (unsigned column = 0; column < (has_ends ? hot_columns : hot_end_form); ++column) {
    if (column == hot_cold) continue;  // stands at the end
    const HotPlace place = hot_places[column];
    if (place.wide)
      pack_part<std::uint64_t>(wide_parts[place.at], scratch.wide[place.at], mask, packed);
    else
      pack_part<std::uint32_t>(narrow_parts[place.at], scratch.narrow[place.at], mask, packed);
  }

  RunBytes run;
  if (need_details(rows)) {
    encode_details(rows, run.details);
    run.details_checksum = seal(run.details);
    mask |= 1u << hot_has_details;
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

namespace {

// Reads or passes over one stored column.
template <typename T>
bool read_part(const HotPart<T>& part, std::uint32_t fields, Reader& in, std::size_t count, std::vector<T>& room,
               RunColumns& into) {
  if ((part.fields & fields) == 0) return skip(in, count);
  Column<T>& column = into.*part.values;
  if (!unpack_column(in, count, part.bias, room, column)) return false;
  return all_up_to(column, count, part.greatest);
}

constexpr std::uint32_t columns_of(std::uint32_t fields) {
  std::uint32_t columns = 0;
  for (const auto& part : narrow_parts) columns |= (part.fields & fields) ? 1u << part.column : 0;
  for (const auto& part : wide_parts) columns |= (part.fields & fields) ? 1u << part.column : 0;
  return columns;
}

}  // namespace

Result<void> decode_hot(BytesView hot, std::uint32_t fields, RunColumns& into, std::optional<std::uint64_t> checksum) {
  const BytesView body = TRY(unseal(hot, "run", checksum));
  Reader in(body);
  const std::uint64_t count = in.varint();
  const std::uint64_t mask = in.varint();
  const std::uint64_t cold_bytes = mask >> hot_cold & 1 ? in.varint() : 0;
  if (!in.ok() || count > rows_limit || mask >> (hot_has_details + 1) != 0 || cold_bytes > in.left())
    return wrong_bytes("run");
  into.count = static_cast<std::uint32_t>(count);
  into.has_details = mask >> hot_has_details & 1;
  into.cold.assign(body.substr(body.size() - cold_bytes));
  Reader columns(in.raw(in.left() - cold_bytes));

  const std::uint32_t wanted = columns_of(fields);
  for (const auto& part : narrow_parts) into.*part.values = Column<std::uint32_t>(part.standard);
  for (const auto& part : wide_parts) into.*part.values = Column<std::uint64_t>(part.standard);
  // Lowest bit first; past the last column asked for there is nothing to pass over.
  std::uint32_t left = static_cast<std::uint32_t>(mask) & ~(1u << hot_cold | 1u << hot_has_details);
  for (; (left & wanted) != 0; left &= left - 1) {
    const HotPlace place = hot_places[static_cast<std::size_t>(std::countr_zero(left))];
    const bool read = place.wide
                          ? read_part(wide_parts[place.at], fields, columns, count, into.room_.wide[place.at], into)
                          : read_part(narrow_parts[place.at], fields, columns, count, into.room_.narrow[place.at], into);
    if (!read) return wrong_bytes("run");
  }
  if ((left == 0 && !columns.done()) || !all_forms(into.value_form, count)) return wrong_bytes("run");
  return {};
}

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
  TRY(decode_hot(hot, field_hot, run->columns, hot_checksum));
  run->details = TRY(decode_details(details, run->columns, details_checksum));
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
