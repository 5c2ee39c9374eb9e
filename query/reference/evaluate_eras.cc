// Intervals made of events: eras and episodes.
#include <algorithm>

#include "query/reference/evaluator_parts.h"
#include "query/when.h"

namespace chartline::query {

using typed::Node;
using typed::Op;
using Items = std::shared_ptr<const std::vector<Item>>;
using record::End;

namespace {

record::Time later(const record::Time& a, const record::Time& b) { return extent(a).last < extent(b).last ? b : a; }

// How far events that were joined reach.
struct RunningEnd {
  record::Time known{};  // the latest end that is known
  bool ongoing = false;
  bool unknown = false;  // one of them ends nobody knows when
  void add(const Item& item) {
    if (!known.known()) known = item.start;
    known = later(known, item.start);
    if (item.end.form == End::Form::at && item.end.at.known()) known = later(known, item.end.at);
    ongoing = ongoing || item.end.form == End::Form::ongoing;
    unknown = unknown || item.end.form == End::Form::unknown;
  }
  End end(const record::Time& start) const {
    if (ongoing) return {.form = End::Form::ongoing, .at = {}};
    if (unknown) return {.form = End::Form::unknown, .at = {}};
    if (known == start) return {};
    return {.form = End::Form::at, .at = known};
  }
};

}  // namespace

bool is_near(const record::Time& from, const record::Time& next, const Duration& gap, MonthEnd mode) {
  const Truth near = within(next, gap, Side::after, from, Anchor::included, mode);
  const Truth reached = gap.exact() ? opposite(before(from, next)) : on_or_before(next, from);
  return either(near, reached) == Truth::yes;
}

// eras(E, gap D): joins while next start - running end <= gap; episodes(E, gap D): next start - last start.
Items Evaluator::Parts::joined(const Node& node, Lifted lifted) {
  const Items all = events(*node.parts[0], lifted);
  const std::optional<Duration> gap = duration(*node.parts[1]);
  std::vector<Item> made;
  RunningEnd reach;
  record::Time last_start;
  for (const Item& item : *all) {
    if (!item.start.known()) continue;
    bool near = !made.empty() && gap;
    if (near && node.op == Op::episodes) near = is_near(last_start, item.start, *gap, program.month_end);
    if (near && node.op == Op::eras) near = reach.ongoing || is_near(reach.known, item.start, *gap, program.month_end);
    if (near) {
      made.back().count += item.count;
    } else {
      reach = {};
      made.push_back({.event = nullptr,
                      .start = item.start,
                      .end = {},
                      .count = item.count,
                      .place = static_cast<std::uint32_t>(made.size())});
    }
    reach.add(item);
    last_start = item.start;
    made.back().end = reach.end(made.back().start);
  }
  // Of intervals that begin at one time, the order of events is that of their ends.
  std::ranges::stable_sort(made, is_earlier);
  for (std::size_t i = 0; i < made.size(); ++i) made[i].place = static_cast<std::uint32_t>(i);
  return std::make_shared<const std::vector<Item>>(std::move(made));
}

}  // namespace chartline::query
