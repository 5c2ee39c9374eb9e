// Records as they come in a message.
#pragma once

#include <vector>

#include "base/result.h"
#include "formats/record/event.h"
#include "formats/wire/chartline.capnp.h"

namespace chartline::server {

// They borrow from the message, from the room, and from the events, which are put there.
Result<void> read_records(wire::Records::Reader from, record::Arena& room,
                          std::vector<std::vector<record::Event>>& events, std::vector<record::Record>& into);

}  // namespace chartline::server
