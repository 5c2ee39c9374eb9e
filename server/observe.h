// What operators ask a server over HTTP, on a port of its own: /metrics (Prometheus text), /healthz (it runs), /readyz (it takes
// work). GET and HEAD alone, no bodies; every connection goes through the guards of http_guard.h.
#pragma once

#include <kj/async-io.h>
#include <kj/timer.h>

#include <functional>

#include "server/guarded_stream.h"
#include "server/metrics.h"

namespace chartline::server {

struct Health {
  bool ready = true;  // takes work: false while it starts and drains, and where the store is read-only
  Literal why = "ready";
};

struct Observed {
  const Metrics& metrics;
  std::function<Health()> health;
};

// Serves until it is dropped. `observed` is asked on the loop's thread and must not block.
kj::Promise<void> observe(kj::Own<kj::ConnectionReceiver> port, kj::Timer& timer, Observed observed,
                          StreamLimits limits = {.idle = 60 * kj::SECONDS, .grace = 5 * kj::SECONDS});

}  // namespace chartline::server
