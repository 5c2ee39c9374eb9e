#include "query/wanted.h"

#include <algorithm>

#include "query/names.h"

namespace chartline::query {

using record::Kind;
using typed::Node;
using typed::Op;

namespace {

constexpr std::size_t codes_max = 1000;  // a set of more is not looked up code by code: its whole kind is wanted

constexpr std::uint32_t bit(int kind) { return 1u << kind; }
constexpr std::uint32_t bit(Kind kind) { return bit(static_cast<int>(kind)); }

class Walk {
 public:
  explicit Walk(const Program& program) : program_(program) {}

  void within(const Node& node) {
    switch (node.op) {
      case Op::events: return add(node);
      case Op::registered:
      case Op::observed: wanted_.whole_kinds |= bit(Kind::registration); break;
      case Op::incidence:
      case Op::survival: wanted_.whole_kinds = ~0u; break;  // follow-up may end with whatever is recorded last
      case Op::attribute:
        wanted_.details = true;
        if (node.parts.empty()) wanted_.whole_kinds |= bit(Kind::patient);
        break;
      case Op::same_encounter: wanted_.details = true; break;
      case Op::field: {
        const auto& name = std::get<std::string>(node.data);
        wanted_.details = wanted_.details || name == "encounter" || name == "recorded";
        break;
      }
      case Op::events_in: wanted_.details = wanted_.names = true; break;
      case Op::patient: wanted_.names = true; break;
      case Op::rows:
        wanted_.names =
            wanted_.names || std::ranges::none_of(node.parts, [](const auto& part) { return part->op == Op::column; });
        break;
      case Op::row:  // outside its clauses an `as` name stands for an event of its filter
        if (const auto found = program_.names->filters.find(std::get<typed::Slot>(node.data).number);
            found != program_.names->filters.end())
          once(*found->second.node);
        break;
      default: break;
    }
    if (const auto* named = std::get_if<typed::Named>(&node.data)) {
      const auto found = program_.definitions.find(named->name);
      if (found != program_.definitions.end()) once(*found->second);
    }
    for (const typed::Ptr& part : node.parts) within(*part);
  }

  Wanted done() && {
    for (int kind = 0; kind < record::kind_count; ++kind)
      if (wanted_.whole_kinds & bit(kind)) wanted_.codes[kind].clear();
    return std::move(wanted_);
  }

 private:
  void once(const Node& node) {
    if (met_.insert(&node).second) within(node);
  }

  void add(const Node& events) {
    const CodeSet& codes = program_.codes(*events.parts[0]);
    const auto& kind = std::get<std::optional<Kind>>(events.data);
    const bool whole = codes.any || codes.codes.size() > codes_max;
    for (int each = 0; each < record::kind_count; ++each) {
      if (kind ? each != static_cast<int>(*kind) : each == static_cast<int>(Kind::patient)) continue;
      if (whole) wanted_.whole_kinds |= bit(each);
      else wanted_.codes[each].insert(&codes);
    }
  }

  const Program& program_;
  std::set<const Node*> met_;
  Wanted wanted_{.whole_kinds = 0, .details = false, .names = false};
};

}  // namespace

Wanted wanted_by(std::span<const Node* const> statements, const Program& program) {
  Walk walk(program);
  for (const Node* statement : statements) walk.within(*statement);
  return std::move(walk).done();
}

}  // namespace chartline::query
