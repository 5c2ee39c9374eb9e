// Saved cohorts: cohorts kept in a store by name, as query text that stands by itself (its params, codes and lets with it),
// and usable in later queries like a definition of their own. A saved cohort may use others; a circle is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/store.h"
#include "query/run.h"

namespace chartline::query {

Result<std::vector<std::string>> saved_cohorts(engine::Store& store);  // names, sorted
Result<std::optional<std::string>> saved_cohort_text(engine::Store& store, std::string_view name);

// Keeps `text` as it was written, comments too, where it holds definitions alone, behind a line for each parameter that it
// does not declare itself; else its definitions as printed, its parameters bound. Its other statements are left out. `text` must
// define a cohort `name`. What is wrong with it is a complaint; nothing is saved then.
Result<std::vector<Complaint>> save_cohort(engine::Store& store, std::string_view name, std::string_view text,
                                           const PrepareOptions& options);
// Whether there was one. Cohorts that use it can no longer be prepared.
Result<bool> forget_cohort(engine::Store& store, std::string_view name);

}  // namespace chartline::query
