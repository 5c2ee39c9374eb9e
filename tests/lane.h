// What every lane shares: how much is tried, from which seed, and the line that tells of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace chartline {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// CHARTLINE_SEED replays a run. A lane's seed never changes, so that every run of the tests tries the same; a soak takes a
// new one from the clock.
inline std::uint64_t lane_seed() { return number_from("CHARTLINE_SEED", 1); }
inline std::uint64_t soak_seed() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return number_from("CHARTLINE_SEED", static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count()) % 1'000'000'000);
}

class Lane {
 public:
  Lane(std::string name, std::uint64_t seed) : name_(std::move(name)), seed_(seed) {}
  void tell(const std::string& figures) const {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun_;
    std::printf("lane %s: %s, seed %llu, %.1f s\n", name_.c_str(), figures.c_str(),
                static_cast<unsigned long long>(seed_), spent.count());
    std::fflush(stdout);
  }

 private:
  std::string name_;
  std::uint64_t seed_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace chartline
