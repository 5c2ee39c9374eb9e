// A text asked of a store: its answers, in rows of plain values that an expected row of a suite can be held against.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/store.h"
#include "query/run.h"

namespace chartline::suites {

// Throws with the complaints, or the error.
std::vector<query::Answer> ask(engine::Store& store, std::string_view text, query::Executor executor);

// The executors that a suite is run on, one after the other.
inline constexpr query::Executor executors[] = {query::Executor::reference, query::Executor::vectorised};
std::string_view name(query::Executor executor);

// Missing is monostate; truths are 1 and 0; what a JSON file writes as text is text.
using Plain = std::variant<std::monostate, double, std::string>;
using Row = std::vector<Plain>;
enum class Times { as_seconds, as_text };  // seconds of the epoch, or as printed
Row plain(const std::vector<query::Cell>& row, Times times);
Plain plain(simdjson::dom::element cell);
Row plain(simdjson::dom::array row);

// Rows in any order; numbers within `relative` of each other. "" or what differs first.
std::string difference(std::vector<Row> found, std::vector<Row> expected, double relative);

}  // namespace chartline::suites
