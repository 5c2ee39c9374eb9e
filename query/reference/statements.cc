#include "query/reference/statements.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "query/event_cells.h"
#include "query/group_words.h"
#include "query/reference/evaluator_parts.h"
#include "query/reference/follow_up.h"

namespace chartline::query {

using typed::Op;
using Membership = Evaluator::Membership;

namespace {

Key key_of(const typed::Node& groups, Evaluator& about) {
  Key key;
  for (const typed::Ptr& group : groups.parts) {
    Cell& cell = key.emplace_back(about.cell(*group));
    auto* const text = std::get_if<std::string>(&cell);
    // An attribute, or a value, may be a text whatever its type says.
    if (text && group->type.basic != Basic::code) *text = group_words(std::move(*text));
  }
  return key;
}

std::uint32_t slot_of(const typed::Data& data) {
  if (const auto* slot = std::get_if<typed::Slot>(&data)) return slot->number;
  if (const auto* named = std::get_if<typed::Named>(&data)) return named->slot;
  return 0;
}

// The rows that a condition stands for: those of a cohort where it is `in COHORT` and the cohort has index dates, else one,
// if it holds.
std::vector<Membership> rows_of(const typed::Node& condition, Interview& about) {
  const std::uint32_t slot = condition.op == Op::in_cohort ? slot_of(condition.data) : 0;
  if (slot) return about.members(std::get<typed::Named>(condition.data).name);
  if (about.evaluator().truth(condition) == Truth::yes) return {Membership{}};
  return {};
}

void bind_index(std::uint32_t slot, const Membership& row, Evaluator& about) {
  if (slot && row.index) about.bind(slot, *row.index);
}

auto place_of(const Item& item) {
  return std::tuple(item.place, item.event == nullptr, item.start.instant(), item.end.form, item.end.at.instant());
}

}  // namespace

void Interview::start(const Person& person) {
  person_ = &person;
  evaluator_.start(person);
}

std::vector<Membership> Interview::members(const std::string& cohort) {
  return evaluator_.members(program_.definition(cohort));
}

Result<Inquiry> Inquiry::make(const typed::Node& statement, const Program& program) {
  Inquiry inquiry(statement, program);
  if (statement.op == Op::measure) inquiry.intervals_ = TRY(intervals_of(statement, program));
  return inquiry;
}

void Inquiry::ask(Interview& about, Findings& into) const {
  switch (statement_.op) {
    case Op::count_patients: return count(about, into);
    case Op::tally: return tally(about, into);
    case Op::rows: return list(about, into);
    case Op::events_in: return events(about, into);
    case Op::flow: return flow(about, into);
    case Op::measure: return measure(about, into);
    default: return follow_up(about, into);
  }
}

// Once in each group, however many index rows fall into it.
void Inquiry::count(Interview& about, Findings& into) const {
  const typed::Node& condition = *statement_.parts[0];
  std::set<Key, KeyOrder> keys;
  for (const Membership& row : rows_of(condition, about)) {
    bind_index(slot_of(condition.data), row, about.evaluator());
    keys.insert(key_of(*statement_.parts[1], about.evaluator()));
  }
  for (const Key& key : keys) into.add(key, 0, 1, 1);
}

void Inquiry::tally(Interview& about, Findings& into) const {
  Evaluator& evaluator = about.evaluator();
  for (const Item& item : evaluator.events(*statement_.parts[0])) {
    evaluator.bind(slot_of(statement_.data), item);
    into.add(key_of(*statement_.parts[1], evaluator), 0, 1, 1);
  }
}

void Inquiry::list(Interview& about, Findings& into) const {
  Evaluator& evaluator = about.evaluator();
  const typed::Node& condition = *statement_.parts[0];
  const std::uint32_t row_slot = slot_of(statement_.data);
  if (!row_slot) {
    for (const Membership& row : rows_of(condition, about)) {
      bind_index(slot_of(condition.data), row, evaluator);
      into.rows.push_back(columns(about, nullptr, row));
    }
    return;
  }
  // The condition may speak of the event of the row, or of the index event of a cohort's row.
  const bool of_cohort = condition.op == Op::in_cohort && slot_of(condition.data);
  for (const Membership& row : of_cohort ? rows_of(condition, about) : std::vector{Membership{}}) {
    if (of_cohort) bind_index(slot_of(condition.data), row, evaluator);
    for (const Item& item : evaluator.events(*statement_.parts[1])) {
      evaluator.bind(row_slot, item);
      if (of_cohort || evaluator.truth(condition) == Truth::yes) into.rows.push_back(columns(about, &item, row));
    }
  }
}

std::vector<Cell> Inquiry::columns(Interview& about, const Item* item, const Membership& row) const {
  std::vector<Cell> cells;
  for (const typed::Ptr& part : statement_.parts) {
    if (part->op == Op::column) cells.push_back(about.evaluator().cell(*part->parts.front()));
  }
  if (!cells.empty()) return cells;
  cells.push_back(std::string(about.person().name));
  if (item) {
    cells.push_back(time_cell(date_of(item->start)));
    cells.push_back(item->event ? code_cell(item->event->code) : Cell(Missing{}));
    cells.push_back(item->event ? value_cell(item->event->value) : Cell(Missing{}));
  } else if (row.index) {
    cells.push_back(time_cell(row.index->start));
    cells.push_back(row.until ? time_cell(*row.until) : Cell(Missing{}));
  }
  return cells;
}

// Each event once, though several index rows lead to it.
void Inquiry::events(Interview& about, Findings& into) const {
  const auto& cohort = std::get<typed::Named>(statement_.data);
  std::vector<Item> found;
  for (const Membership& row : about.members(cohort.name)) {
    bind_index(cohort.slot, row, about.evaluator());
    const std::vector<Item> some = about.evaluator().events(*statement_.parts[0]);
    found.insert(found.end(), some.begin(), some.end());
    if (!cohort.slot) break;
  }
  std::ranges::stable_sort(found, [](const Item& a, const Item& b) { return place_of(a) < place_of(b); });
  const auto same = [](const Item& a, const Item& b) { return place_of(a) == place_of(b); };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  for (const Item& item : found) {
    std::vector<Cell> cells = {std::string(about.person().name)};
    add_event_cells(item, cells);
    into.rows.push_back(std::move(cells));
  }
}

void Inquiry::flow(Interview& about, Findings& into) const {
  const std::size_t steps = statement_.parts.size();
  for (std::size_t i = 0; i < steps; ++i) {
    if (about.evaluator().truth(*statement_.parts[i]) != Truth::yes) return;
    into.add({}, i, 1, steps);
  }
}

void Inquiry::measure(Interview& about, Findings& into) const {
  Evaluator& evaluator = about.evaluator();
  for (std::size_t i = 0; i < intervals_.size(); ++i) {
    evaluator.set_interval(intervals_[i].first, intervals_[i].last);
    if (evaluator.truth(*statement_.parts[1]) != Truth::yes) continue;
    Key key = {static_cast<std::int64_t>(i)};
    for (Cell& cell : key_of(*statement_.parts[2], evaluator)) key.push_back(std::move(cell));
    into.add(key, 1, 1, 2);
    if (evaluator.truth(*statement_.parts[0]) == Truth::yes) into.add(key, 0, 1, 2);
  }
}

void Inquiry::follow_up(Interview& about, Findings& into) const {
  Evaluator& evaluator = about.evaluator();
  const auto& cohort = std::get<typed::Named>(statement_.data);
  std::optional<Observation> observation;
  std::set<Key, KeyOrder> seen;
  for (const Membership& row : about.members(cohort.name)) {
    if (!row.index || !row.index->start.known()) continue;
    bind_index(cohort.slot, row, evaluator);
    if (!observation) observation.emplace(about.person(), evaluator.events(*program_.registrations));
    Findings::FollowUp one = observation->follow(row.index->start, row.until, evaluator.events(*statement_.parts[0]));
    one.group = key_of(*statement_.parts[1], evaluator);
    one.repeated = !seen.insert(one.group).second;
    into.follow_ups.push_back(std::move(one));
  }
}

}  // namespace chartline::query
