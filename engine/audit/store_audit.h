// The entry of one write: in the batch of the records of each shard that takes some, naming that shard's patients, or alone
// where no shard does.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/audit/entry_bytes.h"
#include "engine/store_parts.h"

namespace chartline::engine {

class WriteAudit {
 public:
  explicit WriteAudit(const std::optional<AuditEntry>& entry) : entry_(entry ? &*entry : nullptr) {}
  explicit operator bool() const { return entry_ != nullptr; }

  // For a shard that is about to commit the records at `places`.
  std::vector<SealedEntry> of(std::span<const Outcome> outcomes, std::span<const std::size_t> places, Micros now);
  // Whether finish() has one to write.
  bool is_to_be_entered() const { return entry_ != nullptr && !written_; }
  // After the write: an entry of its own where of() was not asked for any.
  Result<void> finish(Store& store, const Result<Written>& written);

 private:
  const AuditEntry* entry_;
  bool written_ = false;
};

}  // namespace chartline::engine
