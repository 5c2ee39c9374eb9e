// The audit log of one shard: appended to by the shard's committer, read by anybody.
//
//   audit table   number:u64be -> value (entry_bytes.h)
//                 "head"       -> version:u8 size:varint root:32 bytes checksum:u32
//
// Entry and head go into the batch of what they tell of, so that a crash leaves all or nothing of it. Opening reads the head
// and the few nodes that the tree grows from, and compares them: O(log n), whatever the log's size.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "engine/audit/entry_bytes.h"
#include "engine/audit/merkle.h"
#include "engine/storage/tables.h"

namespace chartline::engine {

Bytes audit_key(std::uint64_t number);
inline constexpr std::string_view audit_head_key = "head";

struct LogHead {
  std::uint64_t size = 0;
  AuditHash root{};
  friend bool operator==(const LogHead&, const LogHead&) = default;
};
Bytes encode(const LogHead& head);
Result<LogHead> decode_log_head(BytesView bytes);

class AuditLog {
 public:
  // corrupt where head and nodes do not agree, or the log ends before it should.
  static Result<std::unique_ptr<AuditLog>> open(std::shared_ptr<Tables> tables, std::uint32_t shard);
  // Over a log that open() refuses, for whoever reads the store all the same: nothing can be appended.
  static std::unique_ptr<AuditLog> damaged(std::shared_ptr<Tables> tables, std::uint32_t shard, Error why);
  const std::optional<Error>& damage() const { return damage_; }

  // -- the committer, one thread at a time
  // Puts the entries into the batch, with the head that they make; the number of the first. committed() once the batch is
  // written, else they were never there.
  std::uint64_t append(std::span<const SealedEntry* const> entries, Batch& batch);
  void committed();

  // -- everybody
  LogHead head() const;
  Result<AuditRecord> entry(std::uint64_t number) const;  // corrupt where it is absent, or its nodes belie it
  Result<Bytes> opened_content(std::uint64_t number) const;
  // Takes a patient out of every entry: true where one named them. The committer stands still.
  Result<bool> erase(const AuditErasure& erasure) const;
  Result<AuditHash> node(unsigned level, std::uint64_t last) const;
  NodeOf nodes() const;
  Result<AuditHash> root_of(std::uint64_t size) const;  // as it was when the log had so many; size at most head's
  // corrupt where the log is not what it was when it had this head.
  Result<void> must_begin_with(const LogHead& older) const;
  std::string place(std::uint64_t number) const;  // "audit: shard 0, entry 12: "

 private:
  AuditLog(std::shared_ptr<Tables> tables, std::uint32_t shard) : tables_(std::move(tables)), shard_(shard) {}
  Result<void> load();
  Result<void> value(std::uint64_t number, Pinned& bytes) const;

  std::shared_ptr<Tables> tables_;
  std::uint32_t shard_;
  std::optional<Error> damage_;
  Frontier frontier_, pending_;  // the committer's
  mutable std::mutex mutex_;
  LogHead head_;
};

}  // namespace chartline::engine
