#include "query/vectorised/relax.h"

#include <algorithm>
#include <utility>

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;
using typed::Ptr;

namespace {

Ptr made(Op op, Basic basic, std::vector<Ptr> parts, typed::Data data = {}, Span span = {}) {
  return std::make_shared<const Node>(Node{op, type(basic), span, std::move(parts), std::move(data)});
}
Ptr exists(Ptr events) { return events ? made(Op::exists, Basic::boolean, {std::move(events)}) : nullptr; }

// Columns know events as they were recorded: what asks about intervals, or about events with another end, is not for them.
bool recasts(Op op) { return op == Op::lasting || op == Op::ending || op == Op::starting || op == Op::clipped; }
bool recasts(const Node& filter) {
  return std::ranges::any_of(filter.parts, [](const Ptr& part) { return recasts(part->op); });
}

// Whether a node gives events that are made of those of its parts.
bool is_of_events(Op op) { return op >= Op::union_events && op <= Op::episodes; }

bool lifts(Op op) { return op == Op::any_status || op == Op::contributions; }

}  // namespace

const Ptr& Relaxing::defined(const Node& name) const {
  return program_.definition(std::get<typed::Named>(name.data).name).parts.front();
}

Ptr Relaxing::all_of(std::vector<Ptr> parts) const {
  std::erase(parts, nullptr);
  if (parts.empty()) return nullptr;
  return parts.size() == 1 ? parts.front() : made(Op::and_, Basic::boolean, std::move(parts));
}

Ptr Relaxing::condition(const Ptr& node) {
  if (!evaluation_.rehearse(*node)) return node;
  switch (node->op) {
    case Op::and_: {
      std::vector<Ptr> parts;
      for (const Ptr& part : node->parts) parts.push_back(condition(part));
      return all_of(std::move(parts));
    }
    case Op::at_least:
      if (std::get<record::Decimal>(node->data).to_double() < 1) return nullptr;
      [[fallthrough]];
    case Op::or_: {
      std::vector<Ptr> parts;
      for (const Ptr& part : node->parts) {
        parts.push_back(condition(part));
        if (!parts.back()) return nullptr;
      }
      return parts.size() == 1 ? parts.front() : made(Op::or_, Basic::boolean, std::move(parts));
    }
    case Op::exists: return exists(events(node->parts[0]));
    case Op::in_cohort: return cohort(std::get<typed::Named>(node->data).name);
    case Op::let_of:
    case Op::param_of: return once(conditions_, defined(*node), [this](const Ptr& one) { return condition(one); });
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal: return comparison(node);
    case Op::date_in_range:
    case Op::code_in_set: return known(node->parts[0]);
    default: return nullptr;
  }
}

// Unknown where either side is missing; and more than nothing is something.
Ptr Relaxing::comparison(const Ptr& node) {
  const Node &left = *node->parts[0], &right = *node->parts[1];
  if ((left.op == Op::count || left.op == Op::covered) && right.op == Op::number) {
    const double bound = std::get<record::Decimal>(right.data).to_double();
    const bool some = (node->op == Op::greater && bound >= 0) || (node->op == Op::greater_or_equal && bound > 0) ||
                      (node->op == Op::equal && bound > 0);
    if (some) return exists(events(left.parts[0]));
  }
  return all_of({known(node->parts[0]), known(node->parts[1])});
}

Ptr Relaxing::known(const Ptr& value) {
  switch (value->op) {
    case Op::field:
    case Op::start_of: return exists(events(value->parts[0]));
    case Op::attribute: return value->parts.empty() ? nullptr : exists(events(value->parts[0]));
    case Op::sum:
    case Op::avg:
    case Op::min:
    case Op::max:
    case Op::median:
    case Op::slope: return exists(events(value->parts[0]));
    case Op::let_of:
    case Op::param_of: return once(values_, defined(*value), [this](const Ptr& one) { return known(one); });
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::elapsed: return all_of({known(value->parts[0]), known(value->parts[1])});
    case Op::negative:
    case Op::convert:
    case Op::moved_later:
    case Op::moved_earlier:
    case Op::date_of:
    case Op::year_of:
    case Op::month_of:
    case Op::age:
    case Op::band: return known(value->parts[0]);
    default: return nullptr;
  }
}

Ptr Relaxing::events(const Ptr& node) {
  if (node->op != Op::row && !evaluation_.rehearse(*node)) return node;
  switch (node->op) {
    case Op::let_of:
    case Op::param_of: return once(events_, defined(*node), [this](const Ptr& one) { return events(one); });
    case Op::first:
    case Op::last:
    case Op::nth:
    case Op::lowest:
    case Op::highest: return events(node->parts.back());
    case Op::filter: return filtered(node);
    case Op::union_events: {
      std::vector<Ptr> parts;
      for (const Ptr& part : node->parts) {
        parts.push_back(events(part));
        if (!parts.back()) return nullptr;
      }
      const Ptr all = keep(made(Op::union_events, Basic::events, std::move(parts)));
      return evaluation_.rehearse(*all) ? nullptr : all;
    }
    case Op::both_events:
      for (const Ptr& part : node->parts) {
        if (Ptr one = events(part)) return one;
      }
      return nullptr;
    case Op::without_events: return events(node->parts[0]);
    case Op::eras:
    case Op::episodes: return events(node->parts[0]);
    default: return nullptr;
  }
}

// Whether some of what a node gives are not events as they were recorded: intervals, or events with another end.
bool Relaxing::makes_intervals(const Node& events) {
  if (events.op == Op::let_of || events.op == Op::param_of) {
    const Node& body = *defined(events);
    if (const auto known = intervals_.find(&body); known != intervals_.end()) return known->second;
    const bool made = makes_intervals(body);
    return intervals_[&body] = made;
  }
  if (events.op == Op::eras || events.op == Op::episodes) return true;
  if (events.op == Op::filter) return recasts(events) || makes_intervals(*events.parts[0]);
  const auto of_part = [this](const Ptr& part) { return makes_intervals(*part); };
  return is_of_events(events.op) && std::ranges::any_of(events.parts, of_part);
}

// What columns may be able to say of a clause that they cannot answer: whoever meets it surely meets each of these.
std::vector<Ptr> Relaxing::weaker(const Node& clause) {
  const auto with = [&clause](Op op, Ptr part) {
    return std::make_shared<const Node>(Node{op, clause.type, {}, {std::move(part)}, clause.data});
  };
  std::vector<Ptr> all;
  if (clause.parts.empty()) return all;
  const Ptr& part = clause.parts.front();
  if (clause.op == Op::same_encounter || clause.op == Op::with) {
    if (Ptr others = events(part)) all.push_back(with(clause.op, std::move(others)));
  } else if (clause.op == Op::where && part->op == Op::and_) {
    for (const Ptr& one : part->parts) all.push_back(with(Op::where, one));
  }
  return all;
}

// The clauses that columns can answer, one by one, and what they can say of others. Of intervals none: an interval is no event of those
// it was made of.
Ptr Relaxing::filtered(const Ptr& node) {
  const Ptr base = events(node->parts[0]);
  if (!base) return nullptr;
  std::vector<Ptr> kept = {base};
  for (std::size_t i = 1; i < node->parts.size(); ++i) {
    if (lifts(node->parts[i]->op)) kept.push_back(node->parts[i]);
  }
  const auto with = [&](std::vector<Ptr> parts) {
    return std::make_shared<const Node>(Node{Op::filter, type(Basic::events), node->span, std::move(parts), node->data});
  };
  if (!makes_intervals(*node->parts[0])) {
    const std::vector<Ptr> bare = kept;
    for (std::size_t i = 1; i < node->parts.size(); ++i) {
      if (recasts(node->parts[i]->op)) break;
      if (lifts(node->parts[i]->op)) continue;
      const auto can_be_kept = [&](const Ptr& clause) {
        std::vector<Ptr> one = bare;
        one.push_back(clause);
        return !evaluation_.rehearse(*keep(with(std::move(one))));
      };
      if (can_be_kept(node->parts[i])) {
        kept.push_back(node->parts[i]);
        continue;
      }
      for (const Ptr& clause : weaker(*node->parts[i]))
        if (can_be_kept(clause)) kept.push_back(clause);
    }
  }
  return kept.size() == 1 ? base : keep(with(std::move(kept)));
}

Ptr Relaxing::cohort(const std::string& name) {
  const Ptr& cohort = program_.definitions.find(name)->second;
  return once(cohorts_, cohort, [this](const Ptr& one) { return members_of(*one); });
}

Ptr Relaxing::members_of(const Node& cohort) {
  if (cohort.parts.size() == 1) return condition(cohort.parts[0]);
  return all_of({exists(events(cohort.parts[1])), condition(cohort.parts[0])});
}

Ptr Relaxing::statement(const Node& statement) {
  switch (statement.op) {
    case Op::count_patients: return condition(statement.parts[0]);
    case Op::flow: return condition(statement.parts[0]);
    case Op::tally: return exists(events(statement.parts[0]));
    case Op::rows: {
      const bool per = std::holds_alternative<typed::Slot>(statement.data);
      return all_of({condition(statement.parts[0]), per ? exists(events(statement.parts[1])) : nullptr});
    }
    case Op::events_in:
      return all_of({cohort(std::get<typed::Named>(statement.data).name), exists(events(statement.parts[0]))});
    case Op::measure: return condition(statement.parts[1]);
    case Op::incidence:
    case Op::survival: return cohort(std::get<typed::Named>(statement.data).name);
    default: return nullptr;
  }
}

}  // namespace chartline::query::vectorised
