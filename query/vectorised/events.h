// Events of one block of patients as columns, and lists of them. A place is a patient of the block: id = block x 4,096 +
// place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/view.h"
#include "formats/record/event.h"
#include "query/when.h"

namespace chartline::query::vectorised {

using Place = std::uint16_t;
inline constexpr std::uint32_t block_patients = stored::block_patients;
// The days of which tables are kept, whole years: 1900 to 2099.
inline constexpr record::Day table_first = -25'567, table_days = 73'049;

// The least of first .. past-1 for which something holds, where it holds for all behind that too; past if for none.
template <typename Holds>
std::size_t first_where(std::size_t first, std::size_t past, const Holds& holds) {
  while (first < past) {
    const std::size_t middle = first + (past - first) / 2;
    if (holds(middle)) {
      past = middle;
    } else {
      first = middle + 1;
    }
  }
  return first;
}

// What of the events is asked for beside the patient. Columns not asked for are empty.
enum Field : std::uint32_t {
  field_day = 1,     // the local date alone, as it is known
  field_time = 2,    // at, second, offset; and the date
  field_order = 4,   // sorted by time
  field_number = 8,  // number: the identity
  field_value = 16,  // value, form, comparator, unit
  field_kind = 32,
  field_code = 64,        // the primary one
  field_grouped = 128,    // those of a patient stand together, and `begin` tells where
  field_exact = 256,      // the second alone does not do: whoever has a fraction of one is odd
  field_by_code = 512,    // those of a patient with one code stand together
  field_complete = 1024,  // all of a patient are there at once, in whatever order
  field_once = 2048,      // each event once, however many of its codings are among those asked for
  field_source = 4096,
  field_primary = 8192,  // code as well, but nobody is odd: it is 0 where an event came by a translation
  field_author = 16384,
  field_status = 32768,
  field_certainty = 65536,
  field_end = 131072,  // and time
};

// A date as it is known.
inline record::Time date_known(record::Day day, record::Precision precision) {
  record::Time made = record::day_time(day);
  made.precision = std::min(precision, record::Precision::day);
  return made;
}

// Whether all that a date may be lies from first to last.
inline bool surely_within(record::Day day, record::Precision precision, record::Day first, record::Day last) {
  if (day < first || day > last) return false;
  if (precision >= record::Precision::day) return true;
  const record::Time date = date_known(day, precision);
  return date.known() && day_extent(date).last <= last;
}

struct Events {
  // With field_grouped in order of place; with field_order within a place by instant, the coarser first.
  std::vector<Place> place;
  std::vector<std::uint32_t> begin;  // of each place, and the end: block_patients + 1
  std::vector<record::Day> day;      // local: the first that it may be
  std::vector<record::Precision> precision;
  std::vector<std::int64_t> at;       // second of the first instant, UTC; the least of all where there is no time
  std::vector<std::uint32_t> second;  // after local midnight
  std::vector<std::int16_t> offset;
  std::vector<std::uint32_t> number;
  std::vector<double> value;  // NaN: no number
  std::vector<record::Value::Form> form;
  std::vector<record::Comparator> comparator;
  std::vector<engine::Name> unit;
  std::vector<record::Kind> kind;
  std::vector<engine::Name> code;
  std::vector<engine::Name> source;
  std::vector<record::Author> author;
  std::vector<record::Status> status;
  std::vector<record::Certainty> certainty;
  std::vector<stored::PostingEnd> end;
  std::uint32_t fields = 0;           // of Field: what they have
  std::vector<std::uint32_t> leaves;  // which they were made of: see Leaf

  std::size_t size() const { return place.size(); }
  record::Time time(std::size_t i) const {
    record::Time made;
    made.local = day[i] * record::micros_per_day + second[i] * record::micros_per_second;
    made.offset_minutes = offset[i];
    made.precision = precision[i];
    return made;
  }
  record::Time date(std::size_t i) const { return date_known(day[i], precision[i]); }
  record::End end_of(std::size_t i) const { return stored::end_of(end[i], time(i)); }
  void clear();
  void take(const Events& from, std::size_t i);  // the columns of `fields`
  // Those from `first` on, each by its number among them, in this order.
  void reorder(std::size_t first, std::span<const std::uint32_t> order);
};

// For each place, or for each row of a frame, some events in order.
struct Lists {
  const Events* events = nullptr;
  bool by_place = false;             // else by row
  std::vector<std::uint32_t> begin;  // one more than there are places or rows
  std::vector<std::uint32_t> index;  // into events; unused where `whole`
  bool whole = false;                // all events, as they stand
  bool loose = false;                // by place, but in no order: whose each is, it tells itself

  std::uint32_t first(std::size_t i) const { return whole ? events->begin[i] : begin[i]; }
  std::uint32_t past(std::size_t i) const { return whole ? events->begin[i + 1] : begin[i + 1]; }
  std::uint32_t at(std::uint32_t k) const { return whole ? k : index[k]; }
  std::size_t size() const { return whole ? events->size() : index.size(); }
  std::uint32_t count(std::size_t i) const { return past(i) - first(i); }
};
using ListsPtr = std::shared_ptr<const Lists>;

// At most one event for each row.
inline constexpr std::uint32_t no_event = ~0u;
struct EventColumn {
  const Events* events = nullptr;
  std::vector<std::uint32_t> index{};
};

// Frames within frames grow by products, so that their size is bounded: rows beyond it make their patients odd.
inline constexpr std::size_t frame_rows_max = std::size_t{1} << 21;

// Rows about which something is asked: patients, or the candidates of a filter within them. Each frame knows the rows that
// its own were made of, so that what holds for those is found again.
struct Frame {
  const Frame* outer = nullptr;
  std::vector<std::uint32_t> parent;  // row of outer
  std::vector<Place> place;
  std::uint32_t slot = 0;  // 0: none
  EventColumn event{};     // of the slot
  std::size_t rows() const { return place.size(); }
};

}  // namespace chartline::query::vectorised
