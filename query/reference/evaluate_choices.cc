// Choices among values: ??, case, least, greatest.
#include <algorithm>

#include "query/reference/evaluator_parts.h"

namespace chartline::query {

using record::Time;
using typed::Node;
using typed::Op;

namespace {

// Times by instant, then the coarser; what has no order stands as it is.
bool sorts_before(const Value& a, const Value& b) {
  if (const auto* time = std::get_if<Time>(&a)) {
    const auto& other = std::get<Time>(b);
    return std::pair(time->instant(), time->precision) < std::pair(other.instant(), other.precision);
  }
  if (const auto* text = std::get_if<std::string>(&a)) return *text < std::get<std::string>(b);
  if (const auto* item = std::get_if<Item>(&a)) return is_earlier(*item, std::get<Item>(b));
  if (const auto* known = std::get_if<Truth>(&a)) return *known < std::get<Truth>(b);
  return false;
}

}  // namespace

Value extreme_of(const std::vector<Value>& known, bool least) {
  if (known.empty()) return Missing{};
  for (const Value& one : known) {
    if (one.index() != known.front().index()) return Missing{};
  }
  if (!std::holds_alternative<Quantity>(known.front()))
    return least ? *std::ranges::min_element(known, sorts_before) : *std::ranges::max_element(known, sorts_before);
  std::vector<Quantity> numbers;
  for (const Value& one : known) {
    const auto& number = std::get<Quantity>(one);
    const std::optional<Quantity> made = alike(number, numbers.empty() ? number : numbers.front());
    if (!made) return Missing{};
    numbers.push_back(*made);
  }
  return least ? query::least(numbers) : query::greatest(numbers);
}

// x ?? y
Value Evaluator::Parts::first_known(const Node& node) {
  for (const typed::Ptr& part : node.parts) {
    Value made = value(*part);
    if (!query::is_missing(made)) return in_unit_of(node, std::move(made));
  }
  return Missing{};
}

// [condition of each branch ..., value of each branch ..., the other value?]
Value Evaluator::Parts::branch(const Node& node) {
  const std::size_t branches = node.parts.size() / 2;
  for (std::size_t i = 0; i < branches; ++i) {
    if (truth(*node.parts[i]) == Truth::yes) return in_unit_of(node, value(*node.parts[branches + i]));
  }
  return node.parts.size() % 2 == 1 ? in_unit_of(node, value(*node.parts.back())) : Missing{};
}

// least(a, b), greatest(a, b) of those that are known. Nothing where they are of different kinds.
Value Evaluator::Parts::extreme(const Node& node) {
  std::vector<Value> known;
  for (const typed::Ptr& part : node.parts) {
    Value made = value(*part);
    if (!query::is_missing(made)) known.push_back(std::move(made));
  }
  return in_unit_of(node, extreme_of(known, node.op == Op::least));
}

// In the unit that the type of the node promises.
Value Evaluator::Parts::in_unit_of(const Node& node, Value value) {
  const auto* number = std::get_if<Quantity>(&value);
  if (!number || node.type.measure != Type::Measure::unit) return value;
  const std::optional<Quantity> made = converted(*number, node.type.unit);
  return made ? Value(*made) : Missing{};
}

}  // namespace chartline::query
