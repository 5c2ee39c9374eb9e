#include "engine/audit/trail.h"

#include <algorithm>

#include "engine/audit/verify.h"
#include "engine/store_parts.h"

namespace chartline::engine {
namespace {

constexpr std::size_t findings_max = 100;

bool names_one_of(const AuditEntry& entry, const std::vector<PatientRef>& patients) {
  return std::any_of(patients.begin(), patients.end(), [&](PatientRef patient) {
    return std::binary_search(entry.patients.begin(), entry.patients.end(), patient);
  });
}

}  // namespace

bool matches(const AuditFilter& filter, const AuditRecord& record) {
  const AuditEntry& entry = record.entry;
  if (entry.at < filter.from || entry.at >= filter.past) return false;
  if (filter.who && entry.who != *filter.who) return false;
  if (filter.act && entry.act != *filter.act) return false;
  if (filter.outcome && entry.outcome != *filter.outcome) return false;
  if (filter.only_break_glass && !entry.break_glass) return false;
  return filter.patients.empty() || entry.everyone || names_one_of(entry, filter.patients);
}

Result<void> read_audit(Store& store, const AuditFilter& filter,
                        const std::function<Result<void>(const AuditRecord&)>& each) {
  for (const auto& shard : store.parts().shards) {
    const AuditLog& log = shard->audit_log();
    if (filter.shard && shard->moment().shard != *filter.shard) continue;
    if (log.damage()) return *log.damage();
    const std::uint64_t size = log.head().size;
    for (std::uint64_t number = std::max<std::uint64_t>(filter.first, 1); number <= size; ++number) {
      const AuditRecord record = TRY(log.entry(number));
      if (matches(filter, record)) TRY(each(record));
    }
  }
  return {};
}

Result<std::vector<AuditRecord>> audit_report(Store& store, PatientRef patient, Micros from, Micros past) {
  AuditFilter filter;
  filter.from = from, filter.past = past;
  filter.patients = store.view().linked(patient);
  std::vector<AuditRecord> report;
  TRY(read_audit(store, filter, [&](const AuditRecord& record) -> Result<void> {
    report.push_back(record);
    return {};
  }));
  std::stable_sort(report.begin(), report.end(),
                   [](const AuditRecord& a, const AuditRecord& b) { return a.entry.at < b.entry.at; });
  return report;
}

Result<AuditVerification> verify_audit(Store& store, std::span<const AuditHead> kept, const Progressed& progress) {
  Store::Parts& parts = store.parts();
  for (const AuditHead& head : kept) {
    if (head.store != parts.description.id) return invalid_request("the head given is of another store's audit log");
    if (head.shard >= parts.shards.size())
      return invalid_request("the head given is of shard " + std::to_string(head.shard) +
                             ", which the store does not have");
  }
  std::uint64_t done = 0, of = 0;
  for (const AuditHead& head : store.audit_heads()) of += head.size;
  AuditVerification verification;
  for (const auto& shard : parts.shards) {
    const std::uint32_t number = shard->moment().shard;
    std::vector<LogHead> older;
    for (const AuditHead& head : kept)
      if (head.shard == number) older.push_back({head.size, head.root});
    const LogHead head = TRY(verify_log({.log = shard->audit_log(),
                                         .tables = *shard->tables(),
                                         .shard = number,
                                         .kept = older,
                                         .found =
                                             [&](std::string finding) {
                                               if (verification.findings.size() < findings_max)
                                                 verification.findings.push_back(std::move(finding));
                                               else ++verification.findings_left_out;
                                             },
                                         .step = [&](std::uint64_t entries) -> Result<void> {
                                           if (!progress || progress(done + entries, of)) return {};
                                           return unavailable("cancelled");
                                         }}));
    done += head.size;
    verification.heads.push_back({parts.description.id, number, head.size, head.root});
  }
  verification.entries = done;
  return verification;
}

}  // namespace chartline::engine
