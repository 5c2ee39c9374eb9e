// Filters: candidates become rows of a frame of their own, and each clause leaves those for which it is surely true.
// Clauses that keep a span of dates are looked at first, while the candidates are gathered.
#include <algorithm>
#include <compare>
#include <deque>
#include <limits>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "query/constants.h"
#include "query/vectorised/day_index.h"
#include "query/vectorised/evaluation.h"
#include "query/when.h"

namespace chartline::query::vectorised {

using record::Day;
using record::Precision;
using record::Time;
using typed::Node;
using typed::Op;

// For each row of the outer frame the dates, first to last, that surely satisfy; none where first is after last.
struct Evaluation::Window {
  std::vector<Day> first, last;
  EventColumn but{};    // an event that is left out itself; no events: none is
  EventColumn other{};  // one that they surely precede or follow; no events: that is not asked
  bool precede = false;
};

namespace {

constexpr std::uint32_t scanned_max = 64;  // events of a list: in longer ones the days are searched for
constexpr Day day_min = std::numeric_limits<Day>::min() / 2, day_max = std::numeric_limits<Day>::max() / 2;

Side side_of(Op op) {
  if (op == Op::within_before || op == Op::within_on_or_before) return Side::before;
  return op == Op::within_of ? Side::of : Side::after;
}

// How two events stand in the order of events, as far as it is known here.
std::strong_ordering order_beside(const Events& a, std::uint32_t i, const Events& b, std::uint32_t j) {
  return std::pair(a.at[i], a.precision[i]) <=> std::pair(b.at[j], b.precision[j]);
}

// Whether an event precedes, or follows, another in the order of events. Within one instant that is not known here.
Truth lies_beside(const Events& events, std::uint32_t at, const EventColumn& others, std::size_t row, bool precedes) {
  const std::uint32_t other = others.index[row];
  const std::strong_ordering order = order_beside(events, at, *others.events, other);
  if (order != 0) return truth(precedes == (order < 0));
  return events.number[at] == others.events->number[other] ? Truth::no : Truth::unknown;
}

// What the others are judged by, in order of what they cost.
int cost(const Node& clause) {
  switch (clause.op) {
    case Op::where: return 1;
    case Op::with:
    case Op::without: return 2;
    case Op::same_encounter: return 3;
    default: return 0;
  }
}

}  // namespace

std::optional<Evaluation::Window> Evaluation::window_of(const Node& clause, const Frame& outer, std::uint32_t candidate) {
  for (const typed::Ptr& part : clause.parts) {
    if (open_slots(*part).contains(candidate)) return std::nullopt;
  }
  const std::size_t rows = outer.rows();
  Window window{.first = std::vector<Day>(rows, day_min), .last = std::vector<Day>(rows, day_max)};
  const auto nothing = [&](std::size_t row) { window.first[row] = 1, window.last[row] = 0; };
  const auto from = [&](std::size_t row, Day day) { window.first[row] = std::max(window.first[row], day); };
  const auto to = [&](std::size_t row, Day day) { window.last[row] = std::min(window.last[row], day); };
  const auto first_of = [](const Moment& moment) { return day_extent(first_day(moment)); };
  const auto last_of = [](const Moment& moment) { return day_extent(last_day(moment)); };

  if (clause.op == Op::in_range) {
    const Ranges dates = range(*clause.parts[0], outer);
    for (std::size_t row = 0; row < rows; ++row) {
      if (dates.missing || !dates.from[row].known() || !dates.to[row].known()) {
        nothing(row);
        continue;
      }
      from(row, day_extent(dates.from[row]).last), to(row, day_extent(dates.to[row]).first);
    }
    return window;
  }
  if (is_order(clause.op)) {
    const Moment::Form form = form_of(*clause.parts[0]);
    const bool strict = clause.op == Op::before || clause.op == Op::after;
    if (strict && form == Moment::Form::instant) return std::nullopt;
    const Times times = time(*clause.parts[0], outer);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!times[row].known()) {
        nothing(row);
        continue;
      }
      const Moment other{.time = times[row], .form = form};
      if (clause.op == Op::before) to(row, first_of(other).first - 1);
      if (clause.op == Op::after) from(row, last_of(other).last + 1);
      if (clause.op == Op::on_or_before) to(row, last_of(other).first);
      if (clause.op == Op::on_or_after) from(row, first_of(other).last);
    }
    return window;
  }
  if (clause.op == Op::preceding || clause.op == Op::following) {
    window.other = one(*clause.parts[0], outer);
    window.precede = clause.op == Op::preceding;
    want(window.other.events, field_order | field_time | field_number);
    for (std::size_t row = 0; row < rows; ++row)
      if (window.other.index[row] == no_event) nothing(row);
    return window;
  }
  if (!is_within(clause.op) || clause.parts[0]->op != Op::duration) return std::nullopt;
  const Duration distance = std::get<Duration>(clause.parts[0]->data);
  if (distance.exact()) return std::nullopt;
  const Side side = side_of(clause.op);
  const Node& anchor = *clause.parts[1];
  const bool leaves_out = clause.op == Op::within_before || clause.op == Op::within_after || clause.op == Op::within_of;
  if (leaves_out && anchor.op == Op::start_of) {
    window.but = one(*anchor.parts[0], outer);
    want(window.but.events, field_number);
  }
  const Times times = time(anchor, outer);
  const Duration back = opposite(distance);
  const auto move = [&](Day& day, const Duration& by) {
    const std::optional<Day> moved = add(day, by, program_.month_end);
    if (moved) day = *moved;
    return moved.has_value();
  };
  const auto widen = [&](Day& low, Day& high) {
    return (side == Side::after || move(low, back)) && (side == Side::before || move(high, distance));
  };
  for (std::size_t row = 0; row < rows; ++row) {
    if (!times[row].known()) {
      nothing(row);
      continue;
    }
    const DayExtent at = day_extent(times[row]);
    Day low = at.last, high = at.first, lowest = at.first, highest = at.last;
    if (widen(low, high) && (at.first == at.last || widen(lowest, highest))) from(row, low), to(row, high);
    else nothing(row);
  }
  return window;
}

// Dates that are the same for everyone, and the value beside a number that the query writes.
const Rehearsed::Sifted& Evaluation::sifted(const Node& filter) {
  if (const auto known = rehearsed_.sifted.find(&filter); known != rehearsed_.sifted.end()) return known->second;
  check(in_rehearsal(), "every filter is known from the rehearsal");
  Rehearsed::Sifted made;
  const std::uint32_t slot = std::get<typed::Slot>(filter.data).number;
  Frame one_row;
  one_row.place = {0};
  for (std::size_t i = 1; i < filter.parts.size(); ++i) {
    const Node& clause = *filter.parts[i];
    if (clause.op == Op::lasting || clause.op == Op::ending || clause.op == Op::starting || clause.op == Op::clipped)
      break;
    if (clause.op == Op::where) {
      if (sift(*clause.parts[0], slot, made.sieve)) made.clauses.insert(&clause);
      continue;
    }
    const bool of_time = clause.op == Op::in_range || is_order(clause.op);
    const bool of_stays = clause.op == Op::during || clause.op == Op::overlapping;
    const auto constant = [&](const typed::Ptr& part) { return is_constant(*part, program_); };
    if ((!of_time && !of_stays) || !std::ranges::all_of(clause.parts, constant)) continue;
    if (is_order(clause.op) && clause.parts[0]->type.basic == Basic::any) continue;
    if (of_stays && clause.parts[0]->type.basic != Basic::range) continue;
    // What cannot be had from columns is complained about where it is asked, not here.
    const std::optional<std::string> refusal = std::exchange(refusal_, std::nullopt);
    Sieve sieve = made.sieve;
    if (of_stays) sift_stays(clause, one_row, sieve);
    const bool decides = of_stays || sift_dates(clause, one_row, slot, sieve);
    if (std::exchange(refusal_, refusal).has_value() || !decides) continue;
    made.sieve = sieve;
    made.clauses.insert(&clause);
  }
  return rehearsal_->sifted.emplace(&filter, std::move(made)).first->second;
}

bool Evaluation::sift_dates(const Node& clause, const Frame& one_row, std::uint32_t slot, Sieve& into) {
  const std::optional<Window> window = window_of(clause, one_row, slot);
  if (!window) return false;
  into.first = std::max(into.first, window->first[0]);
  into.last = std::min(into.last, window->last[0]);
  return true;
}

void Evaluation::sift_stays(const Node& clause, const Frame& one_row, Sieve& into) {
  const Ranges dates = range(*clause.parts[0], one_row);
  if (dates.missing || !dates.from[0].known() || !dates.to[0].known()) {
    into.last = day_min;
    return;
  }
  const Day from = day_extent(dates.from[0]).last, to = day_extent(dates.to[0]).first;
  into.last = std::min(into.last, to);
  if (clause.op == Op::during) into.first = std::max(into.first, from), into.over_by = std::min(into.over_by, to);
  else into.lasts_to = std::max(into.lasts_to, from);
}

bool Evaluation::sift(const Node& condition, std::uint32_t slot, Sieve& into) {
  if (condition.op == Op::and_) {
    for (const typed::Ptr& part : condition.parts) sift(*part, slot, into);
    return false;
  }
  if (into.compare || condition.op < Op::equal || condition.op > Op::greater_or_equal) return false;
  const Node& value = *condition.parts[0];
  if (!is_value(value) || value.parts[0]->op != Op::row) return false;
  if (std::get<typed::Slot>(value.parts[0]->data).number != slot) return false;
  const std::optional<Quantity> bound = written_number(*condition.parts[1]);
  if (!bound) return false;
  into.bound = *bound;
  into.compare = condition.op;
  return into.is_whole();
}

// What a filter looks at: lists, and of what is in them whatever lies in all windows and meets all other clauses.
struct Evaluation::Narrowing {
  ListsPtr all;
  std::vector<Window> windows{};
  std::vector<const Node*> clauses{};
};

namespace {

// What a filter says that is no condition.
bool is_condition(const Node& clause) {
  return clause.op != Op::any_status && clause.op != Op::contributions && clause.op != Op::named;
}

}  // namespace

// [events, clause...]
Evaluation::Narrowing Evaluation::narrowing(const Node& node, const Frame& frame, Lifted lifted) {
  lifted = lifted_by(node, lifted);
  const bool of_kind_alone = node.parts[0]->op == Op::events;
  Narrowing made{.all = of_kind_alone ? of_kind(*node.parts[0], lifted, &node) : events(*node.parts[0], frame, lifted)};
  const Events& of = *made.all->events;
  if (!is_closed(node)) want(&of, field_grouped);
  for (std::size_t i = 1; i < node.parts.size(); ++i) {
    const Node& clause = *node.parts[i];
    const bool is_decided = of_kind_alone && sifted(node).clauses.contains(&clause);
    if (is_condition(clause) && !is_decided) made.clauses.push_back(&clause);
  }
  if (made.clauses.empty()) return made;
  take(*made.all, part_every);
  std::erase_if(made.clauses, [&](const Node* clause) {
    std::optional<Window> window = window_of(*clause, frame, std::get<typed::Slot>(node.data).number);
    if (!window) return false;
    want(&of, field_day);
    if (window->but.events) want(&of, field_number);
    if (window->other.events) want(&of, field_order | field_time | field_number);
    made.windows.push_back(std::move(*window));
    return true;
  });
  std::ranges::stable_sort(made.clauses, {}, [](const Node* clause) { return cost(*clause); });
  return made;
}

ListsPtr Evaluation::filtered(const Node& node, const Frame& frame, Lifted lifted) {
  const auto [all, windows, clauses] = narrowing(node, frame, lifted);
  if (windows.empty() && clauses.empty()) return all;
  const Events& of = *all->events;
  const Frame candidates = in_windows(*all, frame, std::get<typed::Slot>(node.data).number, windows);
  const std::vector<std::uint32_t> left = meeting(clauses, candidates);
  auto made = std::make_shared<Lists>();
  made->events = &of;
  made->loose = all->loose;
  made->by_place = all->loose;
  made->index.reserve(left.size());
  if (made->loose) {
    for (const std::uint32_t row : left) made->index.push_back(candidates.event.index[row]);
    return made;
  }
  made->begin.assign(frame.rows() + 1, 0);
  for (const std::uint32_t row : left) {
    made->index.push_back(candidates.event.index[row]);
    ++made->begin[candidates.parent[row] + 1];
  }
  std::partial_sum(made->begin.begin(), made->begin.end(), made->begin.begin());
  return made;
}

// Where a filter asks no more than that they precede, or follow, an event, they are a stretch of a list, which moves along with the
// rows of a patient.
std::optional<Evaluation::Stretches> Evaluation::beside(const Node& node, const Frame& frame, Lifted lifted) {
  if (node.op != Op::filter || is_closed(node)) return std::nullopt;
  const Node* only = nullptr;
  for (std::size_t i = 1; i < node.parts.size(); ++i) {
    if (!is_condition(*node.parts[i])) continue;
    if (std::exchange(only, node.parts[i].get())) return std::nullopt;
  }
  if (!only || (only->op != Op::preceding && only->op != Op::following)) return std::nullopt;
  if (open_slots(*only->parts[0]).contains(std::get<typed::Slot>(node.data).number)) return std::nullopt;

  const Narrowing of = narrowing(node, frame, lifted);
  const EventColumn& other = of.windows.at(0).other;
  const Events &mine = *of.all->events, &theirs = *other.events;
  Stretches made{.lists = of.all, .first = {}, .past = {}};
  made.first.assign(frame.rows(), 0), made.past.assign(frame.rows(), 0);
  std::uint32_t list_before = no_event, k = 0;
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const std::uint32_t at = other.index[row];
    if (at == no_event) continue;
    const std::uint32_t list = list_of(*of.all, frame, row), first = of.all->first(list), past = of.all->past(list);
    if (std::exchange(list_before, list) != list) k = first;
    const auto order = [&](std::uint32_t i) { return order_beside(mine, of.all->at(i), theirs, at); };
    while (k < past && order(k) < 0) ++k;
    while (k > first && order(k - 1) >= 0) --k;
    std::uint32_t behind = k;  // of what is of the same instant
    for (; behind < past && order(behind) == 0; ++behind)
      if (mine.number[of.all->at(behind)] != theirs.number[at]) make_odd(frame.place[row]);
    made.first[row] = only->op == Op::preceding ? first : behind;
    made.past[row] = only->op == Op::preceding ? k : past;
  }
  return made;
}

// Candidates that lie in each of the windows.
Frame Evaluation::in_windows(const Lists& all, const Frame& frame, std::uint32_t slot,
                             const std::vector<Window>& windows) {
  const Events& of = *all.events;
  Frame made;
  made.outer = &frame;
  made.slot = slot;
  made.event.events = &of;
  const auto offer = [&](std::uint32_t row, std::uint32_t at) {
    for (const Window& window : windows) {
      if (window.other.events) {
        if (window.other.index[row] == no_event) return;
        const Truth lies = lies_beside(of, at, window.other, row, window.precede);
        if (lies == Truth::unknown) make_odd(frame.place[row]);
        if (lies != Truth::yes) return;
      } else if (!surely_within(of.day[at], of.precision[at], window.first[row], window.last[row])) {
        return;
      }
      if (!window.but.events || window.but.index[row] == no_event) continue;
      if (window.but.events->number[window.but.index[row]] == of.number[at]) return;
    }
    made.parent.push_back(row);
    made.place.push_back(frame.place[row]);
    made.event.index.push_back(at);
  };
  // Many rows of one patient ask about the same list: where it is long, not each of them looks at all of it.
  std::unordered_map<std::uint32_t, DayIndex> by_day;
  const auto offer_by_day = [&](std::uint32_t row, std::uint32_t list) {
    const std::uint32_t begin = all.first(list);
    auto index = by_day.find(list);
    if (index == by_day.end()) {
      std::vector<Day> days(all.count(list));
      for (std::uint32_t i = 0; i < days.size(); ++i) days[i] = of.day[all.at(begin + i)];
      index = by_day.emplace(list, std::move(days)).first;
    }
    Day from = day_min, to = day_max;
    for (const Window& window : windows) from = std::max(from, window.first[row]), to = std::min(to, window.last[row]);
    const std::vector<std::uint32_t>& within = index->second.within(from, to);
    if (is_too_large(made, within.size(), frame.place[row])) return;
    for (const std::uint32_t i : within) offer(row, all.at(begin + i));
  };
  if (all.loose && windows.empty()) {
    take_all(all, made);
  } else if (all.loose) {
    for (std::uint32_t k = 0; k < all.size(); ++k) offer(of.place[all.at(k)], all.at(k));
  } else {
    for (std::uint32_t row = 0; row < frame.rows(); ++row) {
      const bool none =
          std::ranges::any_of(windows, [row](const Window& window) { return window.first[row] > window.last[row]; });
      if (none) continue;
      const std::uint32_t list = list_of(all, frame, row);
      if (frame.outer && all.by_place && !windows.empty() && all.count(list) > scanned_max) {
        offer_by_day(row, list);
        continue;
      }
      if (frame.outer && is_too_large(made, all.count(list), frame.place[row])) continue;
      for (std::uint32_t k = all.first(list), past = all.past(list); k < past; ++k) offer(row, all.at(k));
    }
  }
  return made;
}

// Those candidates for which each of the clauses is surely true.
std::vector<std::uint32_t> Evaluation::meeting(const std::vector<const Node*>& clauses, const Frame& candidates) {
  std::vector<std::uint32_t> left(candidates.rows());
  std::iota(left.begin(), left.end(), 0u);
  std::deque<Frame> frames;  // each of what is left of the one before it
  const Frame* now = &candidates;
  for (const Node* clause : clauses) {
    if (done(*now)) break;
    const Truths truths = this->clause(*clause, *now);
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < truths.size(); ++row) {
      if (truths[row] == Truth::yes) rows.push_back(row);
    }
    if (rows.size() == left.size() && !in_rehearsal()) continue;
    for (std::size_t i = 0; i < rows.size(); ++i) left[i] = left[rows[i]];
    left.resize(rows.size());
    now = &frames.emplace_back(only(*now, rows));
  }
  return left;
}

Truths Evaluation::clause(const Node& clause, const Frame& candidates) {
  const std::size_t rows = candidates.rows();
  Truths made(rows, Truth::unknown);
  if (is_order(clause.op) || is_within(clause.op)) return window(clause, candidates);
  switch (clause.op) {
    case Op::where: return truth(*clause.parts[0], candidates);
    case Op::with:
    case Op::without: {
      const std::vector<std::uint32_t> found = counts(*events(*clause.parts[0], candidates), candidates);
      for (std::size_t row = 0; row < rows; ++row)
        made[row] = query::truth((found[row] > 0) == (clause.op == Op::with));
      return made;
    }
    case Op::in_range:
    case Op::between:
    case Op::preceding:
    case Op::following:
    case Op::same_date: return window(clause, candidates);
    case Op::during:
    case Op::overlapping: return meets(clause, candidates);
    case Op::same_encounter: return of_same_encounter(*clause.parts[0], candidates);
    default: break;
  }
  refuse(std::string(typed::name(clause.op)));
  return made;
}

// Whether any of some events is of the local date of each row's. Rows that ask about one list follow one another.
Truths Evaluation::of_same_date(const Node& others, const Frame& candidates, const EventColumn& column) {
  const ListsPtr lists = this->events(others, candidates);
  want(column.events, field_day);
  want(lists->events, field_day | field_grouped);
  Truths made(candidates.rows());
  std::vector<Day> days;
  Times vague;
  for (std::size_t row = 0, before = no_event; row < made.size(); ++row) {
    const std::uint32_t list = list_of(*lists, candidates, row);
    if (list != before) {
      days.clear(), vague.clear();
      for (std::uint32_t k = lists->first(list); k < lists->past(list); ++k) {
        const Time date = lists->events->date(lists->at(k));
        if (date.precision == Precision::day) days.push_back(date.day());
        else vague.push_back(date);
      }
      std::ranges::sort(days);
      before = list;
    }
    const Time mine = column.events->date(column.index[row]);
    if (mine.precision == Precision::day) {
      made[row] = query::truth(std::ranges::binary_search(days, mine.day()));
    } else {
      made[row] = Truth::no;
      for (const Day day : days) made[row] = either(made[row], query::same_date(mine, record::day_time(day)));
    }
    for (const Time& other : vague) made[row] = either(made[row], query::same_date(mine, other));
  }
  return made;
}

// The candidates that a clause is about: their slot may be that of a frame around this one.
EventColumn Evaluation::candidates_of(const Frame& frame) {
  const Frame* of = &frame;
  while (of->slot == 0 && of->outer) of = of->outer;
  return in_slot(of->slot, frame);
}

// Clauses about time, candidate by candidate, by the functions of the reference.
Truths Evaluation::window(const Node& clause, const Frame& candidates) {
  const std::size_t rows = candidates.rows();
  Truths made(rows, Truth::unknown);
  const EventColumn column = candidates_of(candidates);
  const Events& events = *column.events;
  want(&events, field_time | field_exact);
  const auto start = [&](std::size_t row) { return events.time(column.index[row]); };
  switch (clause.op) {
    case Op::in_range: {
      const Ranges dates = range(*clause.parts[0], candidates);
      for (std::size_t row = 0; row < rows && !dates.missing; ++row) {
        made[row] = both(on_or_before(dates.from[row], start(row)), on_or_before(start(row), dates.to[row]));
      }
      return made;
    }
    case Op::same_date: {
      if (clause.parts[0]->type.basic == Basic::events) return of_same_date(*clause.parts[0], candidates, column);
      const Times dates = time(*clause.parts[0], candidates);
      const Moment::Form form = form_of(*clause.parts[0]);
      for (std::size_t row = 0; row < rows; ++row) {
        const Moment at{.time = start(row)}, date{dates[row], form};
        if (dates[row].known()) made[row] = both(on_or_before(at, date), on_or_before(date, at));
      }
      return made;
    }
    case Op::preceding:
    case Op::following: {
      const EventColumn others = one(*clause.parts[0], candidates);
      want(&events, field_order | field_number);
      want(others.events, field_order | field_time | field_number);
      for (std::size_t row = 0; row < rows; ++row) {
        if (others.index[row] == no_event) continue;
        made[row] = lies_beside(events, column.index[row], others, row, clause.op == Op::preceding);
        if (made[row] == Truth::unknown) make_odd(candidates.place[row]);
      }
      return made;
    }
    case Op::between: {
      const Times from = time(*clause.parts[0], candidates), to = time(*clause.parts[1], candidates);
      const Moment::Form from_form = form_of(*clause.parts[0]), to_form = form_of(*clause.parts[1]);
      for (std::size_t row = 0; row < rows; ++row) {
        const Moment at{.time = start(row)};
        const Truth after = from[row].known() ? no_later({from[row], from_form}, at) : Truth::unknown;
        made[row] = both(after, to[row].known() ? no_later(at, {to[row], to_form}) : Truth::unknown);
      }
      return made;
    }
    case Op::before:
    case Op::after:
    case Op::on_or_before:
    case Op::on_or_after: {
      const Times others = time(*clause.parts[0], candidates);
      const Moment::Form form = form_of(*clause.parts[0]);
      for (std::size_t row = 0; row < rows; ++row) {
        if (!others[row].known()) continue;
        const Moment at{.time = start(row)}, other{.time = others[row], .form = form};
        made[row] = clause.op == Op::before         ? query::before(at, other)
                    : clause.op == Op::after        ? query::before(other, at)
                    : clause.op == Op::on_or_before ? query::on_or_before(at, other)
                                                    : query::on_or_before(other, at);
      }
      return made;
    }
    default: break;
  }
  const bool included = clause.op == Op::within_on_or_before || clause.op == Op::within_on_or_after;
  const Node& anchor = *clause.parts[1];
  EventColumn but;
  if (!included && anchor.op == Op::start_of) {
    but = one(*anchor.parts[0], candidates);
    want(but.events, field_number);
    want(&events, field_number);
  }
  const auto distances = duration(*clause.parts[0], candidates);
  const Times times = time(anchor, candidates);
  const Moment::Form form = form_of(anchor);
  for (std::size_t row = 0; row < rows; ++row) {
    if (but.events && but.index[row] != no_event &&
        but.events->number[but.index[row]] == events.number[column.index[row]]) {
      made[row] = Truth::no;
      continue;
    }
    if (!distances[row] || !times[row].known()) continue;
    Time at = times[row];
    if (form != Moment::Form::instant) at.offset_minutes = start(row).offset_minutes;
    made[row] = within(start(row), *distances[row], side_of(clause.op), at,
                       included ? Anchor::included : Anchor::left_out, program_.month_end);
  }
  return made;
}

// Clauses about intervals, likewise.
Truths Evaluation::meets(const Node& clause, const Frame& candidates) {
  const std::size_t rows = candidates.rows();
  Truths made(rows, Truth::unknown);
  const EventColumn column = candidates_of(candidates);
  const Events& events = *column.events;
  want(&events, field_end | field_exact);
  const auto stay_at = [](const Events& of, std::uint32_t at) { return stay(of.time(at), of.end_of(at)); };
  const auto meets = [&](std::size_t row, const Stay& other) {
    const Stay own = stay_at(events, column.index[row]);
    return clause.op == Op::during ? contained(own, other) : overlap(own, other);
  };
  const Node& others = *clause.parts[0];
  if (others.type.basic == Basic::range) {
    const Ranges dates = range(others, candidates);
    for (std::size_t row = 0; row < rows && !dates.missing; ++row)
      if (dates.to[row].known()) made[row] = meets(row, stay(DateRange{dates.from[row], dates.to[row]}));
    return made;
  }
  const ListsPtr all = by_place(this->events(others, candidates));
  want(all->events, field_end | field_exact);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint32_t list = list_of(*all, candidates, row);
    made[row] = Truth::no;
    for (std::uint32_t k = all->first(list), past = all->past(list); k < past && made[row] != Truth::yes; ++k)
      made[row] = either(made[row], meets(row, stay_at(*all->events, all->at(k))));
    if (is_over()) break;
  }
  return made;
}

}  // namespace chartline::query::vectorised
