// The text of a cohort that the store keeps; not_found, with advice, where it keeps none of this name.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/store.h"

namespace chartline::cli {

Result<std::string> kept_cohort(engine::Store& store, const std::string& name);

}  // namespace chartline::cli
