// The whole log, computed anew from its entries: every flip, removal, exchange and loss is found, and named by the number of
// the entry, or by the numbers between which it lies.
//
// Whoever can write the folder can also write entries, nodes, head and note anew, all of them fitting each other. That is
// found by a head that was kept elsewhere, and by nothing else.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "engine/audit/audit_log.h"

namespace chartline::engine {

struct LogVerification {
  const AuditLog& log;
  Tables& tables;
  std::uint32_t shard = 0;
  std::span<const LogHead> kept{};  // heads of this log from earlier on
  std::function<void(std::string finding)> found;
  std::function<Result<void>(std::uint64_t entries)> step{};  // now and then; an error ends it
};
// The head that the entries make. An error only where reading cannot go on; what is wrong with the log goes to `found`.
Result<LogHead> verify_log(const LogVerification& verification);

}  // namespace chartline::engine
