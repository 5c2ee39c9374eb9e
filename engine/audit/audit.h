// The audit log: who did what, to whose record, when, in which role, why, and what came of it. Acts that were denied or
// failed are in it as well. It only grows: what is written stays, and can be proved to have stayed (engine/audit/proof.h).
//
//   store->audit(entries)                   returns once the entries are on stable storage: a read's reply waits for it
//   store->audit(entries, AuditWait::later) returns at once; they are written with the next group, or within 0.1 s
//   WriteOptions::audit                     the entry travels in the same batch as the records: both are there, or neither
//
// One log per shard, entries numbered from 1 without a gap. Whom an entry concerns, and every free text in it, is hashed
// under a salt of its own, so that a legal erasure can take it out, leaving a random token, while all proofs still hold.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "formats/stored/change.h"

namespace chartline::engine {

using stored::PatientRef;

// What was done. Numbers are stored: add at the end.
enum class Act : std::uint8_t {
  login = 1,
  logout = 2,
  read_timeline = 3,
  query = 4,
  read_feed = 5,
  watch = 6,
  export_rows = 7,
  write = 8,
  import = 9,
  link = 10,
  unlink = 11,
  erase = 12,
  set_value = 13,  // a named value: code list, cohort, terminology, configuration
  backup = 14,
  restore = 15,
  policy = 16,   // policy, users, keys, sessions revoked
  release = 17,  // rows that left a project through its output check
  link_projects = 18,
  read_audit = 19,
  find_patient = 20,
  original = 21,  // bytes as received
};
inline constexpr int act_count = 21;
std::string_view name(Act act);
std::optional<Act> parse_act(std::string_view word);

enum class AuditOutcome : std::uint8_t {
  done = 1,
  denied = 2,
  failed = 3,
  begun = 4,  // of acts that take long: another entry tells their end
};
std::string_view name(AuditOutcome outcome);
std::optional<AuditOutcome> parse_outcome(std::string_view word);

struct AuditEntry {
  Micros at = 0;  // 0: the moment at which it is appended
  Act act = Act::query;
  AuditOutcome outcome = AuditOutcome::done;
  std::optional<Fault> fault{};  // of what was denied or failed
  std::string who{};             // as they authenticated; may be a patient
  std::string role{}, organisation{}, purpose{}, project{};
  std::string session{};  // tells one session's acts from another's; opaque
  // Whose record. A read names all whose rows were given, or it names none and says `everyone`, or only counts were given.
  // Any order; written sorted, each once. A write's are filled in by the store.
  std::vector<PatientRef> patients{};
  bool everyone = false;
  std::string text{};      // of the query; of what else was asked
  std::uint64_t rows = 0;  // that were given, or records that were written
  bool break_glass = false;
  std::string reason{};   // of breaking the glass, of a release
  bool repeated = false;  // a retry of a batch that was written before: nothing was done now
};

// Longer ones are cut, saying how long they were and their hash. No act is refused because its audit is too long.
inline constexpr std::size_t audit_text_bytes_max = 64u << 10;  // of text
inline constexpr std::size_t audit_word_bytes_max = 1024;       // of every other one
// An act on more patients than this leaves several entries in a row, equal but for the patients; rows stand in the first.
inline constexpr std::size_t audit_patients_max = 50'000;

enum class AuditWait : std::uint8_t { durable, later };

struct AuditPosition {
  std::uint32_t shard = 0;
  std::uint64_t first = 0, count = 0;  // numbers of the entries; 0 where they are to be written later
};

// 32 bytes of BLAKE2b. Equal hashes are equal bytes.
using AuditHash = std::array<std::uint8_t, 32>;
std::string audit_hex(const AuditHash& hash);
std::optional<AuditHash> parse_audit_hash(std::string_view hex);

// What stands for all entries up to `size`: the root of the tree over them (RFC 6962, of BLAKE2b). Keep it elsewhere.
struct AuditHead {
  std::string store;  // its id
  std::uint32_t shard = 0;
  std::uint64_t size = 0;
  AuditHash root{};
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};
std::string text(const AuditHead& head);  // "STORE:SHARD:SIZE:ROOT", for keeping
Result<AuditHead> parse_audit_head(std::string_view text);

}  // namespace chartline::engine
