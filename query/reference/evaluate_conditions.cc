// Conditions: three-valued throughout.
#include <algorithm>

#include "query/reference/evaluator_parts.h"
#include "query/when.h"

namespace chartline::query {

using typed::Node;
using typed::Op;

Truth Evaluator::Parts::truth(const Node& node) {
  switch (node.op) {
    case Op::truth: return query::truth(std::get<bool>(node.data));
    case Op::and_: {
      Truth all = Truth::yes;
      for (const typed::Ptr& part : node.parts) {
        if (all != Truth::no) all = both(all, truth(*part));
      }
      return all;
    }
    case Op::or_: {
      Truth some = Truth::no;
      for (const typed::Ptr& part : node.parts) {
        if (some != Truth::yes) some = either(some, truth(*part));
      }
      return some;
    }
    case Op::not_: return opposite(truth(*node.parts[0]));
    case Op::exists: return query::truth(!events(*node.parts[0])->empty());
    case Op::is_missing: return query::truth(query::is_missing(value(*node.parts[0])));
    case Op::at_least:
    case Op::at_most:
    case Op::exactly: return among(node);
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal: return comparison(node);
    case Op::date_in_range: {
      const std::optional<record::Time> date = time(*node.parts[0]);
      const std::optional<DateRange> dates = range(*node.parts[1]);
      if (!date || !dates) return Truth::unknown;
      return both(on_or_before(dates->from, *date), on_or_before(*date, dates->to));
    }
    case Op::code_in_set: return in_codes(node);
    case Op::same_event: {
      const std::optional<Item> a = one(*node.parts[0]), b = one(*node.parts[1]);
      return a && b ? query::truth(same_item(*a, *b)) : Truth::unknown;
    }
    case Op::contains:
    case Op::starts_with:
    case Op::ends_with: {
      const Value text = value(*node.parts[0]), part = value(*node.parts[1]);
      const auto *whole = std::get_if<std::string>(&text), *words = std::get_if<std::string>(&part);
      if (!whole || !words) return Truth::unknown;
      if (node.op == Op::starts_with) return query::truth(whole->starts_with(*words));
      if (node.op == Op::ends_with) return query::truth(whole->ends_with(*words));
      return query::truth(whole->find(*words) != whole->npos);
    }
    case Op::alive: return alive(node);
    case Op::registered: return registered(node);
    case Op::observed: return observed(node);
    case Op::in_cohort: return query::truth(in_cohort(std::get<typed::Named>(node.data).name));
    default: {
      // A name, a case, an attribute: whatever holds a bool.
      const Value made = value(node);
      const auto* known = std::get_if<Truth>(&made);
      return known ? *known : Truth::unknown;
    }
  }
}

// at least n of (P1, P2, ...): the unknown ones may turn out either way.
Truth Evaluator::Parts::among(const Node& node) {
  const double count = std::get<record::Decimal>(node.data).to_double();
  double surely = 0, maybe = 0;
  for (const typed::Ptr& part : node.parts) {
    const Truth one = truth(*part);
    surely += one == Truth::yes ? 1 : 0;
    maybe += one == Truth::no ? 0 : 1;
  }
  const Truth at_least = for_all(surely >= count, maybe < count), at_most = for_all(maybe <= count, surely > count);
  if (node.op == Op::at_least) return at_least;
  return node.op == Op::at_most ? at_most : both(at_least, at_most);
}

// x in codes: some coding of it is in the set.
Truth Evaluator::Parts::in_codes(const Node& node) {
  const Value made = value(*node.parts[0]);
  const auto* codings = std::get_if<Codings>(&made);
  if (!codings) return Truth::unknown;
  const CodeSet& codes = program.codes(*node.parts[1]);
  const auto is_in = [&](const record::Code& code) { return codes.contains(code); };
  return query::truth(is_in(codings->primary) || std::ranges::any_of(codings->translations, is_in));
}

// Born on or before the date, and not dead before it. Whose birth is not known is taken to be born; who is dead nobody
// knows since when may be alive. The day of death counts.
Truth Evaluator::Parts::alive(const Node& node) {
  const std::optional<record::Time> at = time(*node.parts[0]);
  if (!at) return Truth::unknown;
  const Truth born = person.birth.known() ? on_or_before(person.birth, *at) : Truth::yes;
  const Truth not_dead = person.dead ? on_or_before(*at, person.death) : Truth::yes;
  return both(born, not_dead);
}

namespace {

// Whether a registration holds on a date, from its own first date on.
Truth lasts_to(const record::Time& start, const record::End& end, const record::Time& date) {
  using Form = record::End::Form;
  switch (end.form) {
    case Form::ongoing: return Truth::yes;
    case Form::at: return on_or_before(date, end.at);
    case Form::point: return on_or_before(date, start);
    case Form::unknown: return either(on_or_before(date, start), Truth::unknown);
  }
  return Truth::unknown;
}

Truth is_registered(std::span<const record::Event* const> registrations, const record::Time& first,
                    const record::Time& last) {
  Truth some = Truth::no;
  for (const record::Event* one : registrations)
    some = either(some, query::is_registered(one->start, one->end, first, last));
  return some;
}

}  // namespace

Truth is_registered(const record::Time& start, const record::End& end, const record::Time& first,
                    const record::Time& last) {
  return both(on_or_before(start, first), lasts_to(start, end, last));
}

Truth Evaluator::Parts::registered(const Node& node) {
  const std::optional<record::Time> at = time(*node.parts[0]);
  return at ? is_registered(registrations, *at, *at) : Truth::unknown;
}

Truth Evaluator::Parts::observed(const Node& node) {
  const std::optional<record::Time> from = time(*node.parts[0]), to = time(*node.parts[1]);
  return from && to ? is_registered(registrations, *from, *to) : Truth::unknown;
}

}  // namespace chartline::query
