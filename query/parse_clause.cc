#include "query/parser.h"
#include "query/words.h"

namespace chartline::query {

using tree::Clause;
using tree::ClauseWord;

bool Parser::at_clause() const {
  const Token& now = token();
  if (now.form != Token::Form::word) return false;
  if (at_statement()) return false;
  // What is named by a text in quotes is no candidate, but a step.
  if (now.text == "as") return !context_.as_is_alias && !at_word("of", 1) && token(1).form != Token::Form::quoted;
  if (now.text == "in" && context_.in_is_cohort) {
    // The last one names the cohort: `by`, another statement or the end follows its name.
    const Token& behind = token(2);
    const bool last = behind.form == Token::Form::end || at_word("by", 2) || at_symbol(";", 2) || behind.starts_line;
    return token(1).form != Token::Form::word || !last;
  }
  if (now.text == "any") return at_word("status", 1);
  static constexpr std::string_view words[] = {
      "where",   "in",   "before",  "after",     "on",        "within",    "between", "during",   "overlapping", "with",
      "without", "same", "lasting", "including", "preceding", "following", "ending",  "starting", "clipped"};
  for (const std::string_view word : words) {
    if (now.text == word) return true;
  }
  return false;
}

bool Parser::clauses(std::vector<Clause>& into) {
  while (at_clause()) {
    const std::size_t first = at_;
    std::optional<Clause> one = clause();
    if (!one) return false;
    one->span = since(first);
    into.push_back(std::move(*one));
  }
  return true;
}

std::optional<Clause> Parser::clause() {
  const auto with = [](ClauseWord word, tree::Ptr first, tree::Ptr second = nullptr) -> std::optional<Clause> {
    if (!first) return std::nullopt;
    return Clause{.word = word, .span = {}, .first = std::move(first), .second = std::move(second), .name = ""};
  };
  const auto bare = [](ClauseWord word, std::string name = "") {
    return Clause{.word = word, .span = {}, .first = nullptr, .second = nullptr, .name = std::move(name)};
  };
  if (at_word("on") || at_word("before") || at_word("after")) {
    const std::optional<ClauseWord> word = before_or_after();
    return word ? with(*word, operand()) : std::nullopt;
  }
  if (at_word("within")) return within();
  if (take_word("preceding")) return with(ClauseWord::preceding, operand());
  if (take_word("following")) return with(ClauseWord::following, operand());
  if (take_word("where")) {
    Context inside = context_;
    inside.clauses = inside.in_where = true;
    const Within condition(*this, inside);
    return with(ClauseWord::where, expression());
  }
  if (take_word("in")) return with(ClauseWord::in, range_operand());
  if (take_word("between")) {
    tree::Ptr from = operand();
    if (!from || !want_word("and")) return std::nullopt;
    tree::Ptr to = operand();
    return to ? with(ClauseWord::between, std::move(from), std::move(to)) : std::nullopt;
  }
  if (take_word("during")) return with(ClauseWord::during, range_operand());
  if (take_word("overlapping")) return with(ClauseWord::overlapping, range_operand());
  if (take_word("lasting")) return with(ClauseWord::lasting, operand());
  if (take_word("ending")) return with(ClauseWord::ending, operand());
  if (take_word("starting")) return with(ClauseWord::starting, operand());
  if (take_word("clipped")) {
    if (!want_word("to")) return std::nullopt;
    return with(ClauseWord::clipped, range_operand());
  }
  if (at_word("with") || at_word("without")) {
    const ClauseWord word = take().text == "with" ? ClauseWord::with : ClauseWord::without;
    if (!at_symbol("("))
      return fail("`(` and an event expression, as in `with (condition[dm] after it)`"), std::nullopt;
    return with(word, bracketed());
  }
  if (take_word("same")) {
    const bool encounter = at_word("encounter");
    if (!encounter && !at_word("date")) return fail("`encounter as` or `date as`"), std::nullopt;
    take();
    if (!want_word("as")) return std::nullopt;
    return with(encounter ? ClauseWord::same_encounter : ClauseWord::same_date, range_operand());
  }
  if (take_word("as")) {
    std::optional<std::string> name = new_name("the candidate");
    return name ? std::optional(bare(ClauseWord::as, std::move(*name))) : std::nullopt;
  }
  if (take_word("any")) return want_word("status") ? std::optional(bare(ClauseWord::any_status)) : std::nullopt;
  if (!want_word("including") || !want_word("contributions")) return std::nullopt;
  return bare(ClauseWord::including_contributions);
}

// before · after · on or before · on or after
std::optional<ClauseWord> Parser::before_or_after() {
  if (take_word("before")) return ClauseWord::before;
  if (take_word("after")) return ClauseWord::after;
  if (take_word("on")) {
    if (!want_word("or")) return std::nullopt;
    if (take_word("before")) return ClauseWord::on_or_before;
    if (take_word("after")) return ClauseWord::on_or_after;
  }
  return fail("`before` or `after`"), std::nullopt;
}

std::optional<Clause> Parser::within() {
  take();
  tree::Ptr distance = operand();
  if (!distance) return std::nullopt;
  ClauseWord word = ClauseWord::within_of;
  if (!take_word("of")) {
    if (!at_word("before") && !at_word("after") && !at_word("on")) {
      return fail("`before`, `after`, `on or before`, `on or after` or `of`, and a time"), std::nullopt;
    }
    const std::optional<ClauseWord> side = before_or_after();
    if (!side) return std::nullopt;
    switch (*side) {
      case ClauseWord::before: word = ClauseWord::within_before; break;
      case ClauseWord::after: word = ClauseWord::within_after; break;
      case ClauseWord::on_or_before: word = ClauseWord::within_on_or_before; break;
      default: word = ClauseWord::within_on_or_after; break;
    }
  }
  tree::Ptr time = operand();
  if (!time) return std::nullopt;
  return Clause{.word = word, .span = {}, .first = std::move(distance), .second = std::move(time), .name = ""};
}

}  // namespace chartline::query
