// TLS for the server's connections: 1.2 or newer, by kj-tls, and with client certificates where an authority for them is named.
//
//   auto tls = TRY(Tls::load({.certificate = "server.pem", .key = "server.key"}, timer));
//   ... tls->accept(kj::mv(stream)) ...      // the handshake; fails after ten seconds
//   ... tls->reload() ...                    // on SIGHUP; connections that are there keep what they were made with
#pragma once

#include <kj/async-io.h>
#include <kj/compat/tls.h>
#include <kj/timer.h>

#include <memory>

#include "server/listen.h"

namespace chartline::server {

class Tls {
 public:
  // An Error names the file that is wrong.
  static Result<std::unique_ptr<Tls>> load(TlsOptions options, kj::Timer& timer);

  kj::Promise<kj::Own<kj::AsyncIoStream>> accept(kj::Own<kj::AsyncIoStream> stream);

  // Reads the files again. Where one is wrong, what was read before stays in use.
  Result<void> reload();

 private:
  Tls(TlsOptions options, kj::Timer& timer) : options_(kj::mv(options)), timer_(timer) {}

  const TlsOptions options_;
  kj::Timer& timer_;
  kj::Own<kj::TlsContext> context_;
};

}  // namespace chartline::server
