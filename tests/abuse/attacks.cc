#include "tests/abuse/attacks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "tests/abuse/served_program.h"
#include "tests/server/rpc_messages.h"

namespace chartline::abuse {
namespace {

using server::login_messages;
using server::prepare_call;
using server::timeline_call;

void pause(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

class Socket {
 public:
  explicit Socket(std::uint16_t port) : number_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET, to.sin_port = htons(port), to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_open_ = number_ >= 0 && ::connect(number_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  Socket(Socket&& other) noexcept : number_(other.number_), is_open_(other.is_open_) { other.number_ = -1; }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // What does not go out at once stays behind: an attacker does not wait.
  bool send(std::string_view bytes) {
    while (is_open_ && !bytes.empty()) {
      const auto sent = ::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return is_open_;
  }
  // Takes what comes for so long, or until the other side has closed.
  bool is_closed_within(int milliseconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    for (std::array<char, 65536> bytes; is_open_;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
      pollfd wanted{number_, POLLIN, 0};
      if (left <= 0 || ::poll(&wanted, 1, static_cast<int>(left)) <= 0) return false;
      if (::recv(number_, bytes.data(), bytes.size(), 0) <= 0) return true;
    }
    return true;
  }
  void reset_on_close() {
    const linger now{1, 0};
    ::setsockopt(number_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int number_;
  bool is_open_ = false;
};

std::string some_bytes(std::mt19937_64& chance, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(chance());
  return bytes;
}

std::string head(std::uint32_t segments_less_one, std::uint32_t words) {
  const std::uint32_t numbers[2] = {segments_less_one, words};
  return {reinterpret_cast<const char*>(numbers), sizeof numbers};
}

// One word after another, each a pointer to a struct whose only pointer is the next.
std::string nested_structs(std::uint32_t depth) {
  std::string words = head(0, depth);
  for (std::uint32_t i = 0; i < depth; ++i) {
    const std::uint64_t pointer = std::uint64_t{1} << 48;
    words.append(reinterpret_cast<const char*>(&pointer), sizeof pointer);
  }
  return words;
}

std::string any_patient(const Target& target, std::mt19937_64& chance) {
  return target.patients[chance() % target.patients.size()];
}

std::size_t send_slowly(const Target& target, std::mt19937_64& chance, int seconds) {
  const std::string said = (chance() % 2 ? login_messages() : std::string()) + head(0, 4000) + std::string(4000, '\0');
  Socket socket(target.port);
  std::size_t at = chance() % said.size() / 2;
  socket.send(std::string_view(said).substr(0, at));
  for (int i = 0; i < seconds * 10 && at < said.size(); ++i, ++at) {
    if (!socket.send(std::string_view(said).substr(at, 1))) break;
    pause(100);
  }
  return 1;
}

std::size_t read_slowly(const Target& target, std::mt19937_64& chance, int seconds) {
  Socket socket(target.port);
  socket.send(login_messages());
  for (std::uint32_t question = 2; question < 400; ++question)
    if (!socket.send(timeline_call(question, any_patient(target, chance)))) break;
  pause(seconds * 1000);
  return 1;
}

std::size_t send_huge(const Target& target, std::mt19937_64& chance) {
  const std::array<std::string, 6> heads = {head(0, 0xffffffff),
                                            head(0xffffffff, 1),
                                            head(511, 0x7fffffff),
                                            head(0, 0x80000),
                                            head(0, message_bytes_max / 8 + 1),
                                            head(0x1000, 0)};
  std::size_t made = 0;
  for (const std::string& claims : heads) {
    Socket socket(target.port);
    ++made;
    if (chance() % 2) socket.send(login_messages()), pause(20);
    socket.send(claims + std::string(4096, '\0'));
    socket.is_closed_within(200);
  }
  // As large as may be, never finished: what they claim together is bounded.
  std::vector<Socket> all;
  for (int i = 0; i < 30; ++i) {
    Socket& socket = all.emplace_back(target.port);
    socket.send(login_messages());
    pause(2);
    socket.send(head(0, message_bytes_max / 8 - 8) + std::string(100'000, '\0'));
  }
  pause(500);
  return made + all.size();
}

std::size_t send_deep(const Target& target, std::mt19937_64& chance) {
  Socket socket(target.port);
  socket.send(login_messages());
  pause(50);
  switch (chance() % 3) {
    case 0: socket.send(nested_structs(100'000)); break;
    case 1: socket.send(prepare_call(2, "count " + std::string(200'000, '(') + "true")); break;
    default:
      socket.send(prepare_call(
          2, "count " + [] {
            std::string nots;
            for (int i = 0; i < 50'000; ++i) nots += "not ";
            return nots;
          }() + "true"));
  }
  socket.is_closed_within(1000);
  return 1;
}

std::size_t open_many(const Target& target, std::mt19937_64& chance) {
  std::vector<Socket> all;
  for (int i = 0; i < connections_max + 100; ++i) all.emplace_back(target.port);
  for (Socket& socket : all)
    if (chance() % 4 == 0) socket.send(login_messages());
  pause(300);
  return all.size();
}

std::size_t send_noise(const Target& target, std::mt19937_64& chance) {
  for (int i = 0; i < 10; ++i) {
    Socket socket(target.port);
    if (chance() % 2) socket.send(login_messages());
    std::string bytes = some_bytes(chance, 8 * (1 + chance() % 500));
    if (chance() % 2) bytes = head(0, static_cast<std::uint32_t>(bytes.size() / 8)) + bytes;
    socket.send(bytes);
    socket.is_closed_within(100);
  }
  return 10;
}

std::size_t break_off(const Target& target, std::mt19937_64& chance) {
  for (int i = 0; i < 30; ++i) {
    Socket socket(target.port);
    if (chance() % 2) socket.reset_on_close();
    const std::string said =
        login_messages() + timeline_call(2, any_patient(target, chance)) + prepare_call(3, "list true");
    socket.send(std::string_view(said).substr(0, chance() % (said.size() + 1)));
    if (chance() % 2) pause(static_cast<int>(chance() % 10));
  }
  return 30;
}

std::size_t flood(const Target& target, std::mt19937_64& chance) {
  Socket socket(target.port);
  std::string said = login_messages();
  for (std::uint32_t question = 2; question < 1000; ++question)
    said += timeline_call(question, any_patient(target, chance));
  socket.send(said);
  socket.is_closed_within(2000);
  return 1;
}

std::size_t attack_http(const Target& target, std::mt19937_64& chance, int seconds) {
  const std::array<std::string, 4> heads = {
      "GET /metrics HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n" + some_bytes(chance, 300)};
  for (const std::string& said : heads) {
    Socket socket(target.http_port);
    socket.send(said);
    socket.is_closed_within(100);
  }
  Socket endless(target.http_port);
  endless.send("GET /metrics HTTP/1.1\r\nX: ");
  for (int i = 0; i < seconds * 10 && endless.send("a"); ++i) pause(100);
  return heads.size() + 1;
}

}  // namespace

std::string_view name(Attack attack) {
  constexpr std::array<std::string_view, attack_count> names = {
      "idle", "slow senders", "slow readers", "huge", "deep", "many", "noise", "disconnects", "floods", "http"};
  return names[static_cast<std::size_t>(attack)];
}

std::size_t attack(Attack which, const Target& target, std::mt19937_64& chance, int seconds) {
  switch (which) {
    case Attack::idle: {
      Socket socket(target.port);
      socket.is_closed_within(seconds * 1000);
      return 1;
    }
    case Attack::slow_sender: return send_slowly(target, chance, seconds);
    case Attack::slow_reader: return read_slowly(target, chance, seconds);
    case Attack::huge: return send_huge(target, chance);
    case Attack::deep: return send_deep(target, chance);
    case Attack::many: return open_many(target, chance);
    case Attack::noise: return send_noise(target, chance);
    case Attack::disconnect: return break_off(target, chance);
    case Attack::flood: return flood(target, chance);
    case Attack::http: return attack_http(target, chance, seconds);
  }
  return 0;
}

}  // namespace chartline::abuse
