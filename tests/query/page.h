// A page of cases as text: `=== title`, the query, `----`, what is expected. Lines of a case keep their blanks. With
// CHARTLINE_REWRITE=1 in the environment the page is written again with the answers given, to be read before it is kept.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace chartline::query {

// Runs every case of tests/query/NAME.test; a difference is a failed expectation that shows the case.
void run_page(std::string_view name, const std::function<std::string(std::string_view query)>& answer);

}  // namespace chartline::query
