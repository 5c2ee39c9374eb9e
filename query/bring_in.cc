#include "query/bring_in.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace chartline::query {

using typed::Node;
using typed::Op;
using typed::Ptr;

namespace {

bool names_cohort(Op op) {
  return op == Op::in_cohort || op == Op::events_in || op == Op::incidence || op == Op::survival || op == Op::why;
}

std::set<std::string, std::less<>> defined_in(const typed::Query& query) {
  std::set<std::string, std::less<>> names;
  for (const Ptr& statement : query.statements)
    if (is_definition(statement->op)) names.insert(std::get<typed::Named>(statement->data).name);
  return names;
}

class Uses {
 public:
  explicit Uses(const typed::Query& query) : defined_(defined_in(query)) {
    for (const Ptr& statement : query.statements) find(*statement);
  }
  std::vector<UsedCohort> found{};

 private:
  void find(const Node& node) {
    if (!seen_.insert(&node).second) return;
    if (names_cohort(node.op)) {
      const std::string& name = std::get<typed::Named>(node.data).name;
      if (!defined_.contains(name) && std::ranges::find(found, name, &UsedCohort::name) == found.end())
        found.push_back({.name = name, .span = node.span});
    }
    for (const Ptr& part : node.parts) find(*part);
  }

  const std::set<std::string, std::less<>> defined_;
  std::unordered_set<const Node*> seen_{};
};

// Copies definitions under the names, slots and places that they have in a program.
class Copy {
 public:
  Copy(const SavedCohort& cohort, std::uint32_t slots_before, std::uint32_t text_before)
      : cohort_(cohort), slots_before_(slots_before), text_before_(text_before), defined_(defined_in(cohort.query)) {}

  Ptr of(const Ptr& node) {
    Ptr& known = copies_[node.get()];  // parts may be shared
    if (known) return known;
    Node made = *node;
    made.span = {made.span.begin + text_before_, made.span.end + text_before_};
    for (Ptr& part : made.parts) part = of(part);
    if (auto* slot = std::get_if<typed::Slot>(&made.data)) slot->number = moved(slot->number);
    if (auto* named = std::get_if<typed::Named>(&made.data)) {
      named->slot = moved(named->slot);
      named->name = name_brought_in(defined_.contains(named->name) ? cohort_.name : named->name, named->name);
    }
    return copies_[node.get()] = std::make_shared<const Node>(std::move(made));
  }

 private:
  std::uint32_t moved(std::uint32_t slot) const { return slot == 0 ? 0 : slot - 1 + slots_before_; }

  const SavedCohort& cohort_;
  const std::uint32_t slots_before_, text_before_;
  const std::set<std::string, std::less<>> defined_;
  std::unordered_map<const Node*, Ptr> copies_{};
};

}  // namespace

std::vector<UsedCohort> used_cohorts(const typed::Query& query) { return Uses(query).found; }

std::string name_brought_in(std::string_view cohort, std::string_view name) {
  return std::string(cohort) + "/" + std::string(name);
}

std::string_view name_in_text(std::string_view name) { return name.substr(name.find('/') + 1); }

void bring_in(const SavedCohort& cohort, Program& into) {
  into.text += "\n";
  Copy copy(cohort, into.query.slots, static_cast<std::uint32_t>(into.text.size()));
  into.text += cohort.text;
  into.query.slots += cohort.query.slots - 1;
  for (const Ptr& statement : cohort.query.statements) {
    if (!is_definition(statement->op)) continue;
    Ptr made = copy.of(statement);
    into.definitions.insert_or_assign(std::get<typed::Named>(made->data).name, std::move(made));
  }
}

}  // namespace chartline::query
