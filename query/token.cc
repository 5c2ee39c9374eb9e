#include "query/token.h"

#include <algorithm>
#include <array>

#include "query/characters.h"

namespace chartline::query {
namespace {

constexpr std::array<std::string_view, 7> suffixes = {"d", "w", "mo", "y", "h", "min", "s"};

// Whether a code reads back the same without quotes: no prefix star or reach of its own.
bool plain_code(std::string_view code) {
  return !code.empty() && code.front() != '<' && code.find('*') == code.npos && std::ranges::all_of(code, in_bare_code);
}

}  // namespace

std::string_view suffix(DurationUnit unit) { return suffixes[static_cast<std::size_t>(unit)]; }

std::string print(const Duration& duration) {
  return std::to_string(duration.count) + std::string(suffix(duration.unit));
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string print(const CodeWord& code) {
  std::string out = code.is_uri ? quoted(code.system) + "|" : code.system + ":";
  if (code.reach == Reach::descendants) out += "<";
  if (code.reach == Reach::self_and_descendants) out += "<<";
  out += plain_code(code.code) ? code.code : quoted(code.code);
  if (code.reach == Reach::prefix) out += "*";
  return out;
}

std::string print_list(std::string_view name) {
  const bool plain = !name.empty() && std::ranges::all_of(name, in_list_name) && name.find("..") == name.npos;
  return "@" + (plain ? std::string(name) : quoted(name));
}

std::string print(const Token& token) {
  switch (token.form) {
    case Token::Form::quoted: return quoted(token.text);
    case Token::Form::list: return print_list(token.text);
    case Token::Form::code: return print(token.code);
    case Token::Form::number: return record::print(token.number);
    case Token::Form::duration: return print(token.duration);
    case Token::Form::time: return record::print(token.time);
    case Token::Form::bad:
    case Token::Form::word:
    case Token::Form::symbol: return token.text;
    case Token::Form::end: return "the end of the text";
  }
  return {};
}

bool is_word(std::string_view text) {
  return !text.empty() && begins_word(text.front()) && std::ranges::all_of(text, in_word);
}

}  // namespace chartline::query
