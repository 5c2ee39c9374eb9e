#include <algorithm>

#include "formats/record/kind.h"
#include "formats/record/systems.h"
#include "query/resolver.h"
#include "query/words.h"

namespace chartline::query {

using typed::Op;
using typed::Ptr;
using tree::Expression;

Ptr Resolver::form(const tree::Number& number, const Expression& of) {
  Type made = type(Basic::number);
  if (number.unit) {
    if (!parse_unit(*number.unit))
      return complain(of.span, "`" + *number.unit + "` is not a unit that is known here", "a UCUM unit, as in 'mmol/L'",
                      std::string(suggested_unit(*number.unit)));
    made = number_in(*number.unit);
  }
  return node(Op::number, std::move(made), of.span, {}, number.value);
}

Ptr Resolver::form(const tree::Text& text, const Expression& of) {
  return node(Op::text, type(Basic::text), of.span, {}, text.text);
}

Ptr Resolver::form(const tree::Length& length, const Expression& of) {
  return node(Op::duration, type(Basic::duration), of.span, {}, length.duration);
}

Ptr Resolver::form(const tree::Moment& moment, const Expression& of) {
  const bool instant = moment.time.precision >= record::Precision::second;
  return node(Op::moment, type(instant ? Basic::instant : Basic::date), of.span, {}, moment.time);
}

Ptr Resolver::form(const tree::Code& written, const Expression& of) {
  CodeWord code = written.code;
  if (code.is_uri) {
    code.system = record::system_from_uri(code.system);
    code.is_uri = code.system == written.code.system && !record::find_system(code.system);
  } else if (!record::find_system(code.system) && std::ranges::find(known_.systems, code.system) == known_.systems.end()) {
    std::vector<std::string_view> systems;
    for (const record::System& system : record::systems()) systems.push_back(system.name);
    systems.insert(systems.end(), known_.systems.begin(), known_.systems.end());
    return complain(of.span, "`" + code.system + "` is not a code system that is known here",
                    "the short name or URI of a system", std::string(nearest(code.system, systems)));
  }
  // Codes of other systems are as their source wrote them, blanks at the ends too.
  if (record::find_system(code.system)) code.code = record::canonical_code(code.system, code.code);
  const Basic basic = code.reach == Reach::one ? Basic::code : Basic::codeset;
  return node(Op::code, type(basic), of.span, {}, std::move(code));
}

Ptr Resolver::form(const tree::List& list, const Expression& of) {
  const bool found = known_.any_code_list || std::ranges::find(known_.code_lists, list.name) != known_.code_lists.end();
  if (!found) {
    const std::vector<std::string_view> names(known_.code_lists.begin(), known_.code_lists.end());
    const std::string_view near = nearest(list.name, names);
    return complain(of.span, "there is no code list " + print_list(list.name), "a stored code list",
                    near.empty() ? "" : print_list(near));
  }
  return node(Op::list, type(Basic::codeset), of.span, {}, list.name);
}

Ptr Resolver::form(const tree::AnyCode&, const Expression& of) {
  return node(Op::any_code, type(Basic::codeset), of.span);
}

Ptr Resolver::form(const tree::CodeUnion& set, const Expression& of) {
  std::vector<Ptr> parts;
  for (const tree::Ptr& part : set.parts) parts.push_back(codes(*part));
  return node(Op::union_codes, type(Basic::codeset), of.span, std::move(parts));
}

Ptr Resolver::form(const tree::Name& written, const Expression& of) {
  const std::string& name = written.name;
  if (name == "true" || name == "false") return node(Op::truth, type(Basic::boolean), of.span, {}, name == "true");
  if (name == "patient") return node(Op::patient, type(Basic::text), of.span);
  if (name == "sex") return node(Op::sex, query::word_of(WordList::sex), of.span);
  if (name == "birth") return node(Op::birth, type(Basic::date), of.span);
  if (name == "death") return node(Op::death, type(Basic::date), of.span);
  if (name == "interval") {
    if (in_measure_) return node(Op::interval, type(Basic::range), of.span);
    return complain(of.span, "`interval` has a meaning only in a `measure`");
  }
  if (name == "attr")
    return complain(of.span, "`attr` is not a value by itself", "the name of an attribute, as in attr.dose");
  if (const Binding* bound = binding(name)) return row(bound->slot, of.span);
  if (name == "it")
    return complain(of.span, "there is no event here that `it` could stand for",
                    "`it` within where, with, without, over, or the rows of list ... per and tally");
  if (const auto found = definitions_.find(name); found != definitions_.end()) {
    const Definition& definition = found->second;
    return node(definition.op, definition.type, of.span, {}, typed::Named{name, definition.index_slot});
  }
  if (const std::optional<Type> field = event_field(name)) {
    if (const Binding* it = binding("it")) return node(Op::field, *field, of.span, {row(it->slot, of.span)}, name);
    return complain(of.span, "there is no event here that `" + name + "` could be of",
                    "the event before it, as in (last ...)." + name);
  }
  if (const Definition* of_store = saved(name))
    return node(Op::in_cohort, type(Basic::cohort), of.span, {}, typed::Named{name, of_store->index_slot});
  if (name == "today") {
    if (known_.assumes_today) return node(Op::param_of, type(Basic::date), of.span, {}, typed::Named{"today", 0});
    return complain(of.span, "`today` is not given: a query has no hidden clock",
                    "a line such as `param today = 2024-03-31`");
  }
  if (name == "any" || record::parse_kind(name))
    return complain(of.span, "`" + name + "` alone is no set of events",
                    "codes of them in brackets, as in " + name + "[*]");
  return complain(of.span, "`" + name + "` is not a known name", "", std::string(nearest(name, names_in_scope())));
}

Ptr Resolver::form(const tree::Negative& negative, const Expression& of) {
  Ptr part = number(*negative.of);
  Type made = part->type;
  return node(Op::negative, std::move(made), of.span, {std::move(part)});
}

Ptr Resolver::form(const tree::Convert& convert, const Expression& of) {
  Ptr part = number(*convert.of);
  const std::optional<Unit> to = parse_unit(convert.unit);
  if (!to)
    return complain(of.span, "`" + convert.unit + "` is not a unit that is known here", "a UCUM unit, as in 'mmol/L'",
                    std::string(suggested_unit(convert.unit)));
  if (part->type.basic == Basic::number && part->type.measure == Type::Measure::plain)
    return complain(of.span, "a number without a unit cannot be converted", "a number with its unit");
  if (part->type.measure == Type::Measure::unit && !same_measure(part->type, number_in(convert.unit), of.span))
    return failed(of.span);
  return node(Op::convert, number_in(convert.unit), of.span, {std::move(part)}, convert.unit);
}

Ptr Resolver::form(const tree::Field& field, const Expression& of) {
  // attr.NAME is of `it` where there is one, else of the patient.
  const auto* before = std::get_if<tree::Name>(&field.of->form);
  if (before && before->name == "attr") {
    std::vector<Ptr> parts;
    if (const Binding* it = binding("it")) parts.push_back(row(it->slot, field.of->span));
    return node(Op::attribute, type(Basic::any), of.span, std::move(parts), field.name);
  }
  // it.attr.NAME
  const auto* nested = std::get_if<tree::Field>(&field.of->form);
  if (nested && nested->name == "attr") {
    Ptr event = events(*nested->of);
    if (event->type.basic == Basic::events)
      return wrong(*nested->of, event->type, "one event", "(last ...).attr." + field.name);
    return node(Op::attribute, type(Basic::any), of.span, {std::move(event)}, field.name);
  }
  Ptr part = any(*field.of);
  if (part->type.basic == Basic::failed) return failed(of.span);
  if (part->type.basic == Basic::range && (field.name == "start" || field.name == "end"))
    return node(field.name == "start" ? Op::range_start : Op::range_end, type(Basic::date), of.span, {std::move(part)});
  const std::optional<Type> known = event_field(field.name);
  if (part->type.basic == Basic::event && known) return node(Op::field, *known, of.span, {std::move(part)}, field.name);
  if (part->type.basic == Basic::events && known)
    return wrong(*field.of, part->type, "one event, or a fold such as max(E." + field.name + ")",
                 "(last ...)." + field.name);
  if (part->type.basic != Basic::event && part->type.basic != Basic::events)
    return wrong(*field.of, part->type, "an event, whose field `" + field.name + "` is asked for");
  return complain(of.span, "an event has no field `" + field.name + "`", "a field, or attr." + field.name,
                  std::string(nearest(field.name, field_words)));
}

Ptr Resolver::form(const tree::Elapsed& elapsed, const Expression& of) {
  std::vector<Ptr> parts = {time(*elapsed.from), time(*elapsed.to)};
  return node(Op::elapsed, type(Basic::number), of.span, std::move(parts), elapsed.unit);
}

}  // namespace chartline::query
