#include "query/when.h"

#include <limits>

namespace chartline::query {
namespace {

using record::Day;
using record::Precision;
using record::Time;

// Whether low(a) <= t <= high(a) for the possible anchors a and times t, both bounds growing with a.
template <typename Point>
Truth lies_between(Point time_first, Point time_last, Point low_first, Point low_last, Point high_first, Point high_last) {
  return for_all(time_first >= low_last && time_last <= high_first, time_last < low_first || time_first > high_last);
}

Truth within_days(const Time& time, const Duration& distance, Side side, const Time& anchor, MonthEnd mode) {
  const DayExtent t = day_extent(time), a = day_extent(anchor);
  const auto moved = [&](Day day, bool on_that_side, const Duration& by) {
    return on_that_side ? add(day, by, mode) : std::optional<Day>(day);
  };
  const Duration back = opposite(distance);
  const auto low_first = moved(a.first, side != Side::after, back), low_last = moved(a.last, side != Side::after, back);
  const auto high_first = moved(a.first, side != Side::before, distance);
  const auto high_last = moved(a.last, side != Side::before, distance);
  if (!low_first || !low_last || !high_first || !high_last) return Truth::unknown;
  return lies_between(t.first, t.last, *low_first, *low_last, *high_first, *high_last);
}

Truth within_instants(const Time& time, Micros distance, Side side, const Time& anchor, Anchor own) {
  const Extent t = extent(time), a = extent(anchor);
  const Micros back = side == Side::after ? 0 : distance, ahead = side == Side::before ? 0 : distance;
  const Truth near = lies_between(t.first, t.last, a.first - back, a.last - back, a.first + ahead, a.last + ahead);
  if (own == Anchor::included) return near;
  const Truth apart = side == Side::before  ? before(time, anchor)
                      : side == Side::after ? before(anchor, time)
                                            : either(before(time, anchor), before(anchor, time));
  return both(near, apart);
}

}  // namespace

Extent extent(const Time& time) {
  if (!time.known()) return {std::numeric_limits<Micros>::min(), std::numeric_limits<Micros>::max()};
  if (time.precision >= Precision::second) return {time.instant(), time.instant()};
  const record::Interval whole = record::interval(time);
  return {whole.first, whole.past - 1};
}

DayExtent day_extent(const Time& time) {
  const Day day = time.day();
  if (time.precision != Precision::year && time.precision != Precision::month) return {day, day};
  const record::CivilDay first = record::civil(day);
  if (time.precision == Precision::year) return {day, record::days_from_civil(first.year, 12, 31)};
  unsigned last = 31;
  while (!record::is_civil(first.year, first.month, last)) --last;
  return {day, record::days_from_civil(first.year, first.month, last)};
}

Truth before(const Time& a, const Time& b) {
  if (!a.known() || !b.known()) return Truth::unknown;
  const Extent x = extent(a), y = extent(b);
  return for_all(x.last < y.first, x.first >= y.last);
}

Truth on_or_before(const Time& a, const Time& b) {
  if (!a.known() || !b.known()) return Truth::unknown;
  const DayExtent x = day_extent(a), y = day_extent(b);
  return for_all(x.last <= y.first, x.first > y.last);
}

Truth same_date(const Time& a, const Time& b) { return both(on_or_before(a, b), on_or_before(b, a)); }

Truth within(const Time& time, const Duration& distance, Side side, const Time& anchor, Anchor own, MonthEnd mode) {
  if (!time.known() || !anchor.known()) return Truth::unknown;
  return distance.exact() ? within_instants(time, micros(distance), side, anchor, own)
                          : within_days(time, distance, side, anchor, mode);
}

}  // namespace chartline::query
