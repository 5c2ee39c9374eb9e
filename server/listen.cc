#include "server/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

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

void take_away_left_socket(const std::string& address) {
  constexpr std::string_view prefix = "unix:";
  sockaddr_un to{.sun_family = AF_UNIX, .sun_path = {}};
  if (!address.starts_with(prefix) || address.size() - prefix.size() >= sizeof to.sun_path) return;
  std::copy(address.begin() + prefix.size(), address.end(), to.sun_path);
  struct stat about {};
  if (::lstat(to.sun_path, &about) != 0 || !S_ISSOCK(about.st_mode)) return;
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client < 0) return;
  const bool nobody = ::connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno == ECONNREFUSED;
  if (nobody) ::unlink(to.sun_path);
  ::close(client);
}

Result<void> check_listen(std::string_view address, bool has_tls) {
  if (has_tls || is_loopback(address)) return {};
  return invalid_request(
      std::string(address) +
      ": others than this machine could reach it, so it needs TLS\nset tls-certificate and tls-key, or listen "
      "on 127.0.0.1, [::1] or unix:PATH");
}

}  // namespace chartline::server
