// Resolving: a tree to a typed tree. Every name is found, every type agrees, units are of one dimension, or there is a
// complaint at the place. Only a text without complaints may be run.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "query/complaint.h"
#include "query/tree.h"
#include "query/typed.h"

namespace chartline::query {

// What is known besides the text.
struct Known {
  std::vector<std::string> systems{};     // code systems by the name that a source used, beyond the short names
  std::vector<std::string> code_lists{};  // names behind `@`
  bool any_code_list = false;             // take every name behind `@`: where lists are looked up later
  std::vector<std::string> cohorts{};     // saved cohorts
  std::map<std::string, std::string> cohort_indexes{};  // of those with index dates, what they call it
  bool assumes_today = false;  // `today` is a param without being declared (the shell says which date)
};

typed::Query resolve(const tree::Query& query, const Known& known, Complaints& complaints);

// Text to typed tree in one call.
typed::Query compile(std::string_view text, const Known& known, Complaints& complaints);

}  // namespace chartline::query
