// Clients that mean no good. Each attack opens connections of its own, does its worst for some seconds at most, and leaves.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace chartline::abuse {

struct Target {
  std::uint16_t port = 0, http_port = 0;
  std::vector<std::string> patients;  // whose timelines may be asked for
};

enum class Attack : std::uint8_t {
  idle,         // connects and says nothing, until the server has enough
  slow_sender,  // a message at a byte now and then
  slow_reader,  // logs in, asks for much, and takes nothing of it
  huge,         // heads that claim gigabytes, and messages just over what is allowed
  deep,         // pointers and texts nested thousands deep
  many,         // more connections at once than the server takes
  noise,        // random bytes, before and after a login
  disconnect,   // breaks off anywhere, by a reset too
  flood,        // more calls than a connection may have open
  http,         // heads without an end, long ones, two lengths
};
inline constexpr int attack_count = 10;
std::string_view name(Attack attack);

// How many connections it made. `seconds`: how long slow ones take.
std::size_t attack(Attack which, const Target& target, std::mt19937_64& chance, int seconds);

}  // namespace chartline::abuse
