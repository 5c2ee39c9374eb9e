#include "formats/synth/random.h"

#include <algorithm>

namespace chartline::synth {
namespace {

constexpr std::uint64_t square_root(std::uint64_t n) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit; bit >>= 1)
    if ((root + bit) * (root + bit) <= n) root += bit;
  return root;
}

// 2^(1/2), 2^(1/4), ... 2^(1/65536), with 31 binary digits behind the point.
constexpr std::array<std::uint64_t, 16> make_roots() {
  std::array<std::uint64_t, 16> roots{};
  std::uint64_t power = std::uint64_t{1} << 32;  // 2
  for (std::uint64_t& root : roots) root = power = square_root(power << 31);
  return roots;
}

}  // namespace

Fixed Random::normal() {
  Fixed sum = 0;
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t bits = next();
    sum += static_cast<Fixed>((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48));
  }
  return sum - 6 * 0xFFFF;
}

Fixed Random::log_normal(Fixed sigma) {
  // The mean of 2^(sigma n) is 2^(sigma^2 ln 2 / 2).
  constexpr Fixed half_ln_2 = 22'713;
  const Fixed mean = ((sigma * sigma) / one * half_ln_2) / one;
  return exp2(sigma * normal() / one - mean);
}

Fixed exp2(Fixed x) {
  static constexpr auto roots = make_roots();
  const Fixed floor = x >> 16;
  const auto fraction = static_cast<std::uint64_t>(x & 0xFFFF);
  std::uint64_t power = std::uint64_t{1} << 31;
  for (unsigned i = 0; i < 16; ++i)
    if (fraction >> (15 - i) & 1) power = (power * roots[i]) >> 31;
  const Fixed shift = floor + 16 - 31;
  return static_cast<Fixed>(shift >= 0 ? power << shift : power >> std::min<Fixed>(-shift, 63));
}

Zipf::Zipf(std::uint32_t n, std::uint32_t flatness) {
  std::vector<std::uint64_t> sums;
  std::uint64_t sum = 0;
  for (std::uint64_t rank = 0; rank < n; ++rank)
    sums.push_back(sum += (std::uint64_t{1} << 40) / (rank + 1 + flatness));
  for (const std::uint64_t each : sums)
    cumulative_.push_back(static_cast<std::uint32_t>((each >> 16) * 0xFFFFFFFF / (sum >> 16)));
}

std::uint32_t Zipf::pick(Random& random) const {
  const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), random.word());
  return static_cast<std::uint32_t>(
      std::min<std::ptrdiff_t>(at - cumulative_.begin(), static_cast<std::ptrdiff_t>(cumulative_.size()) - 1));
}

}  // namespace chartline::synth
