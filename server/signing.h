// What a session writes is signed: a source system's records carry its own organisation, and what a patient or carer contributes is
// marked as theirs, so that clinical questions leave it out unless they ask for it.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/trust/grant.h"
#include "engine/view.h"

namespace chartline::server {

// denied, naming the record's place, where a record is not the session's to write. Changes the records to what may be written;
// they then borrow from `room` too.
Result<void> sign(std::vector<record::Record>& records, const engine::Grant& grant, const engine::View& view, record::Arena& room);

}  // namespace chartline::server
