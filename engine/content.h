// What makes events equal, records the same record, and one event come before another: by their content and names, never
// by the numbers that one store happened to give them.
//
// Content is every field that the source gave: kind, status, certainty, author, code, translations (in their order),
// start, end, value, source, source_person, record, version, part, sequence, encounter and attributes (by name). Not
// content: displays of codes, number, recorded, removed, the original, and the ordinal, which tells equal rows apart.
// Fields that a form does not use (the unit of a text, the offset of an unknown time) are not content either.
#pragma once

#include <vector>

#include "base/hash.h"
#include "engine/dictionary.h"
#include "formats/record/event.h"
#include "formats/stored/plain_row.h"
#include "formats/stored/row.h"

namespace chartline::engine {

// Two stores that were told the same give the same hash, however the events came in.
Hash128 content_hash(const stored::Row& row, const Dictionary& names);
// The same of many plain rows. Keeps what the dictionary said of their codes, and what rows of one sort have in common.
class PlainContent {
 public:
  explicit PlainContent(const Dictionary& names);
  ~PlainContent();
  const Dictionary& names() const { return names_; }
  Hash128 hash(const stored::PlainRow& row, const stored::PlainSort& sort, std::uint64_t sequence);

 private:
  std::uint64_t code_hash(Name code);

  const Dictionary& names_;
  struct OfSort;
  std::vector<OfSort> of_sorts_;            // by the number that rows have of theirs
  std::vector<std::uint64_t> code_hashes_;  // 0: not asked for yet
};

// The identity of the record a row belongs to: source and record id; for a row without one, content and ordinal.
Hash128 record_key(const stored::Row& row, const Dictionary& names);

// The store's total order: instant, precision (coarser first), source name, sequence, record, part, ordinal, content.
// Events without a time first. Neither of two rows comes before the other only where they are the same event.
bool before(const stored::Row& a, const stored::Row& b, const Dictionary& names);
// The same for rows of two shards.
bool before(const stored::Row& a, const Dictionary& names_of_a, const stored::Row& b, const Dictionary& names_of_b);

// Names to numbers and back. Text is borrowed from the event, arrays live in `room`. Rows come out in their normal form:
// attributes sorted by name, decimals normalised, unused fields of values, times and ends zero.
stored::Row to_row(const record::Event& event, Dictionary& names, record::Arena& room);
record::Event to_event(const stored::Row& row, const Dictionary& names, record::Arena& room);
stored::RowValue to_row_value(const record::Value& value, Dictionary& names);
record::Value to_value(const stored::RowValue& value, const Dictionary& names);
stored::Row copy(const stored::Row& row, record::Arena& room);  // deep

}  // namespace chartline::engine
