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
#include <string>
#include <string_view>

#include "base/result.h"

namespace chartline::server {

// Paths of PEM files.
struct TlsOptions {
  std::string certificate;  // the chain, the server's own first
  std::string key;          // its owner's alone (0600)
  std::string client_ca;    // "" lets in clients without a certificate
};

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

// Whether an address to listen on stays on this machine: 127.0.0.0/8, ::1, and sockets of the file system (unix:PATH). Names do
// not count, "localhost" neither: what a name stands for is decided elsewhere.
bool is_loopback(std::string_view address);

// invalid_request where clients beyond this machine could reach an address without TLS.
Result<void> check_listen(std::string_view address, bool has_tls);

}  // namespace chartline::server
