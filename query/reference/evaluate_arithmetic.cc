// Arithmetic: numbers, durations made of numbers, bands.
#include <cmath>

#include "query/band.h"
#include "query/reference/evaluator_parts.h"

namespace chartline::query {

using typed::Node;
using typed::Op;

Value Evaluator::Parts::arithmetic(const Node& node) {
  const std::optional<Quantity> a = number(*node.parts[0]);
  if (!a) return Missing{};
  if (node.op == Op::negative) return query::negative(*a);
  if (node.op == Op::floor) return query::floor(*a);
  const std::optional<Quantity> b = number(*node.parts[1]);
  if (!b) return Missing{};
  const std::optional<Quantity> made = [&] {
    switch (node.op) {
      case Op::add: return query::add(*a, *b);
      case Op::subtract: return query::subtract(*a, *b);
      case Op::multiply: return query::multiply(*a, *b);
      case Op::power: return query::power(*a, *b);
      default: return query::divide(*a, *b);
    }
  }();
  return made ? Value(*made) : Missing{};
}

// days(x). Calendar units take whole numbers; exact ones are cut to whole seconds.
Value Evaluator::Parts::length_of(const Node& node) {
  constexpr double count_max = 1e9;
  const std::optional<Quantity> count = number(*node.parts[0]);
  if (!count || !count->exact() || std::abs(count->low) > count_max) return Missing{};
  const DurationUnit unit = std::get<DurationUnit>(node.data);
  const double whole = std::trunc(count->low);
  if (whole == count->low) return Duration{.count = static_cast<std::int64_t>(whole), .unit = unit};
  if (!Duration{1, unit}.exact()) return Missing{};
  const double seconds = std::trunc(count->low * static_cast<double>(micros({1, unit}) / record::micros_per_second));
  return Duration{.count = static_cast<std::int64_t>(seconds), .unit = DurationUnit::seconds};
}

// band(x, 10): missing where it is not known in which.
Value Evaluator::Parts::band(const Node& node) {
  const std::optional<Quantity> number = this->number(*node.parts[0]);
  if (!number) return Missing{};
  const Bands bands(std::get<record::Decimal>(node.parts[1]->data));
  const double band = bands.of(number->low);
  if (bands.of(number->high) != band || std::isinf(band)) return Missing{};
  return bands.name(band);
}

}  // namespace chartline::query
