// The packed columns of one run, measured: what each takes and in which form it is stored.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace chartline::engine {

// One line for each column that is stored; those that are not have their standard value in every row.
Result<std::string> draw_run(BytesView hot);

}  // namespace chartline::engine
