// LeafTotals: what a statement counts of all events of a leaf, where it asks for nothing but the date of each or its code:
//
//   tally any[*] where value > 100 by year(it)          events by their days
//   cohort all per any[*] as one = true
//   count in all by one.code                            patients by code
//
// Then postings are counted run by run, and no rows are made of them.
#pragma once

#include <optional>
#include <vector>

#include "query/findings.h"
#include "query/vectorised/evaluation.h"
#include "query/vectorised/plan.h"

namespace chartline::query::vectorised {

class LeafTotals {
 public:
  // Of a statement whose only leaf is this one, which adds_up(). nullopt: it asks for more.
  static std::optional<LeafTotals> of(const typed::Node& statement, const Program& program, const Leaf& leaf);

  // Which events are counted: they are to be all of the leaf.
  const typed::Node& events() const { return *events_; }
  // The sum of what was counted; nullopt, and nothing was, where something is out of the ordinary.
  Result<std::optional<std::int64_t>> find(const LeafRange& of, LeafReader& reader, Stop& stop, Findings& into);

 private:
  std::int64_t give_days(Findings& into) const;
  std::int64_t give_codes(const LeafRange& of, Findings& into) const;

  const typed::Node* events_ = nullptr;
  typed::Op by_{};  // year_of, month_of or date_of; field: the code
  LeafReader::Count what_ = LeafReader::Count::events;
  std::vector<std::int64_t> counts_{};
  DayCounts days_{};
};

}  // namespace chartline::query::vectorised
