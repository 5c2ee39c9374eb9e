#include <algorithm>
#include <array>

#include "query/parser.h"
#include "query/words.h"

namespace chartline::query {
namespace {

using tree::Operator;
using tree::Ptr;

// The operators of each level of binary(), loose to tight.
struct Level {
  std::array<Operator, 2> operators;
};
constexpr std::array<Level, 4> levels = {{{{Operator::unite, Operator::unite}},
                                          {{Operator::intersect, Operator::intersect}},
                                          {{Operator::add, Operator::subtract}},
                                          {{Operator::multiply, Operator::divide}}}};
// Neither takes clauses: they are the outer event expression's, as in E where (P) before T.
bool is_literal(const tree::Expression& of) {
  return std::holds_alternative<tree::Number>(of.form) || std::holds_alternative<tree::Text>(of.form) ||
         std::holds_alternative<tree::Length>(of.form) || std::holds_alternative<tree::Moment>(of.form);
}
bool is_conditional_call(const tree::Expression& of) {
  static constexpr std::array<std::string_view, 6> calls = {"alive",    "registered",  "observed",
                                                            "contains", "starts_with", "ends_with"};
  const auto* call = std::get_if<tree::Call>(&of.form);
  return call && std::ranges::find(calls, call->name) != calls.end();
}
bool is_condition(const tree::Expression& of) {
  const auto* prefixed = std::get_if<tree::Prefixed>(&of.form);
  const auto* binary = std::get_if<tree::Binary>(&of.form);
  return (prefixed && prefixed->word <= tree::Prefix::no) || (binary && is_comparison(binary->op)) ||
         std::holds_alternative<tree::Logic>(of.form) || std::holds_alternative<tree::IsMissing>(of.form) ||
         std::holds_alternative<tree::Among>(of.form);
}

constexpr int events_start = 0;
constexpr int operand_start = 2;

}  // namespace

Ptr Parser::expression() {
  const Deeper deeper(depth_);
  if (too_deep()) return nullptr;
  return logic(tree::LogicWord::or_);
}

Ptr Parser::logic(tree::LogicWord word) {
  const bool loose = word == tree::LogicWord::or_;
  const std::string_view written = loose ? "or" : "and";
  const auto part = [&] { return loose ? logic(tree::LogicWord::and_) : negation(); };
  const std::size_t first = at_;
  Ptr one = part();
  if (!one || !at_word(written)) return one;
  std::vector<Ptr> parts;
  const auto add = [&](const Ptr& item) {
    // Brackets around the same word change nothing: (a and b) and c is a and b and c.
    const auto* same = std::get_if<tree::Logic>(&item->form);
    if (same && same->word == word) {
      parts.insert(parts.end(), same->parts.begin(), same->parts.end());
    } else {
      parts.push_back(item);
    }
  };
  add(one);
  while (take_word(written)) {
    one = part();
    if (!one) return nullptr;
    add(one);
  }
  return made(tree::Logic{word, std::move(parts)}, first);
}

Ptr Parser::negation() {
  if (!at_word("not")) return comparison();
  const Deeper deeper(depth_);
  if (too_deep()) return nullptr;
  const std::size_t first = at_;
  take();
  Ptr of = negation();
  return of ? made(tree::Prefixed{tree::Prefix::not_, std::move(of)}, first) : nullptr;
}

Ptr Parser::comparison() {
  const std::size_t first = at_;
  Ptr left = otherwise();
  if (!left) return nullptr;
  if (at_word("is")) {
    take();
    const bool negated = take_word("not");
    if (!want_word("missing")) return nullptr;
    return made(tree::IsMissing{std::move(left), negated}, first);
  }
  for (int i = 0; is_comparison(static_cast<Operator>(i)); ++i) {
    const auto op = static_cast<Operator>(i);
    if (!take_symbol(word_of(op))) continue;
    Context without = context_;
    without.clauses = false;
    const Within inside(*this, without);
    Ptr right = otherwise();
    return right ? made(tree::Binary{op, std::move(left), std::move(right)}, first) : nullptr;
  }
  return left;
}

Ptr Parser::otherwise() {
  const std::size_t first = at_;
  Ptr left = range();
  if (!left || !take_symbol("??")) return left;
  const Deeper deeper(depth_);
  if (too_deep()) return nullptr;
  Ptr right = otherwise();
  return right ? made(tree::Binary{Operator::otherwise, std::move(left), std::move(right)}, first) : nullptr;
}

Ptr Parser::range() {
  const std::size_t first = at_;
  Ptr from = binary(events_start);
  if (!from || !take_symbol("..")) return from;
  Ptr to = binary(events_start);
  return to ? made(tree::Binary{Operator::range, std::move(from), std::move(to)}, first) : nullptr;
}

Ptr Parser::binary(int level) {
  if (level == static_cast<int>(levels.size())) return negative();
  const std::size_t first = at_;
  Ptr left = binary(level + 1);
  while (left) {
    const std::array<Operator, 2>& operators = levels[static_cast<std::size_t>(level)].operators;
    const auto* op = std::ranges::find_if(operators, [&](Operator o) { return at_symbol(word_of(o)); });
    if (op == operators.end()) return left;
    take();
    Ptr right = binary(level + 1);
    if (!right) return nullptr;
    left = made(tree::Binary{*op, std::move(left), std::move(right)}, first);
  }
  return nullptr;
}

Ptr Parser::negative() {
  if (!at_symbol("-")) return postfix();
  const Deeper deeper(depth_);
  if (too_deep()) return nullptr;
  const std::size_t first = at_;
  take();
  Ptr of = negative();
  return of ? made(tree::Negative{std::move(of)}, first) : nullptr;
}

Ptr Parser::postfix() {
  const std::size_t first = at_;
  Ptr of = primary();
  while (of) {
    if (take_symbol(".")) {
      if (token().form != Token::Form::word) return fail("the name of a field, as in `.value`");
      of = made(tree::Field{std::move(of), take().text}, first);
    } else if (at_word("to") && token(1).form == Token::Form::quoted) {
      take();
      of = made(tree::Convert{std::move(of), take().text}, first);
    } else {
      break;
    }
  }
  if (!of || !context_.clauses || !at_clause()) return of;
  if (is_literal(*of) || is_condition(*of)) return of;
  if (context_.in_where && is_conditional_call(*of)) return of;  // else there is nothing that the clause could be of
  std::vector<tree::Clause> list;
  // (E in y) before x is E in y before x.
  if (const auto* filtered = std::get_if<tree::Filtered>(&of->form)) {
    list = filtered->clauses;
    of = Ptr(filtered->of);
  }
  if (!clauses(list)) return nullptr;
  return made(tree::Filtered{std::move(of), std::move(list)}, first);
}

Ptr Parser::events_level() { return binary(events_start); }

Ptr Parser::operand() {
  Context without = context_;
  without.clauses = false;
  const Within inside(*this, without);
  return binary(operand_start);
}

Ptr Parser::range_operand() {
  Context without = context_;
  without.clauses = false;
  const Within inside(*this, without);
  return range();
}

}  // namespace chartline::query
