#include "query/reference/evaluator.h"

#include "base/check.h"
#include "query/asserted.h"
#include "query/finder.h"
#include "query/reference/evaluator_parts.h"

namespace chartline::query {

using typed::Node;
using typed::Op;

namespace {

constexpr std::uint32_t interval_slot = 0;  // slots of events are numbered from 1

std::optional<std::uint32_t> own_slot(const Node& node) {
  const auto* slot = std::get_if<typed::Slot>(&node.data);
  return slot ? std::optional(slot->number) : std::nullopt;
}

// Whether what a node gives is made of the events that its parts give, so that what is lifted for it is for them.
bool is_made_of_parts(Op op) { return op >= Op::union_events && op <= Op::episodes; }

void find_filters(const Node& node, Lifted lifted, std::unordered_map<std::uint32_t, Filter>& found) {
  if (node.op == Op::filter) {
    lifted = lifted_by(node, lifted);
    found.emplace(*own_slot(node), Filter{&node, lifted});
    find_filters(*node.parts[0], lifted, found);
    for (std::size_t i = 1; i < node.parts.size(); ++i) find_filters(*node.parts[i], {}, found);
    return;
  }
  for (const typed::Ptr& part : node.parts) find_filters(*part, is_made_of_parts(node.op) ? lifted : Lifted{}, found);
}

}  // namespace

Evaluator::Evaluator(const Program& program) : parts_(std::make_unique<Parts>(program)) {}
Evaluator::~Evaluator() = default;

Evaluator::Parts::Parts(const Program& of) : program(of), slots(of.query.slots + 1) {
  for (const typed::Ptr& statement : program.query.statements) find_filters(*statement, {}, filter_of);
  for (const auto& [name, definition] : program.definitions) find_filters(*definition, {}, filter_of);
}

void Evaluator::start(const Person& person) { parts_->start(person); }

void Evaluator::Parts::start(const Person& of) {
  person = of;
  interval.reset();
  for (std::optional<Item>& slot : slots) slot.reset();
  for (auto& [name, evaluator] : saved) evaluator->start(of);
  registrations.clear();
  rows_of_patient.clear();
  for (const record::Event& event : person.events) {
    if (event.kind == record::Kind::registration && is_asserted(event) && !is_contribution(event))
      registrations.push_back(&event);
    if (event.kind == record::Kind::patient && !is_entered_in_error(event)) rows_of_patient.push_back(&event);
  }
  known_events.clear();
  known_values.clear();
  known_members.clear();
}

void Evaluator::heed(Stop* stop) {
  parts_->stop = stop;
  parts_->over = false;
  for (auto& [name, evaluator] : parts_->saved) evaluator->heed(stop);
}

bool Evaluator::Parts::is_over() {
  constexpr std::uint32_t steps_between = 4096;
  if (stop && !over && ++steps % steps_between == 0) over = !stop->check();
  return over;
}

void Evaluator::bind(std::uint32_t slot, const Item& item) {
  check(slot < parts_->slots.size(), "a slot of the query");
  parts_->slots[slot] = item;
}

void Evaluator::unbind(std::uint32_t slot) {
  check(slot < parts_->slots.size(), "a slot of the query");
  parts_->slots[slot].reset();
}

void Evaluator::set_interval(record::Day first, record::Day last) {
  parts_->interval = DateRange{record::day_time(first), record::day_time(last)};
}

Truth Evaluator::truth(const Node& condition) { return parts_->truth(condition); }
std::vector<Item> Evaluator::events(const Node& events) { return *parts_->events(events); }
std::optional<record::Time> Evaluator::time(const Node& time) { return parts_->time(time); }
std::vector<Evaluator::Membership> Evaluator::members(const Node& cohort) { return parts_->members(cohort); }

// -- names

// A row as it is bound; else what an `as` name stands for outside its clauses: the earliest event that satisfied them.
std::optional<Item> Evaluator::Parts::in_slot(std::uint32_t slot) {
  if (slots[slot]) return slots[slot];
  const auto filter = filter_of.find(slot);
  if (filter == filter_of.end()) return std::nullopt;
  const auto kept = events(*filter->second.node, filter->second.lifted);
  return kept->empty() ? std::nullopt : std::optional(kept->front());
}

const Node& Evaluator::Parts::defined(const Node& name) const {
  return *program.definition(std::get<typed::Named>(name.data).name).parts.front();
}

// The slots that a node asks about and does not fill itself. Where there are none, what it gives is one thing for each
// person, and is reckoned once.
const std::set<std::uint32_t>& Evaluator::Parts::open_slots(const Node& node) {
  if (const auto known = open.find(&node); known != open.end()) return known->second;
  std::set<std::uint32_t> slots_of_parts;
  for (const typed::Ptr& part : node.parts) slots_of_parts.merge(std::set(open_slots(*part)));
  if (node.op == Op::let_of || node.op == Op::param_of) slots_of_parts.merge(std::set(open_slots(defined(node))));
  if (node.op == Op::interval) slots_of_parts.insert(interval_slot);
  if (const auto slot = own_slot(node)) {
    if (node.op == Op::row) {
      slots_of_parts.insert(*slot);
    } else {
      slots_of_parts.erase(*slot);
    }
  }
  return open.emplace(&node, std::move(slots_of_parts)).first->second;
}

// Whoever has a row of the cohort is in it.
bool Evaluator::Parts::in_cohort(const std::string& name) {
  if (program.definitions.contains(name)) return !members(program.definition(name)).empty();
  const auto found = program.saved.find(name);
  check(found != program.saved.end(), "a cohort that the resolver found");
  std::unique_ptr<Evaluator>& evaluator = saved[name];
  if (!evaluator) {
    evaluator = std::make_unique<Evaluator>(*found->second);
    evaluator->heed(stop);
    evaluator->start(person);
  }
  return evaluator->parts_->in_cohort(name);
}

// [predicate], or [predicate, per, until?] with the slot of the index event.
const std::vector<Evaluator::Membership>& Evaluator::Parts::members(const Node& cohort) {
  if (const auto known = known_members.find(&cohort); known != known_members.end()) return known->second;
  std::vector<Membership> rows;
  const Node& predicate = *cohort.parts[0];
  if (cohort.parts.size() == 1) {
    if (truth(predicate) == Truth::yes) rows.push_back({});
  } else {
    Bound index(slots[std::get<typed::Named>(cohort.data).slot]);
    const auto all = events(*cohort.parts[1]);
    for (const Item& item : *all) {
      if (is_over()) break;
      index.set(item);
      if (truth(predicate) != Truth::yes) continue;
      rows.push_back({item, cohort.parts.size() > 2 ? time(*cohort.parts[2]) : std::nullopt});
    }
  }
  return known_members.emplace(&cohort, std::move(rows)).first->second;
}

}  // namespace chartline::query
