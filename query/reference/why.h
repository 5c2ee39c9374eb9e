// `why PATIENT in COHORT`: each condition of the cohort with its answer for this patient, those within it further to the
// right, and the event that met it or failed it. Below a condition about events stand its kind and its clauses, one after
// another: the first event still left behind each, or, where none is, the first that failed.
#pragma once

#include "base/result.h"
#include "engine/view.h"
#include "query/finder.h"
#include "query/program.h"
#include "query/result.h"

namespace chartline::query {

// not_found where nobody has that identifier.
Result<void> why(const typed::Node& statement, const Schema& schema, const Program& program, const engine::View& view,
                 Stop& stop, ResultSink& sink);

}  // namespace chartline::query
