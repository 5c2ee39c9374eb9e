// The reference executor: person by person, event by event.
#pragma once

#include <memory>
#include <span>

#include "engine/view.h"
#include "query/finder.h"

namespace chartline::query {

// For statements that Inquiry takes.
Executors reference_executors(const engine::View& view, const Program& program,
                              std::vector<const typed::Node*> statements);

}  // namespace chartline::query
