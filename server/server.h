// A Server: one loop for the wire, workers for the engine.
//
//   auto server = TRY(Server::start(*store, keeper, {.listen = "127.0.0.1:7411"}));
//   ... server->port() ...
//   server->stop();        // takes no new connections, lets what is under way end, then closes
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/store.h"
#include "server/auditor.h"
#include "server/doorkeeper.h"
#include "server/limits.h"
#include "server/listen.h"
#include "server/log.h"

namespace chartline::server {

struct ServerOptions {
  std::string listen = "127.0.0.1:7411";  // HOST:PORT; port 0: one that is free; unix:PATH
  std::optional<TlsOptions> tls{};        // needed as soon as others than this machine could reach the address
  Limits limits{};
  unsigned write_threads = 64;
  std::size_t waiting_max = 4096;  // calls of a kind that wait for a thread; beyond it they end `busy`
  std::string http_listen{};       // where metrics and health are told; "" for nowhere
  std::string backups{};           // the folder that operators may back up into; "" for none
  std::uint32_t drain_seconds = 10;
  AuditMode audit = AuditMode::on;
  Clock* clock = nullptr;  // null: the system's
  Log* log = nullptr;      // null: nobody reads one
};

class Server {
 public:
  // Returns when it listens. invalid_request for an address that is none, and for one beyond this machine without TLS;
  // unavailable for one that is taken.
  static Result<std::unique_ptr<Server>> start(engine::Store& store, Doorkeeper& keeper, const ServerOptions& options);
  ~Server();  // stop()

  // Reads the certificate again: for connections from now on. Where a file is wrong, what was read before stays in use.
  Result<void> reload();
  std::uint16_t port() const;
  std::uint16_t http_port() const;  // 0 where metrics are told nowhere
  void end_sessions();              // all of them, at once: who wants to go on logs in again
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::server
