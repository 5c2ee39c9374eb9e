// Keys of every table. Big-endian, so that byte order is number order and a patient's keys stand together: the head
// first, then its runs, in one or two disk blocks.
//
//   timeline   patient:u32be                                  -> head
//              patient:u32be first:i64be(sign flipped) run:u64be -> hot columns of a run
//   details    patient:u32be run:u64be                        -> details of a run
//   history    patient:u32be run:u64be part:u8 (0 hot, 1 details)
//   postings   code:u32be                                     -> directory
//              code:u32be run:u64be first_block:u32be         -> a run of postings or removals
//   originals  patient:u32be number:u32be                     -> sealed original bytes of the record whose first event has this number
//   changes    commit:u64be                                   -> change record
//   identity   'v' hash:u64be                                 -> identifiers with this keyed hash of the value
//              'p', 'l', 's' ...                              -> of a patient, link log, counters (engine/identity_bytes.h)
//   meta       name                                           -> value
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "formats/stored/row.h"

namespace chartline::stored {

Bytes head_key(PatientId patient);
Bytes run_key(PatientId patient, Micros first, std::uint64_t run);
Bytes details_key(PatientId patient, std::uint64_t run);
Bytes history_key(PatientId patient, std::uint64_t run, bool details);
Bytes directory_key(Name code);
Bytes postings_key(Name code, std::uint64_t run, std::uint32_t first_block);
Bytes original_key(PatientId patient, std::uint32_t number);
Bytes change_key(std::uint64_t commit);

// What a timeline or postings key names, for inspection and checks; nullopt where it is none of ours.
struct TimelineKey {
  PatientId patient;
  bool head;
  Micros first;
  std::uint64_t run;
};
struct PostingsKey {
  Name code;
  bool directory;
  std::uint64_t run;
  std::uint32_t first_block;
};
std::optional<TimelineKey> parse_timeline_key(BytesView key);
std::optional<PostingsKey> parse_postings_key(BytesView key);

}  // namespace chartline::stored
