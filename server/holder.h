// Services: what a server is made of, handed down to all its parts. Holder: who holds a session, and what they may see: everything
// that is reached from a session shares it.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "engine/store.h"
#include "engine/trust/grant.h"
#include "formats/wire/failure.h"
#include "server/auditor.h"
#include "server/committer.h"
#include "server/cursors.h"
#include "server/event_pages.h"
#include "server/instruments.h"
#include "server/limits.h"
#include "server/log.h"
#include "server/traffic.h"
#include "server/workers.h"

namespace chartline::server {

// The end of all sessions at once: when the policy has changed.
class Sessions {
 public:
  Sessions() : Sessions(kj::newPromiseAndFulfiller<void>()) {}
  kj::Promise<void> ended() { return ended_.addBranch(); }
  void end() {
    end_->fulfill();
    auto next = kj::newPromiseAndFulfiller<void>();
    end_ = kj::mv(next.fulfiller);
    ended_ = next.promise.fork();
  }

 private:
  explicit Sessions(kj::PromiseFulfillerPair<void> pair) : end_(kj::mv(pair.fulfiller)), ended_(pair.promise.fork()) {}
  kj::Own<kj::PromiseFulfiller<void>> end_;
  kj::ForkedPromise<void> ended_;
};

struct Services {
  engine::Store& store;
  Workers& workers;
  Cursors& cursors;
  Auditor& auditor;
  Committer& committer;
  Sessions& sessions;
  Traffic& traffic;
  Instruments& instruments;
  Log* log;  // null: nobody reads one
  Clock& clock;
  const Limits& limits;
  const std::string& backups;  // the folder of backups; "": there is none
  const kj::Executor& loop;    // of the wire
  kj::Timer& timer;
  Scratch& scratch;
  kj::TaskSet& tasks;  // what goes on though nobody waits for it
};

// Whoever holds what it gives keeps the connection open though nothing moves on it.
using Hold = std::function<std::shared_ptr<const void>()>;

struct Holder {
  Services& services;
  Hold hold;
  std::shared_ptr<ConnectionUse> use;  // of the connection
  std::string user, role, purpose, project;
  std::string session;                         // tells its acts from those of others, in the audit
  std::shared_ptr<const engine::Grant> grant;  // null: everything
  Micros until = INT64_MAX;

  engine::AuditEntry entry(engine::Act act) const {
    engine::AuditEntry entry;
    entry.act = act;
    entry.who = user, entry.role = role, entry.purpose = purpose, entry.project = project, entry.session = session;
    if (!grant) return entry;
    entry.organisation = grant->organisation;
    entry.break_glass = grant->break_glass, entry.reason = grant->reason;
    return entry;
  }
  // Resolves when the entry is kept: then the act may be answered.
  kj::Promise<void> enter(engine::AuditEntry entry) const { return services.auditor.enter(std::move(entry)); }
  // Enters that the act was denied or failed, and fails with the reason.
  kj::Promise<void> fail(engine::Act act, std::string text, kj::Exception&& why) const {
    const Fault fault = wire::read_failure(why.getDescription().cStr()).fault;
    engine::AuditEntry failed = entry(act);
    failed.outcome = fault == Fault::denied ? engine::AuditOutcome::denied : engine::AuditOutcome::failed;
    failed.fault = fault;
    failed.text = std::move(text);
    if (services.log) services.log->write(LogLevel::info, LogEvent::call_failed, {{LogField::fault, fault}});
    return enter(std::move(failed)).then([why = kj::mv(why)]() mutable -> kj::Promise<void> { return kj::mv(why); });
  }
  // Counts one more call, for as long as what it gives is held.
  Result<UnderWay> begin_call() const {
    if (services.traffic.is_ending()) return unavailable("the server is ending: nothing was done");
    if (use->calls >= services.limits.calls) {
      ++services.instruments.calls_busy;
      return busy("this connection has too many calls under way: wait for some of them");
    }
    return UnderWay(services.traffic, use, hold(), &services.instruments.calls);
  }
  // Counts one more object, for as long as what it gives is held.
  Result<HeldObject> hold_object() const {
    if (use->objects >= services.limits.objects) {
      ++services.instruments.objects_busy;
      return busy("this connection holds on to too much: let go of some timelines, queries, runs, ingests or feeds");
    }
    return HeldObject(use);
  }
  // Figures come under disclosure control.
  bool is_controlled() const { return grant && grant->disclosure != engine::Disclosure::none; }
  // Whose cursors are whose: who sees something else goes on with none of them.
  std::string owner() const {
    return user + '\n' + role + '\n' + purpose + '\n' + project + '\n' + (grant ? std::to_string(grant->mark) : "");
  }
  Result<void> require(engine::Right right) const { return grant ? grant->require(right) : Result<void>(); }
  // What the session may see.
  engine::View view() const { return narrowed(services.store.view()); }
  // The rows of it as of an instant; of the present where that is INT64_MAX.
  Result<engine::View> rows_as_of(Micros as_of) const {
    if (grant && as_of != INT64_MAX) TRY(grant->require_past());
    return narrowed(services.store.view_as_of(as_of));
  }
  engine::View narrowed(const engine::View& whole) const { return grant ? whole.narrowed(grant) : whole; }
};
using HolderPtr = std::shared_ptr<const Holder>;

}  // namespace chartline::server
