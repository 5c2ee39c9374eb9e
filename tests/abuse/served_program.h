// The program itself, serving a store of its sample in a process of its own, so that its memory and its open connections can be told.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace chartline::abuse {

class ServedProgram {
 public:
  ServedProgram();   // EXPECTs that it listens
  ~ServedProgram();  // and ends
  ServedProgram(const ServedProgram&) = delete;
  ServedProgram& operator=(const ServedProgram&) = delete;

  std::uint16_t port() const { return port_; }
  std::uint16_t http_port() const { return http_port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  bool is_alive() const;
  std::size_t open_sockets() const;
  std::uint64_t peak_bytes() const;  // resident, at most
  // Asks it to end; its exit code, -1 where a signal ended it.
  int stop();
  // The exit code of another command of the program over the same store.
  int run(const std::string& words) const;

 private:
  std::string folder_;
  pid_t process_ = -1;
  std::uint16_t port_ = 0, http_port_ = 0;
};

inline constexpr int connections_max = 200;
inline constexpr int message_bytes_max = 4 << 20;

}  // namespace chartline::abuse
