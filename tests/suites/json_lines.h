// Lines of JSON, one case each.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>

namespace chartline::suites {

// Calls `each` with every line. What it is given is valid during the call. Whole numbers beyond 64 bits come as doubles.
void for_each_line(const std::string& path, const std::function<void(simdjson::dom::element)>& each);

}  // namespace chartline::suites
