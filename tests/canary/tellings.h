// Tellings: what servers tell while tests run - logs, metrics, errors - kept in the folder CHARTLINE_TELLINGS, where the canary is
// searched for once all of them have run (search.sh). Without the variable nothing is kept.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace chartline {

// An identifier, a name and a value that tests write into records, and nothing may tell.
inline constexpr std::string_view canary = "ptarmigan";

// A file of this process, to be closed by whoever asked; -1 where nothing is kept.
inline int open_telling(const std::string& kind) {
  const char* const folder = std::getenv("CHARTLINE_TELLINGS");
  if (folder == nullptr) return -1;
  const std::string path = std::string(folder) + "/" + kind + "-" + std::to_string(getpid()) + ".txt";
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

inline void keep_telling(const std::string& kind, std::string_view text) {
  const int file = open_telling(kind);
  if (file < 0) return;
  (void)!write(file, text.data(), text.size());
  (void)!write(file, "\n", 1);
  close(file);
}

inline bool is_whole(const std::string& answer) {
  constexpr std::string_view length = "Content-Length: ";
  const std::size_t end = answer.find("\r\n\r\n"), at = answer.find(length);
  if (end == std::string::npos || at > end) return false;
  return answer.size() >= end + 4 + static_cast<std::size_t>(std::atoll(answer.c_str() + at + length.size()));
}

// What a server tells of itself over HTTP; "" where it does not answer.
inline std::string metrics_at(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  constexpr std::string_view request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      write(connection, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    // The server closes the connection some seconds later.
    for (ssize_t size; !is_whole(answer) && (size = read(connection, buffer, sizeof buffer)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(size));
  }
  close(connection);
  return answer;
}

}  // namespace chartline
