#include <algorithm>

#include "query/print.h"
#include "query/resolver.h"

namespace chartline::query {

using typed::Op;
using typed::Ptr;

Ptr Resolver::statement(const tree::Statement& statement) {
  const Rows names(*this);
  return std::visit([&](const auto& node) { return form(node, statement.span); }, statement.form);
}

// A cohort of the store has no definition here; where it has index dates, they get a slot of this query.
const Resolver::Definition* Resolver::saved(std::string_view name) {
  if (const auto known = saved_.find(name); known != saved_.end()) return &known->second;
  if (std::ranges::find(known_.cohorts, name) == known_.cohorts.end()) return nullptr;
  Definition made{.op = Op::in_cohort, .type = type(Basic::cohort), .index_slot = 0, .index_name = ""};
  if (const auto index = known_.cohort_indexes.find(std::string(name)); index != known_.cohort_indexes.end())
    made.index_slot = new_slot(), made.index_name = index->second;
  return &saved_.emplace(name, std::move(made)).first->second;
}

const Resolver::Definition* Resolver::cohort(const std::string& name, Span span) {
  const auto found = definitions_.find(name);
  if (found != definitions_.end() && found->second.type.basic == Basic::cohort) return &found->second;
  if (found == definitions_.end()) {
    if (const Definition* of_store = saved(name)) return of_store;
  }
  if (found != definitions_.end()) {
    if (found->second.type.basic != Basic::failed)
      complain(span, "`" + name + "` is " + phrase(found->second.type), "a cohort");
    return nullptr;
  }
  std::vector<std::string_view> names(known_.cohorts.begin(), known_.cohorts.end());
  for (const auto& [defined, definition] : definitions_) {
    if (definition.type.basic == Basic::cohort) names.push_back(defined);
  }
  complain(span, "there is no cohort `" + name + "`", "a cohort defined above, or saved",
           std::string(nearest(name, names)));
  return nullptr;
}

// Where the rows of a statement are those of one cohort with index dates, the name of its index date has a meaning.
void Resolver::bind_index_of(const tree::Expression& predicate) {
  const auto* prefixed = std::get_if<tree::Prefixed>(&predicate.form);
  const tree::Expression& of = prefixed && prefixed->word == tree::Prefix::in_cohort ? *prefixed->of : predicate;
  const auto* name = std::get_if<tree::Name>(&of.form);
  if (!name || binding(name->name)) return;
  const auto found = definitions_.find(name->name);
  const Definition* definition = found != definitions_.end() ? &found->second : saved(name->name);
  if (definition && definition->index_slot) bindings_.push_back({definition->index_name, definition->index_slot});
}

Ptr Resolver::groups(const std::vector<tree::Ptr>& by, Span span) {
  std::vector<Ptr> parts;
  for (const tree::Ptr& group : by) {
    Ptr part = any(*group);
    if (part->type.basic == Basic::cohort) part = as_condition(std::move(part), *group);
    const Basic basic = part->type.basic;
    if (basic == Basic::events || basic == Basic::event || basic == Basic::codeset || basic == Basic::range)
      part = wrong(*group, part->type, "a value to group by, as in sex, band(x, 10), year(T)");
    parts.push_back(std::move(part));
  }
  return node(Op::groups, type(Basic::failed), span, std::move(parts));
}

Ptr Resolver::form(const tree::Param& param, Span span) {
  Ptr value = any(*param.value);
  if (value->type.basic == Basic::events || value->type.basic == Basic::event || value->type.basic == Basic::cohort ||
      value->type.basic == Basic::codeset)
    value = wrong(*param.value, value->type, "a value", value->type.basic == Basic::codeset ? "codes" : "let");
  define(param.name, {.op = Op::param_of, .type = value->type, .index_slot = 0, .index_name = ""}, span);
  return node(Op::param, value->type, span, {value}, typed::Named{param.name, 0});
}

Ptr Resolver::form(const tree::Codes& set, Span span) {
  Ptr value = codes(*set.codes);
  const Type made = type(value->type.basic == Basic::failed ? Basic::failed : Basic::codeset);
  define(set.name, {.op = Op::codes_of, .type = made, .index_slot = 0, .index_name = ""}, span);
  return node(Op::codes, made, span, {std::move(value)}, typed::Named{set.name, 0});
}

Ptr Resolver::form(const tree::Let& let, Span span) {
  Ptr value = any(*let.value);
  const Type made = value->type;
  define(let.name, {.op = Op::let_of, .type = made, .index_slot = 0, .index_name = ""}, span);
  return node(Op::let, made, span, {std::move(value)}, typed::Named{let.name, 0});
}

Ptr Resolver::form(const tree::Cohort& cohort, Span span) {
  std::vector<Ptr> parts;
  Ptr per, until;
  std::uint32_t slot = 0;
  if (cohort.per) {
    per = events(*cohort.per);
    slot = new_slot();
    if (binding(cohort.index) || has_meaning(cohort.index))
      complain(span, "`" + cohort.index + "` has a meaning already", "a name of its own for the index date");
    bindings_.push_back({cohort.index, slot});
    if (cohort.until) until = time(*cohort.until);
  }
  parts.push_back(condition(*cohort.predicate));
  if (per) parts.push_back(std::move(per));
  if (until) parts.push_back(std::move(until));
  define(cohort.name,
         {.op = Op::in_cohort, .type = type(Basic::cohort), .index_slot = slot, .index_name = cohort.index}, span);
  return node(Op::cohort, type(Basic::cohort), span, std::move(parts), typed::Named{cohort.name, slot});
}

Ptr Resolver::form(const tree::Count& count, Span span) {
  bind_index_of(*count.predicate);
  std::vector<Ptr> parts = {condition(*count.predicate)};
  parts.push_back(groups(count.by, span));
  return node(Op::count_patients, type(Basic::failed), span, std::move(parts));
}

Ptr Resolver::form(const tree::Tally& tally, Span span) {
  std::vector<Ptr> parts = {events(*tally.events)};
  const std::uint32_t slot = new_slot();
  bindings_.push_back({"it", slot});
  parts.push_back(groups(tally.by, span));
  return node(Op::tally, type(Basic::failed), span, std::move(parts), typed::Slot{slot});
}

// [predicate, per?, column...]
Ptr Resolver::form(const tree::Rows& rows, Span span) {
  bind_index_of(*rows.predicate);
  std::vector<Ptr> parts;
  std::uint32_t slot = 0;
  if (rows.per) {
    Ptr per = events(*rows.per);
    slot = new_slot();
    bindings_.push_back({"it", slot});
    parts = {condition(*rows.predicate), std::move(per)};
  } else {
    parts = {condition(*rows.predicate)};
  }
  for (const tree::Column& column : rows.select) {
    Ptr value = any(*column.value);
    const Basic basic = value->type.basic;
    if (basic == Basic::events) value = wrong(*column.value, value->type, "a value, or one event", "count(...)");
    if (basic == Basic::codeset) value = wrong(*column.value, value->type, "a value");
    if (basic == Basic::cohort) value = as_condition(std::move(value), *column.value);
    const Type made = value->type;
    parts.push_back(node(Op::column, made, column.value->span, {std::move(value)},
                         column.name.empty() ? print(*column.value) : column.name));
  }
  typed::Data data;
  if (slot) data = typed::Slot{slot};
  return node(Op::rows, type(Basic::failed), span, std::move(parts), std::move(data));
}

Ptr Resolver::form(const tree::EventsOf& of, Span span) {
  const Definition* found = cohort(of.cohort, span);
  if (found && found->index_slot) bindings_.push_back({found->index_name, found->index_slot});
  Ptr events_of = events(*of.events);
  if (!found) return failed(span);
  return node(Op::events_in, type(Basic::failed), span, {std::move(events_of)},
              typed::Named{of.cohort, found->index_slot});
}

Ptr Resolver::form(const tree::Flow& flow, Span span) {
  std::vector<Ptr> parts;
  for (const tree::Ptr& step : flow.steps) parts.push_back(condition(*step));
  return node(Op::flow, type(Basic::failed), span, std::move(parts), typed::Names(flow.names));
}

// [numerator, denominator, groups, every, from, to]
Ptr Resolver::form(const tree::Measure& measure, Span span) {
  std::vector<Ptr> parts;
  in_measure_ = true;
  parts.push_back(condition(*measure.numerator));
  parts.push_back(condition(*measure.denominator));
  parts.push_back(groups(measure.by, span));
  in_measure_ = false;
  if (measure.every.exact() || measure.every.count < 1)
    complain(span, "a measure goes by whole days, weeks, months or years", "every 1mo");
  parts.push_back(node(Op::duration, type(Basic::duration), span, {}, measure.every));
  parts.push_back(time(*measure.from));
  parts.push_back(time(*measure.to));
  return node(Op::measure, type(Basic::failed), span, std::move(parts));
}

Ptr Resolver::form(const tree::FollowUp& follow_up, Span span) {
  const bool incidence = follow_up.word == tree::FollowUpWord::incidence;
  const Definition* found = cohort(follow_up.cohort, span);
  if (!found) return failed(span);
  if (!found->index_slot)
    return complain(span, "`" + follow_up.cohort + "` has no index dates to follow up from",
                    "a cohort with `per E as IX`");
  if (found->index_slot) bindings_.push_back({found->index_name, found->index_slot});
  std::vector<Ptr> parts = {events(*follow_up.events)};
  parts.push_back(groups(follow_up.by, span));
  return node(incidence ? Op::incidence : Op::survival, type(Basic::failed), span, std::move(parts),
              typed::Named{follow_up.cohort, found->index_slot});
}

Ptr Resolver::form(const tree::Why& why, Span span) {
  if (!cohort(why.cohort, span)) return failed(span);
  Ptr patient = node(Op::text, type(Basic::text), span, {}, why.patient);
  return node(Op::why, type(Basic::failed), span, {std::move(patient)}, typed::Named{why.cohort, 0});
}

Ptr Resolver::form(const tree::Explain& explain, Span span) {
  return node(explain.analyze ? Op::explain_analyze : Op::explain, type(Basic::failed), span, {statement(*explain.of)});
}

Ptr Resolver::form(const tree::AsOf& as_of, Span span) {
  std::vector<Ptr> parts = {time(*as_of.instant)};
  parts.push_back(statement(*as_of.of));
  return node(Op::as_of, type(Basic::failed), span, std::move(parts));
}

}  // namespace chartline::query
