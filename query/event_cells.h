// An event as the cells of a result row: kind, code, start, end, value, unit, source, record.
#pragma once

#include <vector>

#include "query/cell.h"
#include "query/reference/evaluator.h"
#include "query/result.h"

namespace chartline::query {

std::vector<ResultColumn> event_columns();
void add_event_cells(const Item& item, std::vector<Cell>& row);
void add_no_event_cells(std::vector<Cell>& row);  // all missing

// A number with a comparator is the text `<0.3`; a code is `system:code`.
Cell value_cell(const record::Value& value);
Cell code_cell(const record::Code& code);
Cell time_cell(const record::Time& time);  // missing where it is not known

}  // namespace chartline::query
