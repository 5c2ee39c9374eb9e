// Results of queries on their way out: what a run gives, statement by statement, in the form that was asked for. Memory
// does not grow with the rows.
//
//             one statement                several
//   table     a table                      tables, each under its statement, an empty line between
//   csv       RFC 4180, a header           an empty line between
//   json      an array of objects          an array of {"statement": ..., "rows": [...]}
//   ndjson    an object for each row       each with the number of its statement
//   markdown  a table                      tables, each under its statement
//   arrow     an IPC stream                streams, one behind the other; the statement stands in the schema's metadata
//
// Tables and markdown are for people: numbers have at most four digits behind the point, and a unit that holds for a
// whole column stands in its header. All other forms give every digit.
#pragma once

#include <cstddef>
#include <memory>

#include "cli/rows.h"
#include "query/result.h"

namespace chartline::cli {

// `statements`: how many of the query's give a result.
std::unique_ptr<query::ResultSink> result_writer(Form form, std::size_t statements, const Look& look, Sink sink);
std::unique_ptr<query::ResultSink> arrow_result_writer(Sink sink);

}  // namespace chartline::cli
