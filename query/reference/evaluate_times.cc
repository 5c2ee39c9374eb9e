// Times: how they compare, move, and how far apart they are.

#include "query/reference/evaluator_parts.h"
#include "query/when.h"

namespace chartline::query {

using record::Day;
using record::Precision;
using record::Time;
using typed::Node;
using typed::Op;

namespace {

bool is_instant(const Moment& moment) { return moment.form == Moment::Form::instant; }
bool is_exact(const Moment& moment) { return is_instant(moment) && moment.time.precision >= Precision::second; }

// The smallest of instant, day, month and year that holds both; nothing where they are in two years.
std::optional<Time> around(const Time& first, const Time& last) {
  if (first == last) return first;
  const auto begins = [&](Day day, Precision precision) {
    return Time{.local = day * record::micros_per_day, .offset_minutes = first.offset_minutes, .precision = precision};
  };
  const record::CivilDay a = record::civil(first.day()), b = record::civil(last.day());
  if (a.year != b.year) return std::nullopt;
  if (a.month != b.month) return begins(record::days_from_civil(a.year, 1, 1), Precision::year);
  if (a.day != b.day) return begins(record::days_from_civil(a.year, a.month, 1), Precision::month);
  return begins(first.day(), Precision::day);
}

std::optional<Time> normal(const Time& time) { return record::is_normal(time) ? std::optional(time) : std::nullopt; }

std::optional<Time> moved_exactly(const Time& time, const Duration& by) {
  const Micros distance = micros(by);
  const auto at = [&](Micros local) {
    return Time{.local = local, .offset_minutes = time.offset_minutes, .precision = Precision::finer};
  };
  if (time.precision >= Precision::second) {
    Time made = at(time.local + distance);
    made.precision = time.precision;
    return normal(made);
  }
  const record::Interval whole = record::interval(time);
  const Micros length = whole.past - whole.first;
  const std::optional<Time> first = normal(at(time.local + distance)),
                            last = normal(at(time.local + distance + length - 1));
  return first && last ? around(*first, *last) : std::nullopt;
}

// By local date. A month moves by months to a month, a year by years to a year.
std::optional<Time> moved_by_date(const Time& time, const Duration& by, MonthEnd mode) {
  const bool by_years = by.unit == DurationUnit::years, by_months = by.unit == DurationUnit::months || by_years;
  const DayExtent days = day_extent(time);
  const std::optional<Day> first = add(days.first, by, mode), last = add(days.last, by, mode);
  if (!first) return std::nullopt;
  if ((time.precision == Precision::month && by_months) || (time.precision == Precision::year && by_years)) {
    return Time{
        .local = *first * record::micros_per_day, .offset_minutes = time.offset_minutes, .precision = time.precision};
  }
  if (!last) return std::nullopt;
  return around(record::day_time(*first, time.offset_minutes), record::day_time(*last, time.offset_minutes));
}

// A date beside an instant is a date where that was.
std::pair<Time, Time> side_by_side(const Moment& a, const Moment& b) {
  Time x = a.time, y = b.time;
  if (!is_instant(a)) x.offset_minutes = y.offset_minutes;
  if (!is_instant(b)) y.offset_minutes = x.offset_minutes;
  return {x, y};
}

}  // namespace

Time first_day(const Moment& moment) {
  return moment.form == Moment::Form::span ? record::day_time(day_extent(moment.time).first) : moment.time;
}
Time last_day(const Moment& moment) {
  return moment.form == Moment::Form::span ? record::day_time(day_extent(moment.time).last) : moment.time;
}

Time date_of(const Time& time) {
  if (!time.known()) return {};
  Time date = time;
  if (time.precision > Precision::day) date = record::day_time(time.day());
  date.offset_minutes = 0;
  return date;
}

Moment start_of(const Item& item) { return {.time = item.start, .form = Moment::Form::instant}; }

Truth on_or_before(const Moment& a, const Moment& b) { return on_or_before(first_day(a), last_day(b)); }

Truth not_after(const Moment& a, const Moment& b) {
  return is_instant(a) && is_instant(b) ? opposite(before(b.time, a.time)) : on_or_before(a, b);
}

Truth before(const Moment& a, const Moment& b) { return opposite(not_after(b, a)); }

Truth no_later(const Moment& a, const Moment& b) {
  return is_exact(a) && is_exact(b) ? not_after(a, b) : on_or_before(a, b);
}

// A calendar duration gives a date, an exact one an instant. What comes of a vague time is as vague as need be.
std::optional<Time> moved(const Time& time, const Duration& by, MonthEnd mode) {
  if (!time.known()) return std::nullopt;
  return by.exact() ? moved_exactly(time, by) : moved_by_date(time, by, mode);
}

std::optional<Time> Evaluator::Parts::time(const Node& node) {
  const Value made = value(node);
  if (const auto* time = std::get_if<Time>(&made); time && time->known()) return *time;
  if (const auto* item = std::get_if<Item>(&made); item && item->start.known()) return item->start;
  return std::nullopt;
}

std::optional<Moment> Evaluator::Parts::moment(const Node& node) {
  const std::optional<Time> made = time(node);
  if (!made) return std::nullopt;
  using Form = Moment::Form;
  if (is_span(node)) return Moment{*made, Form::span};
  // What an attribute holds says for itself whether it is a date.
  const bool date =
      node.type.basic == Basic::date || (node.type.basic == Basic::any && made->precision < Precision::second);
  return Moment{*made, date ? Form::date : Form::instant};
}

// days from A to B. Calendar units count whole, on local dates; exact ones may have a fraction.
Value Evaluator::Parts::elapsed(const Node& node) {
  const std::optional<Moment> from = moment(*node.parts[0]), to = moment(*node.parts[1]);
  if (!from || !to) return Missing{};
  const auto [a, b] = side_by_side(*from, *to);
  const DurationUnit unit = std::get<DurationUnit>(node.data);
  if (Duration{1, unit}.exact()) {
    const Extent x = extent(a), y = extent(b);
    const auto one = static_cast<double>(micros({1, unit}));
    return query::range(static_cast<double>(y.first - x.last) / one, static_cast<double>(y.last - x.first) / one);
  }
  const DayExtent x = day_extent(a), y = day_extent(b);
  const auto count = [&](Day first, Day last) -> double {
    switch (unit) {
      case DurationUnit::weeks: return (last - first) / 7;
      case DurationUnit::months: return static_cast<double>(whole_months(first, last, program.month_end));
      case DurationUnit::years: return static_cast<double>(whole_years(first, last, program.month_end));
      default: return last - first;
    }
  };
  return query::range(count(x.last, y.first), count(x.first, y.last));
}

// Birthdays that have come by the date of T. Before the birth there is no age.
Value Evaluator::Parts::age(const Node& node) {
  const std::optional<Time> at = time(*node.parts[0]);
  if (!at || !person.birth.known()) return Missing{};
  const DayExtent born = day_extent(person.birth), on = day_extent(*at);
  if (on.last < born.first) return Missing{};
  const auto years = [&](Day birth, Day day) {
    return day < birth ? 0.0 : static_cast<double>(whole_years(birth, day, program.month_end));
  };
  return query::range(years(born.last, on.first), years(born.first, on.last));
}

}  // namespace chartline::query
