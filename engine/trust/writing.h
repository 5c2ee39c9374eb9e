// Writing through a grant. A View is for reading; whoever lets a session write asks here first.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "engine/trust/grant.h"
#include "engine/view.h"

namespace chartline::engine {

// The system that contributions stand under; the organisation is the role. Each carer has one of their own, "contribution" and a
// hash of who they are, so that none supersedes another's; a patient's is "contribution".
std::string contribution_system(const Grant& grant);

// Whether these may be written. A source system: records of its own organisation. A patient or carer: of a record that they
// see, under its one identifier, with themselves as author, under the source of contributions, so that they never take the
// place of what others have recorded. Everyone else: nothing.
Result<void> may_write(const View& narrowed, std::span<const record::Record> records);

}  // namespace chartline::engine
