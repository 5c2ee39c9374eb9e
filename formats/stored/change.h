// The log: one change record for each commit group, the only thing a write puts on disk before it is acknowledged.
// state = fold(log): everything else in the store can be computed from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "formats/stored/row.h"

namespace chartline::stored {

enum class Dictionary : std::uint8_t { code = 0, unit = 1, source = 2, attribute = 3 };
inline constexpr int dictionary_count = 4;

// A name gets its number. For codes: first = system, second = code, third = display; sources: organisation, system; others: first.
struct NewName {
  Dictionary dictionary;
  Name number;
  std::string_view first, second, third;
};

// One patient's records in one logical change: versions that end, events that begin.
struct Put {
  PatientId patient;
  std::span<const std::uint32_t> removed;  // event numbers that go to history
  std::span<const Row> added;              // with their numbers; recorded = the group's instant
  std::string_view original;               // of added[0]'s record; "" for none
  std::uint32_t removed_original = 0;      // number whose original goes with the old version (kept for as-of), 0 none
};

// First shard only. A patient, named over all shards.
struct PatientRef {
  std::uint32_t shard = 0;
  PatientId id = 0;
  friend auto operator<=>(const PatientRef&, const PatientRef&) = default;
};
struct Identify {  // this identifier names this patient from now on
  PatientRef patient;
  std::string_view system, value;
};
struct Link {  // these two are one person from now on, or no longer
  PatientRef a, b;
  bool linked;
};
struct Erase {  // legal erasure: nothing of the patient is left but this random token
  PatientId patient;
  std::uint64_t token;
};
struct SetMeta {  // a named value of the store (code list, saved cohort, configuration); "" removes it
  std::string_view name, value;
};

using Change = std::variant<NewName, Put, Identify, Link, Erase, SetMeta>;

struct ChangeRecord {
  std::uint64_t commit = 0;
  Micros recorded = 0;
  std::vector<Change> changes;
};

// One change, encoded alone; a record is a header and its changes one after another, so that writers encode and the commit
// thread only joins.
void encode(const Change& change, Bytes& out);
Bytes encode_record(std::uint64_t commit, Micros recorded, std::span<const Bytes> encoded_changes);

// Decoded; text borrows from `bytes`, arrays from `room`.
Result<ChangeRecord> decode_record(BytesView bytes, record::Arena& room);

}  // namespace chartline::stored
