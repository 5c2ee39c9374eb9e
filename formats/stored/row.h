// Row: an event on its way to and from stored bytes. Names (codes, units, sources, attribute names) are numbers of the
// shard's dictionary; text is borrowed from the log record, the run or the arena that the row came from.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/hash.h"
#include "formats/record/event.h"

namespace chartline::stored {

using Name = std::uint32_t;       // number of a name in one of the shard's dictionaries, from 1; 0 = none
using PatientId = std::uint32_t;  // dense, per shard, from 0
using record::Day;

struct RowValue {
  record::Value::Form form = record::Value::Form::none;
  record::Comparator comparator = record::Comparator::equal;
  bool boolean = false;
  record::Decimal number;
  Name unit = 0;
  Name code = 0;
  std::string_view text;
  record::Time date;  // attributes only
};

struct RowAttribute {
  Name name = 0;
  RowValue value;
};

struct Row {
  // hot: decoded by most questions
  std::uint32_t number = 0;  // per patient, from 1
  record::Kind kind = record::Kind::other;
  record::Status status = record::Status::none;
  record::Certainty certainty = record::Certainty::none;
  record::Author author = record::Author::unknown;
  Name code = 0;
  Name source = 0;
  record::Time start;
  record::End end;
  RowValue value;
  // cold: in the run's details
  std::span<const Name> translations;
  std::string_view source_person;
  std::string_view record;
  std::string_view version;
  std::uint32_t part = 0;
  std::uint32_t ordinal = 0;
  std::uint64_t sequence = 0;
  std::string_view encounter;
  std::span<const RowAttribute> attributes;
  Micros recorded = 0;         // when this version was acknowledged
  Micros removed = 0;          // history only: when a later version replaced it
  std::uint64_t original = 0;  // original_hash() of the bytes of the whole record as received; 0: none are kept
};

// Never 0 where there are bytes.
inline std::uint64_t original_hash(BytesView original) {
  if (original.empty()) return 0;
  const std::uint64_t hash = hash64(original);
  return hash != 0 ? hash : 1;
}

}  // namespace chartline::stored
