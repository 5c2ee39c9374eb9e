// The rows of a cohort in a store of a test.
#pragma once

#include <string>
#include <vector>

#include "engine/store.h"
#include "query/run.h"
#include "tests/ohdsi/cohort_set.h"

namespace chartline::ohdsi {

// Of the cohort `c` that the text defines. Throws where the text is complained about, or the run fails.
Rows cohort_rows(engine::Store& store, const std::string& text, query::Executor executor = query::Executor::automatic);
// Of each statement `list in COHORT` of a text.
std::vector<Rows> listed_rows(engine::Store& store, const std::string& text,
                              query::Executor executor = query::Executor::automatic);

}  // namespace chartline::ohdsi
