// The filters of timeline and events: --from, --to, --kind, --code, --source, --hidden.
#pragma once

#include "base/result.h"
#include "cli/options.h"
#include "cli/source.h"
#include "engine/view.h"

namespace chartline::cli {

// Texts of the filter borrow from `room`. A bare code stands for that code in every system of which the store knows it.
Result<engine::TimelineFilter> filter_of(const Invocation& invocation, Source& source, record::Arena& room);

// A day or time as typed; invalid_request naming `option`.
Result<record::Time> time_option(std::string_view option, const std::string& text, const record::Zone& zone);

}  // namespace chartline::cli
