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
#include "server/cursors.h"
#include "server/event_pages.h"
#include "server/limits.h"
#include "server/workers.h"

namespace chartline::server {

struct Services {
  engine::Store& store;
  Workers& workers;
  Cursors& cursors;
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
  std::string user, role, purpose, project;
  std::shared_ptr<const engine::Grant> grant;  // null: everything
  Micros until = INT64_MAX;

  Result<void> require(engine::Right right) const { return grant ? grant->require(right) : Result<void>(); }
  // What the session may see; of the present where `as_of` is INT64_MAX.
  engine::View view(Micros as_of = INT64_MAX) const {
    const engine::View whole = services.store.view_as_of(as_of);
    return grant ? whole.narrowed(grant) : whole;
  }
};
using HolderPtr = std::shared_ptr<const Holder>;

}  // namespace chartline::server
