// What makes events equal, records the same record, and one event come before another: by their content and names, never
// by the numbers that one store happened to give them.
#pragma once

#include "base/hash.h"
#include "engine/dictionary.h"
#include "formats/record/event.h"
#include "formats/stored/row.h"

namespace chartline::engine {

// Of every field that the source gave. Two stores that were told the same give the same hash, however the events came in.
Hash128 content_hash(const stored::Row& row, const Dictionary& names);
// Of a version in history: content, and when it was acknowledged and replaced.
Hash128 history_hash(const stored::Row& row, const Dictionary& names);
// The identity of the record a row belongs to: source and record id, or content and ordinal for rows without one.
Hash128 record_key(const stored::Row& row, const Dictionary& names);

// The store's total order: instant, precision (coarser first), source name, sequence, record, part, ordinal. Events without a time first.
bool before(const stored::Row& a, const stored::Row& b, const Dictionary& names);

// Names to numbers and back. Text is borrowed from the event, arrays live in `room`.
stored::Row to_row(const record::Event& event, Dictionary& names, record::Arena& room);
record::Event to_event(const stored::Row& row, const Dictionary& names, record::Arena& room);
stored::RowValue to_row_value(const record::Value& value, Dictionary& names);
record::Value to_value(const stored::RowValue& value, const Dictionary& names);
stored::Row copy(const stored::Row& row, record::Arena& room);   // deep

}  // namespace chartline::engine
