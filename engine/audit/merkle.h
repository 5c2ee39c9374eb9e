// The tree of RFC 6962 over the entries of an audit log, with BLAKE2b-256 in place of SHA-256.
//
//   leaf      = H(0x00 || content of the entry)            (content: audit/entry_bytes.h)
//   node      = H(0x01 || left || right)
//   root of n = the leaf, or node(root of the first k, root of the rest), k the greatest power of two below n; H() of none
//
// Entry number N is leaf N-1. A node over 2^l whole leaves is complete once and for ever; it is named by its level l and the
// number of its last entry, a multiple of 2^l, and stored with that entry. All other nodes follow from these.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/audit/audit.h"

namespace chartline::engine {

AuditHash audit_hash(BytesView bytes);
AuditHash node_hash(const AuditHash& left, const AuditHash& right);
AuditHash empty_root();

// The complete nodes whose leaves are all leaves, the greatest first: what a tree needs to grow.
class Frontier {
 public:
  Frontier() = default;
  Frontier(std::uint64_t size, std::vector<AuditHash> peaks);  // as many as size has bits set

  // Takes the next leaf in; gives the nodes that it completes, from its own (level 0) up.
  std::vector<AuditHash> append(const AuditHash& leaf);
  std::uint64_t size() const { return size_; }
  AuditHash root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<AuditHash> peaks_;
};

// How many nodes entry `number` completes: its own leaf, and one more for each time that 2 divides its number.
unsigned nodes_completed(std::uint64_t number);

// The complete node of this level whose last entry is `last`.
using NodeOf = std::function<Result<AuditHash>(unsigned level, std::uint64_t last)>;

Result<Frontier> frontier_of(std::uint64_t size, const NodeOf& node);
// What, with the leaf of entry `number`, makes the root of the first `size` entries; number from 1 to size.
Result<std::vector<AuditHash>> inclusion_path(std::uint64_t number, std::uint64_t size, const NodeOf& node);
// What shows that the first `older` of `size` entries are those of the older root; older from 1 to size.
Result<std::vector<AuditHash>> consistency_path(std::uint64_t older, std::uint64_t size, const NodeOf& node);

// The other side: pure arithmetic, nothing but hashes. A path of the wrong length proves nothing.
bool includes(const AuditHash& root, std::uint64_t size, const AuditHash& leaf, std::uint64_t number,
              std::span<const AuditHash> path);
bool is_consistent(const AuditHash& older_root, std::uint64_t older, const AuditHash& root, std::uint64_t size,
                   std::span<const AuditHash> path);

}  // namespace chartline::engine
