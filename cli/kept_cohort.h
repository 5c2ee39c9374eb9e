// The text of a cohort that the store keeps; not_found, with advice, where it keeps none of this name.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/source.h"

namespace chartline::cli {

Result<std::string> kept_cohort(Source& source, const std::string& name);

}  // namespace chartline::cli
