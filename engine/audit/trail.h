// Reading a store's audit log: by whoever may, entry by entry, or as the report of one patient. Verifying it whole.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/audit/entry_bytes.h"
#include "engine/maintenance.h"

namespace chartline::engine {

// All given conditions hold together.
struct AuditFilter {
  std::optional<std::uint32_t> shard{};
  std::uint64_t first = 1;  // entry number
  Micros from = INT64_MIN;  // inclusive
  Micros past = INT64_MAX;  // exclusive
  std::optional<std::string> who{};
  std::optional<Act> act{};
  std::optional<AuditOutcome> outcome{};
  bool only_break_glass = false;
  std::vector<PatientRef> patients{};  // entries that name one of them, or concern everyone
};
bool matches(const AuditFilter& filter, const AuditRecord& record);

// Calls `each` for the entries that match, shard by shard, in order of their numbers. Every entry is verified as it is read;
// corrupt, naming it, where one is not what was written: never a shorter answer.
Result<void> read_audit(Store& store, const AuditFilter& filter,
                        const std::function<Result<void>(const AuditRecord&)>& each);

// Who saw or wrote this person's record, whoever of the linked patients they named: in the order of time.
Result<std::vector<AuditRecord>> audit_report(Store& store, PatientRef patient, Micros from = INT64_MIN,
                                              Micros past = INT64_MAX);

struct AuditVerification {
  std::vector<AuditHead> heads;       // that the entries make
  std::uint64_t entries = 0;          // of all shards
  std::vector<std::string> findings;  // one line each, naming shard and entry; empty: sound
  std::uint64_t findings_left_out = 0;
};
// Everything computed anew, and compared with the heads kept from earlier (engine/audit/verify.h). invalid_request where one
// of those is another store's.
Result<AuditVerification> verify_audit(Store& store, std::span<const AuditHead> kept = {},
                                       const Progressed& progress = {});

}  // namespace chartline::engine
