// Complaint: what is wrong at one place of a query's text, for the person who wrote it. A text gives all its complaints
// at once, in the order of their places. Complaints quote the text that they complain about, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chartline::query {

// Bytes [begin, end) of the text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
inline Span joined(Span first, Span last) { return {first.begin, last.end}; }
// Of what stands beside the text, such as a parameter that it does not declare.
inline constexpr Span nowhere{~0u, ~0u};
inline bool is_nowhere(Span span) { return span.begin == nowhere.begin; }

struct Complaint {
  Span span{};
  std::string message;     // "`recnt` is not a known name"
  std::string expected;    // "a date"; "" where nothing better than the message can be said
  std::string suggestion;  // what was probably meant, as it would be written: "recent"; "" for none
};

// Collects the complaints of one text. Beyond `max` it keeps none, and says so in one last complaint, so that a hostile
// text cannot make an answer longer than itself.
class Complaints {
 public:
  static constexpr std::size_t max = 100;

  void add(Complaint complaint);
  bool empty() const { return list_.empty(); }
  std::size_t size() const { return list_.size(); }
  const std::vector<Complaint>& all() const { return list_; }  // as they came
  std::vector<Complaint> sorted() &&;                          // by place; those of one place as they came

 private:
  std::vector<Complaint> list_;
};

// A place as a person counts: lines and columns from 1, columns in characters (a UTF-8 sequence is one).
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};
Place place_of(std::string_view text, std::uint32_t byte);

// 2:14: expected a date, found a number
//   count exists dx before 5
//                          ^
//   expected: a date
//   did you mean `...`?
// Of a complaint about no place the first line is the message alone, and no line of the text follows.
// The line is cut to so many characters around the place; control characters in it print as blanks. Ends with a line break.
inline constexpr std::size_t line_characters_max = 120;
std::string render(const Complaint& complaint, std::string_view text, std::size_t line_characters = line_characters_max);
std::string render(std::span<const Complaint> complaints, std::string_view text);

// The known word nearest to a mistyped one: at most a third of its letters wrong (inserted, left out, exchanged, two
// swapped), letters' case aside; the first of equals. "" where none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace chartline::query
