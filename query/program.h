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
#include "query/complaint.h"
#include "query/typed.h"

namespace chartline::query {

struct KnownNames;

struct Program {
  typed::Query query;  // every statement in the order of the text
  // Where the spans of the nodes are places; "" where only the tree is known. Texts of saved cohorts stand behind that of the
  // query.
  std::string text{};
  MonthEnd month_end = MonthEnd::roll;
  std::string terminology{};  // the version that codes were expanded with

  // Definitions by name: the node of the statement (Op::param, Op::let, Op::cohort, Op::codes). Cohorts of the store that the
  // text names and does not define are there too, with what their own texts define: see query/bring_in.h.
  std::map<std::string, typed::Ptr, std::less<>> definitions{};
  // Expanded, for each node that stands where codes are wanted: the codes of Op::events, the set of Op::code_in_set.
  std::unordered_map<const typed::Node*, std::shared_ptr<const CodeSet>> code_sets{};
  std::uint32_t row_slot = 0;  // of no expression of the text: for the rows of statements that give their events none
  typed::Ptr registrations{};  // registration[*]: what ends a follow-up
  std::shared_ptr<const KnownNames> names{};  // what can be said of its names beforehand: see query/names.h

  const typed::Node& definition(std::string_view name) const;  // checked: the resolver found it
  const CodeSet& codes(const typed::Node& node) const;         // checked: link() expanded it
  // A statement or expression of the text, as print() writes it, on one line.
  std::string printed(const typed::Node& node) const;
};

struct SavedCohort;

struct LinkOptions {
  MonthEnd month_end = MonthEnd::roll;
  std::vector<std::shared_ptr<const SavedCohort>> saved{};  // that the query uses, and those that they use
  std::string text{};
  // Where there is one, codes that cannot be expanded (no such list, no terminology) are complained about; else the failure
  // is the answer.
  Complaints* complaints = nullptr;
  // Not empty: only codes that these statements come to are expanded, and only they can be asked.
  std::vector<const typed::Node*> only{};
};
Result<std::shared_ptr<const Program>> link(typed::Query query, CodeSource& source, LinkOptions options);

bool is_definition(typed::Op op);         // param, codes, let, cohort
bool is_statement(typed::Op op);          // definitions too
bool is_asked_of_everyone(typed::Op op);  // count, list, measure, ...: not `why`, which asks about one

}  // namespace chartline::query
