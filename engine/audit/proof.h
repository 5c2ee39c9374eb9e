// Proofs about an audit log that hold without the store: that an entry is in it, and that a log has only grown. Whoever
// checks one needs the head that they trust, the proof, and BLAKE2b (docs/audit.md has the recipe).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/audit/entry_bytes.h"
#include "engine/store.h"

namespace chartline::engine {

// Entry `number` is among the first head.size.
struct AuditInclusion {
  AuditHead head;
  std::uint64_t number = 0;
  Bytes content;  // of the entry, its salts written out
  std::vector<AuditHash> path;
};
// The first older.size entries of `head` are those of `older`.
struct AuditGrowth {
  AuditHead older, head;
  std::vector<AuditHash> path;
};
using AuditProof = std::variant<AuditInclusion, AuditGrowth>;

// Under the log's present head, or under an older one that it must have had: conflict where it had not.
Result<AuditInclusion> prove_entry(Store& store, std::uint32_t shard, std::uint64_t number,
                                   const std::optional<AuditHead>& head = {});
Result<AuditGrowth> prove_growth(Store& store, const AuditHead& older, const std::optional<AuditHead>& head = {});

// As lines of text, to be kept or sent.
//
//   chartline-audit-proof 1
//   head STORE:SHARD:SIZE:ROOT
//   entry NUMBER CONTENT           of an inclusion, the content in hexadecimal
//   older STORE:SHARD:SIZE:ROOT    of growth
//   path HASH                      for each, from the leaf up
std::string text(const AuditProof& proof);
Result<AuditProof> parse_audit_proof(std::string_view text);

// Pure arithmetic. The entry that is proved, or nothing of growth; conflict where the proof does not hold.
Result<std::optional<AuditRecord>> verify_proof(const AuditProof& proof);

}  // namespace chartline::engine
