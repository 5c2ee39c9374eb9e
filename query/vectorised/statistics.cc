#include "query/vectorised/statistics.h"

#include <algorithm>
#include <cmath>

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

constexpr double kept_by_clause = 0.5;  // of the patients of a filter, by each of its clauses; a guess

}  // namespace

Statistics::Statistics(const engine::View& view, const Program& program) : view_(view), program_(program) {
  if (!known()) return;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) patients_ += view.patients(shard);
}

const Node& Statistics::defined(const Node& name) const {
  return *program_.definition(std::get<typed::Named>(name.data).name).parts.front();
}

const std::vector<engine::Name>& Statistics::names(const CodeSet& codes, std::uint32_t shard) {
  std::vector<std::vector<engine::Name>>& all = names_[&codes];
  while (all.size() < view_.shards()) all.push_back(codes.names(view_, static_cast<std::uint32_t>(all.size())));
  return all[shard];
}

Statistics::Size Statistics::of(const CodeSet& codes) {
  if (const auto known = known_.find(&codes); known != known_.end()) return known->second;
  Size size;
  if (!known()) return size;
  for (std::uint32_t shard = 0; shard < view_.shards(); ++shard) {
    // A directory that cannot be read is complained about where its postings are.
    const auto add = [&](const auto& known) {
      if (!known) return;
      size.events += static_cast<double>(known->events);
      size.patients += static_cast<double>(known->patients);
    };
    if (codes.any) {
      add(view_.sizes_of_all_postings(shard));
      continue;
    }
    for (const engine::Name name : names(codes, shard)) {
      const auto directory = view_.directory(shard, name);
      add(directory ? directory->get() : nullptr);
    }
  }
  size.patients = std::min(size.patients, patients_);
  return known_[&codes] = size;
}

double Statistics::having(const Node& events) {
  if (const auto known = having_.find(&events); known != having_.end()) return known->second;
  return having_[&events] = reckoned_having(events);
}

double Statistics::meeting(const Node& condition) {
  if (const auto known = meeting_.find(&condition); known != meeting_.end()) return known->second;
  return meeting_[&condition] = reckoned_meeting(condition);
}

double Statistics::reckoned_having(const Node& events) {
  switch (events.op) {
    case Op::events: return of(program_.codes(*events.parts[0])).patients;
    case Op::let_of:
    case Op::param_of: return having(defined(events));
    case Op::union_events: return std::min(patients_, having(*events.parts[0]) + having(*events.parts[1]));
    case Op::both_events: return std::min(having(*events.parts[0]), having(*events.parts[1]));
    case Op::filter: {
      const auto is_clause = [](const typed::Ptr& part) {
        return part->op != Op::any_status && part->op != Op::contributions && part->op != Op::named;
      };
      const auto clauses = std::count_if(events.parts.begin() + 1, events.parts.end(), is_clause);
      return having(*events.parts[0]) * std::pow(kept_by_clause, static_cast<double>(clauses));
    }
    case Op::first:
    case Op::last:
    case Op::nth:
    case Op::lowest:
    case Op::highest:
    case Op::without_events:
    case Op::eras:
    case Op::episodes: return having(*events.parts.back());
    default: return patients_;
  }
}

double Statistics::reckoned_meeting(const Node& condition) {
  switch (condition.op) {
    case Op::truth: return std::get<bool>(condition.data) ? patients_ : 0;
    case Op::exists: return having(*condition.parts[0]);
    case Op::not_: return patients_ - meeting(*condition.parts[0]);
    case Op::and_: {
      double least = patients_;
      for (const typed::Ptr& part : condition.parts) least = std::min(least, meeting(*part));
      return least;
    }
    case Op::or_: {
      double sum = 0;
      for (const typed::Ptr& part : condition.parts) sum += meeting(*part);
      return std::min(patients_, sum);
    }
    case Op::let_of:
    case Op::param_of: return meeting(defined(condition));
    case Op::in_cohort: {
      const Node& cohort = program_.definition(std::get<typed::Named>(condition.data).name);
      const double met = meeting(*cohort.parts[0]);
      return cohort.parts.size() > 1 ? std::min(met, having(*cohort.parts[1])) : met;
    }
    default: break;
  }
  // A comparison is unknown without the events that it asks about.
  double least = patients_ / 2;
  for (const typed::Ptr& part : condition.parts) {
    if (part->op == Op::field || part->op == Op::start_of) least = std::min(least, having(*part->parts[0]));
  }
  return least;
}

}  // namespace chartline::query::vectorised
