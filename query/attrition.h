// Attrition: who is left after each step that leads to a cohort. The steps are conditions, each of them holding for whoever
// meets the next, so that `flow` of them is the attrition:
//
//   cohort c per E as ix until T = P    each `let` that E is drawn from, innermost first, where it narrows the one before;
//                                       then the cohort itself
//   cohort c = P1 and P2 and P3         P1, P2, P3
//
// A step is called what the comment on the line above its `let` says; without one, as it is printed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chartline::query {

struct AttritionStep {
  std::string title;
  std::string condition;  // as it stands in a `flow` behind the text
};

// None where the text cannot be parsed or defines no such cohort.
std::vector<AttritionStep> attrition_of(std::string_view text, std::string_view cohort);

}  // namespace chartline::query
