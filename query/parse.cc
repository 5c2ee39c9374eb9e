#include "query/parse.h"

#include <algorithm>

#include "query/parser.h"
#include "query/words.h"

namespace chartline::query {

tree::Query parse(std::string_view text, Complaints& complaints) {
  return Parser(tokens_of(text, complaints), complaints).query();
}

const Token& Parser::token(std::size_t ahead) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }

bool Parser::at_word(std::string_view word, std::size_t ahead) const {
  return token(ahead).form == Token::Form::word && token(ahead).text == word;
}

bool Parser::at_symbol(std::string_view symbol, std::size_t ahead) const {
  return token(ahead).form == Token::Form::symbol && token(ahead).text == symbol;
}

// A statement's first word, on a line of its own and not called as a function.
bool Parser::at_statement() const {
  if (!token().starts_line || token().form != Token::Form::word) return false;
  return is_statement_word(token().text) || (at_word("as") && at_word("of", 1));
}

Token Parser::take() {
  Token taken = token();
  if (at_ + 1 < tokens_.size()) ++at_;
  return taken;
}

bool Parser::take_word(std::string_view word) { return at_word(word) && (take(), true); }
bool Parser::take_symbol(std::string_view symbol) { return at_symbol(symbol) && (take(), true); }

bool Parser::want_word(std::string_view word) {
  if (take_word(word)) return true;
  fail("`" + std::string(word) + "`");
  return false;
}

bool Parser::want_symbol(std::string_view symbol) {
  if (take_symbol(symbol)) return true;
  fail("`" + std::string(symbol) + "`");
  return false;
}

Span Parser::since(std::size_t first_token) const {
  const std::size_t last = at_ > first_token ? at_ - 1 : first_token;
  return joined(tokens_[first_token].span, tokens_[last].span);
}

tree::Ptr Parser::made(tree::Form form, std::size_t first_token) {
  tree::Ptr node = tree::make(std::move(form), since(first_token));
  if (node->height <= tree::height_max) return node;
  complaints_.add({.span = node->span,
                   .message = "this is nested too deeply",
                   .expected = "at most 200 levels; name parts of it with `let`",
                   .suggestion = ""});
  return nullptr;
}

std::nullptr_t Parser::fail(std::string expected, std::string suggestion) {
  if (token().form == Token::Form::bad) return nullptr;  // the lexer complained about it
  const bool ends = at_ > 0 && (at_end() || at_symbol(";") || at_statement());
  const std::uint32_t behind = at_ > 0 ? tokens_[at_ - 1].span.end : 0;
  std::string found = print(token());
  if (found.size() > 40) found = found.substr(0, 37) + "...";
  complaints_.add({.span = ends ? Span{behind, behind} : token().span,
                   .message = ends ? "the statement ends here" : "`" + found + "` cannot stand here",
                   .expected = std::move(expected),
                   .suggestion = std::move(suggestion)});
  return nullptr;
}

bool Parser::too_deep() {
  if (depth_ <= tree::height_max) return false;
  complaints_.add({.span = token().span,
                   .message = "this is nested too deeply",
                   .expected = "at most 200 levels; name parts of it with `let`",
                   .suggestion = ""});
  return true;
}

}  // namespace chartline::query
