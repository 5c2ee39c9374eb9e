#include <array>
#include <cmath>

#include "query/resolver.h"
#include "query/words.h"

namespace chartline::query {

using tree::Expression;
using typed::Op;
using typed::Ptr;

namespace {

struct Fold {
  std::string_view name;
  Op op;
};
constexpr std::array<Fold, 8> folds = {{{"count", Op::count},
                                        {"distinct", Op::distinct},
                                        {"sum", Op::sum},
                                        {"avg", Op::avg},
                                        {"min", Op::min},
                                        {"max", Op::max},
                                        {"median", Op::median},
                                        {"slope", Op::slope}}};

}  // namespace

bool Resolver::takes(const tree::Call& call, const Expression& of, std::size_t count, std::string_view shape) {
  if (call.arguments.size() == count) return true;
  complain(of.span, "`" + call.name + "` takes " + (count == 1 ? "one argument" : std::to_string(count) + " arguments"),
           std::string(shape));
  return false;
}

Ptr Resolver::form(const tree::Call& call, const Expression& of) {
  const std::string& name = call.name;
  const Type boolean = type(Basic::boolean), plain = type(Basic::number);
  if (call.gap && name != "eras" && name != "episodes")
    return complain(call.gap->span, "`gap` belongs to eras and episodes");
  for (const Fold& one : folds) {
    if (one.name == name) return fold(one.op, call, of);
  }
  if (call.over) return complain(call.over->span, "`over` belongs to count distinct sum avg min max median slope");
  if (name == "eras") return joined(Op::eras, call, of);
  if (name == "episodes") return joined(Op::episodes, call, of);
  if (name == "least" || name == "greatest") {
    if (call.arguments.empty()) return complain(of.span, "`" + name + "` takes at least one argument", name + "(a, b)");
    return common(name == "least" ? Op::least : Op::greatest, of, call.arguments);
  }
  if (const std::optional<DurationUnit> unit = parse_plural(name)) {
    if (!takes(call, of, 1, name + "(x), or " + name + " from A to B")) return failed(of.span);
    Ptr part = number(*call.arguments[0]);
    if (part->type.measure == Type::Measure::unit)
      return wrong(*call.arguments[0], part->type, "a number without a unit");
    return node(Op::length_of, type(Basic::duration), of.span, {std::move(part)}, *unit);
  }
  const auto of_time = [&](Op op, Type made) {
    if (!takes(call, of, 1, name + "(T)")) return failed(of.span);
    return node(op, std::move(made), of.span, {time(*call.arguments[0])});
  };
  if (name == "age") return of_time(Op::age, plain);
  if (name == "alive") return of_time(Op::alive, boolean);
  if (name == "registered") return of_time(Op::registered, boolean);
  if (name == "date") return of_time(Op::date_of, type(Basic::date));
  if (name == "year") return of_time(Op::year_of, plain);
  if (name == "month") return of_time(Op::month_of, type(Basic::date));
  if (name == "observed") {
    if (!takes(call, of, 2, "observed(T1, T2)")) return failed(of.span);
    std::vector<Ptr> parts = {time(*call.arguments[0]), time(*call.arguments[1])};
    return node(Op::observed, boolean, of.span, std::move(parts));
  }
  if (name == "floor") {
    if (!takes(call, of, 1, "floor(x)")) return failed(of.span);
    Ptr part = number(*call.arguments[0]);
    Type made = part->type.basic == Basic::any ? recorded_number() : part->type;
    return node(Op::floor, std::move(made), of.span, {std::move(part)});
  }
  if (name == "power") {
    if (!takes(call, of, 2, "power(x, 2)")) return failed(of.span);
    std::vector<Ptr> parts = {number(*call.arguments[0]), number(*call.arguments[1])};
    for (std::size_t i = 0; i < 2; ++i) {
      if (parts[i]->type.measure == Type::Measure::unit)
        return wrong(*call.arguments[i], parts[i]->type, "a number without a unit", "(x / 1 'mmol/L')");
    }
    return node(Op::power, plain, of.span, std::move(parts));
  }
  if (name == "contains" || name == "starts_with" || name == "ends_with") {
    if (!takes(call, of, 2, name + "(text, 'words')")) return failed(of.span);
    std::vector<Ptr> parts = {any(*call.arguments[0]), any(*call.arguments[1])};
    for (std::size_t i = 0; i < 2; ++i) {
      const Type& found = parts[i]->type;
      const bool recorded = found.basic == Basic::number && found.measure == Type::Measure::recorded;
      if (found.basic != Basic::text && found.basic != Basic::any && !recorded)
        return wrong(*call.arguments[i], found, "text");
    }
    const Op op = name == "contains" ? Op::contains : name == "starts_with" ? Op::starts_with : Op::ends_with;
    return node(op, boolean, of.span, std::move(parts));
  }
  if (name == "band") {
    if (!takes(call, of, 2, "band(x, 10)")) return failed(of.span);
    std::vector<Ptr> parts = {number(*call.arguments[0]), number(*call.arguments[1])};
    const auto* width = std::get_if<record::Decimal>(&parts[1]->data);
    if (parts[1]->op != Op::number || !width || width->to_double() <= 0)
      return complain(call.arguments[1]->span, "the width of a band is a number above 0", "band(x, 10)");
    return node(Op::band, type(Basic::text), of.span, std::move(parts));
  }
  if (name == "nth") {
    if (!takes(call, of, 2, "nth(2, E)")) return failed(of.span);
    std::vector<Ptr> parts = {number(*call.arguments[0]), events(*call.arguments[1])};
    const auto* place = std::get_if<record::Decimal>(&parts[0]->data);
    const double at = parts[0]->op == Op::number && place ? place->to_double() : 0;
    if (at < 1 || at > 1e6 || at != std::floor(at))
      return complain(call.arguments[0]->span, "the place in order is a whole number from 1 to 1000000", "nth(2, E)");
    return node(Op::nth, type(Basic::event), of.span, std::move(parts));
  }
  if (name == "mapped") {
    if (!takes(call, of, 1, "mapped(C)")) return failed(of.span);
    return node(Op::mapped_codes, type(Basic::codeset), of.span, {codes(*call.arguments[0])});
  }
  if (name == "covered") {
    if (!takes(call, of, 3, "covered(E, T1, T2)")) return failed(of.span);
    std::vector<Ptr> parts = {events(*call.arguments[0]), time(*call.arguments[1]), time(*call.arguments[2])};
    return node(Op::covered, plain, of.span, std::move(parts));
  }
  return complain(of.span, "`" + name + "` is not a function", "", std::string(nearest(name, function_words)));
}

// eras(E, gap D), episodes(E, gap D)
Ptr Resolver::joined(Op op, const tree::Call& call, const Expression& of) {
  if (!takes(call, of, 1, call.name + "(E, gap 30d)")) return failed(of.span);
  if (!call.gap) return complain(of.span, "`" + call.name + "` needs a gap", call.name + "(E, gap 30d)");
  std::vector<Ptr> parts = {events(*call.arguments[0]), duration(*call.gap)};
  return node(op, type(Basic::events), of.span, std::move(parts));
}

// max(E.value) · max(X over E) · count(E)
Ptr Resolver::fold(Op op, const tree::Call& call, const Expression& of) {
  const std::string shape = op == Op::count ? "count(E)" : call.name + "(E.value), or " + call.name + "(X over E)";
  if (!takes(call, of, 1, shape)) return failed(of.span);
  const Expression& argument = *call.arguments[0];
  const auto value_type = [&](const Ptr& value, const Expression& place) {
    const Type& found = value->type;
    const bool counts = op == Op::count || op == Op::distinct;
    const bool orders = op == Op::min || op == Op::max;
    if (counts || found.basic == Basic::failed) return type(Basic::number);
    const bool ordered = found.basic == Basic::date || found.basic == Basic::instant || found.basic == Basic::text ||
                         found.basic == Basic::any;
    if (orders && ordered) return found;
    if (found.basic != Basic::number && found.basic != Basic::any)
      return wrong(place, found, "a number of each event")->type;
    if (op == Op::slope) return type(Basic::number);
    return found.basic == Basic::any ? recorded_number() : found;
  };
  if (call.over) {
    Ptr set = events(*call.over);
    const std::uint32_t slot = new_slot();
    const Rows within(*this, slot);
    Ptr value = any(argument);
    if (value->type.basic == Basic::event || value->type.basic == Basic::events)
      return wrong(argument, value->type, "a value of each event", "count(...)");
    Type made = value_type(value, argument);
    return node(op, std::move(made), of.span, {std::move(set), std::move(value)}, typed::Slot{slot});
  }
  // E.value is the field of each event, E.value to 'u' its conversion.
  const auto* convert = std::get_if<tree::Convert>(&argument.form);
  const Expression& inner = convert ? *convert->of : argument;
  const auto* field = std::get_if<tree::Field>(&inner.form);
  if (op == Op::count && !field) return node(op, type(Basic::number), of.span, {events(argument)});
  const auto* attribute = field ? std::get_if<tree::Field>(&field->of->form) : nullptr;
  const bool of_attribute = attribute && attribute->name == "attr";
  const tree::Ptr* base = !field ? nullptr : of_attribute ? &attribute->of : &field->of;
  if (!base) {
    Ptr found = any(argument);
    return wrong(argument, found->type, shape);
  }
  Ptr set = events(**base);
  if (set->type.basic == Basic::failed) return set;
  const std::uint32_t slot = new_slot();
  const std::optional<Type> known = of_attribute ? std::optional(type(Basic::any)) : event_field(field->name);
  if (!known)
    return complain(inner.span, "an event has no field `" + field->name + "`", "a field, or attr." + field->name);
  Ptr value = node(of_attribute ? Op::attribute : Op::field, *known, inner.span, {row(slot, inner.span)}, field->name);
  if (convert) {
    if (!parse_unit(convert->unit))
      return complain(argument.span, "`" + convert->unit + "` is not a unit that is known here",
                      "a UCUM unit, as in 'mmol/L'", std::string(suggested_unit(convert->unit)));
    value = node(Op::convert, number_in(convert->unit), argument.span, {std::move(value)}, convert->unit);
  }
  Type made = value_type(value, argument);
  return node(op, std::move(made), of.span, {std::move(set), std::move(value)}, typed::Slot{slot});
}

}  // namespace chartline::query
