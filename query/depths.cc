#include "query/depths.h"

#include <algorithm>

#include "query/program.h"

namespace chartline::query {
namespace {

class Measure {
 public:
  explicit Measure(const Depths& of_names) : of_names_(of_names) {}

  std::uint32_t of(const typed::Node& node) {
    if (const auto known = known_.find(&node); known != known_.end()) return known->second;
    std::uint32_t depth = 0;
    if (const auto* named = std::get_if<typed::Named>(&node.data)) {
      if (const auto found = of_names_.find(named->name); found != of_names_.end()) depth = found->second;
    }
    for (const typed::Ptr& part : node.parts) depth = std::max(depth, of(*part));
    return known_[&node] = depth + 1;
  }

 private:
  const Depths& of_names_;
  std::unordered_map<const typed::Node*, std::uint32_t> known_;  // parts may be shared
};

}  // namespace

Depths bounded_depths(const typed::Query& query, Depths known, Complaints& complaints) {
  for (const typed::Ptr& statement : query.statements) {
    std::uint32_t depth = Measure(known).of(*statement);
    if (depth > depth_max) {
      complaints.add({.span = statement->span,
                      .message = "the definitions that this stands on are too many levels deep",
                      .expected = "at most " + std::to_string(depth_max) + " levels",
                      .suggestion = ""});
      depth = 0;
    }
    if (is_definition(statement->op)) known.insert_or_assign(std::get<typed::Named>(statement->data).name, depth);
  }
  return known;
}

}  // namespace chartline::query
