// Plan: what is done about a statement. It is answered from columns of postings; or columns say of whom the reference is
// asked; or it is asked of everyone, where they can say nothing. A plan follows from the program alone: it is made once, when a
// query is prepared, and given to every run and every thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
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
Plan plan(const typed::Node& statement, const Program& program);

// Of statements that are asked together.
struct Plans {
  std::vector<Plan> each{};
  Rehearsed rehearsed{};         // what all of them evaluate
  std::vector<Needed> needed{};  // whoever a plan can find has an event of each of these sets of leaves; empty: anyone
  bool counts_whoever = false;   // there is one, and it counts whoever has any event of the only leaf

  bool are_of(std::span<const typed::Node* const> statements) const;
  const Plan* of(const typed::Node& statement) const;  // null: it is none of them
};
std::shared_ptr<const Plans> plans_together(std::vector<Plan> each, const Program& program);

// Sets of leaves: whoever any of the plans can find has an event of each. Those come first that the fewest have. Empty: that
// cannot be said, or is not worth it: most patients have one, or events are dealt out to whole blocks.
using LeafSets = std::vector<std::set<std::uint32_t>>;
LeafSets needed_by_any(const Plans& plans, Statistics& statistics);

// A `count` of a cohort with index dates is one of its rows: its index events are in this slot of the statement.
struct RowsCounted {
  const typed::Node* cohort;
  std::uint32_t slot;
};
std::optional<RowsCounted> rows_counted(const typed::Node& count, const Program& program);

}  // namespace chartline::query::vectorised
