// The steps of prepare() that saved cohorts share with it.
#pragma once

#include <string>
#include <vector>

#include "query/run.h"
#include "query/tree.h"

namespace chartline::query {

// A parameter's value has places of its own, behind those of the text.
struct BoundParameter {
  std::string name;
  std::uint32_t from = 0;  // its first place
  Span declared{};         // the `param` of the text; empty for none
};
struct BoundQuery {
  tree::Query tree;
  std::vector<BoundParameter> parameters;  // by place
};
// The text as a tree, its parameters bound.
BoundQuery parse_with_parameters(std::string_view text, const PrepareOptions& options, Complaints& complaints);

// Complaints about a parameter name it, and stand at its `param`.
std::vector<Complaint> at_home(Complaints&& complaints, const BoundQuery& query);

// prepare(), within the saved cohorts that are being prepared already, outermost first: none may lead back to one of them.
// The codes are those of a moment; INT64_MAX for now.
Result<Prepared> prepare_within(engine::Store& store, std::string_view text, const PrepareOptions& options,
                                const std::vector<std::string>& within, Micros codes_of = INT64_MAX);

}  // namespace chartline::query
