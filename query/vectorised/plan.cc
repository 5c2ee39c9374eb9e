#include "query/vectorised/plan.h"

#include <algorithm>

#include "base/check.h"
#include "query/vectorised/listed.h"
#include "query/vectorised/relax.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

constexpr double sifted_share = 0.2;  // of the patients of a leaf, by what is sifted out while it is read; a guess

std::vector<const Node*> groups_of(const Node& groups) {
  std::vector<const Node*> parts;
  for (const typed::Ptr& part : groups.parts) parts.push_back(part.get());
  return parts;
}

std::optional<std::string> rehearse_statement(const Node& statement, const Program& program, Evaluation& evaluation) {
  switch (statement.op) {
    case Op::count_patients: {
      const std::vector<const Node*> groups = groups_of(*statement.parts[1]);
      if (groups.size() > groups_max) return "many groups";
      if (const auto rows = rows_counted(statement, program))
        return evaluation.rehearse_rows_of(*rows->cohort, rows->slot, groups);
      return evaluation.rehearse_rows(*statement.parts[0], 0, groups, {});
    }
    case Op::tally:
      if (statement.parts[1]->parts.size() > groups_max) return "many groups";
      return evaluation.rehearse_rows(*statement.parts[0], std::get<typed::Slot>(statement.data).number,
                                      groups_of(*statement.parts[1]), {});
    case Op::flow:
      for (const typed::Ptr& step : statement.parts) {
        if (auto reason = evaluation.rehearse(*step)) return reason;
      }
      return std::nullopt;
    case Op::measure: {
      if (statement.parts[2]->parts.size() > groups_max) return "many groups";
      evaluation.set_interval(0, 0);
      auto reason =
          evaluation.rehearse_rows(*statement.parts[1], 0, groups_of(*statement.parts[2]), {statement.parts[0].get()});
      evaluation.clear_interval();
      return reason;
    }
    case Op::rows: return Listed(statement, program).rehearse(evaluation);
    case Op::events_in: return "events are given whole";
    default: return "follow-up goes row by row";
  }
}

// Walks what a plan evaluates.
std::optional<std::string> rehearse(const Plan& plan, const Program& program, Evaluation& evaluation) {
  switch (plan.way) {
    case Way::columns: return rehearse_statement(*plan.statement, program, evaluation);
    case Way::candidates: return evaluation.rehearse(*plan.candidates);
    case Way::everyone: return std::nullopt;
  }
  return std::nullopt;
}

Needed needed_for(const Plan& plan, const Program& program, Evaluation& evaluation) {
  if (plan.way == Way::everyone) return {};
  if (plan.way == Way::candidates) return evaluation.needed_for(*plan.candidates);
  const Node& statement = *plan.statement;
  switch (statement.op) {
    case Op::count_patients:
      if (const auto rows = rows_counted(statement, program)) return evaluation.needed_of(*rows->cohort->parts[1]);
      return evaluation.needed_for(*statement.parts[0]);
    case Op::tally: return evaluation.needed_of(*statement.parts[0]);
    case Op::rows: {
      Needed all = evaluation.needed_for(*statement.parts[0]);
      if (std::holds_alternative<typed::Slot>(statement.data)) all.merge(evaluation.needed_of(*statement.parts[1]));
      return all;
    }
    case Op::flow: return evaluation.needed_for(*statement.parts[0]);
    case Op::measure: return evaluation.needed_for(*statement.parts[1]);
    default: return {};
  }
}

// After all were walked.
bool count_whoever(const Plans& plans, Evaluation& evaluation) {
  if (plans.each.size() != 1 || plans.each.front().way != Way::columns || plans.rehearsed.leaves.all.size() != 1)
    return false;
  const Node& statement = *plans.each.front().statement;
  if (statement.op != Op::count_patients || !statement.parts[1]->parts.empty()) return false;
  const Node& condition = *statement.parts[0];
  return condition.op == Op::exists && evaluation.events(*condition.parts[0], evaluation.everyone())->whole;
}

}  // namespace

std::string_view name(Way way) {
  return way == Way::columns ? "columns" : way == Way::candidates ? "candidates" : "everyone";
}

std::optional<RowsCounted> rows_counted(const Node& statement, const Program& program) {
  const Node& condition = *statement.parts[0];
  const auto* named = std::get_if<typed::Named>(&condition.data);
  if (condition.op != Op::in_cohort || named->slot == 0) return std::nullopt;
  return RowsCounted{&program.definition(named->name), named->slot};
}

LeafSets needed_by_any(const Plans& plans, Statistics& statistics) {
  using Set = std::set<std::uint32_t>;
  const Leaves& leaves = plans.rehearsed.leaves;
  if (std::ranges::any_of(leaves.all, [](const Leaf& leaf) { return is_loose(leaf) || is_thin(leaf); })) return {};
  const auto patients = [&](const Set& set) {
    double sum = 0;
    for (const std::uint32_t leaf : set) {
      const double share = leaves.all[leaf].sieve == Sieve() ? 1 : sifted_share;
      sum += share * statistics.of(*leaves.all[leaf].codes).patients;
    }
    return sum;
  };
  LeafSets of_all;
  for (const Needed& needed : plans.needed) {
    LeafSets sets(needed.begin(), needed.end());
    std::ranges::stable_sort(sets, {}, patients);
    if (sets.empty()) return {};
    if (plans.needed.size() == 1) {
      of_all = std::move(sets);
    } else {  // whoever one of them can find
      of_all.resize(1);
      of_all.front().insert(sets.front().begin(), sets.front().end());
    }
  }
  std::erase_if(of_all, [&](const Set& set) { return patients(set) > statistics.patients() / 2; });
  return of_all;
}

Plan plan(const Node& statement, const Program& program) {
  Rehearsed tried;
  Evaluation evaluation(program, tried);
  Plan made{.statement = &statement};
  std::optional<std::string> reason = rehearse_statement(statement, program, evaluation);
  // Events of all codes, in order and with all that is shown of them, are what timelines are there for.
  const auto is_timeline = [](const Leaf& leaf) { return leaf.codes->any && !is_loose(leaf); };
  if (!reason && statement.op == Op::rows && std::ranges::any_of(tried.leaves.all, is_timeline))
    reason = "a list of what has any code";
  if (!reason) {
    made.way = Way::columns;
    return made;
  }
  made.reason = *reason;
  made.candidates = Relaxing(program, evaluation).statement(statement);
  if (made.candidates && !evaluation.rehearse(*made.candidates)) made.way = Way::candidates;
  return made;
}

std::shared_ptr<const Plans> plans_together(std::vector<Plan> each, const Program& program) {
  auto made = std::make_shared<Plans>();
  made->each = std::move(each);
  Evaluation evaluation(program, made->rehearsed);
  for (const Plan& one : made->each) check(!rehearse(one, program, evaluation), "a plan can be walked");
  for (const Plan& one : made->each) made->needed.push_back(needed_for(one, program, evaluation));
  made->counts_whoever = count_whoever(*made, evaluation);
  return made;
}

bool Plans::are_of(std::span<const Node* const> statements) const {
  return std::ranges::equal(each, statements, {}, &Plan::statement);
}

const Plan* Plans::of(const Node& statement) const {
  const auto found = std::ranges::find(each, &statement, &Plan::statement);
  return found == each.end() ? nullptr : &*found;
}

}  // namespace chartline::query::vectorised
