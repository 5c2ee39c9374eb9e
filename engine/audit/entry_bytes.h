// Bytes of one entry, and its leaf in the tree.
//
//   value   := version:u8 number:varint node:32 bytes x nodes_completed(number) content checksum:u32
//   content := fixed form:u8 parts
//   fixed   := version:u8 at:signed act:u8 outcome:u8 fault:u8 flags:u8 rows:varint role:text organisation:text purpose:text
//              project:text session:text patients:varint                   (fault 0: none)
//   flags   := 1 break glass, 2 everyone, 4 repeated, 8 has who, 16 has text, 32 has reason
//   parts   := form 0, whole:  seed:32 bytes [who:text] [text:text] [reason:text] (shard:varint id:varint)...
//              form 1, erased: for each of the same: 1 salt:16 bytes, then as above, or 0 token:u64 commitment:32 bytes
//
// Patients are ascending; of form 0 each is less the one before (the id only within a shard). The salts of form 0 are the
// ChaCha20 stream of the seed, 16 bytes each: who, text, reason, then the patients. Erasing a part destroys its salt, and so
// the seed: the other salts are written out.
//
//   commitment := H(0x02 kind:u8 salt content)        kind: 1 who, 2 text, 3 reason, 4 patient (shard:u32 id:u32)
//   leaf       := H(0x00 fixed commitment...)         of the parts that are there, in order
//
// What is erased keeps its commitment, so that the leaf stays what it was, and nobody can try out what it hid.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/audit/audit.h"

namespace chartline::engine {

// An entry ready to be appended: encoded and hashed by whoever brings it, so that the commit thread does not.
struct SealedEntry {
  Bytes content;
  AuditHash leaf{};
};

// The entry, cut to its bounds, as one or several in a row.
std::vector<SealedEntry> seal_entries(const AuditEntry& entry, Micros now);
// The erasure of a patient: names them by the token alone.
SealedEntry seal_erasure(AuditEntry entry, std::uint64_t token, Micros now);

Bytes audit_value(std::uint64_t number, std::span<const AuditHash> nodes, BytesView content);

// An entry as it stands in the log. What was erased is empty in `entry` and has left its token.
struct AuditRecord {
  std::uint32_t shard = 0;
  std::uint64_t number = 0;
  AuditEntry entry;
  std::vector<std::uint64_t> erased;  // tokens of patients, or of those whom a text named
  std::vector<AuditHash> nodes;       // as stored; nodes[0] is the leaf
  AuditHash leaf{};                   // as the content gives it
};
// corrupt where the bytes are not whole, or of another number than `number`.
Result<AuditRecord> decode_audit_value(BytesView value, std::uint64_t number);

// The same from the content alone: a proof has no more. Number and nodes are left empty.
Result<AuditRecord> decode_audit_content(BytesView content);

// The content, its salts written out instead of the seed, so that each part can be checked by itself.
Result<Bytes> opened_content(BytesView value, std::uint64_t number);
// Sealed once more, from the content.
Result<SealedEntry> sealed_again(BytesView content);

// The node of this level alone.
Result<AuditHash> audit_node(BytesView value, std::uint64_t number, unsigned level);

// Whom to take out of the log: the patient, and every text that names them.
struct AuditErasure {
  PatientRef patient;
  std::uint64_t token = 0;
  std::function<bool(BytesView text)> names;
};
// The value without them; nullopt where they are not in it. The leaf stays what it was.
Result<std::optional<Bytes>> without_patient(BytesView value, std::uint64_t number, const AuditErasure& erasure);

}  // namespace chartline::engine
