// How failures travel: an exception's text, "chartline: FAULT: MESSAGE", so that the other side has the same Error again.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace chartline::wire {

std::string failure_text(const Error& error);
// Text that is not of this form (the connection broke, the other side is not ours) is `unavailable`.
Error read_failure(std::string_view text);

}  // namespace chartline::wire
