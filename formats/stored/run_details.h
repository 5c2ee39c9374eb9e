// The cold half of a run: numbers that most rows share (recorded, ordinal, ...) and everything of text or variable length.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "formats/stored/run.h"

namespace chartline::stored {

// Some row has text, translations or attributes, so that the run needs details.
template <typename Rows>  // WholeRows or MixedRows, of all below
bool need_details(const Rows& rows);

// recorded, removed, sequence, part, ordinal, original; "" where all are zero. They end the hot bytes of a run without
// details, and begin the details of a run with.
template <typename Rows>
void encode_cold_numbers(const Rows& rows, Bytes& out);

// The details but for their checksum. True where some row has translations.
template <typename Rows>
bool encode_details(const Rows& rows, Bytes& out);

}  // namespace chartline::stored
