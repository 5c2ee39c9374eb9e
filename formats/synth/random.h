// Chance, in whole numbers: the same seed gives the same draws on every machine and with every compiler. No std::
// distribution and no floating point is used, since neither is the same everywhere.
//
//   Random random(mix(seed, patient));       a stream of its own for each patient, and for each part of a record
//   random.below(6), random.chance(70'000)   0..5; true in 70,000 cases of a million
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace chartline::synth {

// A seed for one of many: streams of different `which` have nothing to do with one another.
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t which) {
  std::uint64_t z = seed + (which + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// Numbers with 16 binary digits behind the point.
using Fixed = std::int64_t;
inline constexpr Fixed one = 1 << 16;

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return mix(state_ += 0x632BE59BD9B4E019, 0); }
  std::uint32_t word() { return static_cast<std::uint32_t>(next() >> 32); }

  // 0 .. n-1, n up to 2^32.
  std::uint32_t below(std::uint64_t n) { return static_cast<std::uint32_t>((word() * n) >> 32); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + below(static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(std::uint64_t of_a_million) { return below(1'000'000) < of_a_million; }

  // Mean 0, variance 1: a sum of twelve, which reaches no farther than 6.
  Fixed normal();

  // Mean 1, and a long tail to the right. `sigma` is that of the logarithm to the base 2: 1.0 reaches three times the
  // mean in one case of 37, ten times in one of 8,000.
  Fixed log_normal(Fixed sigma);

 private:
  std::uint64_t state_;
};

// 2 to the power of x. x between -16 and 30.
Fixed exp2(Fixed x);

// Ranks 0 .. n-1, each drawn in proportion to 1 / (rank + 1 + flatness).
class Zipf {
 public:
  Zipf(std::uint32_t n, std::uint32_t flatness);
  std::uint32_t pick(Random& random) const;

 private:
  std::vector<std::uint32_t> cumulative_;  // of 2^32
};

}  // namespace chartline::synth
