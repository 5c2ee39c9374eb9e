#include "query/reference/evaluator.h"

#include "base/check.h"
#include "query/asserted.h"
#include "query/finder.h"
#include "query/reference/evaluator_parts.h"

namespace chartline::query {

using typed::Node;
using typed::Op;

Evaluator::Evaluator(const Program& program) : parts_(std::make_unique<Parts>(program)) {}
Evaluator::~Evaluator() = default;

Evaluator::Parts::Parts(const Program& of) : program(of), slots(of.query.slots + 1), names(of) {}

void Evaluator::start(const Person& person) { parts_->start(person); }

void Evaluator::Parts::start(const Person& of) {
  person = of;
  interval.reset();
  for (std::optional<Item>& slot : slots) slot.reset();
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
  const Filter* filter = names.filter_of(slot);
  if (!filter) return std::nullopt;
  const auto kept = events(*filter->node, filter->lifted);
  return kept->empty() ? std::nullopt : std::optional(kept->front());
}

// Whoever has a row of the cohort is in it.
bool Evaluator::Parts::in_cohort(const std::string& name) { return !members(program.definition(name)).empty(); }

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
