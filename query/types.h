// Types of the query language.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chartline::query {

enum class Basic : std::uint8_t {
  failed,   // complained about: agrees with everything, so that one mistake is one complaint
  boolean,  // three-valued
  number,
  date,
  instant,
  duration,
  text,
  word,  // one of a closed list: a status, a kind, a sex
  code,
  range,
  event,  // at most one
  events,
  codeset,
  cohort,
  any,  // an attribute: its type is known only from the event
};

// Closed lists of words.
enum class WordList : std::uint8_t { status, certainty, author, comparator, kind, sex };

struct Type {
  // What is known of a number's unit before it runs.
  enum class Measure : std::uint8_t { plain, unit, recorded };  // none; `unit`; whatever the event carries

  Basic basic = Basic::failed;
  Measure measure = Measure::plain;
  std::string unit{};
  WordList list{};

  friend bool operator==(const Type&, const Type&) = default;
};

inline Type type(Basic basic) { return {.basic = basic, .measure = {}, .unit = {}, .list = {}}; }
inline Type recorded_number() {
  return {.basic = Basic::number, .measure = Type::Measure::recorded, .unit = {}, .list = {}};
}
inline Type number_in(std::string unit) {
  return {.basic = Basic::number, .measure = Type::Measure::unit, .unit = std::move(unit), .list = {}};
}
inline Type word_of(WordList list) { return {.basic = Basic::word, .measure = {}, .unit = {}, .list = list}; }

std::string name(const Type& type);    // "number in 'mmol/mol'", "events"
std::string phrase(const Type& type);  // "a number in 'mmol/mol'", "an event", "a set of events"

bool is_time(const Type& type);  // a date, an instant, or an event, which stands for its start

// Whether a word is of the list; the words of the list, for a complaint.
bool is_of(WordList list, std::string_view word);
std::string words_of(WordList list);

// The field of an event by name; `.length` and `.count` are those of eras and episodes.
std::optional<Type> event_field(std::string_view field);

}  // namespace chartline::query
