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
#include "server/auditor.h"
#include "server/cursors.h"
#include "server/event_pages.h"
#include "server/instruments.h"
#include "server/limits.h"
#include "server/log.h"
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
  Sessions& sessions;
  Instruments& instruments;
  Log* log;  // null: nobody reads one
  Clock& clock;
  const Limits& limits;
  const kj::Executor& loop;  // of the wire
  kj::Timer& timer;
  Scratch& scratch;
  kj::TaskSet& tasks;        // what goes on though nobody waits for it
};

// Whoever holds what it gives keeps the connection open though nothing moves on it.
using Hold = std::function<std::shared_ptr<const void>()>;

struct Holder {
  Services& services;
  Hold hold;
  std::shared_ptr<std::size_t> calls;  // of the connection, under way
  std::string user, role, purpose, project;
  std::string session;  // tells its acts from those of others, in the audit
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
  // Enters that the act was refused, and fails with the refusal.
  kj::Promise<void> refuse(engine::Act act, const Error& why) const {
    engine::AuditEntry refused = entry(act);
    refused.outcome = why.fault == Fault::denied ? engine::AuditOutcome::denied : engine::AuditOutcome::failed;
    refused.fault = why.fault;
    if (services.log) services.log->write(LogLevel::info, LogEvent::call_failed, {{LogField::fault, why.fault}});
    return enter(std::move(refused)).then([exception = to_exception(why)]() mutable -> kj::Promise<void> {
      return kj::mv(exception);
    });
  }
  // Figures come under disclosure control.
  bool is_controlled() const { return grant && grant->disclosure != engine::Disclosure::none; }
  // Whose cursors are whose: who sees something else goes on with none of them.
  std::string owner() const {
    return user + '\n' + role + '\n' + purpose + '\n' + project + '\n' + (grant ? std::to_string(grant->mark) : "");
  }
  Result<void> require(engine::Right right) const { return grant ? grant->require(right) : Result<void>(); }
  // What the session may see; of the present where `as_of` is INT64_MAX.
  engine::View view(Micros as_of = INT64_MAX) const {
    const engine::View whole = services.store.view_as_of(as_of);
    return grant ? whole.narrowed(grant) : whole;
  }
};
using HolderPtr = std::shared_ptr<const Holder>;

}  // namespace chartline::server
