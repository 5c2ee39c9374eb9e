#include "query/types.h"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/record/kind.h"

namespace chartline::query {
namespace {

struct Names {
  std::string_view name, phrase;
};
constexpr std::array<Names, 15> names = {{{"nothing", "nothing"},
                                          {"bool", "a condition"},
                                          {"number", "a number"},
                                          {"date", "a date"},
                                          {"instant", "an instant"},
                                          {"duration", "a duration"},
                                          {"text", "text"},
                                          {"word", "a word"},
                                          {"code", "a code"},
                                          {"range", "a range of dates"},
                                          {"event", "an event"},
                                          {"events", "a set of events"},
                                          {"codeset", "a set of codes"},
                                          {"cohort", "a cohort"},
                                          {"any", "an attribute"}}};

constexpr std::array<std::string_view, 4> sexes = {"female", "male", "other", "unknown"};
constexpr std::array<std::string_view, 5> comparators = {"=", "<", "<=", ">=", ">"};

constexpr std::pair<std::string_view, Basic> fields[] = {
    {"unit", Basic::text},      {"code", Basic::code},     {"start", Basic::instant},    {"end", Basic::instant},
    {"date", Basic::date},      {"source", Basic::text},   {"recorded", Basic::instant}, {"text", Basic::text},
    {"encounter", Basic::text}, {"length", Basic::number}, {"count", Basic::number}};
constexpr std::pair<std::string_view, WordList> word_fields[] = {{"status", WordList::status},
                                                                 {"certainty", WordList::certainty},
                                                                 {"author", WordList::author},
                                                                 {"comparator", WordList::comparator},
                                                                 {"kind", WordList::kind}};

}  // namespace

std::string name(const Type& type) {
  std::string out(names[static_cast<std::size_t>(type.basic)].name);
  if (type.measure == Type::Measure::unit) out += " in '" + type.unit + "'";
  if (type.measure == Type::Measure::recorded) out += " as recorded";
  return out;
}

std::string phrase(const Type& type) {
  std::string out(names[static_cast<std::size_t>(type.basic)].phrase);
  if (type.measure == Type::Measure::unit) out += " in '" + type.unit + "'";
  return out;
}

bool is_time(const Type& type) {
  return type.basic == Basic::date || type.basic == Basic::instant || type.basic == Basic::event ||
         type.basic == Basic::any || type.basic == Basic::failed;
}

bool is_of(WordList list, std::string_view word) {
  switch (list) {
    // A status of two words has a dash in FHIR, which no word of the language holds: in_progress is in-progress.
    case WordList::status: {
      std::string dashed(word);
      std::ranges::replace(dashed, '_', '-');
      return !word.empty() && record::parse_status(dashed).has_value();
    }
    case WordList::certainty: return !word.empty() && record::parse_certainty(word).has_value();
    case WordList::author: return !word.empty() && record::parse_author(word).has_value();
    case WordList::kind: return record::parse_kind(word).has_value();
    case WordList::comparator: return std::ranges::find(comparators, word) != comparators.end();
    case WordList::sex: return std::ranges::find(sexes, word) != sexes.end();
  }
  return false;
}

std::string words_of(WordList list) {
  std::string out;
  const auto add = [&out](std::string_view word) {
    if (word.empty()) return;
    if (!out.empty()) out += ' ';
    out += word;
  };
  switch (list) {
    case WordList::status:
      for (int i = 0; i < record::status_count; ++i) {
        std::string word(record::name(static_cast<record::Status>(i)));
        std::ranges::replace(word, '-', '_');
        add(word);
      }
      break;
    case WordList::certainty:
      for (int i = 0; i < record::certainty_count; ++i) add(record::name(static_cast<record::Certainty>(i)));
      break;
    case WordList::author:
      for (int i = 0; i < record::author_count; ++i) add(record::name(static_cast<record::Author>(i)));
      break;
    case WordList::kind:
      for (int i = 0; i < record::kind_count; ++i) add(record::name(static_cast<record::Kind>(i)));
      break;
    case WordList::comparator: std::ranges::for_each(comparators, add); break;
    case WordList::sex: std::ranges::for_each(sexes, add); break;
  }
  return out;
}

std::optional<Type> event_field(std::string_view field) {
  if (field == "value") return recorded_number();
  for (const auto& [known, basic] : fields) {
    if (known == field) return type(basic);
  }
  for (const auto& [known, list] : word_fields) {
    if (known == field) return word_of(list);
  }
  return std::nullopt;
}

}  // namespace chartline::query
