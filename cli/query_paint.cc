#include "cli/query_paint.h"

#include <algorithm>

#include "formats/record/kind.h"
#include "query/token.h"
#include "query/words.h"

namespace chartline::cli {
namespace {

using query::Token;

bool is_function(std::string_view word) {
  return std::ranges::find(query::function_words, word) != query::function_words.end();
}

Ink ink_of(const Token& token, bool before_bracket) {
  switch (token.form) {
    case Token::Form::word:
      if (before_bracket && is_function(token.text)) return Ink::cyan;
      if (query::is_statement_word(token.text) || query::is_reserved(token.text)) return Ink::blue;
      return record::parse_kind(token.text) ? Ink::cyan : Ink::plain;
    case Token::Form::number:
    case Token::Form::duration:
    case Token::Form::time:
    case Token::Form::quoted: return Ink::green;
    case Token::Form::code:
    case Token::Form::list: return Ink::yellow;
    case Token::Form::bad: return Ink::red;
    case Token::Form::symbol:
    case Token::Form::end: break;
  }
  return Ink::plain;
}

// Between tokens stand blanks, line breaks and comments.
std::string painted_gap(std::string_view gap, const Look& look) {
  std::string out;
  while (!gap.empty()) {
    const std::size_t line = std::min(gap.find('\n'), gap.size());
    const std::size_t comment = std::min(gap.find('#'), line);
    out.append(gap.substr(0, comment)).append(paint(gap.substr(comment, line - comment), Ink::dim, look));
    if (line < gap.size()) out += '\n';
    gap.remove_prefix(std::min(line + 1, gap.size()));
  }
  return out;
}

}  // namespace

std::string painted_query(std::string_view text, const Look& look) {
  if (!look.colour) return std::string(text);
  query::Complaints ignored;
  const std::vector<Token> tokens = query::tokens_of(text, ignored);
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.span.begin < at) continue;
    const bool before_bracket = tokens[i + 1].form == Token::Form::symbol && tokens[i + 1].text == "(";
    out += painted_gap(text.substr(at, token.span.begin - at), look);
    out += paint(text.substr(token.span.begin, token.span.end - token.span.begin), ink_of(token, before_bracket), look);
    at = token.span.end;
  }
  return out + painted_gap(text.substr(at), look);
}

}  // namespace chartline::cli
