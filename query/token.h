// Tokens: the words of a query's text. Any bytes whatever become tokens and complaints.
//
//   word       letters, digits and _, not beginning with a digit     first  dx
//   number     58  5.7  1e3
//   quoted     'mmol/mol', a quote inside written twice               'patient''s'
//   duration   12mo 30d 2w 1y, 6h 90min 10s                           no blank between
//   time       2024-03-31  2024-03  2024-03-31T10:00:00+01:00         (2024 alone is a number)
//   code       SYSTEM:CODE  SYSTEM:CODE*  SYSTEM:<<CODE  SYSTEM:<CODE  SYSTEM:'CODE'  'URI'|CODE
//   list       @name
//   symbol     ( ) { } [ ] , ; . .. = != < <= > >= + - * / | & ??
//
// A code or list ends at white space, comma, semicolon or bracket. # begins a comment, up to the end of the line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/record/decimal.h"
#include "formats/record/time.h"
#include "query/complaint.h"

namespace chartline::query {

inline constexpr std::size_t text_bytes_max = 1 << 20;

enum class DurationUnit : std::uint8_t { days, weeks, months, years, hours, minutes, seconds };

// `12mo`. The first four units are calendar arithmetic on dates; the last three are exact.
struct Duration {
  std::int64_t count = 0;
  DurationUnit unit = DurationUnit::days;
  bool exact() const { return unit >= DurationUnit::hours; }
  friend bool operator==(const Duration&, const Duration&) = default;
};
std::string_view suffix(DurationUnit unit);  // "mo"
std::string print(const Duration& duration);

// How far a code reaches: itself, all codes that begin with it, its descendants, itself and its descendants.
enum class Reach : std::uint8_t { one, prefix, descendants, self_and_descendants };

struct CodeWord {
  std::string system;  // as written: a short name, or a URI
  bool is_uri = false;
  std::string code;
  Reach reach = Reach::one;
  friend bool operator==(const CodeWord&, const CodeWord&) = default;
};
std::string print(const CodeWord& code);

struct Token {
  enum class Form : std::uint8_t { word, number, quoted, duration, time, code, list, symbol, bad, end };
  Form form = Form::end;  // bad: complained about, and kept so that nothing is understood without it
  Span span{};
  bool starts_line = false;  // the first token on its line
  std::string text;  // word, list: its name; quoted: what is between the quotes; symbol: itself; others: as written
  record::Decimal number{};
  Duration duration{};
  record::Time time{};
  CodeWord code{};
};

// The tokens of a text, the last of form `end`.
std::vector<Token> tokens_of(std::string_view text, Complaints& complaints);

std::string print(const Token& token);          // as it would be written
std::string quoted(std::string_view text);      // 'patient''s'
std::string print_list(std::string_view name);  // @name, @'a name'

bool is_word(std::string_view text);  // what the lexer takes for one word

}  // namespace chartline::query
