// Temporal questions written in the language: text from a question's kind and its parameters, as the sentence that defines the
// kind says it. Times and spans are in seconds.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace chartline::suites {

struct Question {
  std::string kind;                            // "count_between", ...
  std::map<std::string, std::string> codes;    // x, y, z: as the questions name them
  std::map<std::string, std::string> numbers;  // a, b, n, th, d: as the language writes them
};

// The systems in which a code occurs: questions name codes alone.
using Systems = std::map<std::string, std::set<std::string>, std::less<>>;

// Statements whose answers are the question's rows: where there are several, they share their first column. Nothing for a kind that
// is not known.
std::optional<std::string> question_text(const Question& question, const Systems& systems);

}  // namespace chartline::suites
