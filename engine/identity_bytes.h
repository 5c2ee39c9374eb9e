// What the identity table holds, byte by byte. Every value ends with the low half of its own XXH3.
//
// identity  'v' hash:u64be            -> { system:text value:text shard:varint id:varint }*   every identifier whose value has this keyed hash
//           'p' shard:u32be id:u32be  -> { system:text value:text }*            the identifiers of one patient, in order of arrival
//           'l' place:u64be           -> a, b (shard:u32 id:u32), linked:u8, recorded:u64     the link log, from place 0
//           's'                       -> shards:varint, patients of each:varint, links:varint   the counters
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "formats/stored/change.h"

namespace chartline::engine {

Bytes identity_key(std::uint64_t hash);
Bytes identifiers_key(stored::PatientRef patient);
Bytes link_key(std::uint64_t place);
inline constexpr std::string_view identity_counters_key = "s";

struct IdentityEntry {
  std::string system, value;
  stored::PatientRef patient;
};
Bytes encode_identity_entries(const std::vector<IdentityEntry>& entries);
Result<std::vector<IdentityEntry>> decode_identity_entries(BytesView sealed);

using IdentifierList = std::vector<std::pair<std::string, std::string>>;  // system, value
Bytes encode_identifiers(const IdentifierList& list);
Result<IdentifierList> decode_identifiers(BytesView sealed);

struct LinkRecord {
  stored::PatientRef a, b;
  bool linked = true;
  Micros recorded = 0;
  friend bool operator==(const LinkRecord&, const LinkRecord&) = default;
};
Bytes encode_link(const LinkRecord& link);
Result<LinkRecord> decode_link(BytesView sealed);

struct IdentityCounters {
  std::vector<std::uint32_t> patients;  // ids given, per shard
  std::uint64_t links = 0;              // entries of the link log
};
Bytes encode_identity_counters(const IdentityCounters& counters);
Result<IdentityCounters> decode_identity_counters(BytesView sealed);

}  // namespace chartline::engine
