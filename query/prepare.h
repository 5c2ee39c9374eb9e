// The steps of prepare() that saved cohorts share with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/run.h"
#include "query/tree.h"
#include "query/typed.h"

namespace chartline::query {

bool is_defined(const tree::Query& query, std::string_view name);
bool names_param(const typed::Query& query, std::string_view name);

struct BoundParameter {
  std::string name;
  bool declared = false;  // by a `param` of the text, whose value it replaces
};
// What stands behind the text and is no part of it: from one place to the next.
struct Annex {
  std::uint32_t from = 0;
  std::string words;  // before a complaint about it: "parameter `today`: "
  Span home{};        // where it is complained about
};
struct BoundQuery {
  tree::Query tree;
  std::string text;  // and, behind it, that of the parameters: where the spans of the tree are places
  std::vector<BoundParameter> parameters;
  std::vector<Annex> annexes;  // by place
};
// The text as a tree, its parameters bound.
BoundQuery parse_with_parameters(std::string_view text, const PrepareOptions& options, Complaints& complaints);

// Complaints about what stands behind the text say so, and stand at its home.
std::vector<Complaint> at_home(Complaints&& complaints, const std::vector<Annex>& annexes);

// prepare() of a text that is to be saved as the cohorts `within`: nothing that it uses may lead back to one of them.
Result<Prepared> prepare_within(engine::Store& store, std::string_view text, const PrepareOptions& options,
                                const std::vector<std::string>& within);

}  // namespace chartline::query
