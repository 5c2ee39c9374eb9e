// Events out of a message, whatever it holds: each is one that a writer could have written, or the message is refused with
// the column that is wrong.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/record/event.h"
#include "formats/wire/chartline.capnp.h"

namespace chartline::wire {

inline constexpr std::uint32_t events_max = 1u << 16;  // of one batch: a few bytes may stand for so many

// Text borrows from the message, small arrays from the arena. invalid_request where a column is not as the schema says.
Result<std::vector<record::Event>> read_events(Events::Reader from, record::Arena& into);

Result<record::Time> read_time(Time::Reader from);
record::Code read_code(Code::Reader from);
record::Identifier read_identifier(Identifier::Reader from);
inline std::string_view view(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

}  // namespace chartline::wire
