// Complaints about a query's text, as a person reads them: the place, what is wrong, the line with a caret under it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/console.h"
#include "query/complaint.h"

namespace chartline::cli {

// `origin`: the file that the text is from; "" for one that was typed. Each ends with a line break.
std::string complaint_text(std::span<const query::Complaint> complaints, std::string_view text, std::string_view origin,
                           const Look& look);

}  // namespace chartline::cli
