// `explain` and `explain analyze`: the plan of a statement as rows, a step each; analyzed, with what it came to beside what
// was expected.
//
//   step         detail                                            unit      estimate  actual
//   way          columns                                           patients  100000    100000
//   terminology  none
//   read         any[icd10:H71.2]                                  events    8012      8012
//   keep         exists any[icd10:H71.2]                           patients  7000
//   reference    whom columns leave undecided                      patients            12
//   time         reading                                           ms                  3
#pragma once

#include "base/result.h"
#include "base/thread_pool.h"
#include "query/finder.h"
#include "query/pass.h"
#include "query/program.h"
#include "query/result.h"

namespace chartline::query {

std::vector<ResultColumn> explain_columns();

// `statement` is the one within `explain`; `executor` the one that a run would take.
Result<void> explain(const typed::Node& statement, bool analyze, Executor executor, const Schema& schema,
                     const Program& program, const engine::View& view, Threads threads, Limits& limits,
                     const RunOptions& options, ResultSink& sink);

}  // namespace chartline::query
