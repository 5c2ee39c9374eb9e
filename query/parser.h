// Parser: the state of one parse, and a function for each level of the grammar (query/parse.h). A function that cannot
// go on complains once and gives null, or false; its callers give up likewise, up to the statement.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/complaint.h"
#include "query/token.h"
#include "query/tree.h"

namespace chartline::query {

class Parser {
 public:
  Parser(std::vector<Token> tokens, Complaints& complaints) : tokens_(std::move(tokens)), complaints_(complaints) {}

  tree::Query query();

 private:
  // What the words around an expression keep for themselves.
  struct Context {
    bool clauses = true;        // whether an event expression takes the clauses behind it
    bool as_is_alias = false;   // `as` names a column or an index date, not a candidate
    bool in_is_cohort = false;  // the last `in NAME` names the cohort of the statement
    bool in_where = false;      // behind a condition a clause is the outer event expression's
  };
  class Within;  // a context for the life of a block

  // -- tokens
  const Token& token(std::size_t ahead = 0) const;
  bool at_end() const { return token().form == Token::Form::end; }
  bool at_word(std::string_view word, std::size_t ahead = 0) const;
  bool at_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool at_statement() const;
  Token take();
  bool take_word(std::string_view word);
  bool take_symbol(std::string_view symbol);
  bool want_word(std::string_view word);
  bool want_symbol(std::string_view symbol);
  Span since(std::size_t first_token) const;  // from there to the last token taken
  tree::Ptr made(tree::Form form, std::size_t first_token);
  std::nullptr_t fail(std::string expected, std::string suggestion = "");
  bool too_deep();

  // -- statements
  std::optional<tree::Statement> statement();
  std::optional<tree::Statement> statement_of(std::string_view word);
  std::optional<tree::Statement> cohort();
  std::optional<tree::Statement> rows();
  std::optional<tree::Statement> flow();
  std::optional<tree::Statement> measure();
  std::optional<tree::Statement> follow_up(tree::FollowUpWord word);
  void skip_to_statement();
  std::optional<std::string> new_name(std::string_view what);
  std::optional<std::string> known_name(std::string_view what);
  bool groups(std::vector<tree::Ptr>& by);
  bool list(std::vector<tree::Ptr>& items);

  // -- expressions, loose to tight
  tree::Ptr expression();
  tree::Ptr logic(tree::LogicWord word);
  tree::Ptr negation();
  tree::Ptr comparison();
  tree::Ptr otherwise();
  tree::Ptr range();
  tree::Ptr binary(int level);  // 0: |   1: &   2: + -   3: * /
  tree::Ptr negative();
  tree::Ptr postfix();
  tree::Ptr primary();
  tree::Ptr word_primary();
  tree::Ptr number();
  tree::Ptr bracketed();
  tree::Ptr code_union();
  tree::Ptr events(std::optional<record::Kind> kind);
  tree::Ptr prefixed(tree::Prefix word);
  tree::Ptr call();
  bool at_gap() const;
  tree::Ptr elapsed(DurationUnit unit);
  tree::Ptr cases();
  tree::Ptr among();

  tree::Ptr events_level();  // | and tighter
  tree::Ptr operand();       // + - and tighter, without clauses: a time or a duration
  tree::Ptr range_operand();

  // -- clauses
  bool at_clause() const;
  bool clauses(std::vector<tree::Clause>& into);
  std::optional<tree::Clause> clause();
  std::optional<tree::Clause> within();
  std::optional<tree::ClauseWord> before_or_after();

  std::vector<Token> tokens_;
  Complaints& complaints_;
  std::size_t at_ = 0;
  Context context_{};
  std::uint32_t depth_ = 0;

  // One level of recursion.
  struct Deeper {
    explicit Deeper(std::uint32_t& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    std::uint32_t& depth_;
  };
};

class Parser::Within {
 public:
  Within(Parser& parser, Context context) : parser_(parser), before_(std::exchange(parser.context_, context)) {}
  ~Within() { parser_.context_ = before_; }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;

 private:
  Parser& parser_;
  Context before_;
};

}  // namespace chartline::query
