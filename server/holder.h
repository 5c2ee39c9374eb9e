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
#include "server/cursors.h"
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
  kj::TaskSet& tasks;        // what goes on though nobody waits for it
};

// Whoever holds what it gives keeps the connection open though nothing moves on it.
using Hold = std::function<std::shared_ptr<const void>()>;

struct Holder {
  Services& services;
  Hold hold;
  std::string user, role, purpose, project;
  Micros until = INT64_MAX;

  // Of the present where `as_of` is INT64_MAX.
  engine::View view(Micros as_of = INT64_MAX) const { return services.store.view_as_of(as_of); }
};
using HolderPtr = std::shared_ptr<const Holder>;

}  // namespace chartline::server
