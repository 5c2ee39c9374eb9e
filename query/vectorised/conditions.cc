// Conditions. Parts of `and` and `or` are asked only of the rows that are not decided yet.
#include <algorithm>
#include <numeric>

#include "query/vectorised/evaluation.h"
#include "query/when.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

Truths Evaluation::truth(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  if (done(frame)) return {};
  if (is_over()) return Truths(rows, Truth::unknown);
  switch (node.op) {
    case Op::truth: return Truths(rows, query::truth(std::get<bool>(node.data)));
    case Op::and_:
    case Op::or_:
      // What definitions were loosened to is shared as they are.
      if (!is_closed(node)) return joined_truths(node, frame);
      return of_definition(joined_, node, frame, [&](const Frame& of) { return joined_truths(node, of); });
    case Op::not_: {
      Truths made = truth(*node.parts[0], frame);
      for (Truth& one : made) one = opposite(one);
      return made;
    }
    case Op::exists: {
      // There is a first or last one where there is any, whichever it is.
      const Node* any = &unnamed(*node.parts[0]);
      while (any->op == Op::first || any->op == Op::last) any = &unnamed(*any->parts.back());
      const std::vector<std::uint32_t> found = counts(*some_events(*any, frame), frame);
      Truths made(rows);
      for (std::size_t row = 0; row < rows; ++row) made[row] = query::truth(found[row] > 0);
      return made;
    }
    case Op::is_missing: return is_missing(node, frame);
    case Op::at_least:
    case Op::at_most:
    case Op::exactly: return among(node, frame);
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal: return comparison(node, frame);
    case Op::date_in_range: {
      const Times times = time(*node.parts[0], frame);
      const Ranges dates = range(*node.parts[1], frame);
      Truths made(rows, Truth::unknown);
      for (std::size_t row = 0; row < rows && !dates.missing; ++row) {
        if (times[row].known())
          made[row] = both(on_or_before(dates.from[row], times[row]), on_or_before(times[row], dates.to[row]));
      }
      return made;
    }
    case Op::code_in_set: return code_in_set(node, frame);
    case Op::alive: return alive(node, frame);
    case Op::registered:
    case Op::observed: return registered(node, frame);
    case Op::in_cohort: return in_cohort(node, frame);
    case Op::let_of:
    case Op::param_of:
      if (node.type.basic == Basic::boolean)
        return of_definition(truths_, defined(node), frame, [&](const Frame& of) { return truth(defined(node), of); });
      break;
    default: break;
  }
  refuse(std::string(typed::name(node.op)));
  return Truths(rows, Truth::unknown);
}

namespace {

std::vector<const Node*> parts_of(const Node& node) {
  std::vector<const Node*> parts;
  for (const typed::Ptr& part : node.parts) parts.push_back(part.get());
  return parts;
}

}  // namespace

std::vector<const Node*> in_order(const Node& conjunction, Statistics& statistics) {
  std::vector<const Node*> parts = parts_of(conjunction);
  std::ranges::stable_sort(parts, {}, [&](const Node* part) { return statistics.meeting(*part); });
  return parts;
}

std::vector<const Node*> Evaluation::in_order(const Node& node) {
  if (in_rehearsal()) {
    rehearsal_->conjunctions.insert(&node);
    return parts_of(node);
  }
  const auto known = order_->find(&node);
  return known != order_->end() ? known->second : parts_of(node);
}

// A row is decided once a part answers `no` (of an `and`) or `yes` (of an `or`).
Truths Evaluation::joined_truths(const Node& node, const Frame& frame) {
  const bool all = node.op == Op::and_;
  const Truth deciding = all ? Truth::no : Truth::yes;
  Truths made(frame.rows(), opposite(deciding));
  std::vector<std::uint32_t> open(frame.rows());
  std::iota(open.begin(), open.end(), 0u);
  for (const Node* part : all ? in_order(node) : parts_of(node)) {
    if (open.empty() && !in_rehearsal()) break;
    const bool everyone = open.size() == frame.rows();
    Frame some;
    if (!everyone) some = only(frame, open);
    const Truths of_part = truth(*part, everyone ? frame : some);
    std::size_t left = 0;
    for (std::size_t i = 0; i < open.size(); ++i) {
      Truth& one = made[open[i]];
      one = all ? both(one, of_part[i]) : either(one, of_part[i]);
      if (one != deciding) open[left++] = open[i];
    }
    open.resize(left);
  }
  return made;
}

Truths Evaluation::among(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  const double count = std::get<record::Decimal>(node.data).to_double();
  std::vector<std::uint32_t> surely(rows, 0), maybe(rows, 0);
  for (const typed::Ptr& part : node.parts) {
    const Truths of_part = truth(*part, frame);
    for (std::size_t row = 0; row < rows; ++row) {
      surely[row] += of_part[row] == Truth::yes;
      maybe[row] += of_part[row] != Truth::no;
    }
  }
  Truths made(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const Truth at_least = for_all(surely[row] >= count, maybe[row] < count);
    const Truth at_most = for_all(maybe[row] <= count, surely[row] > count);
    made[row] = node.op == Op::at_least ? at_least : node.op == Op::at_most ? at_most : both(at_least, at_most);
  }
  return made;
}

Truths Evaluation::is_missing(const Node& node, const Frame& frame) {
  const Node& part = *node.parts[0];
  Truths made(frame.rows());
  const auto from = [&](const auto& is_there) {
    for (std::size_t row = 0; row < frame.rows(); ++row) made[row] = query::truth(!is_there(row));
  };
  if (part.type.basic == Basic::event) {
    const EventColumn column = one(part, frame);
    from([&](std::size_t row) { return column.index[row] != no_event; });
  } else if (part.type.basic == Basic::boolean) {
    const Truths truths = truth(part, frame);
    from([&](std::size_t row) { return truths[row] != Truth::unknown; });
  } else if (part.type.basic == Basic::date || part.type.basic == Basic::instant) {
    const Times times = time(part, frame);
    from([&](std::size_t row) { return times[row].known(); });
  } else if (part.op == Op::sex) {
    ask_demographics();
    from([&](std::size_t row) { return who(frame.place[row]).sex != 0; });
  } else if (part.type.basic == Basic::number && part.type.measure != Type::Measure::recorded) {
    const Numbers numbers = number(part, frame);
    from([&](std::size_t row) { return numbers[row].has_value(); });
  } else if (is_value(part) || is_attribute(part)) {
    const EventColumn column = value_of(part, frame);
    want(column.events, field_value);
    from([&](std::size_t row) {
      if (column.index[row] == no_event) return false;
      const record::Value::Form form = column.events->form[column.index[row]];
      if (form == record::Value::Form::text || form == record::Value::Form::date) make_odd(frame.place[row]);
      return form != record::Value::Form::none;
    });
  } else if (part.op != Op::field || !with_words(part, frame, [&](const auto& words, const auto& index, int) {
               from([&](std::size_t row) { return index[row] != no_event && !called(words[index[row]]).empty(); });
             })) {
    refuse("`is missing` of " + std::string(typed::name(part.op)));
  }
  return made;
}

Truths Evaluation::alive(const Node& node, const Frame& frame) {
  ask_demographics();
  const Times at = time(*node.parts[0], frame);
  Truths made(frame.rows(), Truth::unknown);
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    if (!at[row].known()) continue;
    const engine::Demographics person = who(frame.place[row]);
    const Truth born = person.birth.known() ? on_or_before(person.birth, at[row]) : Truth::yes;
    const Truth not_dead = person.dead ? on_or_before(at[row], person.death) : Truth::yes;
    made[row] = both(born, not_dead);
  }
  return made;
}

Truths Evaluation::registered(const Node& node, const Frame& frame) {
  const ListsPtr all = by_place(events(*program_.registrations, everyone()));
  const Events& of = *all->events;
  want(&of, field_end);
  const Times from = time(*node.parts.front(), frame), to = time(*node.parts.back(), frame);
  Truths made(frame.rows(), Truth::unknown);
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    if (!from[row].known() || !to[row].known()) continue;
    const Place place = frame.place[row];
    made[row] = Truth::no;
    for (std::uint32_t k = all->first(place), past = all->past(place); k < past; ++k) {
      const std::uint32_t at = all->at(k);
      made[row] = either(made[row], is_registered(of.time(at), of.end_of(at), from[row], to[row]));
    }
  }
  return made;
}

// Whoever has a row of the cohort is in it. Asked of everyone once.
Truths Evaluation::in_cohort(const Node& node, const Frame& frame) {
  const Node& cohort = program_.definition(std::get<typed::Named>(node.data).name);
  auto known = members_.find(&cohort);
  if (known == members_.end()) {
    const Frame& all = everyone();
    Truths members(all.rows(), Truth::no);
    if (cohort.parts.size() == 1) {
      const Truths holds = truth(*cohort.parts[0], all);
      for (std::size_t row = 0; row < all.rows(); ++row) members[row] = query::truth(holds[row] == Truth::yes);
    } else {
      want(events(*cohort.parts[1], all)->events, field_complete);
      for (const std::uint32_t row : rows_of(cohort, 0).parent) members[row] = Truth::yes;
    }
    known = members_.emplace(&cohort, std::move(members)).first;
  }
  Truths made(frame.rows());
  for (std::size_t row = 0; row < frame.rows(); ++row) made[row] = known->second[frame.place[row]];
  return made;
}

// Of the code of an event, as far as it is known here: the primary one.
Truths Evaluation::code_in_set(const Node&, const Frame& frame) {
  refuse("a code within a set");
  return Truths(frame.rows(), Truth::unknown);
}

}  // namespace chartline::query::vectorised
