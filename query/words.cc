#include "query/words.h"

#include <algorithm>

namespace chartline::query {
namespace {

constexpr std::array<std::string_view, 7> plurals = {"days", "weeks", "months", "years", "hours", "minutes", "seconds"};
constexpr std::array<std::string_view, 14> operators = {"=",  "!=", "<", "<=", ">", ">=", "??",
                                                        "..", "|",  "&", "+",  "-", "*",  "/"};
constexpr std::array<std::string_view, 8> prefixes = {"not",   "in",   "exists", "no",
                                                      "first", "last", "lowest", "highest"};
constexpr std::array<std::string_view, 27> clauses = {"where",        "in",
                                                      "before",       "after",
                                                      "on or before", "on or after",
                                                      "preceding",
                                                      "following",  //
                                                      "before",       "after",
                                                      "of",           "on or before",
                                                      "on or after",  //
                                                      "between",      "during",
                                                      "overlapping",  "same encounter as",
                                                      "same date as", "lasting",
                                                      "ending",       "starting",
                                                      "clipped to",   "with",
                                                      "without",      "as",
                                                      "any status",   "including contributions"};
constexpr std::array<std::string_view, 3> bounds = {"at least", "at most", "exactly"};

}  // namespace

bool is_reserved(std::string_view word) { return std::ranges::find(reserved_words, word) != reserved_words.end(); }
bool is_statement_word(std::string_view word) {
  return std::ranges::find(statement_words, word) != statement_words.end();
}

std::string_view word_of(tree::Operator op) { return operators[static_cast<std::size_t>(op)]; }
std::string_view word_of(tree::Prefix prefix) { return prefixes[static_cast<std::size_t>(prefix)]; }
std::string_view word_of(tree::ClauseWord word) { return clauses[static_cast<std::size_t>(word)]; }
std::string_view word_of(tree::Bound bound) { return bounds[static_cast<std::size_t>(bound)]; }
std::string_view plural(DurationUnit unit) { return plurals[static_cast<std::size_t>(unit)]; }

std::optional<tree::Prefix> event_prefix(std::string_view word) {
  for (std::size_t i = static_cast<std::size_t>(tree::Prefix::exists); i < prefixes.size(); ++i) {
    if (prefixes[i] == word) return static_cast<tree::Prefix>(i);
  }
  return std::nullopt;
}

std::optional<DurationUnit> parse_plural(std::string_view word) {
  const auto* found = std::ranges::find(plurals, word);
  if (found == plurals.end()) return std::nullopt;
  return static_cast<DurationUnit>(found - plurals.begin());
}

}  // namespace chartline::query
