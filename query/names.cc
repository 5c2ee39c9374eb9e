#include "query/names.h"

#include <optional>
#include <utility>

namespace chartline::query {

using typed::Node;
using typed::Op;

namespace {

constexpr std::uint32_t interval_slot = 0;  // slots of events are numbered from 1

std::optional<std::uint32_t> own_slot(const Node& node) {
  const auto* slot = std::get_if<typed::Slot>(&node.data);
  return slot ? std::optional(slot->number) : std::nullopt;
}

// Whether what a node gives is made of the events that its parts give, so that what is lifted for it is for them.
bool is_made_of_parts(Op op) { return op >= Op::union_events && op <= Op::episodes; }

void find_filters(const Node& node, Lifted lifted, std::unordered_map<std::uint32_t, Filter>& found) {
  if (node.op == Op::filter) {
    lifted = lifted_by(node, lifted);
    found.emplace(*own_slot(node), Filter{&node, lifted});
    find_filters(*node.parts[0], lifted, found);
    for (std::size_t i = 1; i < node.parts.size(); ++i) find_filters(*node.parts[i], {}, found);
    return;
  }
  for (const typed::Ptr& part : node.parts) find_filters(*part, is_made_of_parts(node.op) ? lifted : Lifted{}, found);
}

class OpenSlots {
 public:
  using Found = std::unordered_map<const Node*, Slots>;
  OpenSlots(const Program& program, const KnownNames* known, Found& found)
      : program_(program), known_(known), found_(found) {}

  const Slots& of(const Node& node) {
    if (known_)
      if (const auto known = known_->open_slots.find(&node); known != known_->open_slots.end()) return known->second;
    if (const auto found = found_.find(&node); found != found_.end()) return found->second;
    Slots slots;
    for (const typed::Ptr& part : node.parts) add(slots, of(*part));
    if (node.op == Op::let_of || node.op == Op::param_of)
      add(slots, of(*program_.definition(std::get<typed::Named>(node.data).name).parts.front()));
    if (node.op == Op::interval) slots.insert(interval_slot);
    if (const auto slot = own_slot(node)) {
      if (node.op == Op::row) {
        slots.insert(*slot);
      } else {
        slots.erase(*slot);
      }
    }
    return found_.emplace(&node, std::move(slots)).first->second;
  }

 private:
  static void add(Slots& slots, const Slots& more) { slots.insert(more.begin(), more.end()); }

  const Program& program_;
  const KnownNames* known_;  // null: it is being found
  Found& found_;
};

}  // namespace

Lifted lifted_by(const Node& filter, Lifted around) {
  for (const typed::Ptr& part : filter.parts) {
    around.status = around.status || part->op == Op::any_status;
    around.contributions = around.contributions || part->op == Op::contributions;
  }
  return around;
}

std::shared_ptr<const KnownNames> known_names(const Program& program) {
  auto known = std::make_shared<KnownNames>();
  OpenSlots open(program, nullptr, known->open_slots);
  const auto look = [&](const Node& node) {
    find_filters(node, {}, known->filters);
    (void)open.of(node);
  };
  for (const typed::Ptr& statement : program.query.statements) look(*statement);
  for (const auto& [name, definition] : program.definitions) look(*definition);
  return known;
}

Names::Names(const Program& program) : program_(program), known_(*program.names) {}

const Node& Names::defined(const Node& name) const {
  return *program_.definition(std::get<typed::Named>(name.data).name).parts.front();
}

const Filter* Names::filter_of(std::uint32_t slot) const {
  const auto found = known_.filters.find(slot);
  return found == known_.filters.end() ? nullptr : &found->second;
}

const Slots& Names::open_slots(const Node& node) { return OpenSlots(program_, &known_, open_).of(node); }

bool Names::is_span(const Node& node) const {
  if (node.type.basic != Basic::date) return false;
  switch (node.op) {
    case Op::moment:
    case Op::month_of: return true;
    case Op::param_of:
    case Op::let_of: return is_span(defined(node));
    case Op::moved_later:
    case Op::moved_earlier: return is_span(*node.parts[0]);
    default: return false;
  }
}

}  // namespace chartline::query
