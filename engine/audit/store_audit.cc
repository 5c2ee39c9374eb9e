// Store::audit and the entries of writes.
#include "engine/audit/store_audit.h"

#include <algorithm>

namespace chartline::engine {

Result<AuditPosition> Store::audit(std::span<const AuditEntry> entries, AuditWait wait) {
  Parts& parts = *parts_;
  if (parts.options.read_only) return unavailable("the store was opened read-only: nothing can be audited");
  AuditPosition position;
  CommitRequest request;
  const auto erased = [&](PatientRef patient) { return parts.identity->erased(patient); };
  const auto seal = [&](const AuditEntry& entry) {
    for (SealedEntry& sealed : seal_entries(entry, parts.options.clock->now()))
      request.audit.push_back(std::move(sealed));
  };
  for (const AuditEntry& entry : entries) {
    if (std::ranges::none_of(entry.patients, erased)) {
      seal(entry);
      continue;
    }
    // Who was read while an erasure began is not named after it.
    AuditEntry rest = entry;
    std::erase_if(rest.patients, erased);
    seal(rest);
  }
  const auto named =
      std::find_if(entries.begin(), entries.end(), [](const AuditEntry& one) { return !one.patients.empty(); });
  if (named != entries.end()) position.shard = named->patients.front().shard;
  if (position.shard >= parts.shards.size())
    return invalid_request("an entry names a patient of a shard that does not exist");
  if (request.audit.empty()) return position;
  Shard& shard = *parts.shards[position.shard];
  if (wait == AuditWait::later) {
    TRY(shard.audit_later(std::move(request.audit)));
    return position;
  }
  position.count = request.audit.size();
  parts.answers.renew();
  TRY(shard.commit(request));
  position.first = request.audit_first;
  return position;
}

std::vector<AuditHead> Store::audit_heads() const {
  std::vector<AuditHead> heads;
  for (const auto& shard : parts_->shards) {
    const LogHead head = shard->audit_log().head();
    heads.push_back({parts_->description.id, static_cast<std::uint32_t>(heads.size()), head.size, head.root});
  }
  return heads;
}

std::vector<SealedEntry> WriteAudit::of(std::span<const Outcome> outcomes, std::span<const std::size_t> places,
                                        Micros now) {
  written_ = true;
  AuditEntry entry = *entry_;
  for (const std::size_t place : places) {
    const Outcome& outcome = outcomes[place];
    if (outcome.what == Outcome::What::rejected) continue;
    entry.patients.push_back(outcome.patient);
    ++entry.rows;
  }
  // Not one record was taken: the act failed, for the first one's reason.
  if (!places.empty() && entry.rows == 0)
    entry.outcome = AuditOutcome::failed, entry.fault = outcomes[places.front()].fault;
  return seal_entries(entry, now);
}

Result<void> WriteAudit::finish(Store& store, const Result<Written>& written) {
  if (!entry_ || written_) return {};
  AuditEntry entry = *entry_;
  if (!written) {
    entry.outcome = AuditOutcome::failed, entry.fault = written.error().fault;
  } else {
    entry.repeated = written->repeated;
    for (const Outcome& outcome : written->outcomes) {
      if (outcome.what == Outcome::What::rejected) continue;
      entry.patients.push_back(outcome.patient);
      ++entry.rows;
    }
    if (!written->outcomes.empty() && entry.rows == 0)
      entry.outcome = AuditOutcome::failed, entry.fault = written->outcomes.front().fault;
  }
  TRY(store.audit({&entry, 1}));
  return {};
}

}  // namespace chartline::engine
