// Reading the hot columns of a run. Bytes are not trusted.
#include <algorithm>
#include <bit>
#include <numeric>

#include "formats/stored/bits.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/hot_columns.h"
#include "formats/stored/run.h"
#include "formats/stored/seal.h"

namespace chartline::stored {

namespace {

// Reads or passes over one stored column of `count` values.
template <typename T>
bool read_part(const HotPart<T>& part, std::uint32_t fields, Reader& in, std::size_t count, std::vector<T>& room,
               RunColumns& into) {
  if ((part.fields & fields) == 0) return skip(in, count);
  Column<T>& column = into.*part.values;
  if (!unpack_column(in, count, part.bias, room, column)) return false;
  return all_up_to(column, count, part.greatest);
}

// A column that has one value for each sort of row.
bool read_of_sorts(const HotPart<std::uint32_t>& part, std::uint32_t fields, Reader& in, std::size_t sorts,
                   const Column<std::uint32_t>& sort, std::vector<std::uint32_t>& room, RunColumns& into) {
  thread_local std::vector<std::uint32_t> few;
  if (!read_part(part, fields, in, sorts, few, into)) return false;
  Column<std::uint32_t>& column = into.*part.values;
  if (column.is_constant()) return true;  // or passed over
  if (sort.is_constant()) return false;   // sorts differ
  const std::size_t rows = into.count;
  if (room.size() < rows + room_margin) room.resize(rows + room_margin);
  const std::uint32_t *const of = column.values(), *const places = sort.values();
  std::uint32_t* const to = room.data();
  for (std::size_t i = 0; i < rows; ++i) to[i] = of[places[i]];
  column = Column<std::uint32_t>(to);
  return true;
}

// A column that is stored of those rows alone of which `has` holds, as `which` says.
template <typename T>
bool read_some(const HotPart<T>& part, std::uint32_t fields, Reader& in, const Column<std::uint32_t>& which, auto&& has,
               std::vector<T>& room, RunColumns& into) {
  const std::size_t rows = into.count;
  const std::uint64_t count = in.varint();
  if (!in.ok() || count > rows) return false;
  thread_local std::vector<T> few;
  if (!read_part(part, fields, in, count, few, into)) return false;
  if ((part.fields & fields) == 0) return true;
  if (which.is_constant()) return false;  // all have it, or none
  Column<T>& column = into.*part.values;
  if (few.size() < rows + 1) few.resize(rows + 1);
  if (column.is_constant()) std::fill_n(few.begin(), count, column[0]);
  if (room.size() < rows + room_margin) room.resize(rows + room_margin);
  std::size_t at = 0;
  const T* const from = few.data();
  T* const to = room.data();
  const std::uint32_t* const words = which.values();
  const T standard = part.standard;
  for (std::size_t i = 0; i < rows; ++i) {
    const bool here = has(words[i]);
    to[i] = here ? from[at] : standard;
    at += here;
  }
  column = Column<T>(to);
  return at == count;
}

constexpr std::uint32_t columns_of(std::uint32_t fields) {
  std::uint32_t columns = 0;
  for (const auto& part : narrow_parts) columns |= (part.fields & fields) ? 1u << part.column : 0;
  for (const auto& part : wide_parts) columns |= (part.fields & fields) ? 1u << part.column : 0;
  return columns;
}
constexpr std::uint32_t sort_columns_all = (1u << hot_sort_columns) - 1;

}  // namespace

Result<void> decode_hot(BytesView hot, std::uint32_t fields, RunColumns& into, std::optional<std::uint64_t> checksum) {
  const BytesView body = TRY(unseal(hot, "run", checksum));
  Reader in(body);
  const std::uint64_t count = in.varint();
  const std::uint64_t mask = in.varint();
  const std::uint64_t cold_bytes = mask >> hot_cold & 1 ? in.varint() : 0;
  if (!in.ok() || count > rows_limit || mask >> hot_mask_bits != 0 || cold_bytes > in.left()) return wrong_bytes("run");
  into.count = static_cast<std::uint32_t>(count);
  into.has_details = mask >> hot_has_details & 1;
  into.has_translations = into.has_details && (mask >> hot_untranslated & 1) == 0;
  into.cold.assign(fields & field_told ? body.substr(body.size() - cold_bytes) : BytesView());
  Reader columns(in.raw(in.left() - cold_bytes));
  if (!into.read_columns(columns, static_cast<std::uint32_t>(mask), fields)) return wrong_bytes("run");
  return {};
}

void RunColumns::count_from_one() {
  if (count == 0) return;
  std::vector<std::uint32_t>& room = room_.narrow[hot_places[hot_number].at];
  if (room.size() < count) room.resize(count);
  std::iota(room.begin(), room.begin() + count, 1u);
  number = Column<std::uint32_t>(room.data());
}

// False where the bytes are not the columns of so many rows.
bool RunColumns::read_columns(Reader& in, std::uint32_t mask, std::uint32_t fields) {
  for (const auto& part : narrow_parts) this->*part.values = Column<std::uint32_t>(part.standard);
  for (const auto& part : wide_parts) this->*part.values = Column<std::uint64_t>(part.standard);
  const std::uint32_t wanted = columns_of(fields);
  // Lowest bit first; past the last column asked for there is nothing to pass over.
  std::uint32_t left = mask & ((1u << hot_columns) - 1);

  if (mask >> hot_counted & 1) {
    if (mask >> hot_number & 1) return false;
    if (fields & field_number) count_from_one();
  }
  std::uint64_t sorts = 0;
  Column<std::uint32_t> sort(0u);
  if (mask >> hot_has_sorts & 1) {
    sorts = in.varint();
    if (!in.ok() || sorts == 0 || sorts > sorts_max) return false;
    if ((left & wanted & sort_columns_all) == 0) {
      if (!skip(in, count)) return false;
    } else {
      thread_local std::vector<std::uint32_t> places;
      if (!unpack_column(in, count, 0u, places, sort)) return false;
      if (!all_up_to(sort, count, static_cast<std::uint32_t>(sorts - 1))) return false;
    }
  }
  for (; (left & wanted) != 0; left &= left - 1) {
    const auto column = static_cast<unsigned>(std::countr_zero(left));
    const HotPlace place = hot_places[column];
    bool read = false;
    if (column < hot_sort_columns && sorts != 0) {
      read = read_of_sorts(narrow_parts[place.at], fields, in, sorts, sort, room_.narrow[place.at], *this);
    } else if (column == hot_day && (mask >> hot_some_days & 1)) {
      read = read_some(narrow_parts[place.at], fields, in, precision, is_dated, room_.narrow[place.at], *this);
    } else if (column == hot_time_of_day && (mask >> hot_some_times & 1)) {
      read = read_some(wide_parts[place.at], fields, in, precision, is_timed, room_.wide[place.at], *this);
    } else if (column == hot_value && (mask >> hot_some_values & 1)) {
      read = read_some(wide_parts[place.at], fields, in, value_form, has_word, room_.wide[place.at], *this);
    } else if (place.wide) {
      read = read_part(wide_parts[place.at], fields, in, count, room_.wide[place.at], *this);
    } else {
      read = read_part(narrow_parts[place.at], fields, in, count, room_.narrow[place.at], *this);
    }
    if (!read) return false;
  }
  return (left != 0 || in.done()) && all_forms(value_form, count);
}

RunGist gist_of(BytesView content) {
  Reader in(content);
  RunGist gist;
  gist.rows = in.varint();
  const std::uint64_t mask = in.varint(), cold_bytes = mask >> hot_cold & 1 ? in.varint() : 0;
  if (cold_bytes == 0 || cold_bytes > in.left()) return gist;
  in.raw(in.left() - cold_bytes);
  const bool has_recorded = in.u8() & 1, constant = in.u8() == form::frame;
  const std::int64_t recorded = in.signed_varint();
  if (has_recorded && constant && in.ok()) gist.recorded = recorded;
  return gist;
}

}  // namespace chartline::stored
