#include <algorithm>

#include "query/resolver.h"
#include "query/words.h"

namespace chartline::query {

using tree::Expression;
using tree::Operator;
using typed::Op;
using typed::Ptr;

namespace {

bool is_codes(const Type& type) { return type.basic == Basic::code || type.basic == Basic::codeset; }
bool is_events(const Type& type) { return type.basic == Basic::event || type.basic == Basic::events; }
bool is_number(const Type& type) { return type.basic == Basic::number; }
bool is_open(const Type& type) { return type.basic == Basic::any || type.basic == Basic::failed; }
bool is_date_or_instant(const Type& type) { return type.basic == Basic::date || type.basic == Basic::instant; }

}  // namespace

Ptr Resolver::form(const tree::Logic& logic, const Expression& of) {
  const Op op = logic.word == tree::LogicWord::and_ ? Op::and_ : Op::or_;
  std::vector<Ptr> parts;
  for (const tree::Ptr& part : logic.parts) {
    Ptr made = condition(*part);
    // not not (a and b) leaves an `and` within an `and`.
    if (made->op == op) {
      parts.insert(parts.end(), made->parts.begin(), made->parts.end());
    } else {
      parts.push_back(std::move(made));
    }
  }
  return node(op, type(Basic::boolean), of.span, std::move(parts));
}

Ptr Resolver::form(const tree::Prefixed& prefixed, const Expression& of) {
  const Type boolean = type(Basic::boolean);
  switch (prefixed.word) {
    case tree::Prefix::not_: {
      ++under_no_;
      Ptr part = condition(*prefixed.of);
      --under_no_;
      return opposite(std::move(part), of.span);
    }
    case tree::Prefix::in_cohort: {
      const std::string& name = std::get<tree::Name>(prefixed.of->form).name;
      const Definition* found = cohort(name, prefixed.of->span);
      return found ? node(Op::in_cohort, boolean, of.span, {}, typed::Named{name, found->index_slot}) : failed(of.span);
    }
    case tree::Prefix::exists: return node(Op::exists, boolean, of.span, {events(*prefixed.of)});
    case tree::Prefix::no: {
      ++under_no_;
      Ptr part = events(*prefixed.of);
      --under_no_;
      return opposite(node(Op::exists, boolean, of.span, {std::move(part)}), of.span);
    }
    case tree::Prefix::first: return node(Op::first, type(Basic::event), of.span, {events(*prefixed.of)});
    case tree::Prefix::last: return node(Op::last, type(Basic::event), of.span, {events(*prefixed.of)});
    case tree::Prefix::lowest: return node(Op::lowest, type(Basic::event), of.span, {events(*prefixed.of)});
    case tree::Prefix::highest: return node(Op::highest, type(Basic::event), of.span, {events(*prefixed.of)});
  }
  return failed(of.span);
}

Ptr Resolver::form(const tree::IsMissing& missing, const Expression& of) {
  Ptr part = any(*missing.of);
  if (part->type.basic == Basic::events)
    return wrong(*missing.of, part->type, "a value or one event; a set is asked by `exists` or `no`", "no ...");
  Ptr made = node(Op::is_missing, type(Basic::boolean), of.span, {std::move(part)});
  return missing.negated ? opposite(std::move(made), of.span) : made;
}

Ptr Resolver::form(const tree::Binary& binary, const Expression& of) {
  if (is_comparison(binary.op)) return comparison(binary, of);
  switch (binary.op) {
    case Operator::otherwise: return common(Op::otherwise, of, {binary.left, binary.right});
    case Operator::range: {
      std::vector<Ptr> parts = {time(*binary.left), time(*binary.right)};
      if (parts[0]->op == Op::moment && parts[1]->op == Op::moment) {
        const auto& from = std::get<record::Time>(parts[0]->data);
        const auto& to = std::get<record::Time>(parts[1]->data);
        if (to.instant() < from.instant())
          return complain(of.span, "the range ends before it begins", "the earlier date first");
      }
      return node(Op::range, type(Basic::range), of.span, std::move(parts));
    }
    default: return arithmetic(binary, of);
  }
}

// A bare word beside a value of a closed list is one of that list: `status = active`.
Ptr Resolver::word(const Expression& of, WordList list) {
  const auto* name = std::get_if<tree::Name>(&of.form);
  const auto* text = std::get_if<tree::Text>(&of.form);
  if (!name && !text) return any(of);
  const std::string& written = name ? name->name : text->text;
  if (is_of(list, written)) return node(Op::word, query::word_of(list), of.span, {}, written);
  if (name && (binding(written) || definitions_.contains(written))) return any(of);
  const std::string all = words_of(list);
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find(' ', begin), all.size());
    words.push_back(std::string_view(all).substr(begin, end - begin));
    begin = end + 1;
  }
  return complain(
      of.span, "`" + written + "` is none of the words that can stand here",
      all.size() > 120 ? "a " + std::string(list == WordList::kind ? "kind of event" : "status") : "one of " + all,
      std::string(nearest(written, words)));
}

std::pair<Ptr, Ptr> Resolver::word_pair(const Expression& left, const Expression& right) {
  // The side that is no bare word of a list says which list it is.
  const auto is_field = [&](const Expression& of) {
    const auto* name = std::get_if<tree::Name>(&of.form);
    if (!name) return !std::holds_alternative<tree::Text>(of.form);
    return binding(name->name) || definitions_.contains(name->name) || event_field(name->name).has_value() ||
           name->name == "sex";
  };
  if (is_field(left)) {
    Ptr first = any(left);
    if (first->type.basic == Basic::word) return {first, word(right, first->type.list)};
    return {first, any(right)};
  }
  Ptr second = any(right);
  if (second->type.basic == Basic::word) return {word(left, second->type.list), second};
  return {any(left), second};
}

Ptr Resolver::comparison(const tree::Binary& binary, const Expression& of) {
  std::pair<Ptr, Ptr> sides = word_pair(*binary.left, *binary.right);
  Ptr &left = sides.first, &right = sides.second;
  const Type a = left->type, b = right->type;
  if (a.basic == Basic::failed || b.basic == Basic::failed) return failed(of.span);
  const auto op = static_cast<Op>(static_cast<int>(Op::equal) + static_cast<int>(binary.op));
  const bool equality = binary.op == Operator::equal || binary.op == Operator::unequal;
  const auto made = [&] { return node(op, type(Basic::boolean), of.span, {left, right}); };

  if (is_events(a) && is_events(b) && equality && a.basic == b.basic && a.basic == Basic::event) {
    Ptr same = node(Op::same_event, type(Basic::boolean), of.span, {left, right});
    return binary.op == Operator::equal ? same : opposite(std::move(same), of.span);
  }
  if (is_date_or_instant(a) || is_date_or_instant(b)) {
    left = as_time(left, *binary.left);
    right = as_time(right, *binary.right);
    return left->type.basic == Basic::failed || right->type.basic == Basic::failed ? failed(of.span) : made();
  }
  if (a.basic == Basic::any || b.basic == Basic::any) {
    const Type& other = a.basic == Basic::any ? b : a;
    const Expression& other_text = a.basic == Basic::any ? *binary.right : *binary.left;
    if (is_events(other) || other.basic == Basic::range || other.basic == Basic::cohort)
      return wrong(other_text, other, "a value");
    return made();
  }
  if (is_number(a) && is_number(b)) return same_measure(a, b, of.span) ? made() : failed(of.span);
  // A recorded value may be a code, a text or a truth too.
  const bool recorded =
      (is_number(a) && a.measure == Type::Measure::recorded) || (is_number(b) && b.measure == Type::Measure::recorded);
  const Type& other = is_number(a) ? b : a;
  const bool other_value = other.basic == Basic::code || other.basic == Basic::text || other.basic == Basic::boolean;
  const bool ordered = a.basic == Basic::duration;
  if ((recorded && other_value) || a.basic == b.basic) {
    if (is_events(a) || a.basic == Basic::range || a.basic == Basic::cohort || a.basic == Basic::codeset)
      return wrong(*binary.left, a, "a value", a.basic == Basic::events ? "count(...)" : "");
    if (a.basic == Basic::word && a.list != b.list) return wrong(*binary.right, b, "one of " + words_of(a.list));
    if (!equality && !ordered)
      return complain(of.span, "there is no order of " + std::string(phrase(recorded ? other : a)), "`=` or `!=`");
    return made();
  }
  if (is_events(a)) return wrong(*binary.left, a, phrase(b), is_number(b) ? "(...).value, or count(...)" : "");
  const bool set = is_codes(b) && (a.basic == Basic::code || recorded);
  return wrong(*binary.right, b, phrase(a), set ? "in" : "");
}

// Complains where two numbers have units that never convert into one another.
bool Resolver::same_measure(const Type& a, const Type& b, Span span) {
  using Measure = Type::Measure;
  if (a.measure == Measure::recorded || b.measure == Measure::recorded) return true;
  if (a.measure == Measure::plain && b.measure == Measure::plain) return true;
  if (a.measure == Measure::plain || b.measure == Measure::plain) {
    complain(span, "one of the numbers has a unit and the other has none", phrase(a.measure == Measure::unit ? a : b));
    return false;
  }
  if (relation(*parse_unit(a.unit), *parse_unit(b.unit)) != Relation::none) return true;
  complain(span, "'" + a.unit + "' and '" + b.unit + "' are units of different things", "units of one dimension");
  return false;
}

Ptr Resolver::arithmetic(const tree::Binary& binary, const Expression& of) {
  Ptr left = any(*binary.left), right = any(*binary.right);
  const Type a = left->type, b = right->type;
  if (a.basic == Basic::failed || b.basic == Basic::failed) return failed(of.span);
  const bool set_operator = binary.op == Operator::unite || binary.op == Operator::intersect;
  if (set_operator || (binary.op == Operator::subtract && (is_codes(a) || (is_events(a) && is_events(b)))))
    return sets(binary, of, std::move(left), std::move(right));

  const bool sum = binary.op == Operator::add || binary.op == Operator::subtract;
  if (sum && b.basic == Basic::duration && is_time(a)) {
    const Op op = binary.op == Operator::add ? Op::moved_later : Op::moved_earlier;
    left = as_time(left, *binary.left);
    // An attribute that is moved says for itself whether it is a date.
    Type made = left->type;
    return node(op, std::move(made), of.span, {left, right});
  }
  if (binary.op == Operator::add && a.basic == Basic::duration && is_time(b))
    return complain(of.span, "a duration stands behind the time to which it is added", "a time and then a duration",
                    "ix + 30d");
  if (sum && is_time(a) && is_time(b) && !is_open(a) && !is_open(b))
    return complain(of.span, "times are not subtracted", "the count of a unit between them", "days from A to B");
  if (!is_number(a) && a.basic != Basic::any)
    return wrong(*binary.left, a, sum ? "a number, or a time and a duration" : "a number",
                 a.basic == Basic::event ? "(...).value" : "");
  if (!is_number(b) && b.basic != Basic::any)
    return wrong(*binary.right, b, sum ? "a number, or a duration behind a time" : "a number",
                 b.basic == Basic::event ? "(...).value" : "");

  using Measure = Type::Measure;
  const bool recorded = a.measure == Measure::recorded || b.measure == Measure::recorded || a.basic == Basic::any ||
                        b.basic == Basic::any;
  if (sum) {
    if (!recorded && !same_measure(a, b, of.span)) return failed(of.span);
    return node(binary.op == Operator::add ? Op::add : Op::subtract, recorded ? recorded_number() : a, of.span,
                {left, right});
  }
  const Op op = binary.op == Operator::multiply ? Op::multiply : Op::divide;
  Type made = type(Basic::number);
  if (recorded) {
    made = recorded_number();
  } else if (b.measure == Measure::plain) {
    made = a;
  } else if (op == Op::multiply && a.measure == Measure::plain) {
    made = b;
  } else if (op == Op::divide && a.measure == Measure::unit && a.unit == b.unit) {
    made = type(Basic::number);
  } else {
    const std::string unit =
        (a.measure == Measure::plain ? "1" : "(" + a.unit + ")") + (op == Op::multiply ? "." : "/") + "(" + b.unit + ")";
    if (!parse_unit(unit)) return complain(of.span, "these units do not combine", "simpler units");
    made = number_in(unit);
  }
  return node(op, std::move(made), of.span, {left, right});
}

Ptr Resolver::sets(const tree::Binary& binary, const Expression& of, Ptr left, Ptr right) {
  const bool events = is_events(left->type);
  if (!events && !is_codes(left->type)) return wrong(*binary.left, left->type, "a set of events or of codes");
  if (events ? !is_events(right->type) : !is_codes(right->type))
    return wrong(*binary.right, right->type, events ? "a set of events" : "a set of codes");
  const int which = binary.op == Operator::unite ? 0 : binary.op == Operator::intersect ? 1 : 2;
  const Op first = events ? Op::union_events : Op::union_codes;
  return node(static_cast<Op>(static_cast<int>(first) + which), type(events ? Basic::events : Basic::codeset), of.span,
              {std::move(left), std::move(right)});
}

// Values of one type: x ?? y, least, greatest, the branches of a case. `before` are further parts (conditions).
Ptr Resolver::common(Op op, const Expression& of, const std::vector<tree::Ptr>& values, std::vector<Ptr> before) {
  std::vector<Ptr> parts = std::move(before);
  Type made = type(Basic::any);
  for (const tree::Ptr& value : values) {
    Ptr part = any(*value);
    const Type& found = part->type;
    if (found.basic == Basic::failed) return part;
    if (made.basic == Basic::any) {
      made = found;
    } else if (is_number(made) && is_number(found)) {
      if (!same_measure(made, found, value->span)) return failed(of.span);
      if (found.measure == Type::Measure::recorded) made = found;
    } else if (is_time(made) && is_time(found) && made.basic != Basic::event && found.basic != Basic::any) {
      part = as_time(std::move(part), *value);
      if (part->type.basic == Basic::instant) made = part->type;
    } else if (found.basic != Basic::any && (found.basic != made.basic || found.list != made.list)) {
      return wrong(*value, found, phrase(made) + ", as before it");
    }
    parts.push_back(std::move(part));
  }
  if (made.basic == Basic::events || made.basic == Basic::range || made.basic == Basic::cohort ||
      made.basic == Basic::codeset)
    return complain(of.span, "this is " + phrase(made), "a value");
  return node(op, std::move(made), of.span, std::move(parts));
}

Ptr Resolver::form(const tree::Case& cases, const Expression& of) {
  std::vector<Ptr> conditions;
  std::vector<tree::Ptr> values;
  for (const auto& [when, then] : cases.branches) {
    conditions.push_back(condition(*when));
    values.push_back(then);
  }
  if (cases.otherwise) values.push_back(cases.otherwise);
  return common(Op::cases, of, values, std::move(conditions));
}

Ptr Resolver::form(const tree::Among& among, const Expression& of) {
  std::vector<Ptr> parts;
  for (const tree::Ptr& part : among.parts) parts.push_back(condition(*part));
  if (among.count > parts.size() && among.bound != tree::Bound::at_most)
    return complain(of.span, "there are only " + std::to_string(parts.size()) + " conditions",
                    "a count that they can reach");
  const auto op = static_cast<Op>(static_cast<int>(Op::at_least) + static_cast<int>(among.bound));
  return node(op, type(Basic::boolean), of.span, std::move(parts), record::decimal(among.count, 0));
}

}  // namespace chartline::query
