// Who can meet a condition at all: whoever has an event of each of these sets of leaves. Of anyone else it surely does not hold,
// whatever the rest of it says; the reference would say the same.

#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

Needed all_of(Needed some, const Needed& more) {
  some.insert(more.begin(), more.end());
  return some;
}

// One of each is enough to say that none is met without an event of them all. Nothing where one needs nothing.
Needed any_of(const std::vector<Needed>& each) {
  std::set<std::uint32_t> leaves;
  for (const Needed& needed : each) {
    if (needed.empty()) return {};
    leaves.insert(needed.begin()->begin(), needed.begin()->end());
  }
  return leaves.empty() ? Needed() : Needed{std::move(leaves)};
}

}  // namespace

Needed Evaluation::needed_for(const Node& condition) {
  return needed_once(condition, {}, [&] { return made_needed_for(condition); });
}

Needed Evaluation::made_needed_for(const Node& condition) {
  switch (condition.op) {
    case Op::and_: {
      Needed all;
      for (const typed::Ptr& part : condition.parts) all = all_of(std::move(all), needed_for(*part));
      return all;
    }
    case Op::at_least:
      if (std::get<record::Decimal>(condition.data).to_double() < 1) return {};
      [[fallthrough]];
    case Op::or_: {
      std::vector<Needed> each;
      for (const typed::Ptr& part : condition.parts) each.push_back(needed_for(*part));
      return any_of(each);
    }
    case Op::exists: return needed_of(*condition.parts[0]);
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal:  // beside what is missing nothing holds
      return all_of(needed_of_value(*condition.parts[0]), needed_of_value(*condition.parts[1]));
    case Op::date_in_range: return needed_of_value(*condition.parts[0]);
    case Op::registered:
    case Op::observed: return needed_of(*program_.registrations);
    case Op::in_cohort: {
      const Node& cohort = program_.definition(std::get<typed::Named>(condition.data).name);
      const bool has_index = cohort.parts.size() > 1;
      return has_index ? needed_of(*cohort.parts[1]) : needed_for(*cohort.parts[0]);
    }
    case Op::let_of:
    case Op::param_of: return needed_for(defined(condition));
    default: return {};
  }
}

// Definitions may stand on one another, each on the one before it twice; so may what they were loosened to.
Needed Evaluation::needed_once(const Node& body, Lifted lifted, const std::function<Needed()>& find) {
  const std::pair key(&body, lifted);
  if (const auto known = needed_.find(key); known != needed_.end()) return known->second;
  return needed_[key] = find();
}

Needed Evaluation::needed_leaf(const Node& node, Lifted lifted) const {
  const auto leaf = rehearsed_.leaf_of.find({&node, lifted});
  return leaf == rehearsed_.leaf_of.end() ? Needed() : Needed{{leaf->second}};
}

// To have one of these events.
Needed Evaluation::needed_of(const Node& node, Lifted lifted) {
  return needed_once(node, lifted, [&] { return made_needed_of(node, lifted); });
}

Needed Evaluation::made_needed_of(const Node& node, Lifted lifted) {
  switch (node.op) {
    case Op::events: return needed_leaf(node, lifted);
    case Op::filter: return needed_of_filter(node, lifted_by(node, lifted));
    case Op::first:
    case Op::last:
    case Op::nth:
    case Op::lowest:
    case Op::highest: return needed_of(*node.parts.back(), lifted);
    case Op::union_events: {
      std::vector<Needed> each;
      for (const typed::Ptr& part : node.parts) each.push_back(needed_of(*part, lifted));
      return any_of(each);
    }
    case Op::both_events: return all_of(needed_of(*node.parts[0], lifted), needed_of(*node.parts[1], lifted));
    case Op::without_events: return needed_of(*node.parts[0], lifted);
    case Op::let_of:
    case Op::param_of: return needed_of(defined(node), lifted);
    default: return {};
  }
}

Needed Evaluation::needed_of_filter(const Node& filter, Lifted lifted) {
  const Node& filtered = *filter.parts[0];
  Needed all = filtered.op == Op::events ? needed_leaf(filter, lifted) : needed_of(filtered, lifted);
  for (std::size_t i = 1; i < filter.parts.size(); ++i) {
    const Node& clause = *filter.parts[i];
    const bool asks_for = clause.op == Op::with || clause.op == Op::preceding || clause.op == Op::following ||
                          clause.op == Op::same_date || clause.op == Op::same_encounter || is_order(clause.op) ||
                          is_within(clause.op);
    if (!asks_for) continue;
    const Node& other = *clause.parts.back();
    const bool is_time = other.type.basic != Basic::event && other.type.basic != Basic::events;
    all = all_of(std::move(all), is_time ? needed_of_value(other) : needed_of(other));
  }
  return all;
}

// For a value not to be missing.
Needed Evaluation::needed_of_value(const Node& node) {
  switch (node.op) {
    case Op::field:
    case Op::start_of: return needed_of(*node.parts[0]);
    case Op::year_of:
    case Op::month_of:
    case Op::date_of: return needed_of_value(*node.parts[0]);
    case Op::let_of:
    case Op::param_of: return needed_of_value(defined(node));
    default: return {};
  }
}

}  // namespace chartline::query::vectorised
