// Program: a typed query made ready for one store. Parameters are bound, code sets expanded, saved cohorts brought in.
// Immutable; shared by all threads of a run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "query/calendar.h"
#include "query/codeset.h"
#include "query/typed.h"

namespace chartline::query {

struct Program {
  typed::Query query;  // every statement in the order of the text
  MonthEnd month_end = MonthEnd::roll;
  std::string terminology;  // the version that codes were expanded with

  // Definitions by name: the node of the statement (Op::param, Op::let, Op::cohort, Op::codes).
  std::map<std::string, typed::Ptr, std::less<>> definitions;
  // Expanded, for each node that stands where codes are wanted: the codes of Op::events, the set of Op::code_in_set.
  std::unordered_map<const typed::Node*, std::shared_ptr<const CodeSet>> code_sets;
  // Cohorts of the store that the text names and does not define: each a program that defines it.
  std::map<std::string, std::shared_ptr<const Program>, std::less<>> saved;

  const typed::Node& definition(std::string_view name) const;  // checked: the resolver found it
  const CodeSet& codes(const typed::Node& node) const;         // checked: link() expanded it
};

// Fills all of the above but `query` and `saved`, which are given.
Result<std::shared_ptr<const Program>> link(typed::Query query, MonthEnd month_end, CodeSource& source,
                                            std::map<std::string, std::shared_ptr<const Program>, std::less<>> saved);

}  // namespace chartline::query
