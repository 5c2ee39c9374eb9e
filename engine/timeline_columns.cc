// Places of a timeline mostly stand in one run, one behind the other: each such part is copied at once.
#include "engine/timeline_columns.h"

#include <algorithm>
#include <span>

#include "engine/timeline_parts.h"
#include "formats/stored/value_columns.h"

namespace chartline::engine {
namespace {

using Places = std::span<const Timeline::Parts::Place>;

// Rows of a run, mostly all of it.
struct Rows {
  Places places;
  bool one_after_another = places.back().row - places.front().row + 1 == places.size() &&
                           std::ranges::is_sorted(places, {}, &Timeline::Parts::Place::row);

  // Calls use(i, row) for each.
  template <typename Use>
  void each(Use use) const {
    const std::size_t count = places.size(), first = places.front().row;
    if (one_after_another) {
      for (std::size_t i = 0; i < count; ++i) use(i, first + i);
    } else {
      for (std::size_t i = 0; i < count; ++i) use(i, std::size_t{places[i].row});
    }
  }
};

template <typename From, typename To>
void copy(const stored::Column<From>& from, const Rows& rows, To* into) {
  if (from.is_constant()) return void(std::fill_n(into, rows.places.size(), static_cast<To>(from[0])));
  rows.each([into, values = from.values()](std::size_t i, std::size_t row) { into[i] = static_cast<To>(values[row]); });
}

void set_time(const record::Time& time, Micros& local, std::int16_t& offset, std::uint8_t& precision) {
  local = time.local, offset = time.offset_minutes, precision = static_cast<std::uint8_t>(time.precision);
}

void set_end(const record::End& end, const TimelineRoom& c, std::size_t i) {
  c.end_form[i] = static_cast<std::uint8_t>(end.form);
  set_time(end.form == record::End::Form::at ? end.at : record::Time{}, c.end_local[i], c.end_offset[i],
           c.end_precision[i]);
}

void set_value(const stored::RowValue& value, const TimelineRoom& c, std::size_t i) {
  c.value_form[i] = static_cast<std::uint8_t>(value.form);
  c.comparator[i] = static_cast<std::uint8_t>(value.comparator);
  switch (value.form) {
    case record::Value::Form::number: c.value[i] = value.number.mantissa, c.value_scale[i] = value.number.scale; break;
    case record::Value::Form::boolean: c.value[i] = value.boolean; break;
    case record::Value::Form::code: c.value[i] = value.code; break;
    case record::Value::Form::text:
    case record::Value::Form::none:
    case record::Value::Form::date: break;
  }
}

// Where all are numbers of one scale, as mostly: the same as set_value of each.
void copy_numbers(const stored::RunColumns& run, const Rows& rows, const TimelineRoom& c, std::size_t at) {
  const std::uint32_t form = run.value_form[0];
  const std::int8_t scale = stored::scale_of(form);
  std::fill_n(&c.value_form[at], rows.places.size(), static_cast<std::uint8_t>(stored::form_of(form)));
  std::fill_n(&c.comparator[at], rows.places.size(), static_cast<std::uint8_t>(stored::comparator_of(form)));
  rows.each([&, value = &c.value[at], scales = &c.value_scale[at]](std::size_t i, std::size_t row) {
    const record::Decimal number = stored::normal_decimal(unzigzag(run.value[row]), scale);
    value[i] = number.mantissa, scales[i] = number.scale;
  });
}

void copy_values(const stored::RunColumns& run, const Rows& rows, const TimelineRoom& c, std::size_t at) {
  const std::uint32_t form = run.value_form[0];
  const bool are_numbers = run.value_form.is_constant() && stored::form_of(form) == record::Value::Form::number &&
                           stored::scale_of(form) != record::Decimal::binary;
  if (are_numbers) return copy_numbers(run, rows, c, at);
  rows.each([&](std::size_t i, std::size_t row) {
    set_value(stored::unpack_value(run.value_form[row], run.value[row]), c, at + i);
  });
}

// The same as start_at() of each.
void copy_starts(const stored::RunColumns& run, const Rows& rows, const TimelineRoom& c, std::size_t at) {
  constexpr auto day_micros = static_cast<std::uint64_t>(record::micros_per_day);
  rows.each([&, local = &c.start_local[at]](std::size_t i, std::size_t row) {
    local[i] = static_cast<Micros>(static_cast<std::uint64_t>(run.day_at(row)) * day_micros + run.time_of_day[row]);
  });
  if (run.offset.is_constant()) {
    std::fill_n(&c.start_offset[at], rows.places.size(), run.start_at(0).offset_minutes);
  } else {
    rows.each([&](std::size_t i, std::size_t row) { c.start_offset[at + i] = run.start_at(row).offset_minutes; });
  }
  copy(run.precision, rows, &c.start_precision[at]);
}

void copy_run(const stored::RunColumns& run, const Rows& rows, std::uint32_t fields, const TimelineRoom& c,
              std::size_t at) {
  if (fields & stored::field_number) copy(run.number, rows, &c.number[at]);
  if (fields & stored::field_kind) copy(run.kind, rows, &c.kind[at]);
  if (fields & stored::field_code) copy(run.code, rows, &c.code[at]);
  if (fields & stored::field_unit) copy(run.unit, rows, &c.unit[at]);
  if (fields & stored::field_source) copy(run.source, rows, &c.source[at]);
  if (fields & stored::field_time) copy_starts(run, rows, c, at);
  if (fields & stored::field_end && (!run.end_form.is_constant() || run.end_form[0] != 0))
    rows.each([&](std::size_t i, std::size_t row) { set_end(run.end_at(row), c, at + i); });
  if (fields & stored::field_value) copy_values(run, rows, c, at);
}

void copy_rows(const std::vector<const stored::Row*>& rows, Places places, std::uint32_t fields, const TimelineRoom& c,
               std::size_t at) {
  for (const auto& place : places) {
    const stored::Row& row = *rows[place.row];
    if (fields & stored::field_number) c.number[at] = row.number;
    if (fields & stored::field_kind) c.kind[at] = static_cast<std::uint8_t>(row.kind);
    if (fields & stored::field_code) c.code[at] = row.code;
    if (fields & stored::field_unit) c.unit[at] = row.value.unit;
    if (fields & stored::field_source) c.source[at] = row.source;
    if (fields & stored::field_time) set_time(row.start, c.start_local[at], c.start_offset[at], c.start_precision[at]);
    if (fields & stored::field_end) set_end(row.end, c, at);
    if (fields & stored::field_value) set_value(row.value, c, at);
    ++at;
  }
}

}  // namespace

void copy_columns(const Timeline& timeline, std::uint32_t fields, const TimelineRoom& into,
                  std::vector<TimelineStretch>& stretches) {
  const Timeline::Parts& parts = *timeline.parts;
  const std::size_t count = parts.places.size();
  stretches.clear();
  for (std::size_t at = 0; at < count;) {
    std::size_t past = at + 1;
    while (past < count && parts.places[past].piece == parts.places[at].piece) ++past;
    const Piece& piece = *parts.pieces[parts.places[at].piece];
    const Places places(&parts.places[at], past - at);
    piece.columns ? copy_run(*piece.columns, {places}, fields, into, at)
                  : copy_rows(piece.rows, places, fields, into, at);
    if (stretches.empty() || stretches.back().shard != piece.patient.shard)
      stretches.push_back({piece.patient.shard, past});
    stretches.back().past = past;
    at = past;
  }
}

void TimelineColumns::read(const Timeline& timeline, std::uint32_t fields) {
  const std::size_t count = timeline.size();
  const auto begin = [&](std::uint32_t field, auto&... columns) {
    (columns.assign(fields & field ? count : 0, {}), ...);
  };
  begin(stored::field_number, number);
  begin(stored::field_kind, kind);
  begin(stored::field_code, code);
  begin(stored::field_unit, unit);
  begin(stored::field_source, source);
  begin(stored::field_time, start_local, start_offset, start_precision);
  begin(stored::field_end, end_local, end_offset, end_precision, end_form);
  begin(stored::field_value, value_form, comparator, value, value_scale);
  const TimelineRoom into{.number = number.data(),
                          .kind = kind.data(),
                          .code = code.data(),
                          .unit = unit.data(),
                          .source = source.data(),
                          .start_local = start_local.data(),
                          .end_local = end_local.data(),
                          .start_offset = start_offset.data(),
                          .end_offset = end_offset.data(),
                          .start_precision = start_precision.data(),
                          .end_precision = end_precision.data(),
                          .end_form = end_form.data(),
                          .value_form = value_form.data(),
                          .comparator = comparator.data(),
                          .value = value.data(),
                          .value_scale = value_scale.data()};
  copy_columns(timeline, fields, into, stretches);
}

}  // namespace chartline::engine
