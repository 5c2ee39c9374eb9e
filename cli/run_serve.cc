// Serving a store until the process is told to end.
#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/runs.h"
#include "engine/trust/policy.h"
#include "server/log.h"
#include "server/notify.h"
#include "server/policy_door.h"
#include "server/server.h"

namespace chartline::cli {
namespace {

using server::Admission;

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

Result<std::optional<server::Tokens>> tokens_of(const Invocation& invocation) {
  const auto keys = invocation.given("token-keys");
  if (!keys) return std::optional<server::Tokens>();
  server::TokenOptions options;
  options.algorithms = TRY(server::parse_algorithms(invocation.text("token-algorithms")));
  options.issuer = invocation.given("token-issuer").value_or("");
  options.audience = invocation.given("token-audience").value_or("");
  options.keys = TRY(server::read_token_keys(*keys));
  return std::optional(TRY(server::Tokens::make(std::move(options))));
}

// What the files say now: read at start, and again on SIGHUP.
Result<std::shared_ptr<const Admission>> admission_of(const Invocation& invocation) {
  const auto policy = invocation.given("policy");
  if (!policy)
    return advise(invalid_request("who may see what? --policy FILE says it"),
                  "on one's own machine, --open lets in everyone who reaches it");
  auto admission = std::make_shared<Admission>();
  admission->policy = std::make_shared<const engine::Policy>(TRY(engine::Policy::load(*policy)));
  admission->tokens = TRY(tokens_of(invocation));
  if (const auto users = invocation.given("users")) admission->users = TRY(server::Users::open(*users));
  if (!admission->tokens && !admission->users)
    return advise(invalid_request("how does anybody prove who they are? --users FILE, or --token-keys PATH"),
                  "make a user with: chartline user add");
  return std::shared_ptr<const Admission>(std::move(admission));
}

Result<server::ServerOptions> server_options(const Invocation& invocation) {
  server::ServerOptions options;
  options.listen = invocation.text("listen");
  options.http_listen = invocation.given("http-listen").value_or("");
  options.backups = invocation.given("backups").value_or("");
  options.audit = *server::parse_audit_mode(invocation.text("server-audit"));
  if (const auto certificate = invocation.given("tls-certificate")) {
    const auto key = invocation.given("tls-key");
    if (!key) return invalid_request("--tls-certificate needs the key to it: --tls-key FILE");
    options.tls = {.certificate = *certificate, .key = *key, .client_ca = invocation.given("tls-client-ca").value_or("")};
  }
  server::Limits& limits = options.limits;
  limits.idle_seconds = static_cast<std::uint32_t>(invocation.number("idle-seconds"));
  limits.connections = invocation.number("connections-max");
  limits.calls = invocation.number("calls-max");
  limits.objects = invocation.number("objects-max");
  limits.message_bytes = limits.ingest_bytes = invocation.number("message-bytes-max");
  limits.query_seconds = static_cast<std::uint32_t>(invocation.number("query-seconds-max"));
  limits.query_memory_bytes = invocation.number("query-memory-max");
  limits.session_seconds = static_cast<std::uint32_t>(invocation.number("session-seconds-max"));
  options.drain_seconds = static_cast<std::uint32_t>(invocation.number("drain-seconds"));
  return options;
}

// Who comes in, by the files or by --open.
struct Keeper {
  std::unique_ptr<server::Doorkeeper> door;
  server::PolicyDoor* by_policy = nullptr;
};

Result<Keeper> keeper_of(const Invocation& invocation, engine::Store& store, const server::ServerOptions& options) {
  if (!invocation.on("open")) {
    auto door =
        std::make_unique<server::PolicyDoor>(store, TRY(admission_of(invocation)), options.limits.session_seconds);
    server::PolicyDoor* const by_policy = door.get();
    return Keeper{std::move(door), by_policy};
  }
  if (!server::is_loopback(options.listen))
    return invalid_request("--open lets in everyone: that is for addresses of this machine, as 127.0.0.1:7411");
  for (const std::string file : {"policy", "users", "token-keys"})
    if (invocation.setting(file).origin == "flag")
      return invalid_request("--open lets in everyone, whatever --" + file + " says: one of them is to be left out");
  return Keeper{std::make_unique<server::OpenDoor>(), nullptr};
}

// Where a file is wrong, what was read before stays in use.
void reload(const Invocation& invocation, const Keeper& keeper, server::Server& server, server::Log& log,
            Console& console) {
  if (const auto certificate = server.reload(); !certificate)
    console.say("not reloaded: " + certificate.error().message);
  if (!keeper.by_policy) return;
  auto admission = admission_of(invocation);
  if (!admission) return console.say("not reloaded: " + admission.error().message);
  keeper.by_policy->replace(std::move(admission).value());
  server.end_sessions();
  log.write(server::LogLevel::info, server::LogEvent::reloaded);
  console.note("reloaded: sessions log in again");
}

}  // namespace

Result<void> run_serve(const Invocation& invocation, Console& console) {
  const Signals signals;
  server::ServerOptions options = TRY(server_options(invocation));
  SystemClock clock;
  server::Log log(clock, {.least = server::parse_log_level(invocation.text("log-level"))});
  options.log = &log;
  const auto store = TRY(open_store(invocation, Access::write));
  const Keeper keeper = TRY(keeper_of(invocation, *store, options));
  const auto server = TRY(server::Server::start(*store, *keeper.door, options));
  const char* socket = std::getenv("NOTIFY_SOCKET");
  const server::Notifier manager(socket ? socket : "");
  manager.tell("READY=1");
  log.write(server::LogLevel::info, server::LogEvent::listening,
            {{server::LogField::port, std::uint64_t{server->port()}}});
  console.say(fmt::format("listening on {} (port {})", options.listen, server->port()));
  if (server->http_port() != 0) console.say(fmt::format("metrics and health on port {}", server->http_port()));
  while (signals.next() == SIGHUP) reload(invocation, keeper, *server, log, console);
  manager.tell("STOPPING=1");
  console.note("ending: what is under way may finish");
  server->stop();
  log.write(server::LogLevel::info, server::LogEvent::stopped);
  return {};
}

}  // namespace chartline::cli
