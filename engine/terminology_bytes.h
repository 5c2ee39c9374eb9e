// What the terminology table of the first shard holds. A load is a part; a version is a list of parts, the newest last.
// Nothing names a part before its load has finished. Values are sealed like all stored values (formats/stored/seal.h).
//
//   'n'                                              -> next part:varint  next order:varint  versions:varint
//   'v' name                                         -> order:varint concepts:varint links:varint, then for each part:
//                                                       part:varint  concept keys:varint  link keys:varint
//   'c' part:u32be system:text code:text             -> display omop_id domain valid_from valid_to (text each)  standard:u8
//   'l' part:u32be side:u8 relation:u8 system:text code:text chunk:u32be
//                                                    -> chunk 0: chunks:varint count:varint; then { system:text code:text distance:varint }*
//   't' part:u32be                                 -> finished:varint, in microseconds  lists_all:u8
//
// side 0 stands under `from` and lists `to`; side 1 the other way round. A code with many links has several chunks, named
// by the count in the first, so that reading needs no scan.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "formats/record/terminology.h"

namespace chartline::engine {

struct TerminologyCounters {
  std::uint32_t next_part = 1;
  std::uint64_t next_order = 1;
  std::uint64_t versions = 0;
};
struct TerminologyPart {
  std::uint32_t part = 0;
  std::uint64_t concept_keys = 0, link_keys = 0;
};
struct VersionRecord {
  std::uint64_t order = 0;  // of the last load: the greatest is the newest version
  std::uint64_t concepts = 0, links = 0;
  std::vector<TerminologyPart> parts;
};
// Of one load. Where it `lists_all`, every ancestor of a code is a link of its own and what is not linked is none: OMOP
// leaves out what lies behind some. Else its links are of parents, and are followed.
struct LoadRecord {
  Micros finished = 0;
  bool lists_all = true;
};
struct LinkEnd {
  std::string system, code;
  std::uint32_t distance = 1;
};
struct LinkChunk {
  std::uint32_t chunks = 1;  // of the first chunk only, like count
  std::uint64_t count = 0;
  std::vector<LinkEnd> ends;
};

inline constexpr std::string_view terminology_counters_key = "n";
Bytes version_key(std::string_view name);
Bytes concept_key(std::uint32_t part, const record::Code& code);
// Without the chunk's number.
Bytes link_group_key(std::uint32_t part, bool inverse, record::Relation relation, const record::Code& code);
Bytes link_system_key(std::uint32_t part, bool inverse, record::Relation relation,
                      std::string_view system);  // what they begin with
Bytes loaded_key(std::uint32_t part);
Bytes link_chunk_key(BytesView group, std::uint32_t chunk);
bool is_first_chunk(BytesView key);  // of an 'l' key
// The part that a 'c', 'l' or 't' key belongs to; false where it is none of them.
bool parse_terminology_key(BytesView key, char& kind, std::uint32_t& part);

Bytes encode(const TerminologyCounters& counters);
Bytes encode(const VersionRecord& version);
Bytes encode(const record::Concept& entry);
Bytes encode(const LinkChunk& chunk, bool first);
Bytes encode(const LoadRecord& load);
Result<LoadRecord> decode_load(BytesView bytes);
Result<TerminologyCounters> decode_terminology_counters(BytesView bytes);
Result<VersionRecord> decode_version(BytesView bytes);
// Text borrows from `bytes`; the code's system and code are left to the caller, who has the key.
Result<record::Concept> decode_concept(BytesView bytes);
Result<LinkChunk> decode_link_chunk(BytesView bytes, bool first);

}  // namespace chartline::engine
