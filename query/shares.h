// Shares: what single people bring to the figures of a statement, for disclosure control. Where a person may bring more than
// one to a figure, or be in several groups, people are looked at one by one.
#pragma once

#include <span>
#include <vector>

#include "query/finder.h"
#include "query/typed.h"

namespace chartline::query {

// Whether the findings of a statement do not tell by themselves how much of a figure is one person's: tally, incidence, and
// count by the rows of a cohort.
bool needs_shares(const typed::Node& statement);

// The same finders, one person at a time, who fill Findings::shares for those statements.
Executors with_shares(Executors executors, std::vector<const typed::Node*> statements);

}  // namespace chartline::query
