#include "query/resolver.h"
#include "query/words.h"

namespace chartline::query {

using tree::ClauseWord;
using tree::Expression;
using typed::Op;
using typed::Ptr;

Ptr Resolver::form(const tree::Events& events, const Expression& of) {
  return node(Op::events, type(Basic::events), of.span, {codes(*events.codes)}, events.kind);
}

Ptr Resolver::form(const tree::Filtered& filtered, const Expression& of) {
  Ptr base = any(*filtered.of);
  const Basic basic = base->type.basic;
  if (basic == Basic::failed) return base;
  if (basic != Basic::event && basic != Basic::events) return membership(filtered, std::move(base), of);
  const std::uint32_t candidate = new_slot();
  std::vector<Ptr> parts = {std::move(base)};
  for (const tree::Clause& one : filtered.clauses) parts.push_back(clause(one, candidate));
  return node(Op::filter, type(basic), of.span, std::move(parts), typed::Slot{candidate});
}

// x in D1..D2, x in codes
Ptr Resolver::membership(const tree::Filtered& filtered, Ptr value, const Expression& of) {
  const tree::Clause& clause = filtered.clauses.front();
  if (clause.word != ClauseWord::in || filtered.clauses.size() > 1) {
    const tree::Clause& odd = filtered.clauses[clause.word == ClauseWord::in ? 1 : 0];
    return complain(odd.span,
                    "`" + std::string(is_within(odd.word) ? "within" : word_of(odd.word)) +
                        "` stands behind an event expression, and this is " + phrase(value->type),
                    "brackets around the condition before it, where the clause is meant for the whole");
  }
  const Type boolean = type(Basic::boolean);
  Ptr set = any(*clause.first);
  const Basic basic = set->type.basic;
  if (basic == Basic::failed) return set;
  const bool recorded = value->type.basic == Basic::number && value->type.measure == Type::Measure::recorded;
  if (basic == Basic::code || basic == Basic::codeset) {
    if (value->type.basic != Basic::code && value->type.basic != Basic::any && !recorded)
      return wrong(*filtered.of, value->type, "a code");
    return node(Op::code_in_set, boolean, of.span, {std::move(value), std::move(set)});
  }
  value = as_time(std::move(value), *filtered.of);
  set = as_range(std::move(set), *clause.first);
  if (value->type.basic == Basic::failed || set->type.basic == Basic::failed) return failed(of.span);
  return node(Op::date_in_range, boolean, of.span, {std::move(value), std::move(set)});
}

Ptr Resolver::clause(const tree::Clause& clause, std::uint32_t candidate) {
  // Clauses about a candidate are conditions on it.
  const auto made = [&](Op op, std::vector<Ptr> parts, typed::Data data = {}) {
    return node(op, type(Basic::boolean), clause.span, std::move(parts), std::move(data));
  };
  switch (clause.word) {
    case ClauseWord::where: {
      const Rows within(*this, candidate);
      return made(Op::where, {condition(*clause.first)});
    }
    case ClauseWord::with:
    case ClauseWord::without: {
      const Rows within(*this, candidate);
      return made(clause.word == ClauseWord::with ? Op::with : Op::without, {events(*clause.first)});
    }
    case ClauseWord::in: return made(Op::in_range, {range(*clause.first)});
    case ClauseWord::before: return made(Op::before, {time(*clause.first)});
    case ClauseWord::after: return made(Op::after, {time(*clause.first)});
    case ClauseWord::on_or_before: return made(Op::on_or_before, {time(*clause.first)});
    case ClauseWord::on_or_after: return made(Op::on_or_after, {time(*clause.first)});
    case ClauseWord::preceding:
    case ClauseWord::following: {
      Ptr part = events(*clause.first);
      if (part->type.basic == Basic::events) part = wrong(*clause.first, part->type, "one event", "first ...");
      return made(clause.word == ClauseWord::preceding ? Op::preceding : Op::following, {std::move(part)});
    }
    case ClauseWord::within_before:
    case ClauseWord::within_after:
    case ClauseWord::within_of:
    case ClauseWord::within_on_or_before:
    case ClauseWord::within_on_or_after: {
      const int which = static_cast<int>(clause.word) - static_cast<int>(ClauseWord::within_before);
      std::vector<Ptr> parts = {duration(*clause.first), time(*clause.second)};
      return made(static_cast<Op>(static_cast<int>(Op::within_before) + which), std::move(parts));
    }
    case ClauseWord::between: {
      std::vector<Ptr> parts = {time(*clause.first), time(*clause.second)};
      return made(Op::between, std::move(parts));
    }
    case ClauseWord::during:
    case ClauseWord::overlapping: {
      Ptr part = any(*clause.first);
      const Basic basic = part->type.basic;
      if (basic != Basic::event && basic != Basic::events) part = as_range(std::move(part), *clause.first);
      return made(clause.word == ClauseWord::during ? Op::during : Op::overlapping, {std::move(part)});
    }
    case ClauseWord::same_encounter: return made(Op::same_encounter, {events(*clause.first)});
    case ClauseWord::same_date: {
      Ptr part = any(*clause.first);
      if (part->type.basic != Basic::events) part = as_time(std::move(part), *clause.first);
      return made(Op::same_date, {std::move(part)});
    }
    case ClauseWord::lasting: return made(Op::lasting, {duration(*clause.first)});
    case ClauseWord::ending:
    case ClauseWord::starting: {
      const Rows within(*this, candidate);
      return made(clause.word == ClauseWord::ending ? Op::ending : Op::starting, {time(*clause.first)});
    }
    case ClauseWord::clipped: return made(Op::clipped, {range(*clause.first)});
    case ClauseWord::any_status: return made(Op::any_status, {});
    case ClauseWord::including_contributions: return made(Op::contributions, {});
    case ClauseWord::as: break;
  }
  if (under_no_ > 0)
    return complain(clause.span, "`as` names an event that satisfied, and under `no` or `not` there is none",
                    "`count(...) = 0` in place of `no ...`, where the name is needed inside");
  if (binding(clause.name) || has_meaning(clause.name))
    return complain(clause.span, "`" + clause.name + "` has a meaning already", "a name of its own");
  bindings_.push_back({clause.name, candidate});
  return made(Op::named, {}, clause.name);
}

}  // namespace chartline::query
