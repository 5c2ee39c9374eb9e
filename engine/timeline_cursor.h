// A cursor: where a limited read stopped, as text that the caller hands back. It holds for the moment and the question
// that it came from, wherever the rows lie by then, because the order of events is that of their content.
//
//   cursor := hex(version:u8 moment:u64le question:u64le instant:i64le seen:u32le checksum:u32le)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/moment.h"
#include "engine/view.h"

namespace chartline::engine {

struct Cursor {
  std::uint64_t moment = 0;    // hash of what the View sees
  std::uint64_t question = 0;  // hash of the patients and the filter
  Micros instant = 0;          // of the last event given
  std::uint32_t seen = 0;      // events given of this instant
};

std::string print(const Cursor& cursor);
// invalid_request for anything that print did not make.
Result<Cursor> parse_cursor(std::string_view text);

std::uint64_t moment_hash(const ViewParts& moment);
// Of everything but limit and cursor.
std::uint64_t question_hash(std::span<const PatientRef> person, const TimelineFilter& filter);

}  // namespace chartline::engine
