// Canonical text of a tree: one statement a line, brackets only where they change the meaning. It parses back to the
// same tree.
#pragma once

#include <string>

#include "query/tree.h"

namespace chartline::query {

std::string print(const tree::Expression& expression);
std::string print(const tree::Statement& statement);
std::string print(const tree::Query& query);  // each statement with a line break behind it

}  // namespace chartline::query
