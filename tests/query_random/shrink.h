// Cutting a failing case down while it still fails: the text by its tree, the store by its script.
#pragma once

#include <functional>
#include <string>

#include "tests/query_random/script.h"

namespace chartline::query::random {

using TextFails = std::function<bool(const std::string& text)>;
using ScriptFails = std::function<bool(const Script& script)>;

std::string shrink_query(const std::string& text, const TextFails& fails);
std::string shrink_expression(const std::string& text, const TextFails& fails);
Script shrink_script(const Script& script, const ScriptFails& fails);

}  // namespace chartline::query::random
