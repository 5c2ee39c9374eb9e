// What a policy grants to whoever opens a folder by --policy: the embedded way to the same views that a server gives. It keeps
// nobody out who may open the folder itself; it is for those who want to see, or give away, no more than a role shows.
#pragma once

#include <memory>

#include "base/result.h"
#include "cli/options.h"
#include "engine/store.h"
#include "engine/trust/grant.h"

namespace chartline::cli {

// By --policy, --role, --purpose, --project and --user. Null without --policy.
Result<std::shared_ptr<const engine::Grant>> granted(const Invocation& invocation, engine::Store& store);

}  // namespace chartline::cli
