// Whose rows the statements of a query give: what an audit has to name.
#pragma once

#include <vector>

#include "engine/view.h"
#include "query/run.h"

namespace chartline::query {

struct Told {
  bool everyone = false;                       // a statement lists persons, or events of theirs
  std::vector<engine::PatientRef> patients{};  // of whom `why` asks, as far as the view knows them
};
Result<Told> told_by(const Prepared& query, const engine::View& view);

}  // namespace chartline::query
