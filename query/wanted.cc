#include "query/wanted.h"

#include <algorithm>

#include "query/names.h"

namespace chartline::query {

using record::Kind;
using typed::Node;
using typed::Op;
using namespace stored;

namespace {

constexpr std::size_t codes_max = 1000;  // a set of more is not looked up code by code: its whole kind is wanted

constexpr std::uint32_t bit(int kind) { return 1u << kind; }
constexpr std::uint32_t bit(Kind kind) { return bit(static_cast<int>(kind)); }

// What an evaluator looks at of every event; and where it reckons with the number of one.
constexpr std::uint32_t always = field_kind | field_state;
constexpr std::uint32_t as_quantity = field_value | field_unit | field_code | field_translations;

// What a field of an event is told from.
std::uint32_t fields_of(const std::string& name) {
  if (name == "value") return as_quantity | field_text;
  if (name == "comparator") return field_value;
  if (name == "unit") return field_value | field_unit;
  if (name == "code") return field_code | field_translations;
  if (name == "text") return field_value | field_text | field_code;
  if (name == "source") return field_source;
  if (name == "encounter") return field_record | field_encounter;
  if (name == "recorded") return field_told;
  if (name == "kind" || name == "status" || name == "certainty" || name == "author") return 0;
  return field_time | field_end;
}

// What a node itself looks at of the events that it is about; its parts say for themselves. Of most, how they lie in time.
std::uint32_t fields_of(const Node& node) {
  if (is_order(node.op) || is_within(node.op)) return field_time;
  switch (node.op) {
    case Op::number:
    case Op::text:
    case Op::word:
    case Op::moment:
    case Op::duration:
    case Op::truth:
    case Op::row:
    case Op::param_of:
    case Op::let_of:
    case Op::codes_of:
    case Op::in_cohort:
    case Op::interval:
    case Op::patient:
    case Op::sex:
    case Op::birth:
    case Op::death:
    case Op::code:
    case Op::list:
    case Op::any_code:
    case Op::union_codes:
    case Op::both_codes:
    case Op::without_codes:
    case Op::mapped_codes:
    case Op::events:
    case Op::union_events:
    case Op::both_events:
    case Op::without_events:
    case Op::filter:
    case Op::where:
    case Op::with:
    case Op::without:
    case Op::named:
    case Op::any_status:
    case Op::contributions:
    case Op::and_:
    case Op::or_:
    case Op::not_:
    case Op::exists:
    case Op::at_least:
    case Op::at_most:
    case Op::exactly:
    case Op::contains:
    case Op::starts_with:
    case Op::ends_with:
    case Op::count:
    case Op::count_patients: return 0;
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal:
    case Op::groups:  // an event stands for when it was
      if (std::ranges::any_of(node.parts, [](const auto& part) { return part->type.basic == Basic::event; }))
        return field_time;
      return 0;
    case Op::in_range:
    case Op::between:
    case Op::same_date:
    case Op::date_in_range:
    case Op::start_of:
    case Op::date_of:
    case Op::year_of:
    case Op::month_of:
    case Op::age:
    case Op::tally: return field_time;
    case Op::code_in_set: return field_code | field_translations;
    case Op::field: return fields_of(std::get<std::string>(node.data));
    case Op::attribute:
      return field_attributes | (node.parts.empty() ? field_told | field_number : field_code | field_translations);
    case Op::same_encounter: return field_record | field_encounter | field_source;
    case Op::lowest:
    case Op::highest: return as_quantity;
    case Op::rows: return field_time | field_code | field_value | field_text;
    case Op::events_in: return field_all;
    default: return field_time | field_end;
  }
}

class Walk {
 public:
  explicit Walk(const Program& program) : program_(program) {}

  void within(const Node& node) {
    wanted_.fields |= fields_of(node);
    switch (node.op) {
      case Op::events: return add(node);
      case Op::registered:
      case Op::observed: wanted_.whole_kinds |= bit(Kind::registration); break;
      case Op::incidence:
      case Op::survival: wanted_.whole_kinds = ~0u; break;  // follow-up may end with whatever is recorded last
      case Op::attribute:
        if (node.parts.empty()) wanted_.whole_kinds |= bit(Kind::patient);
        break;
      case Op::events_in:
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
    if (!codes.any) wanted_.fields |= field_code | field_translations;
    const bool whole = codes.any || codes.codes.size() > codes_max;
    for (int each = 0; each < record::kind_count; ++each) {
      if (kind ? each != static_cast<int>(*kind) : each == static_cast<int>(Kind::patient)) continue;
      if (whole) wanted_.whole_kinds |= bit(each);
      else wanted_.codes[each].insert(&codes);
    }
  }

  const Program& program_;
  std::set<const Node*> met_;
  Wanted wanted_{.whole_kinds = 0, .fields = always, .names = false};
};

}  // namespace

Wanted wanted_by(std::span<const Node* const> statements, const Program& program) {
  Walk walk(program);
  for (const Node* statement : statements) walk.within(*statement);
  return std::move(walk).done();
}

}  // namespace chartline::query
