#include "query/resolve.h"

#include "query/depths.h"
#include "query/parse.h"
#include "query/resolver.h"
#include "query/words.h"

namespace chartline::query {

using typed::Op;
using typed::Ptr;

typed::Query resolve(const tree::Query& query, const Known& known, Complaints& complaints) {
  return Resolver(known, complaints).run(query);
}

typed::Query compile(std::string_view text, const Known& known, Complaints& complaints) {
  return resolve(parse(text, complaints), known, complaints);
}

typed::Query Resolver::run(const tree::Query& query) {
  typed::Query made;
  for (const tree::Statement& one : query.statements) made.statements.push_back(statement(one));
  made.slots = slots_;
  (void)bounded_depths(made, {}, complaints_);
  return made;
}

const Resolver::Binding* Resolver::binding(std::string_view name) const {
  for (auto one = bindings_.rbegin(); one != bindings_.rend(); ++one) {
    if (one->name == name) return &*one;
  }
  return nullptr;
}

std::vector<std::string_view> Resolver::names_in_scope() const {
  std::vector<std::string_view> names = {"patient", "sex", "birth", "death", "true", "false"};
  for (const Binding& one : bindings_) names.push_back(one.name);
  for (const auto& [name, definition] : definitions_) names.push_back(name);
  for (const std::string& name : known_.cohorts) names.push_back(name);
  if (binding("it")) {
    for (const std::string_view field : {"value", "comparator", "unit", "code", "kind", "start", "end", "date",
                                         "status", "certainty", "source", "author", "recorded", "text", "encounter"})
      names.push_back(field);
  }
  return names;
}

bool Resolver::has_meaning(const std::string& name) const {
  return definitions_.contains(name) || name == "sex" || name == "birth" || name == "death" || event_field(name);
}

void Resolver::define(const std::string& name, Definition definition, Span span) {
  if (has_meaning(name)) {
    complain(span, "`" + name + "` has a meaning already", "a name of its own");
    if (!definitions_.contains(name)) return;
  }
  definitions_.insert_or_assign(name, std::move(definition));
}

Ptr Resolver::node(Op op, Type type, Span span, std::vector<Ptr> parts, typed::Data data) {
  return std::make_shared<const typed::Node>(typed::Node{op, std::move(type), span, std::move(parts), std::move(data)});
}

Ptr Resolver::row(std::uint32_t slot, Span span) {
  return node(Op::row, type(Basic::event), span, {}, typed::Slot{slot});
}

Ptr Resolver::failed(Span span) { return node(Op::truth, type(Basic::failed), span, {}, false); }

Ptr Resolver::complain(Span span, std::string message, std::string expected, std::string suggestion) {
  complaints_.add(
      {.span = span, .message = std::move(message), .expected = std::move(expected), .suggestion = std::move(suggestion)});
  return failed(span);
}

Ptr Resolver::wrong(const tree::Expression& of, const Type& found, std::string expected, std::string suggestion) {
  if (found.basic == Basic::failed) return failed(of.span);
  return complain(of.span, "this is " + phrase(found), std::move(expected), std::move(suggestion));
}

// -- as what is wanted

Ptr Resolver::any(const tree::Expression& of) {
  return std::visit([&](const auto& node) { return form(node, of); }, of.form);
}

Ptr Resolver::condition(const tree::Expression& of) { return as_condition(any(of), of); }

Ptr Resolver::as_condition(Ptr made, const tree::Expression& of) {
  switch (made->type.basic) {
    case Basic::boolean:
    case Basic::any:
    case Basic::failed: return made;
    case Basic::cohort: return node(Op::in_cohort, type(Basic::boolean), of.span, {}, made->data);
    case Basic::event:
    case Basic::events: return wrong(of, made->type, "a condition: does it exist, or not?", "exists ...");
    default: return wrong(of, made->type, "a condition");
  }
}

Ptr Resolver::number(const tree::Expression& of) {
  Ptr made = any(of);
  const Basic basic = made->type.basic;
  if (basic == Basic::number || basic == Basic::any || basic == Basic::failed) return made;
  const bool event = basic == Basic::event || basic == Basic::events;
  return wrong(of, made->type, "a number", event ? "(...).value, or count(...)" : "");
}

Ptr Resolver::time(const tree::Expression& of) { return as_time(any(of), of); }

Ptr Resolver::as_time(Ptr made, const tree::Expression& of) {
  if (made->type.basic == Basic::event) return node(Op::start_of, type(Basic::instant), of.span, {made});
  if (is_time(made->type)) return made;
  // 2024 is a number, and where a time is wanted a year.
  const auto* literal = std::get_if<tree::Number>(&of.form);
  if (literal && !literal->unit) {
    if (const std::optional<record::Time> year = record::parse_time(record::print(literal->value)))
      return node(Op::moment, type(Basic::date), of.span, {}, *year);
  }
  if (made->type.basic == Basic::events) return wrong(of, made->type, "one event, or a time", "first ...");
  return wrong(of, made->type, "a date, an instant or an event");
}

Ptr Resolver::duration(const tree::Expression& of) {
  Ptr made = any(of);
  if (made->type.basic == Basic::duration || made->type.basic == Basic::failed) return made;
  const bool is_number = made->type.basic == Basic::number;
  return wrong(of, made->type, "a duration, as in 30d or days(x)", is_number ? "days(...)" : "");
}

Ptr Resolver::range(const tree::Expression& of) { return as_range(any(of), of); }

Ptr Resolver::as_range(Ptr made, const tree::Expression& of) {
  if (made->type.basic == Basic::range || made->type.basic == Basic::failed) return made;
  const auto* literal = std::get_if<tree::Number>(&of.form);
  if (made->type.basic == Basic::date || literal) {
    Ptr day = as_time(std::move(made), of);
    return node(Op::range, type(Basic::range), of.span, {day, day});
  }
  return wrong(of, made->type, "a range of dates, as in 2023-01-01..2023-12-31");
}

Ptr Resolver::events(const tree::Expression& of) {
  Ptr made = any(of);
  const Basic basic = made->type.basic;
  if (basic == Basic::event || basic == Basic::events || basic == Basic::failed) return made;
  const bool codes = basic == Basic::code || basic == Basic::codeset;
  return wrong(of, made->type, "an event expression, as in condition[dm]", codes ? "any[...]" : "");
}

Ptr Resolver::codes(const tree::Expression& of) {
  Ptr made = any(of);
  const Basic basic = made->type.basic;
  if (basic == Basic::code || basic == Basic::codeset || basic == Basic::failed) return made;
  return wrong(of, made->type, "a set of codes, as in icd10:E11* or @name");
}

// not not x is x.
Ptr Resolver::opposite(Ptr condition, Span span) {
  if (condition->op == Op::not_) return condition->parts.front();
  return std::make_shared<const typed::Node>(
      typed::Node{Op::not_, type(Basic::boolean), span, {std::move(condition)}, {}});
}

}  // namespace chartline::query
