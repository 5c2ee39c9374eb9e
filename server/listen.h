// Where a server listens, and by which certificate: what can be said of it without opening a socket.
#pragma once

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

// Whether an address to listen on stays on this machine: 127.0.0.0/8, ::1, and sockets of the file system (unix:PATH). Names do
// not count, "localhost" neither: what a name stands for is decided elsewhere.
bool is_loopback(std::string_view address);

// A socket of the file system (unix:PATH) outlives the server that made it. One on which nobody listens any more is taken away, so
// that it stands in no server's way; anything else at the path stays.
void take_away_left_socket(const std::string& address);

// invalid_request where clients beyond this machine could reach an address without TLS.
Result<void> check_listen(std::string_view address, bool has_tls);

}  // namespace chartline::server
