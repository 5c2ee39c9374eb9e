// A Bloom filter of the records that a run holds, in its head: a writer learns from it that a record is new without reading
// the patient's runs. Ten bits a record, so that one question in a hundred about a record that is not there says maybe.
#pragma once

#include <span>

#include "base/bytes.h"
#include "base/hash.h"

namespace chartline::stored {

// "" for no records. Bits are set from the lowest of the first byte on.
Bytes make_id_filter(std::span<const Hash128> records);
bool may_hold(BytesView filter, const Hash128& record);  // false: it does not

}  // namespace chartline::stored
