// The words of the language: what the parser reserves, how clauses and operators are written.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "query/tree.h"

namespace chartline::query {

// Words with a place in the grammar: no param, codes, let, cohort or binding may be named by one, nor by a statement word.
inline constexpr std::array<std::string_view, 57> reserved_words = {
    "and",       "or",       "not",         "is",      "missing", "in",    "exists",   "no",        "first",
    "last",      "lowest",   "highest",     "where",   "before",  "after", "on",       "within",    "of",
    "between",   "during",   "overlapping", "with",    "without", "same",  "lasting",  "as",        "any",
    "including", "case",     "when",        "then",    "else",    "end",   "to",       "by",        "per",
    "select",    "until",    "over",        "at",      "true",    "false", "from",     "it",        "every",
    "least",     "greatest", "most",        "exactly", "patient", "attr",  "interval", "preceding", "following",
    "ending",    "starting", "clipped"};
bool is_reserved(std::string_view word);

inline constexpr std::array<std::string_view, 14> statement_words = {
    "param",  "codes", "let",     "cohort",    "count",    "tally",   "list",
    "events", "flow",  "measure", "incidence", "survival", "explain", "why"};  // and `as of`
bool is_statement_word(std::string_view word);

inline constexpr std::array<std::string_view, 36> function_words = {
    "count", "distinct", "sum",     "avg",    "min",      "max",   "median",     "slope",       "nth",
    "eras",  "episodes", "covered", "mapped", "age",      "alive", "registered", "observed",    "date",
    "year",  "month",    "band",    "least",  "greatest", "days",  "weeks",      "months",      "years",
    "hours", "minutes",  "seconds", "any",    "floor",    "power", "contains",   "starts_with", "ends_with"};
inline constexpr std::array<std::string_view, 17> field_words = {
    "value",     "comparator", "unit",   "code",     "kind", "start",     "end",    "date", "status",
    "certainty", "source",     "author", "recorded", "text", "encounter", "length", "count"};

std::string_view word_of(tree::Operator op);      // "<="
std::string_view word_of(tree::Prefix prefix);    // "lowest"
std::string_view word_of(tree::ClauseWord word);  // "on or before"; for `within`, what stands before the time
std::string_view word_of(tree::Bound bound);      // "at least"
std::string_view plural(DurationUnit unit);       // "months"

std::optional<tree::Prefix> event_prefix(std::string_view word);  // exists no first last lowest highest
std::optional<DurationUnit> parse_plural(std::string_view word);

constexpr bool is_comparison(tree::Operator op) { return op <= tree::Operator::greater_or_equal; }
constexpr bool is_within(tree::ClauseWord word) {
  return word >= tree::ClauseWord::within_before && word <= tree::ClauseWord::within_on_or_after;
}

}  // namespace chartline::query
