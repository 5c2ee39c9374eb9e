// The steps of prepare() that saved cohorts share with it.
#pragma once

#include <string>
#include <vector>

#include "query/run.h"
#include "query/tree.h"

namespace chartline::query {

// The text as a tree, its parameters bound. Complaints about a parameter name it, and stand at its `param`.
tree::Query parse_with_parameters(std::string_view text, const PrepareOptions& options, Complaints& complaints);

// prepare(), within the saved cohorts that are being prepared already, outermost first: none may lead back to one of them.
Result<Prepared> prepare_within(engine::Store& store, std::string_view text, const PrepareOptions& options,
                                const std::vector<std::string>& within);

}  // namespace chartline::query
