// Who can meet a condition at all: whoever has an event of these leaves. Of
// anyone else it surely does not hold, whatever the rest of it says; the
// reference would say the same.
#include <algorithm>

#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

std::optional<Evaluation::Needed>
Evaluation::needed_for(const Node &condition) {
  switch (condition.op) {
  case Op::and_:
    return needed_for_all(condition);
  case Op::or_:
    return needed_for_any(condition);
  case Op::at_least:
    if (std::get<record::Decimal>(condition.data).to_double() < 1)
      return std::nullopt;
    return needed_for_any(condition);
  case Op::exists:
    return needed_of(*condition.parts[0]);
  case Op::equal:
  case Op::unequal:
  case Op::less:
  case Op::less_or_equal:
  case Op::greater:
  case Op::greater_or_equal: {
    // Beside what is missing nothing holds.
    const auto left = needed_of_value(*condition.parts[0]);
    return left ? left : needed_of_value(*condition.parts[1]);
  }
  case Op::date_in_range:
    return needed_of_value(*condition.parts[0]);
  case Op::in_cohort: {
    const Node &cohort =
        program_.definition(std::get<typed::Named>(condition.data).name);
    return cohort.parts.size() == 1
               ? needed_once(*cohort.parts[0], &Evaluation::needed_for)
               : needed_of(*cohort.parts[1]);
  }
  case Op::let_of:
  case Op::param_of:
    return needed_once(defined(condition), &Evaluation::needed_for);
  default:
    return std::nullopt;
  }
}

// Definitions may stand on one another, each on the one before it twice.
std::optional<Evaluation::Needed> Evaluation::needed_once(const Node &body,
                                                          NeededFor find) {
  if (const auto known = needed_.find(&body); known != needed_.end())
    return known->second;
  std::optional<Needed> found = (this->*find)(body);
  return needed_.emplace(&body, std::move(found)).first->second;
}

// The part that is met by the fewest.
std::optional<Evaluation::Needed>
Evaluation::needed_for_all(const Node &conjunction) {
  for (const Node *part : in_order(conjunction)) {
    if (auto needed = needed_for(*part))
      return needed;
  }
  return std::nullopt;
}

std::optional<Evaluation::Needed> Evaluation::needed_for_any(const Node &node) {
  Needed all;
  for (const typed::Ptr &part : node.parts) {
    const auto needed = needed_for(*part);
    if (!needed)
      return std::nullopt;
    all.insert(needed->begin(), needed->end());
  }
  return all.empty() ? std::nullopt : std::optional(std::move(all));
}

// To have one of these events.
std::optional<Evaluation::Needed> Evaluation::needed_of(const Node &node) {
  if (!is_closed(node))
    return std::nullopt;
  const std::vector<std::uint32_t> &leaves =
      events(node, everyone())->events->leaves;
  if (leaves.empty())
    return std::nullopt;
  return Needed(leaves.begin(), leaves.end());
}

// For a value not to be missing.
std::optional<Evaluation::Needed>
Evaluation::needed_of_value(const Node &node) {
  switch (node.op) {
  case Op::field:
  case Op::start_of:
    return needed_of(*node.parts[0]);
  case Op::year_of:
  case Op::month_of:
  case Op::date_of:
    return needed_of_value(*node.parts[0]);
  case Op::let_of:
  case Op::param_of:
    return needed_once(defined(node), &Evaluation::needed_of_value);
  default:
    return std::nullopt;
  }
}

} // namespace chartline::query::vectorised
