// Times compared as the intervals in which they may lie. An instant (a second or finer) is a point; a day, month or
// year is all its instants; a time that is not known is all instants. A comparison is yes if it holds for every choice,
// no if for none, else unknown.
#pragma once

#include <cstdint>

#include "formats/record/time.h"
#include "query/calendar.h"
#include "query/logic.h"

namespace chartline::query {

// Instants from first to last, both possible.
struct Extent {
  Micros first = 0;
  Micros last = 0;
};
Extent extent(const record::Time& time);

// Local dates from first to last, both possible. The time is known.
struct DayExtent {
  record::Day first = 0;
  record::Day last = 0;
};
DayExtent day_extent(const record::Time& time);

Truth before(const record::Time& a, const record::Time& b);        // strictly
Truth on_or_before(const record::Time& a, const record::Time& b);  // by local date
Truth same_date(const record::Time& a, const record::Time& b);

enum class Side : std::uint8_t { before, after, of };
enum class Anchor : std::uint8_t {
  left_out,
  included
};  // whether the anchor's own instant counts, for exact durations

// within D before/after/of the anchor. Calendar units compare local dates, inclusive at both ends, so that the anchor's
// own date always counts (that the anchor itself is left out is the caller's to say: it is one event, not a time);
// exact units compare instants: (x, x+D] after, [x-D, x) before. Bounds are computed from the anchor. Unknown where a
// bound leaves the calendar.
Truth within(const record::Time& time, const Duration& distance, Side side, const record::Time& anchor, Anchor own,
             MonthEnd mode);

}  // namespace chartline::query
