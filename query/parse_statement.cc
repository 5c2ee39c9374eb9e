#include "query/parser.h"
#include "query/words.h"

namespace chartline::query {

using tree::Ptr;
using tree::Statement;

tree::Query Parser::query() {
  tree::Query query;
  while (!at_end()) {
    if (take_symbol(";")) continue;
    std::optional<Statement> one = statement();
    const bool ends = at_end() || at_symbol(";") || token().starts_line;
    if (one && !ends) fail("the end of the statement: a line break or `;`");
    if (one && ends) {
      query.statements.push_back(std::move(*one));
    } else {
      skip_to_statement();
    }
  }
  return query;
}

// At least one token is left behind, so that a text always ends.
void Parser::skip_to_statement() {
  if (at_statement()) return;
  do take();
  while (!at_end() && !at_symbol(";") && !at_statement());
}

std::optional<Statement> Parser::statement() {
  const Deeper deeper(depth_);
  if (too_deep()) {
    take();
    return std::nullopt;
  }
  const std::size_t first = at_;
  if (token().form != Token::Form::word || (!is_statement_word(token().text) && !(at_word("as") && at_word("of", 1)))) {
    const std::string found = token().text;
    fail(
        "a statement: param codes let cohort count tally list events flow measure incidence survival explain why, as "
        "of",
        std::string(nearest(found, statement_words)));
    take();
    return std::nullopt;
  }
  const std::string word = take().text;
  context_ = {};
  std::optional<Statement> made = statement_of(word);
  if (made) made->span = since(first);
  return made;
}

std::optional<Statement> Parser::statement_of(std::string_view word) {
  if (word == "param" || word == "codes" || word == "let") {
    std::optional<std::string> name = new_name("what it stands for");
    if (!name || !want_symbol("=")) return std::nullopt;
    Ptr value = expression();
    if (!value) return std::nullopt;
    if (word == "param") return Statement{tree::Param{std::move(*name), std::move(value)}, {}};
    if (word == "codes") return Statement{tree::Codes{std::move(*name), std::move(value)}, {}};
    return Statement{tree::Let{std::move(*name), std::move(value)}, {}};
  }
  if (word == "cohort") return cohort();
  if (word == "list") return rows();
  if (word == "measure") return measure();
  if (word == "incidence") return follow_up(tree::FollowUpWord::incidence);
  if (word == "survival") return follow_up(tree::FollowUpWord::survival);
  if (word == "count" || word == "tally") {
    Ptr of = word == "count" ? expression() : events_level();
    std::vector<Ptr> by;
    if (!of || !groups(by)) return std::nullopt;
    if (word == "count") return Statement{tree::Count{std::move(of), std::move(by)}, {}};
    return Statement{tree::Tally{std::move(of), std::move(by)}, {}};
  }
  if (word == "events") {
    Ptr of = events_level();
    if (!of || !want_word("of")) return std::nullopt;
    std::optional<std::string> cohort = known_name("a cohort");
    return cohort ? std::optional(Statement{tree::EventsOf{std::move(of), std::move(*cohort)}, {}}) : std::nullopt;
  }
  if (word == "flow") return flow();
  if (word == "why") {
    const bool bare = token().form == Token::Form::word || token().form == Token::Form::number;
    if (!bare && token().form != Token::Form::quoted) return fail("a patient's identifier in quotes"), std::nullopt;
    std::string patient = take().text;
    if (!want_word("in")) return std::nullopt;
    std::optional<std::string> cohort = known_name("a cohort");
    return cohort ? std::optional(Statement{tree::Why{std::move(patient), std::move(*cohort)}, {}}) : std::nullopt;
  }
  Ptr instant;
  bool analyze = false;
  if (word == "explain") {
    analyze = take_word("analyze");
  } else {
    take();  // the `of` of `as of`
    instant = operand();
    if (!instant) return std::nullopt;
  }
  std::optional<Statement> of = statement();
  if (!of) return std::nullopt;
  auto inner = std::make_shared<const Statement>(std::move(*of));
  if (word == "explain") return Statement{tree::Explain{analyze, std::move(inner)}, {}};
  return Statement{tree::AsOf{std::move(instant), std::move(inner)}, {}};
}

// cohort NAME [per E as IX [until T]] = P
std::optional<Statement> Parser::cohort() {
  std::optional<std::string> name = new_name("the cohort");
  if (!name) return std::nullopt;
  tree::Cohort node;
  node.name = std::move(*name);
  if (take_word("per")) {
    {
      const Within inside(*this, Context{.clauses = true, .as_is_alias = true, .in_is_cohort = false});
      node.per = events_level();
    }
    if (!node.per || !want_word("as")) return std::nullopt;
    std::optional<std::string> index = new_name("the index date");
    if (!index) return std::nullopt;
    node.index = std::move(*index);
    if (take_word("until")) {
      node.until = operand();
      if (!node.until) return std::nullopt;
    }
  }
  if (!want_symbol("=")) return std::nullopt;
  node.predicate = expression();
  if (!node.predicate) return std::nullopt;
  return Statement{std::move(node), {}};
}

// list P [per E] [select X as NAME, ...]
std::optional<Statement> Parser::rows() {
  tree::Rows node;
  node.predicate = expression();
  if (!node.predicate) return std::nullopt;
  if (take_word("per")) {
    node.per = events_level();
    if (!node.per) return std::nullopt;
  }
  if (!take_word("select")) return Statement{std::move(node), {}};
  do {
    tree::Column column;
    {
      const Within inside(*this, Context{.clauses = true, .as_is_alias = true, .in_is_cohort = false});
      column.value = expression();
    }
    if (!column.value) return std::nullopt;
    if (!at_statement() && take_word("as")) {
      if (token().form != Token::Form::word) return fail("a name for the column"), std::nullopt;
      column.name = take().text;
    }
    node.select.push_back(std::move(column));
  } while (take_symbol(","));
  return Statement{std::move(node), {}};
}

// flow P as 'what it is called', ...
std::optional<Statement> Parser::flow() {
  tree::Flow node;
  do {
    Ptr step = expression();
    if (!step) return std::nullopt;
    node.steps.push_back(std::move(step));
    if (at_statement() || !take_word("as")) continue;
    if (token().form != Token::Form::quoted) return fail("what the step is called, in quotes"), std::nullopt;
    node.names.resize(node.steps.size());
    node.names.back() = take().text;
  } while (take_symbol(","));
  return Statement{std::move(node), {}};
}

// measure NUM over DEN [by G] every 1mo from D1 to D2
std::optional<Statement> Parser::measure() {
  tree::Measure node;
  node.numerator = expression();
  if (!node.numerator || !want_word("over")) return std::nullopt;
  node.denominator = expression();
  if (!node.denominator || !groups(node.by) || !want_word("every")) return std::nullopt;
  if (token().form != Token::Form::duration) return fail("a duration, as in 1mo"), std::nullopt;
  node.every = take().duration;
  if (!want_word("from")) return std::nullopt;
  node.from = operand();
  if (!node.from || !want_word("to")) return std::nullopt;
  node.to = operand();
  if (!node.to) return std::nullopt;
  return Statement{std::move(node), {}};
}

// incidence E in COHORT [by G], and survival likewise
std::optional<Statement> Parser::follow_up(tree::FollowUpWord word) {
  tree::FollowUp node;
  node.word = word;
  {
    const Within inside(*this, Context{.clauses = true, .as_is_alias = false, .in_is_cohort = true});
    node.events = events_level();
  }
  if (!node.events || !want_word("in")) return std::nullopt;
  std::optional<std::string> cohort = known_name("a cohort");
  if (!cohort) return std::nullopt;
  node.cohort = std::move(*cohort);
  if (!groups(node.by)) return std::nullopt;
  return Statement{std::move(node), {}};
}

std::optional<std::string> Parser::new_name(std::string_view what) {
  if (token().form != Token::Form::word) return fail("a name for " + std::string(what)), std::nullopt;
  if (at_statement()) return fail("a name for " + std::string(what)), std::nullopt;
  if (is_reserved(token().text) || is_statement_word(token().text))
    return fail("a name that is not a word of the language"), std::nullopt;
  return take().text;
}

std::optional<std::string> Parser::known_name(std::string_view what) {
  const bool name = token().form == Token::Form::word && !is_reserved(token().text) && !is_statement_word(token().text);
  if (!name) return fail("the name of " + std::string(what)), std::nullopt;
  return take().text;
}

bool Parser::groups(std::vector<Ptr>& by) { return !take_word("by") || list(by); }

bool Parser::list(std::vector<Ptr>& items) {
  do {
    Ptr item = expression();
    if (!item) return false;
    items.push_back(std::move(item));
  } while (take_symbol(","));
  return true;
}

}  // namespace chartline::query
