#include "query/characters.h"
#include "query/token.h"

namespace chartline::query {
namespace {

class Lexer {
 public:
  Lexer(std::string_view text, Complaints& complaints) : text_(text), complaints_(complaints) {}

  std::vector<Token> run() {
    while (skip_blanks(), at_ < text_.size()) next();
    token(Token::Form::end, at_);
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::string_view from(std::size_t begin) const { return text_.substr(begin, at_ - begin); }
  template <typename Test>
  void skip(Test test) {
    while (at_ < text_.size() && test(text_[at_])) ++at_;
  }

  Token& token(Token::Form form, std::size_t begin) {
    Token made;
    made.form = form;
    made.span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)};
    made.starts_line = new_line_;
    made.text = from(begin);
    new_line_ = false;
    return tokens_.emplace_back(std::move(made));
  }

  void complain(std::size_t begin, std::string message, std::string expected = "", std::string suggestion = "") {
    complaints_.add({.span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)},
                     .message = std::move(message),
                     .expected = std::move(expected),
                     .suggestion = std::move(suggestion)});
    token(Token::Form::bad, begin);
  }

  void skip_blanks() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '#') skip([](char c) { return c != '\n'; });
      if (peek() == '\n') new_line_ = true;
      if (!is_blank(peek())) return;
    }
  }

  void next() {
    const char c = text_[at_];
    if (is_behind_why() && c != '\'' && c != ';') return bare_identifier();
    if (is_digit(c)) return number_like();
    if (begins_word(c)) return word_like();
    if (c == '\'') return quote_like();
    if (c == '@') return list();
    symbol();
  }

  // `why PATIENT in ...`: identifiers are of all forms, so that one without quotes goes up to the next blank.
  bool is_behind_why() const {
    if (tokens_.empty() || tokens_.back().form != Token::Form::word || tokens_.back().text != "why") return false;
    return tokens_.size() == 1 || tokens_[tokens_.size() - 2].text != ".";
  }
  void bare_identifier() {
    const std::size_t begin = at_;
    skip([](char c) { return !is_blank(c) && c != ';'; });
    token(Token::Form::word, begin);
  }

  // -- words and codes

  void word_like() {
    const std::size_t begin = at_;
    skip(in_word);
    if (peek() != ':') {
      token(Token::Form::word, begin);
      return;
    }
    CodeWord code{.system = std::string(from(begin)), .is_uri = false, .code = "", .reach = Reach::one};
    ++at_;
    code_after(begin, std::move(code));
  }

  void quote_like() {
    const std::size_t begin = at_;
    std::string inside;
    if (!read_quoted(inside)) return;
    if (peek() == '|' && (peek(1) == '\'' || peek(1) == '<' || (peek(1) != '\0' && in_bare_code(peek(1))))) {
      ++at_;
      code_after(begin, {.system = std::move(inside), .is_uri = true, .code = "", .reach = Reach::one});
      return;
    }
    token(Token::Form::quoted, begin).text = std::move(inside);
  }

  // The place is behind the colon or bar.
  void code_after(std::size_t begin, CodeWord code) {
    if (peek() == '<') {
      ++at_;
      code.reach = Reach::descendants;
      if (peek() == '<') {
        ++at_;
        code.reach = Reach::self_and_descendants;
      }
    }
    const bool in_quotes = peek() == '\'';
    if (in_quotes) {
      if (!read_quoted(code.code)) return;
    } else {
      const std::size_t code_begin = at_;
      skip([](char c) { return in_bare_code(c) && c != '*'; });
      code.code = from(code_begin);
    }
    if (peek() == '*') {
      ++at_;
      if (code.reach != Reach::one) {
        complain(begin, "a code has either `*` behind it or `<` before it, not both", "one of the two");
        skip(in_bare_code);
        return;
      }
      code.reach = Reach::prefix;
    }
    if (at_ < text_.size() && in_bare_code(peek())) {
      skip(in_bare_code);
      complain(begin, in_quotes ? "letters follow the closing quote of a code" : "`*` stands only at the end of a code",
               in_quotes ? "a blank" : "the whole code, or its beginning and `*`");
      return;
    }
    if (code.code.empty()) {
      complain(begin, "no code follows the system", "a code, as in icd10:E11.9");
      return;
    }
    if (code.system.empty()) {
      complain(begin, "the code system has no name", "its URI");
      return;
    }
    token(Token::Form::code, begin).code = std::move(code);
  }

  void list() {
    const std::size_t begin = at_++;
    std::string name;
    if (peek() == '\'') {
      if (!read_quoted(name)) return;
    } else {
      const std::size_t name_begin = at_;
      while (in_list_name(peek()) && !(peek() == '.' && peek(1) == '.')) ++at_;  // `@a..` is a list and a range
      name = from(name_begin);
    }
    if (name.empty()) {
      complain(begin, "`@` has no name behind it", "the name of a code list, as in @diabetes");
      return;
    }
    token(Token::Form::list, begin).text = std::move(name);
  }

  // Whether the quotes close; complains if not. The place is the opening quote.
  bool read_quoted(std::string& inside) {
    const std::size_t begin = at_++;
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      const char c = text_[at_];
      if (c == '\'') {
        ++at_;
        if (peek() != '\'') return true;
      } else if (is_control(c) && c != '\t') {
        break;
      }
      inside += c;
    }
    const bool control = at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r';
    complain(begin, control ? "a control character stands within quotes" : "the quotes do not close on this line",
             "a closing quote");
    skip([](char c) { return c != '\n'; });
    return false;
  }

  // -- numbers, durations, times

  void number_like() {
    const std::size_t begin = at_;
    if (time_at(begin)) return;
    skip(is_digit);
    bool whole = true;
    if (peek() == '.' && is_digit(peek(1))) {
      whole = false;
      ++at_;
      skip(is_digit);
    }
    const bool exponent = (peek() == 'e' || peek() == 'E') &&
                          (is_digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && is_digit(peek(2))));
    if (exponent) {
      whole = false;
      at_ += 2;
      skip(is_digit);
    }
    const std::string_view digits = from(begin);
    const std::size_t letters = at_;
    skip(in_word);
    if (from(letters).empty()) {
      number(begin, digits);
    } else {
      duration(begin, digits, from(letters), whole);
    }
  }

  void number(std::size_t begin, std::string_view digits) {
    const std::optional<record::Decimal> value = record::parse_decimal(digits);
    if (!value) {
      complain(begin, "the number is too large or too small", "a number within a double's range");
      return;
    }
    token(Token::Form::number, begin).number = *value;
  }

  void duration(std::size_t begin, std::string_view digits, std::string_view letters, bool whole) {
    constexpr std::int64_t most = 1'000'000'000;
    for (int i = 0; i < 7; ++i) {
      const auto unit = static_cast<DurationUnit>(i);
      if (letters != suffix(unit)) continue;
      std::int64_t count = 0;
      for (const char c : digits) {
        if (count <= most) count = count * 10 + (c - '0');
      }
      if (!whole || count > most) {
        complain(begin, whole ? "the duration is too long" : "a duration counts whole units",
                 whole ? "at most 1000000000 units" : "a smaller unit, as in 90min for one and a half hours");
        return;
      }
      token(Token::Form::duration, begin).duration = {count, unit};
      return;
    }
    complain(begin, "`" + std::string(letters) + "` is not a unit of time",
             "one of d w mo y h min s; other units in quotes, as in 58 'mmol/mol'",
             suggested(letters).empty() ? "" : std::string(digits) + std::string(suggested(letters)));
  }

  static std::string_view suggested(std::string_view letters) {
    struct Alias {
      std::string_view letters, suffix;
    };
    static constexpr Alias aliases[] = {
        {"m", "mo"},     {"month", "mo"}, {"months", "mo"}, {"mon", "mo"},    {"day", "d"},      {"days", "d"},
        {"week", "w"},   {"weeks", "w"},  {"year", "y"},    {"years", "y"},   {"yr", "y"},       {"yrs", "y"},
        {"hour", "h"},   {"hours", "h"},  {"hr", "h"},      {"hrs", "h"},     {"minute", "min"}, {"minutes", "min"},
        {"mins", "min"}, {"sec", "s"},    {"second", "s"},  {"seconds", "s"}, {"D", "d"},        {"Y", "y"}};
    for (const Alias& alias : aliases) {
      if (alias.letters == letters) return alias.suffix;
    }
    return {};
  }

  // Four digits, a dash and two digits begin a time. Whether it was one, or a complaint about one.
  bool time_at(std::size_t begin) {
    constexpr std::string_view shape = "dddd-dd";
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 'd' ? !is_digit(peek(i)) : peek(i) != '-') return false;
    }
    at_ += shape.size();
    skip([](char c) { return in_word(c) || c == '-' || c == ':'; });
    // A fraction of a second, and an offset behind it: never the dots of a range.
    if (peek() == '.' && is_digit(peek(1)) && from(begin).find('T') != std::string_view::npos) {
      ++at_;
      skip(in_word);
    }
    if (peek() == '+' && is_digit(peek(1)) && from(begin).find('T') != std::string_view::npos) ++at_;
    skip([](char c) { return in_word(c) || c == '-' || c == ':'; });
    const std::string_view written = from(begin);
    const std::optional<record::Time> time = record::parse_time(written);
    if (!time) {
      complain(begin, "`" + std::string(written.substr(0, 40)) + "` is not a date or an instant",
               "as in 2024-03-31, 2024-03 or 2024-03-31T10:00:00+01:00");
      return true;
    }
    token(Token::Form::time, begin).time = *time;
    return true;
  }

  // -- symbols

  void symbol() {
    static constexpr std::string_view two[] = {"..", "!=", "<=", ">=", "??"};
    static constexpr std::string_view one = "(){}[],;.=<>+-*/|&";
    const std::size_t begin = at_;
    for (const std::string_view candidate : two) {
      if (text_.substr(at_, 2) == candidate) {
        at_ += 2;
        token(Token::Form::symbol, begin);
        return;
      }
    }
    ++at_;
    if (one.find(text_[begin]) != one.npos) {
      token(Token::Form::symbol, begin);
      return;
    }
    static constexpr std::string_view beginnings = "'@#";
    skip([](char c) {
      return !is_blank(c) && !in_word(c) && one.find(c) == one.npos && beginnings.find(c) == beginnings.npos &&
             c != '!' && c != '?';
    });
    const char c = text_[begin];
    const std::string suggestion = c == '!' ? "!=" : c == '?' ? "??" : "";
    complain(begin, "these bytes have no meaning here", c == '"' ? "text in single quotes" : "", suggestion);
  }

  std::string_view text_;
  Complaints& complaints_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool new_line_ = true;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text, Complaints& complaints) {
  if (text.size() > text_bytes_max) {
    complaints.add(
        {.span = {}, .message = "the text is longer than 1 MiB", .expected = "a shorter text", .suggestion = ""});
    text = {};
  }
  return Lexer(text, complaints).run();
}

}  // namespace chartline::query
