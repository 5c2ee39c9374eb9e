// Clauses: a filter keeps the events for which each of them, from left to right, is surely true.
#include <algorithm>

#include "query/reference/evaluator_parts.h"
#include "query/when.h"

namespace chartline::query {

using typed::Node;
using typed::Op;
using Items = std::shared_ptr<const std::vector<Item>>;
using record::End;

namespace {

struct Window {
  Side side;
  Anchor own;
};
Window window_of(Op op) {
  switch (op) {
    case Op::within_before: return {Side::before, Anchor::left_out};
    case Op::within_after: return {Side::after, Anchor::left_out};
    case Op::within_on_or_before: return {Side::before, Anchor::included};
    case Op::within_on_or_after: return {Side::after, Anchor::included};
    default: return {Side::of, Anchor::left_out};
  }
}

Stay stay(const Item& item) { return query::stay(item.start, item.end); }

// Whether an interval lasts to a moment, or beyond: it does where it begins no earlier.
Truth lasts_to(const Stay& stay, const Moment& moment) {
  if (stay.form == End::Form::ongoing) return Truth::yes;
  if (stay.form == End::Form::unknown) return either(no_later(moment, stay.start), Truth::unknown);
  return either(no_later(moment, stay.end), stay.in_order ? no_later(moment, stay.start) : Truth::no);
}

// Whether `a` is over by the end of `b`.
Truth ends_by(const Stay& a, const Stay& b) {
  if (b.form == End::Form::ongoing) return Truth::yes;
  if (a.form == End::Form::ongoing) return b.form == End::Form::unknown ? Truth::unknown : Truth::no;
  if (a.form == End::Form::unknown) return Truth::unknown;
  return lasts_to(b, a.end);
}

}  // namespace

Stay stay(const record::Time& start, const End& end) {
  const Moment from{.time = start};
  Stay made{.start = from, .form = end.form, .end = from, .in_order = true};
  if (end.form != End::Form::at) return made;
  if (!end.at.known()) return {.start = from, .form = End::Form::unknown};
  const Moment to{.time = end.at};
  if (before(to, from) != Truth::yes) made.end = to;
  return made;
}

Stay stay(const DateRange& range) {
  return {.start = {.time = range.from, .form = Moment::Form::date},
          .form = End::Form::at,
          .end = {.time = range.to, .form = Moment::Form::date}};
}

Truth overlap(const Stay& a, const Stay& b) {
  if (!a.start.time.known() || !b.start.time.known()) return Truth::unknown;
  return both(lasts_to(b, a.start), lasts_to(a, b.start));
}

Truth contained(const Stay& a, const Stay& b) {
  return both(both(no_later(b.start, a.start), lasts_to(b, a.start)), ends_by(a, b));
}

std::string_view encounter_of(const record::Event& event) {
  return event.kind == record::Kind::encounter ? event.record : event.encounter;
}

// [events, clause...]
Items Evaluator::Parts::filtered(const Node& node, Lifted lifted) {
  lifted = lifted_by(node, lifted);
  const Items all = events(*node.parts[0], lifted);
  Bound candidate(slots[std::get<typed::Slot>(node.data).number]);
  std::vector<Item> kept;
  for (Item item : *all) {
    if (is_over()) break;
    bool keeps = true;
    for (std::size_t i = 1; keeps && i < node.parts.size(); ++i) {
      const Node& one = *node.parts[i];
      candidate.set(item);
      if (one.op == Op::lasting) {
        item = lasting(item, *one.parts[0]);
      } else if (one.op == Op::ending) {
        item = ending(item, *one.parts[0]);
      } else if (one.op == Op::starting) {
        item = starting(item, *one.parts[0]);
      } else if (one.op == Op::clipped) {
        const std::optional<Item> cut = clipped(item, *one.parts[0]);
        keeps = cut.has_value();
        if (cut) item = *cut;
      } else {
        keeps = clause(one, item) == Truth::yes;
      }
    }
    if (keeps) kept.push_back(item);
  }
  // Of intervals that begin at one time, the order is that of their ends, which `lasting` sets.
  std::ranges::stable_sort(kept, is_earlier);
  return std::make_shared<const std::vector<Item>>(std::move(kept));
}

Truth Evaluator::Parts::clause(const Node& clause, const Item& candidate) {
  const Moment start = start_of(candidate);
  switch (clause.op) {
    case Op::where: return truth(*clause.parts[0]);
    case Op::with: return query::truth(!events(*clause.parts[0])->empty());
    case Op::without: return query::truth(events(*clause.parts[0])->empty());
    case Op::in_range: {
      const std::optional<DateRange> dates = range(*clause.parts[0]);
      if (!dates) return Truth::unknown;
      return both(query::on_or_before(dates->from, start.time), query::on_or_before(start.time, dates->to));
    }
    case Op::before:
    case Op::after:
    case Op::on_or_before:
    case Op::on_or_after: {
      const std::optional<Moment> other = moment(*clause.parts[0]);
      if (!other) return Truth::unknown;
      if (clause.op == Op::before) return query::before(start, *other);
      if (clause.op == Op::after) return query::before(*other, start);
      return clause.op == Op::on_or_before ? query::on_or_before(start, *other) : query::on_or_before(*other, start);
    }
    case Op::preceding:
    case Op::following: {
      const std::optional<Item> other = one(*clause.parts[0]);
      if (!other) return Truth::unknown;
      return query::truth(clause.op == Op::preceding ? is_earlier(candidate, *other) : is_earlier(*other, candidate));
    }
    case Op::within_before:
    case Op::within_after:
    case Op::within_of:
    case Op::within_on_or_before:
    case Op::within_on_or_after: return window(clause, candidate);
    case Op::between: {
      const std::optional<Moment> from = moment(*clause.parts[0]), to = moment(*clause.parts[1]);
      return both(from ? no_later(*from, start) : Truth::unknown, to ? no_later(start, *to) : Truth::unknown);
    }
    case Op::during:
    case Op::overlapping: {
      const auto meets = [&](const Stay& other) {
        return clause.op == Op::during ? contained(stay(candidate), other) : overlap(stay(candidate), other);
      };
      const Node& others = *clause.parts[0];
      if (others.type.basic == Basic::range) {
        const std::optional<DateRange> dates = range(others);
        return dates && dates->to.known() ? meets(stay(*dates)) : Truth::unknown;
      }
      Truth some = Truth::no;
      const auto all = events(others);
      for (const Item& other : *all) some = either(some, meets(stay(other)));
      return some;
    }
    case Op::same_encounter: return same_encounter(candidate, events(*clause.parts[0]));
    case Op::same_date: {
      const Node& others = *clause.parts[0];
      if (others.type.basic != Basic::events) {
        const std::optional<Moment> date = moment(others);
        return date ? both(query::on_or_before(start, *date), query::on_or_before(*date, start)) : Truth::unknown;
      }
      Truth some = Truth::no;
      const auto all = events(others);
      for (const Item& other : *all) some = either(some, query::same_date(start.time, other.start));
      return some;
    }
    default: return Truth::yes;  // named, any status, including contributions: they are no conditions
  }
}

// within D after T. Where T is an event, that event itself is left out, but for `on or before` and `on or after`.
Truth Evaluator::Parts::window(const Node& clause, const Item& candidate) {
  const auto [side, own] = window_of(clause.op);
  const Node& of = *clause.parts[1];
  if (own == Anchor::left_out && of.op == Op::start_of) {
    const std::optional<Item> anchor = one(*of.parts[0]);
    if (anchor && same_item(*anchor, candidate)) return Truth::no;
  }
  const std::optional<Duration> distance = duration(*clause.parts[0]);
  std::optional<Moment> anchor = moment(of);
  if (!distance || !anchor) return Truth::unknown;
  if (anchor->form != Moment::Form::instant) anchor->time.offset_minutes = candidate.start.offset_minutes;
  return within(candidate.start, *distance, side, anchor->time, own, program.month_end);
}

// The end is the start + D; unknown where that is.
Item Evaluator::Parts::lasting(Item item, const Node& length) {
  const std::optional<Duration> by = duration(length);
  const std::optional<record::Time> end = by ? moved(item.start, *by, program.month_end) : std::nullopt;
  item.end = end ? End{.form = End::Form::at, .at = *end} : End{.form = End::Form::unknown, .at = {}};
  return item;
}

// The end is T; unknown where that is.
Item Evaluator::Parts::ending(Item item, const Node& end) {
  const std::optional<record::Time> at = time(end);
  item.end = at && at->known() ? End{.form = End::Form::at, .at = *at} : End{.form = End::Form::unknown, .at = {}};
  return item;
}

// An interval: the order of events is that of their recorded starts.
Item Evaluator::Parts::starting(Item item, const Node& start) {
  item.event = nullptr;
  item.start = time(start).value_or(record::Time());
  return item;
}

// What lies within the range, as an interval; nothing of what does not surely overlap it.
std::optional<Item> Evaluator::Parts::clipped(const Item& item, const Node& to) {
  const std::optional<DateRange> dates = range(to);
  if (!dates || !dates->to.known() || overlap(stay(item), stay(*dates)) != Truth::yes) return std::nullopt;
  Item cut = item;
  cut.event = nullptr;
  const Moment last{.time = dates->to, .form = Moment::Form::date};
  const bool is_at = item.end.form == End::Form::at;
  if (item.end.form == End::Form::ongoing || (is_at && before(last, {.time = item.end.at}) == Truth::yes))
    cut.end = End{.form = End::Form::at, .at = dates->to};
  if (before(start_of(item), {.time = dates->from, .form = Moment::Form::date}) == Truth::yes) cut.start = dates->from;
  return cut;
}

// By link, within one source. What is not linked is not linked to what is not linked either.
Truth Evaluator::Parts::same_encounter(const Item& candidate, const Items& others) {
  if (!candidate.event) return Truth::no;
  const std::string_view link = encounter_of(*candidate.event);
  if (link.empty()) return Truth::no;
  for (const Item& other : *others) {
    if (!other.event || encounter_of(*other.event) != link) continue;
    const record::Source &a = candidate.event->source, &b = other.event->source;
    if (a.organisation == b.organisation && a.system == b.system) return Truth::yes;
  }
  return Truth::no;
}

}  // namespace chartline::query
