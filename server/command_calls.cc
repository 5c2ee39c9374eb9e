#include "server/command_calls.h"

#include <atomic>
#include <utility>

#include "engine/about_store.h"
#include "engine/maintenance.h"
#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"

namespace chartline::server {
namespace {

using Figures = std::vector<std::pair<std::string, std::uint64_t>>;

void write(const Figures& figures, capnp::List<wire::Figure>::Builder into) {
  for (unsigned i = 0; i < into.size(); ++i) {
    into[i].setName(figures[i].first);
    into[i].setValue(figures[i].second);
  }
}

void write(const std::vector<std::uint64_t>& position, capnp::List<std::uint64_t>::Builder into) {
  for (unsigned i = 0; i < into.size(); ++i) into.set(i, position[i]);
}

Figures figures_of(const engine::CheckReport& report) {
  return {{"patients", report.patients},       {"events", report.events},
          {"past_events", report.past_events}, {"runs", report.runs},
          {"postings", report.postings},       {"posting_runs", report.posting_runs},
          {"log_records", report.log_records}, {"unfolded_commits", report.unfolded_commits}};
}

// Whether anybody still waits for the work.
struct Waited {
  std::atomic<bool> by_someone{true};
};

}  // namespace

kj::Promise<void> position(HolderPtr holder, PositionCall context) {
  const std::vector<std::uint64_t> now = holder->view().position();
  write(now, context.getResults().initPosition(static_cast<unsigned>(now.size())));
  return kj::READY_NOW;
}

kj::Promise<void> identifiers(HolderPtr holder, IdentifiersCall context) {
  struct Found {
    record::Arena room;
    std::vector<record::Identifier> identifiers;
    engine::PatientRef patient;
  };
  auto work = [holder,
               patient = std::string(wire::view(context.getParams().getPatient()))]() -> Result<std::unique_ptr<Found>> {
    const engine::View view = holder->view();
    const auto ref = TRY(view.find(patient));
    if (!ref) return not_found("no patient is seen under this identifier");
    auto found = std::make_unique<Found>();
    found->identifiers = TRY(view.identifiers(*ref, found->room));
    found->patient = *ref;
    return found;
  };
  return holder->services.workers.run(Lane::read, std::move(work)).then([holder, context](std::unique_ptr<Found> found) mutable {
    auto into = context.getResults().initIdentifiers(static_cast<unsigned>(found->identifiers.size()));
    for (unsigned i = 0; i < into.size(); ++i) wire::write(found->identifiers[i], into[i]);
    engine::AuditEntry entry = holder->entry(engine::Act::find_patient);
    entry.patients = {found->patient};
    return holder->enter(std::move(entry));
  });
}

kj::Promise<void> code_systems(HolderPtr holder, CodeSystemsCall context) {
  auto work = [holder, code = std::string(wire::view(context.getParams().getCode()))]() -> Result<std::set<std::string>> {
    return engine::code_systems(holder->view(), code);
  };
  return holder->services.workers.run(Lane::scan, std::move(work)).then([context](std::set<std::string> systems) mutable {
    auto into = context.getResults().initSystems(static_cast<unsigned>(systems.size()));
    unsigned i = 0;
    for (const std::string& system : systems) into.set(i++, system);
  });
}

kj::Promise<void> figures(HolderPtr holder, FiguresCall context) {
  auto work = [holder]() -> Result<Figures> { return engine::figures(holder->services.store.stats()); };
  return holder->services.workers.run(Lane::read, std::move(work)).then([context](Figures all) mutable {
    write(all, context.getResults().initFigures(static_cast<unsigned>(all.size())));
  });
}

kj::Promise<void> check_store(HolderPtr holder, CheckCall context) {
  auto waited = std::make_shared<Waited>();
  auto work = [holder, waited, deep = context.getParams().getDeep()] {
    return engine::check(holder->services.store, {.deep = deep, .progress = [waited](std::uint64_t, std::uint64_t) {
                                                    return waited->by_someone.load();
                                                  }});
  };
  return holder->services.workers.run(Lane::scan, std::move(work))
      .then([context](engine::CheckReport report) mutable {
        auto into = context.getResults().initReport();
        const Figures all = figures_of(report);
        write(all, into.initFigures(static_cast<unsigned>(all.size())));
        auto findings = into.initFindings(static_cast<unsigned>(report.findings.size()));
        for (unsigned i = 0; i < findings.size(); ++i) findings.set(i, report.findings[i]);
        into.setFindingsLeftOut(report.findings_left_out);
      })
      .attach(kj::defer([waited] { waited->by_someone = false; }));
}

kj::Promise<void> back_up(HolderPtr holder, BackupCall context) {
  if (holder->services.backups.empty())
    return to_exception(unsupported("this server was started without a folder of backups: serve --backups DIR"));
  auto waited = std::make_shared<Waited>();
  auto work = [holder, waited] {
    return engine::backup(holder->services.store, holder->services.backups,
                          [waited](std::uint64_t, std::uint64_t) { return waited->by_someone.load(); });
  };
  return holder->services.workers.run(Lane::scan, std::move(work))
      .then([holder, context](engine::BackupReport report) mutable {
        auto into = context.getResults().initReport();
        into.setName(report.name);
        write(report.position, into.initPosition(static_cast<unsigned>(report.position.size())));
        const Figures all = {{"files", report.files},
                             {"bytes", report.bytes},
                             {"new_files", report.new_files},
                             {"new_bytes", report.new_bytes}};
        write(all, into.initFigures(static_cast<unsigned>(all.size())));
        engine::AuditEntry entry = holder->entry(engine::Act::backup);
        entry.text = report.name;
        return holder->enter(std::move(entry));
      })
      .attach(kj::defer([waited] { waited->by_someone = false; }));
}

}  // namespace chartline::server
