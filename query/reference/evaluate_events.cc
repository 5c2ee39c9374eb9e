// Events: kinds, choices among them, sets of them. Every set is in the total order, each event in it once.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/check.h"
#include "query/asserted.h"
#include "query/reference/evaluator_parts.h"

namespace chartline::query {

using typed::Node;
using typed::Op;
using Items = std::shared_ptr<const std::vector<Item>>;

namespace {

Items made_of(std::vector<Item> items) { return std::make_shared<const std::vector<Item>>(std::move(items)); }
Items only(const std::optional<Item>& item) { return made_of(item ? std::vector{*item} : std::vector<Item>()); }

// The place of an interval among intervals; those made differently of the same events are different.
auto interval_order(const Item& item) {
  return std::tuple(item.end.form, item.end.at.instant(), item.end.at.precision, item.count);
}

}  // namespace

// Events are the same by identity, whatever end `lasting` gave them; intervals by what they are.
bool same_item(const Item& a, const Item& b) {
  if (a.event || b.event) return a.event == b.event;
  return a.start == b.start && interval_order(a) == interval_order(b);
}

bool is_earlier(const Item& a, const Item& b) {
  if (a.event && b.event) return a.place < b.place;
  const auto order = [](const Item& item) { return std::tuple(item.start.instant(), item.start.precision, !item.event); };
  if (order(a) != order(b)) return order(a) < order(b);
  return interval_order(a) < interval_order(b);
}

Items Evaluator::Parts::events(const Node& node, Lifted lifted) {
  if (!is_closed(node)) return made_events(node, lifted);
  const std::pair key(&node, lifted);
  if (const auto known = known_events.find(key); known != known_events.end()) return known->second;
  return known_events[key] = made_events(node, lifted);
}

std::optional<Item> Evaluator::Parts::one(const Node& node) {
  if (node.op == Op::row) return in_slot(std::get<typed::Slot>(node.data).number);
  const Items items = events(node);
  return items->empty() ? std::nullopt : std::optional(items->front());
}

Items Evaluator::Parts::made_events(const Node& node, Lifted lifted) {
  switch (node.op) {
    case Op::events: return of_kind(node, lifted);
    case Op::row: return only(in_slot(std::get<typed::Slot>(node.data).number));
    case Op::let_of:
    case Op::param_of: return events(defined(node), lifted);
    case Op::union_events:
    case Op::both_events:
    case Op::without_events: return set_of(node, lifted);
    case Op::filter: return filtered(node, lifted);
    case Op::first:
    case Op::last:
    case Op::nth:
    case Op::lowest:
    case Op::highest: return chosen(node, lifted);
    case Op::eras:
    case Op::episodes: return joined(node, lifted);
    default: {
      // ??, case, least, greatest of events
      const Value made = made_value(node);
      const auto* item = std::get_if<Item>(&made);
      return only(item ? std::optional(*item) : std::nullopt);
    }
  }
}

// condition[dm]
Items Evaluator::Parts::of_kind(const Node& node, Lifted lifted) {
  const std::optional<record::Kind>& kind = std::get<std::optional<record::Kind>>(node.data);
  const CodeSet& codes = program.codes(*node.parts[0]);
  std::vector<Item> found;
  found.reserve(person.events.size());
  for (std::size_t i = 0; i < person.events.size(); ++i) {
    const record::Event& event = person.events[i];
    if (kind ? event.kind != *kind : event.kind == record::Kind::patient) continue;
    if (!lifted.status && !is_asserted(event)) continue;
    if (!lifted.contributions && is_contribution(event)) continue;
    if (!codes.matches(event)) continue;
    found.push_back({.event = &event, .start = event.start, .end = event.end, .place = static_cast<std::uint32_t>(i)});
  }
  return made_of(std::move(found));
}

// first E · last E · nth(2, E) · lowest E · highest E
Items Evaluator::Parts::chosen(const Node& node, Lifted lifted) {
  const Items all = events(*node.parts.back(), lifted);
  if (all->empty()) return all;
  if (node.op == Op::first) return only(all->front());
  if (node.op == Op::last) return only(all->back());
  if (node.op == Op::nth) {
    const auto place = static_cast<std::size_t>(std::get<record::Decimal>(node.parts[0]->data).to_double());
    return place <= all->size() ? only((*all)[place - 1]) : only(std::nullopt);
  }
  // By value, in the unit of the first event that has one; what does not convert is left out as what is missing is.
  std::optional<Item> best;
  std::optional<Quantity> unit, best_value;
  for (const Item& item : *all) {
    if (!item.event || item.event->value.form != record::Value::Form::number) continue;
    const Quantity recorded = quantity(item.event->value, item.event);
    if (!unit) unit = recorded;
    const std::optional<Quantity> value = alike(recorded, *unit);
    if (!value) continue;
    const bool better = !best || (node.op == Op::lowest ? is_lower(*value, *best_value) : is_lower(*best_value, *value));
    if (better) best = item, best_value = value;
  }
  return only(best);
}

// E1 | E2, E1 & E2, E1 - E2. Of an event that is in both, the end is that of the left.
Items Evaluator::Parts::set_of(const Node& node, Lifted lifted) {
  std::vector<Item> made = *events(*node.parts[0], lifted);
  for (std::size_t i = 1; i < node.parts.size(); ++i) {
    const Items right = events(*node.parts[i], lifted);
    std::vector<Item> next;
    const auto into = std::back_inserter(next);
    switch (node.op) {
      case Op::union_events: std::ranges::set_union(made, *right, into, is_earlier); break;
      case Op::both_events: std::ranges::set_intersection(made, *right, into, is_earlier); break;
      default: std::ranges::set_difference(made, *right, into, is_earlier); break;
    }
    made = std::move(next);
  }
  return made_of(std::move(made));
}

}  // namespace chartline::query
