// Bringing in: what a program uses of the cohorts kept in its store becomes definitions of its own, so that every executor
// meets one program. Their names are such as no text can write ("stroke/age_at": `age_at` of the text kept as `stroke`),
// their slots are numbered behind those of the program, and their places stand behind its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/program.h"
#include "query/typed.h"

namespace chartline::query {

// A cohort of the store by its text: definitions, one of them a cohort of its name.
struct SavedCohort {
  std::string name;
  std::string text;
  typed::Query query;
};

// A cohort that a query names and does not define, where it first does.
struct UsedCohort {
  std::string name;
  Span span{};
};
std::vector<UsedCohort> used_cohorts(const typed::Query& query);

// The cohorts that it uses are brought in too, before or after.
void bring_in(const SavedCohort& cohort, Program& into);

// Where its text says it, without whose text that is.
std::string_view name_in_text(std::string_view name);
std::string name_brought_in(std::string_view cohort, std::string_view name);

}  // namespace chartline::query
