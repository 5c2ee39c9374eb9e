#include "query/tree.h"

#include <algorithm>
#include <type_traits>

namespace chartline::query::tree {
namespace {

// What tells one node from another of its form, besides its parts.
template <typename Node>
bool same_words(const Node& a, const Node& b) {
  if constexpr (std::is_same_v<Node, Number>) {
    return a.value == b.value && a.unit == b.unit;
  } else if constexpr (std::is_same_v<Node, Text>) {
    return a.text == b.text;
  } else if constexpr (std::is_same_v<Node, Length>) {
    return a.duration == b.duration;
  } else if constexpr (std::is_same_v<Node, Moment>) {
    return a.time == b.time;
  } else if constexpr (std::is_same_v<Node, Code>) {
    return a.code == b.code;
  } else if constexpr (std::is_same_v<Node, List> || std::is_same_v<Node, Name> || std::is_same_v<Node, Field>) {
    return a.name == b.name;
  } else if constexpr (std::is_same_v<Node, Logic> || std::is_same_v<Node, Prefixed>) {
    return a.word == b.word;
  } else if constexpr (std::is_same_v<Node, Binary>) {
    return a.op == b.op;
  } else if constexpr (std::is_same_v<Node, IsMissing>) {
    return a.negated == b.negated;
  } else if constexpr (std::is_same_v<Node, Convert> || std::is_same_v<Node, Elapsed>) {
    return a.unit == b.unit;
  } else if constexpr (std::is_same_v<Node, Events>) {
    return a.kind == b.kind;
  } else if constexpr (std::is_same_v<Node, Case>) {
    return !a.otherwise == !b.otherwise;
  } else if constexpr (std::is_same_v<Node, Call>) {
    return a.name == b.name && !a.gap == !b.gap && !a.over == !b.over;
  } else if constexpr (std::is_same_v<Node, Among>) {
    return a.bound == b.bound && a.count == b.count;
  } else if constexpr (std::is_same_v<Node, Filtered>) {
    return std::ranges::equal(a.clauses, b.clauses, [](const Clause& x, const Clause& y) {
      return x.word == y.word && x.name == y.name && !x.first == !y.first && !x.second == !y.second;
    });
  } else {
    return true;  // AnyCode, Negative, CodeUnion: their parts say all
  }
}

bool same(const Ptr& a, const Ptr& b) { return a && b ? tree::same(*a, *b) : !a && !b; }
bool same(const std::vector<Ptr>& a, const std::vector<Ptr>& b) {
  return std::ranges::equal(a, b, [](const Ptr& x, const Ptr& y) { return same(x, y); });
}
bool same(const StatementPtr& a, const StatementPtr& b) { return tree::same(*a, *b); }

bool same(const Param& a, const Param& b) { return a.name == b.name && same(a.value, b.value); }
bool same(const Codes& a, const Codes& b) { return a.name == b.name && same(a.codes, b.codes); }
bool same(const Let& a, const Let& b) { return a.name == b.name && same(a.value, b.value); }
bool same(const Cohort& a, const Cohort& b) {
  return a.name == b.name && a.index == b.index && same(a.per, b.per) && same(a.until, b.until) &&
         same(a.predicate, b.predicate);
}
bool same(const Count& a, const Count& b) { return same(a.predicate, b.predicate) && same(a.by, b.by); }
bool same(const Tally& a, const Tally& b) { return same(a.events, b.events) && same(a.by, b.by); }
bool same(const Rows& a, const Rows& b) {
  return same(a.predicate, b.predicate) && same(a.per, b.per) &&
         std::ranges::equal(a.select, b.select,
                            [](const Column& x, const Column& y) { return x.name == y.name && same(x.value, y.value); });
}
bool same(const EventsOf& a, const EventsOf& b) { return a.cohort == b.cohort && same(a.events, b.events); }
bool same(const Flow& a, const Flow& b) { return same(a.steps, b.steps) && a.names == b.names; }
bool same(const Measure& a, const Measure& b) {
  return a.every == b.every && same(a.numerator, b.numerator) && same(a.denominator, b.denominator) &&
         same(a.by, b.by) && same(a.from, b.from) && same(a.to, b.to);
}
bool same(const FollowUp& a, const FollowUp& b) {
  return a.word == b.word && a.cohort == b.cohort && same(a.events, b.events) && same(a.by, b.by);
}
bool same(const Why& a, const Why& b) { return a.patient == b.patient && a.cohort == b.cohort; }
bool same(const Explain& a, const Explain& b) { return a.analyze == b.analyze && same(a.of, b.of); }
bool same(const AsOf& a, const AsOf& b) { return same(a.instant, b.instant) && same(a.of, b.of); }

}  // namespace

Ptr make(Form form, Span span) {
  std::uint32_t highest = 0;
  for (const Ptr& part : parts_of(form)) highest = std::max(highest, part->height);
  return std::make_shared<const Expression>(Expression{std::move(form), span, highest + 1});
}

std::vector<Ptr> parts_of(const Form& form) {
  std::vector<Ptr> parts;
  const auto add = [&parts](const Ptr& part) {
    if (part) parts.push_back(part);
  };
  std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (requires { node.of; }) add(node.of);
        if constexpr (requires { node.left; }) add(node.left), add(node.right);
        if constexpr (requires { node.parts; }) parts = node.parts;
        if constexpr (std::is_same_v<Node, Elapsed>) add(node.from), add(node.to);
        if constexpr (std::is_same_v<Node, Events>) add(node.codes);
        if constexpr (std::is_same_v<Node, Case>) {
          for (const auto& [condition, value] : node.branches) add(condition), add(value);
          add(node.otherwise);
        }
        if constexpr (std::is_same_v<Node, Call>) {
          parts = node.arguments;
          add(node.gap), add(node.over);
        }
        if constexpr (std::is_same_v<Node, Filtered>) {
          for (const Clause& clause : node.clauses) add(clause.first), add(clause.second);
        }
      },
      form);
  return parts;
}

bool same(const Expression& a, const Expression& b) {
  if (a.form.index() != b.form.index()) return false;
  const bool words = std::visit(
      [&b](const auto& node) { return same_words(node, std::get<std::decay_t<decltype(node)>>(b.form)); }, a.form);
  return words && same(parts_of(a.form), parts_of(b.form));
}

bool same(const Statement& a, const Statement& b) {
  if (a.form.index() != b.form.index()) return false;
  return std::visit([&b](const auto& form) { return same(form, std::get<std::decay_t<decltype(form)>>(b.form)); },
                    a.form);
}

bool same(const Query& a, const Query& b) {
  return std::ranges::equal(a.statements, b.statements,
                            [](const Statement& x, const Statement& y) { return same(x, y); });
}

}  // namespace chartline::query::tree
