#include "server/audit_calls.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/audit/trail.h"
#include "formats/wire/events_reader.h"

namespace chartline::server {
namespace {

constexpr std::uint32_t entries_max = 10'000;  // of one answer

struct Entries {
  std::vector<engine::AuditRecord> records;
  std::vector<engine::AuditHead> heads;
};

void write(const engine::AuditRecord& record, wire::AuditLine::Builder into) {
  const engine::AuditEntry& entry = record.entry;
  into.setShard(record.shard);
  into.setNumber(record.number);
  into.setAt(entry.at);
  into.setAct(std::string(name(entry.act)));
  into.setOutcome(std::string(name(entry.outcome)));
  if (entry.fault) into.setFault(std::string(name(*entry.fault)));
  into.setWho(entry.who);
  into.setRole(entry.role);
  into.setOrganisation(entry.organisation);
  into.setPurpose(entry.purpose);
  into.setProject(entry.project);
  into.setSession(entry.session);
  into.setPatients(static_cast<std::uint32_t>(entry.patients.size()));
  into.setEveryone(entry.everyone);
  into.setRows(entry.rows);
  into.setBreakGlass(entry.break_glass);
}

void write(const std::vector<engine::AuditRecord>& records, capnp::List<wire::AuditLine>::Builder into) {
  for (unsigned i = 0; i < into.size(); ++i) write(records[i], into[i]);
}

// A patient may ask about the own record, whoever watches over the log about everyone's.
Result<void> may_report(const Holder& holder) {
  const auto watches = holder.require(engine::Right::read_audit);
  const bool is_patient = holder.grant && holder.grant->role == engine::Role::patient;
  return is_patient ? Result<void>() : watches;
}

}  // namespace

kj::Promise<void> audit_entries(HolderPtr holder, AuditEntriesCall context) {
  const auto params = context.getParams();
  const engine::AuditFilter filter{.shard = params.getShard(), .first = std::max<std::uint64_t>(1, params.getFirst())};
  const std::uint32_t limit = params.getLimit() == 0 ? entries_max : std::min(params.getLimit(), entries_max);
  auto work = [holder, filter, limit]() -> Result<Entries> {
    Entries found{.records = {}, .heads = holder->services.store.audit_heads()};
    bool full = false;
    const auto take = [&](const engine::AuditRecord& record) -> Result<void> {
      if (found.records.size() == limit) return full = true, busy("enough");
      found.records.push_back(record);
      return {};
    };
    const auto read = engine::read_audit(holder->services.store, filter, take);
    if (!read && !full) return read.error();
    return found;
  };
  return holder->services.workers.run(Lane::scan, std::move(work)).then([holder, context](Entries found) mutable {
    auto results = context.getResults();
    write(found.records, results.initEntries(static_cast<unsigned>(found.records.size())));
    auto heads = results.initHeads(static_cast<unsigned>(found.heads.size()));
    for (unsigned i = 0; i < heads.size(); ++i) heads.set(i, text(found.heads[i]));
    engine::AuditEntry entry = holder->entry(engine::Act::read_audit);
    entry.rows = found.records.size();
    return holder->enter(std::move(entry));
  });
}

kj::Promise<void> audit_report(HolderPtr holder, AuditReportCall context) {
  if (const auto may = may_report(*holder); !may) return to_exception(may.error());
  std::string patient(wire::view(context.getParams().getPatient()));
  context.releaseParams();
  auto work = [holder, patient = std::move(patient)]() -> Result<std::vector<engine::AuditRecord>> {
    // Who watches over the log sees nobody's record, and may still be asked by anybody about it.
    const bool watches = holder->require(engine::Right::read_audit).has_value();
    const engine::View view = watches ? holder->services.store.view() : holder->view();
    const auto found = TRY(view.find(patient));
    if (!found) return not_found("no patient is seen under this identifier");
    return engine::audit_report(holder->services.store, *found);
  };
  return holder->services.workers.run(Lane::scan, std::move(work))
      .then([holder, context](std::vector<engine::AuditRecord> records) mutable {
        write(records, context.getResults().initEntries(static_cast<unsigned>(records.size())));
        engine::AuditEntry entry = holder->entry(engine::Act::read_audit);
        entry.rows = records.size();
        return holder->enter(std::move(entry));
      });
}

}  // namespace chartline::server
