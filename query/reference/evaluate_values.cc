// Values: what each node stands for.
#include "query/reference/evaluator_parts.h"

namespace chartline::query {

using record::Time;
using typed::Node;
using typed::Op;

namespace {

// What is worth reckoning once: folds, ranges, and names, whose definitions stand on one another.
bool is_kept(Op op) {
  return (op >= Op::count && op <= Op::covered) || op == Op::range || op == Op::let_of || op == Op::param_of;
}
bool is_condition(Op op) { return op == Op::truth || op == Op::in_cohort || (op >= Op::and_ && op <= Op::observed); }

}  // namespace

bool is_missing(const Value& value) {
  const auto* known = std::get_if<Truth>(&value);
  return std::holds_alternative<Missing>(value) || (known && *known == Truth::unknown);
}

Value Evaluator::Parts::value(const Node& node) {
  if (is_condition(node.op)) return truth(node);
  if (node.type.basic == Basic::event) {
    const std::optional<Item> item = one(node);
    return item ? Value(*item) : Missing{};
  }
  if (!is_kept(node.op) || !is_closed(node)) return made_value(node);
  if (const auto known = known_values.find(&node); known != known_values.end()) return known->second;
  return known_values.emplace(&node, made_value(node)).first->second;
}

std::optional<Quantity> Evaluator::Parts::number(const Node& node) {
  const Value made = value(node);
  const auto* number = std::get_if<Quantity>(&made);
  return number ? std::optional(*number) : std::nullopt;
}

std::optional<Duration> Evaluator::Parts::duration(const Node& node) {
  const Value made = value(node);
  const auto* duration = std::get_if<Duration>(&made);
  return duration ? std::optional(*duration) : std::nullopt;
}

std::optional<DateRange> Evaluator::Parts::range(const Node& node) {
  const Value made = value(node);
  const auto* range = std::get_if<DateRange>(&made);
  return range ? std::optional(*range) : std::nullopt;
}

Value Evaluator::Parts::made_value(const Node& node) {
  const auto of_time = [&](auto make) -> Value {
    const std::optional<Time> at = time(*node.parts[0]);
    return at ? Value(make(*at)) : Missing{};
  };
  const auto known = [](const Time& time) { return time.known() ? Value(time) : Missing{}; };
  switch (node.op) {
    case Op::number: {
      Quantity made = exactly(std::get<record::Decimal>(node.data).to_double());
      if (node.type.measure == Type::Measure::unit) made.measure = Quantity::Measure::unit, made.unit = node.type.unit;
      return made;
    }
    case Op::text:
    case Op::word: return literal_text(node);
    case Op::moment: return std::get<Time>(node.data);
    case Op::duration: return std::get<Duration>(node.data);
    case Op::code: {
      const auto& word = std::get<CodeWord>(node.data);
      return Codings{.primary = {.system = word.system, .code = word.code}};
    }
    case Op::let_of:
    case Op::param_of: return value(defined(node));
    case Op::interval: return interval ? Value(*interval) : Missing{};
    case Op::patient: return std::string(person.name);
    case Op::sex: return person.sex.empty() ? Value(Missing{}) : std::string(person.sex);
    case Op::birth: return known(person.birth);
    case Op::death: return known(person.death);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::power:
    case Op::floor:
    case Op::negative: return arithmetic(node);
    case Op::otherwise: return first_known(node);
    case Op::convert: {
      const std::optional<Quantity> from = number(*node.parts[0]);
      const std::optional<Quantity> made = from ? converted(*from, std::get<std::string>(node.data)) : std::nullopt;
      return made ? Value(*made) : Missing{};
    }
    case Op::least:
    case Op::greatest: return extreme(node);
    case Op::cases: return branch(node);
    case Op::moved_later:
    case Op::moved_earlier: {
      const std::optional<Time> from = time(*node.parts[0]);
      const std::optional<Duration> by = duration(*node.parts[1]);
      if (!from || !by) return Missing{};
      const auto made = moved(*from, node.op == Op::moved_later ? *by : query::opposite(*by), program.month_end);
      return made ? Value(*made) : Missing{};
    }
    case Op::elapsed: return elapsed(node);
    case Op::length_of: return length_of(node);
    case Op::range: {
      const std::optional<Moment> from = moment(*node.parts[0]), to = moment(*node.parts[1]);
      return DateRange{.from = from ? first_day(*from) : Time{}, .to = to ? last_day(*to) : Time{}};
    }
    case Op::range_start:
    case Op::range_end: {
      const std::optional<DateRange> dates = range(*node.parts[0]);
      if (!dates) return Missing{};
      return known(node.op == Op::range_start ? dates->from : dates->to);
    }
    case Op::field: {
      const std::optional<Item> item = one(*node.parts[0]);
      return item ? field(*item, std::get<std::string>(node.data)) : Missing{};
    }
    case Op::attribute: return attribute(node);
    case Op::start_of: {
      const std::optional<Item> item = one(*node.parts[0]);
      return item ? known(item->start) : Missing{};
    }
    case Op::date_of: return of_time(date_of);
    case Op::year_of: {
      const std::optional<Time> at = time(*node.parts[0]);
      return at ? Value(exactly(record::civil(at->day()).year)) : Missing{};
    }
    case Op::month_of: {
      const std::optional<Time> at = time(*node.parts[0]);
      if (!at || at->precision < record::Precision::month) return Missing{};
      const record::CivilDay date = record::civil(at->day());
      Time month = record::day_time(record::days_from_civil(date.year, date.month, 1));
      month.precision = record::Precision::month;
      return month;
    }
    case Op::age: return age(node);
    case Op::band: return band(node);
    case Op::count: return counted(node);
    case Op::distinct:
    case Op::sum:
    case Op::avg:
    case Op::min:
    case Op::max:
    case Op::median:
    case Op::slope: return fold(node);
    case Op::covered: return covered(node);
    default: return Missing{};
  }
}

}  // namespace chartline::query
