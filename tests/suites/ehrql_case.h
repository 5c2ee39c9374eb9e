// A case of ehrQL's specification: tables, a graph of operations, and what it gives for each patient. Here the tables become
// events, and the graph becomes a text of the language.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/store.h"

namespace chartline::suites {

using Json = simdjson::dom::element;

// An empty text is none to the store. The cases tell the two apart, and have a blank in its place here, which sorts first too.
inline constexpr std::string_view in_place_of_empty = " ";

// A row of a table becomes an event of kind `other` without a time; the table's name is its code (local:NAME), and the columns are
// its attributes, with the types of the schema. A null is no attribute.
Result<void> load_tables(engine::Store& store, Json one_case);
std::string inline_table(std::int64_t node);  // the name of a table that stands in the query itself

// The graph, node by node: what is of a patient becomes a `let`, what is of a row an expression on `it`. unsupported, naming the
// operation, for one that the language cannot say.
Result<std::string> text_of(Json query);

}  // namespace chartline::suites
