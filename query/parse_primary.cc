#include <algorithm>
#include <iterator>

#include "query/parser.h"
#include "query/words.h"

namespace chartline::query {

using tree::Ptr;

Ptr Parser::primary() {
  const Deeper deeper(depth_);
  if (too_deep()) return nullptr;
  const std::size_t first = at_;
  switch (token().form) {
    case Token::Form::number: return number();
    case Token::Form::quoted: return made(tree::Text{take().text}, first);
    case Token::Form::duration: return made(tree::Length{take().duration}, first);
    case Token::Form::time: return made(tree::Moment{take().time}, first);
    case Token::Form::code: return made(tree::Code{take().code}, first);
    case Token::Form::list: return made(tree::List{take().text}, first);
    case Token::Form::word: return word_primary();
    case Token::Form::symbol:
      if (at_symbol("(")) return bracketed();
      if (at_symbol("{")) return code_union();
      if (take_symbol("*")) return made(tree::AnyCode{}, first);
      break;
    case Token::Form::bad:
    case Token::Form::end: break;
  }
  return fail("a value, an event expression or a condition");
}

Ptr Parser::number() {
  const std::size_t first = at_;
  tree::Number value{.value = take().number, .unit = std::nullopt};
  if (token().form == Token::Form::quoted) value.unit = take().text;
  return made(std::move(value), first);
}

Ptr Parser::word_primary() {
  const std::size_t first = at_;
  const std::string& word = token().text;
  if (at_symbol("[", 1)) {
    if (word == "any") return events(std::nullopt);
    if (const std::optional<record::Kind> kind = record::parse_kind(word)) return events(kind);
    std::vector<std::string_view> kinds = {"any"};
    for (int i = 0; i < record::kind_count; ++i) kinds.push_back(record::name(static_cast<record::Kind>(i)));
    return fail("a kind of event, as in condition[dm]", std::string(nearest(word, kinds)));
  }
  if (at_symbol("(", 1) && !is_reserved(word)) return call();
  if (is_statement_word(word)) return fail("a value, an event expression or a condition");
  if (word == "least" || word == "greatest") return call();
  if (word == "at" || word == "exactly") return among();
  if (word == "case") return cases();
  if (word == "in") return prefixed(tree::Prefix::in_cohort);
  if (const std::optional<tree::Prefix> prefix = event_prefix(word)) return prefixed(*prefix);
  if (const std::optional<DurationUnit> unit = parse_plural(word); unit && at_word("from", 1)) return elapsed(*unit);
  static constexpr std::string_view values[] = {"true", "false", "it", "end", "patient", "attr", "interval"};
  const bool value = std::ranges::find(values, word) != std::end(values);
  if (word == "not") return fail("brackets around a `not` that is part of a comparison");
  if (is_reserved(word) && !value) return fail("a value, an event expression or a condition");
  return made(tree::Name{take().text}, first);
}

Ptr Parser::bracketed() {
  if (!want_symbol("(")) return nullptr;
  const Within inside(*this, Context{});
  Ptr of = expression();
  return of && want_symbol(")") ? of : nullptr;
}

Ptr Parser::code_union() {
  const std::size_t first = at_;
  take();
  const Within inside(*this, Context{});
  std::vector<Ptr> parts;
  if (!list(parts) || !want_symbol("}")) return nullptr;
  return made(tree::CodeUnion{std::move(parts)}, first);
}

Ptr Parser::events(std::optional<record::Kind> kind) {
  const std::size_t first = at_;
  take(), take();  // the word and `[`
  const Within inside(*this, Context{});
  Ptr codes = events_level();
  if (!codes || !want_symbol("]")) return nullptr;
  return made(tree::Events{kind, std::move(codes)}, first);
}

Ptr Parser::prefixed(tree::Prefix word) {
  const std::size_t first = at_;
  take();
  Ptr of;
  if (word == tree::Prefix::in_cohort) {
    const std::size_t name = at_;
    if (token().form != Token::Form::word || is_reserved(token().text)) return fail("the name of a cohort");
    of = made(tree::Name{take().text}, name);
  } else {
    Context everything = context_;
    everything.clauses = true;
    const Within inside(*this, everything);
    of = events_level();
  }
  return of ? made(tree::Prefixed{word, std::move(of)}, first) : nullptr;
}

// `gap` and a value behind it; by itself it is a name like others.
bool Parser::at_gap() const {
  if (!at_word("gap") || token(1).form == Token::Form::end) return false;
  if (token(1).form == Token::Form::symbol) return at_symbol("(", 1);
  return token(1).form != Token::Form::word || !is_reserved(token(1).text);
}

// NAME(argument, ..., gap D) and NAME(argument over E).
Ptr Parser::call() {
  const std::size_t first = at_;
  tree::Call node{.name = take().text, .arguments = {}, .gap = nullptr, .over = nullptr};
  if (!want_symbol("(")) return nullptr;
  const Within inside(*this, Context{});
  if (!at_symbol(")")) {
    do {
      if (at_gap()) {
        take();
        node.gap = expression();
        if (!node.gap) return nullptr;
        break;
      }
      Ptr argument = expression();
      if (!argument) return nullptr;
      node.arguments.push_back(std::move(argument));
    } while (take_symbol(","));
    if (take_word("over")) {
      node.over = events_level();
      if (!node.over) return nullptr;
    }
  }
  return want_symbol(")") ? made(std::move(node), first) : nullptr;
}

Ptr Parser::elapsed(DurationUnit unit) {
  const std::size_t first = at_;
  take(), take();  // the unit and `from`
  Ptr from = operand();
  if (!from || !want_word("to")) return nullptr;
  Ptr to = operand();
  return to ? made(tree::Elapsed{unit, std::move(from), std::move(to)}, first) : nullptr;
}

Ptr Parser::cases() {
  const std::size_t first = at_;
  take();
  const Within inside(*this, Context{});
  tree::Case node;
  while (take_word("when")) {
    Ptr condition = expression();
    if (!condition || !want_word("then")) return nullptr;
    Ptr value = expression();
    if (!value) return nullptr;
    node.branches.emplace_back(std::move(condition), std::move(value));
  }
  if (node.branches.empty()) return fail("`when`");
  if (take_word("else")) {
    node.otherwise = expression();
    if (!node.otherwise) return nullptr;
  }
  return want_word("end") ? made(std::move(node), first) : nullptr;
}

// at least 6 of (P1, P2, ...)
Ptr Parser::among() {
  const std::size_t first = at_;
  tree::Among node{.bound = tree::Bound::exactly, .count = 0, .parts = {}};
  if (take().text == "at") {
    if (!at_word("least") && !at_word("most")) return fail("`least` or `most`");
    node.bound = take().text == "least" ? tree::Bound::at_least : tree::Bound::at_most;
  }
  const record::Decimal count = token().number;
  const bool whole = token().form == Token::Form::number && count.is_exact() && count.to_double() <= 1'000'000 &&
                     count.to_double() == static_cast<double>(static_cast<std::uint32_t>(count.to_double()));
  if (!whole) return fail("a whole number");
  node.count = static_cast<std::uint32_t>(take().number.to_double());
  if (!want_word("of") || !want_symbol("(")) return nullptr;
  const Within inside(*this, Context{});
  if (!list(node.parts) || !want_symbol(")")) return nullptr;
  return made(std::move(node), first);
}

}  // namespace chartline::query
