// Parsing: tokens to a tree, by recursive descent. Operators from loose to tight:
//
//   or · and · not · = != < <= > >=, is missing · ?? · .. · | · & · + - · * / · - before a value · .field, to 'unit'
//
// Clauses stand behind one event expression (a kind with its codes, a name, a call, brackets) and bind to it alone. The
// words exists, no, first, last, lowest and highest take everything to their right down to `|`, with all its clauses;
// `where` takes a whole condition, `and` and `or` included. The times and durations of clauses, and what stands to the
// right of a comparison, take no clauses without brackets, nor do conditions and literals, so that the next clause is
// the outer event's: `E where (P) before T` is about E.
//
// Statements begin on a line of their own or behind `;`. One that cannot be understood is left out, with one complaint;
// parsing goes on with the next.
#pragma once

#include <string_view>

#include "query/complaint.h"
#include "query/tree.h"

namespace chartline::query {

// What could be understood of the text. Whole only if there is no complaint.
tree::Query parse(std::string_view text, Complaints& complaints);

}  // namespace chartline::query
