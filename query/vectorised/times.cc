// Times: those of events, of the patient, and what is reckoned from them.

#include "query/constants.h"
#include "query/vectorised/evaluation.h"
#include "query/when.h"

namespace chartline::query::vectorised {

using record::Day;
using record::Time;
using typed::Node;
using typed::Op;

Times Evaluation::time(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Times made(rows);
  const auto of_events = [&](const Node& event, bool exact) {
    const EventColumn column = one(event, frame, Asks::time);
    want(column.events, exact ? field_time | field_exact : field_day);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint32_t at = column.index[row];
      if (at != no_event) made[row] = exact ? column.events->time(at) : column.events->date(at);
    }
  };
  const auto dates = [&] {
    for (Time& time : made) time = date_of(time);
  };
  switch (node.op) {
    case Op::moment: return Times(rows, std::get<Time>(node.data));
    case Op::let_of:
    case Op::param_of:
      if (node.type.basic == Basic::event) break;
      return of_definition(times_, defined(node), frame, [&](const Frame& of) { return time(defined(node), of); });
    case Op::birth:
    case Op::death:
      ask_demographics();
      for (std::size_t row = 0; row < rows; ++row) {
        const engine::Demographics person = who(frame.place[row]);
        made[row] = node.op == Op::birth ? person.birth : person.death;
      }
      return made;
    case Op::start_of: of_events(*node.parts[0], true); return made;
    case Op::field: {
      const std::string& name = std::get<std::string>(node.data);
      if (name == "start") {
        of_events(*node.parts[0], true);
        return made;
      }
      if (name == "date") {
        of_events(*node.parts[0], false);
        dates();
        return made;
      }
      if (name == "end") {
        const EventColumn column = one(*node.parts[0], frame);
        want(column.events, field_end | field_exact);
        for (std::size_t row = 0; row < rows; ++row) {
          const std::uint32_t at = column.index[row];
          if (at != no_event) made[row] = query::end_of(column.events->time(at), column.events->end_of(at));
        }
        return made;
      }
      refuse("the field " + name);
      return made;
    }
    case Op::date_of:
      // The date of an event does not ask for more than its date.
      if (node.parts[0]->op == Op::start_of) {
        of_events(*node.parts[0]->parts[0], false);
      } else {
        made = time(*node.parts[0], frame);
      }
      dates();
      return made;
    case Op::month_of: {
      const Times at = node.parts[0]->op == Op::start_of ? (of_events(*node.parts[0]->parts[0], false), made)
                                                         : time(*node.parts[0], frame);
      for (std::size_t row = 0; row < rows; ++row) {
        made[row] = {};
        if (!at[row].known() || at[row].precision < record::Precision::month) continue;
        const record::CivilDay date = record::civil(at[row].day());
        made[row] = record::day_time(record::days_from_civil(date.year, date.month, 1));
        made[row].precision = record::Precision::month;
      }
      return made;
    }
    case Op::moved_later:
    case Op::moved_earlier: {
      const Times from = time(*node.parts[0], frame);
      const auto by = duration(*node.parts[1], frame);
      for (std::size_t row = 0; row < rows; ++row) {
        if (!from[row].known() || !by[row]) continue;
        const auto at =
            moved(from[row], node.op == Op::moved_later ? *by[row] : query::opposite(*by[row]), program_.month_end);
        if (at) made[row] = *at;
      }
      return made;
    }
    case Op::range_start:
    case Op::range_end: {
      Ranges dates_of = range(*node.parts[0], frame);
      if (dates_of.missing) return made;
      return node.op == Op::range_start ? std::move(dates_of.from) : std::move(dates_of.to);
    }
    default: break;
  }
  if (node.type.basic == Basic::event) {
    of_events(node, true);
    return made;
  }
  refuse(std::string(typed::name(node.op)));
  return made;
}

Evaluation::Ranges Evaluation::range(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Ranges made{.from = Times(rows), .to = Times(rows)};
  if (node.op == Op::interval) {
    made.missing = !interval_;
    if (!interval_) refuse("the interval of a measure");
    if (interval_) made.from.assign(rows, interval_->from), made.to.assign(rows, interval_->to);
    return made;
  }
  if (node.op == Op::let_of || node.op == Op::param_of) return range(defined(node), frame);
  if (node.op != Op::range) {
    refuse(std::string(typed::name(node.op)));
    return made;
  }
  const Times from = time(*node.parts[0], frame), to = time(*node.parts[1], frame);
  const Moment::Form from_form = form_of(*node.parts[0]), to_form = form_of(*node.parts[1]);
  for (std::size_t row = 0; row < rows; ++row) {
    if (from[row].known()) made.from[row] = first_day({from[row], from_form});
    if (to[row].known()) made.to[row] = last_day({to[row], to_form});
  }
  return made;
}

std::vector<std::optional<Duration>> Evaluation::duration(const Node& node, const Frame& frame) {
  std::vector<std::optional<Duration>> made(frame.rows());
  if (node.op == Op::duration) {
    made.assign(frame.rows(), std::get<Duration>(node.data));
    return made;
  }
  if (node.op == Op::let_of || node.op == Op::param_of) return duration(defined(node), frame);
  refuse(std::string(typed::name(node.op)));
  return made;
}

Moment::Form Evaluation::form_of(const Node& node) {
  if (node.type.basic == Basic::any) refuse("a time of an attribute");
  if (is_span(node)) return Moment::Form::span;
  return node.type.basic == Basic::date ? Moment::Form::date : Moment::Form::instant;
}

Numbers Evaluation::elapsed(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Numbers made(rows);
  const Times from = time(*node.parts[0], frame), to = time(*node.parts[1], frame);
  const Moment::Form from_form = form_of(*node.parts[0]), to_form = form_of(*node.parts[1]);
  const DurationUnit unit = std::get<DurationUnit>(node.data);
  const bool exact = Duration{1, unit}.exact();
  for (std::size_t row = 0; row < rows; ++row) {
    if (!from[row].known() || !to[row].known()) continue;
    Time a = from[row], b = to[row];
    if (from_form != Moment::Form::instant) a.offset_minutes = b.offset_minutes;
    if (to_form != Moment::Form::instant) b.offset_minutes = a.offset_minutes;
    if (exact) {
      const Extent x = extent(a), y = extent(b);
      const auto each = static_cast<double>(micros({1, unit}));
      made[row] =
          query::range(static_cast<double>(y.first - x.last) / each, static_cast<double>(y.last - x.first) / each);
      continue;
    }
    const DayExtent x = day_extent(a), y = day_extent(b);
    const auto count = [&](Day first, Day last) -> double {
      switch (unit) {
        case DurationUnit::weeks: return (last - first) / 7;
        case DurationUnit::months: return static_cast<double>(whole_months(first, last, program_.month_end));
        case DurationUnit::years: return static_cast<double>(whole_years(first, last, program_.month_end));
        default: return last - first;
      }
    };
    made[row] = query::range(count(x.last, y.first), count(x.first, y.last));
  }
  return made;
}

std::vector<Evaluation::Years> Evaluation::ages(const Node& node, const Frame& frame) {
  ask_demographics();
  std::vector<Years> made(frame.rows());
  const Times at = time(*node.parts[0], frame);
  const bool same_for_everyone = is_constant(*node.parts[0], program_);
  const auto years = [&](Day birth, Day day) {
    if (day < birth) return 0;
    if (!same_for_everyone) return static_cast<std::int32_t>(whole_years(birth, day, program_.month_end));
    return static_cast<std::int32_t>(ages_.try_emplace(day, day, program_.month_end).first->second.of(birth));
  };
  each_who(frame, [&](std::size_t row, const engine::Demographics& one) {
    const Time& birth = one.birth;
    if (!at[row].known() || !birth.known()) return;
    const DayExtent born = day_extent(birth), on = day_extent(at[row]);
    if (on.last < born.first) return;
    made[row].low = years(born.last, on.first);
    made[row].high = born.first == born.last && on.first == on.last ? made[row].low : years(born.first, on.last);
  });
  return made;
}

}  // namespace chartline::query::vectorised
