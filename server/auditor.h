// The Auditor enters into the audit log what sessions do, and what they were denied. Replies wait until their entry is on stable
// storage; those that wait at the same time share one sync.
#pragma once

#include <kj/async.h>

#include <string_view>
#include <vector>

#include "engine/store.h"
#include "server/workers.h"

namespace chartline::server {

// Of reads, refusals and logins; a write's entry is always in its own batch.
enum class AuditMode : std::uint8_t {
  off,
  deferred,  // replies do not wait: what is answered in the last tenth of a second before a crash may be missing
  on,
};
std::optional<AuditMode> parse_audit_mode(std::string_view word);

// For the loop's thread.
class Auditor final : private kj::TaskSet::ErrorHandler {
 public:
  Auditor(engine::Store& store, Workers& workers, AuditMode mode)
      : store_(store), workers_(workers), mode_(mode), tasks_(*this) {}

  // Resolves when the reply may go out; fails where the entry could not be written, and then nothing may be told.
  kj::Promise<void> enter(engine::AuditEntry entry);
  AuditMode mode() const { return mode_; }

 private:
  struct Group {
    std::vector<engine::AuditEntry> entries;
    std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  };
  void begin();
  void taskFailed(kj::Exception&&) override {}

  engine::Store& store_;
  Workers& workers_;
  const AuditMode mode_;
  Group next_;
  bool writing_ = false;
  kj::TaskSet tasks_;
};

}  // namespace chartline::server
