// Plan: what is done about a statement. It is answered from columns of postings; or columns say of whom the reference is
// asked; or it is asked of everyone, where they can say nothing.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "query/program.h"
#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

inline constexpr std::size_t groups_max = 6;  // by which columns are grouped

enum class Way : std::uint8_t { columns, candidates, everyone };
std::string_view name(Way way);

struct Plan {
  const typed::Node* statement = nullptr;
  Way way = Way::everyone;
  typed::Ptr candidates{};  // the condition that candidates meet
  std::string reason{};     // why not columns alone
};

// Of a statement that Inquiry takes.
Plan plan(const typed::Node& statement, const Program& program, const engine::View& view);

// Walks what a plan evaluates once, in rehearsal: leaves of the evaluation are then those of the plan. The reason why it
// cannot be walked, if so.
std::optional<std::string> rehearse(const Plan& plan, const Program& program, Evaluation& evaluation);

// Sets of leaves: whoever any of the plans can find has an event of each, after all were rehearsed. Those come first that the
// fewest have. Empty: that cannot be said, or is not worth it: most patients have one, or events are dealt out to whole blocks.
std::vector<std::set<std::uint32_t>> needed_for(const std::vector<Plan>& plans, const Program& program,
                                                Evaluation& evaluation, const Leaves& leaves, Statistics& statistics);

// A `count` of a cohort with index dates is one of its rows: its index events are in this slot of the statement.
struct RowsCounted {
  const typed::Node* cohort;
  std::uint32_t slot;
};
std::optional<RowsCounted> rows_counted(const typed::Node& count, const Program& program);

}  // namespace chartline::query::vectorised
