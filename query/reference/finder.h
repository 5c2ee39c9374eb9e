// The reference executor: person by person, event by event.
#pragma once

#include <memory>
#include <span>

#include "engine/view.h"
#include "query/finder.h"

namespace chartline::query {

// For statements that Inquiry takes. Persons are read as far as the statements ask, or whole: so the other executor is judged.
enum class Persons : std::uint8_t { as_asked, whole };
Executors reference_executors(const engine::View& view, const Program& program,
                              std::vector<const typed::Node*> statements, Persons persons = Persons::as_asked);

}  // namespace chartline::query
