// A Proxy stands between a client and a server, passes bytes on, and does what networks do: it cuts, after so many bytes of either
// direction, or at once; or it changes some of the bytes that the server sends.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <functional>
#include <string>
#include <thread>

namespace chartline::client {

class Proxy {
 public:
  struct Faults {
    std::size_t cut_after_sent = SIZE_MAX;                                // bytes of the client
    std::size_t cut_after_received = SIZE_MAX;                            // bytes of the server
    std::function<void(std::string& bytes, std::size_t offset)> spoil{};  // of the server; the offset of the first
  };

  Proxy(std::uint16_t port, Faults faults) : to_(port), faults_(std::move(faults)) {
    listening_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listening_, 8), 0);
    socklen_t size = sizeof address;
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Proxy() {
    ended_ = true;
    thread_.join();
    close(listening_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void cut() { cut_ = true; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void run() {
    while (!ended_) {
      pollfd one{listening_, POLLIN, 0};
      if (poll(&one, 1, 20) > 0) serve(accept(listening_, nullptr, nullptr));
    }
  }

  // One connection after another.
  void serve(int client) {
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(to_);
    std::size_t sent = 0, received = 0;
    if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      while (!ended_ && !cut_ && pass(client, server, sent, received)) {
      }
    }
    close(client), close(server);
    cut_ = false;
  }

  bool pass(int client, int server, std::size_t& sent, std::size_t& received) {
    pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(both, 2, 20) <= 0) return true;
    if (both[0].revents != 0 && !move(client, server, sent, faults_.cut_after_sent, false)) return false;
    return both[1].revents == 0 || move(server, client, received, faults_.cut_after_received, true);
  }

  bool move(int from, int to, std::size_t& count, std::size_t most, bool of_server) {
    std::string bytes(16384, '\0');
    const ssize_t n = read(from, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.resize(std::min(static_cast<std::size_t>(n), most - count));
    if (of_server && faults_.spoil) faults_.spoil(bytes, count);
    count += bytes.size();
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t written = send(to, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (written <= 0) return false;
      at += static_cast<std::size_t>(written);
    }
    return count < most;
  }

  const std::uint16_t to_;
  const Faults faults_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_{false}, cut_{false};
  std::thread thread_;
};

}  // namespace chartline::client
