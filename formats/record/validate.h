// What a record must be before the store takes it: bounds on every length and count, text of UTF-8, one source and record id throughout.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "formats/record/event.h"

namespace chartline::record {

inline constexpr std::size_t identifier_bytes_max = 1024;  // system, value, record ids, versions
inline constexpr std::size_t name_bytes_max = 4096;        // codes, displays, units, attribute names
inline constexpr std::size_t text_bytes_max = 16u << 20;   // text values
inline constexpr std::size_t original_bytes_max = 256u << 20;
inline constexpr std::size_t events_per_record_max = 10'000;

// invalid_request, naming the field, and the event where there are several, never its content. An original may be any bytes.
Result<void> validate(const Record& record);

}  // namespace chartline::record
