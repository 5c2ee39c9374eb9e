// Standing cohorts: who entered a saved cohort and who left it since a position of the feed. Only patients whose record changed since
// then are looked at, each as they were before their first change and as they are now. Who would enter or leave by the mere passing
// of time, or because the cohort or the codes that it names were changed, is not found.
#pragma once

#include <string>
#include <vector>

#include "query/run.h"

namespace chartline::query {

struct CohortChange {
  engine::PatientRef patient;  // of several linked ones, the first
  std::string system, name;    // as rows of queries name the person, who entered now, who left then
  bool entered = false;        // else left
};
struct CohortChanges {
  std::vector<CohortChange> changes;    // sorted by patient
  std::vector<std::uint64_t> position;  // to go on from: that of `now`
};

// `now` is of the present, and whole or narrowed: of whom it does not see nothing is told. not_found where no cohort is kept under
// the name, or the feed no longer reaches back to `since`; denied without the right to rows.
Result<CohortChanges> cohort_changes(engine::Store& store, const engine::View& now, const std::string& cohort,
                                     const std::vector<std::uint64_t>& since, const RunOptions& options);

}  // namespace chartline::query
