// Evaluator: what a query's expressions mean, for one person. It walks the typed tree straight by the rules of
// docs/query-language.md, event by event, and is kept plain: the other executor is judged by it. It also answers what walks one
// patient anyway: `why`, `as of`, and whatever the other executor leaves undecided.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "query/cell.h"
#include "query/logic.h"
#include "query/person.h"
#include "query/program.h"

namespace chartline::query {

class Stop;

// An event of an expression: one of the record, maybe with another end (`lasting`), or an interval that eras and episodes made.
struct Item {
  const record::Event* event = nullptr;  // null: an interval
  record::Time start{};
  record::End end{};
  std::uint32_t count = 1;  // events joined in it
  std::uint32_t place = 0;  // in Person::events, or of the interval among its own
};

class Evaluator {
 public:
  explicit Evaluator(const Program& program);
  ~Evaluator();

  // From now on about this person; forgets everything of the last one.
  void start(const Person& person);

  // Asked now and then from now on, within one person too. Once it says to end, all answers come soon and mean nothing:
  // whoever gave it asks it again before taking them.
  void heed(Stop* stop);

  // The event in a slot: the row of a list or tally, the index event of a cohort.
  void bind(std::uint32_t slot, const Item& item);
  void unbind(std::uint32_t slot);
  // The interval of a measure, dates inclusive.
  void set_interval(record::Day first, record::Day last);

  Truth truth(const typed::Node& condition);
  std::vector<Item> events(const typed::Node& events);        // in order; of a node of type event: none or one
  std::optional<record::Time> time(const typed::Node& time);  // nullopt: missing
  Cell cell(const typed::Node& value);                        // as a column or group shows it

  // The rows of a cohort: its index events for which its predicate holds, with `until` of each; for a cohort without `per` one row
  // without an index if the predicate holds.
  struct Membership {
    std::optional<Item> index;
    std::optional<record::Time> until;
  };
  std::vector<Membership> members(const typed::Node& cohort);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::query
