// Serving a store until the process is told to end.
#include <fmt/format.h>
#include <signal.h>

#include <optional>

#include "cli/open_store.h"
#include "cli/runs.h"
#include "server/server.h"

namespace chartline::cli {
namespace {

// SIGINT, SIGTERM and SIGHUP are waited for, by this thread alone: blocked before others are started.
class Signals {
 public:
  Signals() {
    sigemptyset(&awaited_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&awaited_, signal);
    pthread_sigmask(SIG_BLOCK, &awaited_, nullptr);
  }
  int next() const {
    int signal = 0;
    while (sigwait(&awaited_, &signal) != 0) {
    }
    return signal;
  }

 private:
  sigset_t awaited_{};
};

}  // namespace

Result<void> run_serve(const Invocation& invocation, Console& console) {
  const Signals signals;
  if (!invocation.on("open"))
    return unsupported("who may come in? --open lets in everyone on this machine; users and policies are yet to come");
  const auto store = TRY(open_store(invocation, Access::write));
  server::OpenDoor door;
  server::ServerOptions options;
  options.listen = invocation.text("listen");
  const auto server = TRY(server::Server::start(*store, door, options));
  console.say(fmt::format("listening on {} (port {})", options.listen, server->port()));
  while (signals.next() == SIGHUP) {
  }
  console.note("ending: what is under way may finish");
  server->stop();
  return {};
}

}  // namespace chartline::cli
