// What a session writes is signed: what a patient or carer contributes is marked as theirs, so that clinical questions leave it
// out unless they ask for it, and never takes the place of what others have recorded.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/view.h"

namespace chartline::server {

// denied where a record is not the session's to write (engine/trust/writing.h). Contributions are changed to what may be written;
// they then borrow from `room` too. `narrowed` is what the session sees.
Result<void> sign(std::vector<record::Record>& records, const engine::View& narrowed, record::Arena& room);

}  // namespace chartline::server
