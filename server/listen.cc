#include "server/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace chartline::server {
namespace {

// The host of HOST:PORT, [HOST]:PORT or HOST.
std::string host_of(std::string_view address) {
  if (address.starts_with('[')) return std::string(address.substr(1, std::min(address.find(']'), address.size()) - 1));
  const bool has_port = std::ranges::count(address, ':') == 1;
  return std::string(has_port ? address.substr(0, address.find(':')) : address);
}

}  // namespace

bool is_loopback(std::string_view address) {
  if (address.starts_with("unix:") || address.starts_with("unix-abstract:")) return true;
  const std::string host = host_of(address);
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<void> check_listen(std::string_view address, bool has_tls) {
  if (has_tls || is_loopback(address)) return {};
  return invalid_request(
      std::string(address) +
      ": others than this machine could reach it, so it needs TLS\nset tls-certificate and tls-key, or listen "
      "on 127.0.0.1, [::1] or unix:PATH");
}

}  // namespace chartline::server
