#include "formats/stored/bits.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include <algorithm>
#include <array>

// As in bits_x86.cc: four values at a time within 16 bytes, a table lookup for the bytes and a shift for each lane.
namespace chartline::stored {
namespace {

constexpr unsigned width_max = 25;

struct alignas(16) Places {
  std::array<std::uint8_t, 32> bytes{};
  std::array<std::int32_t, 8> shifts{};  // negative: to the right
};

constexpr std::array<Places, width_max + 1> make_places() {
  std::array<Places, width_max + 1> all{};
  for (unsigned width = 1; width <= width_max; ++width) {
    for (unsigned i = 0; i < 8; ++i) {
      const unsigned bit = i * width - (i < 4 ? 0 : width / 2 * 8);
      for (unsigned b = 0; b < 4; ++b)
        all[width].bytes[i * 4 + b] = static_cast<std::uint8_t>(std::min(bit / 8 + b, 15u));
      all[width].shifts[i] = -static_cast<std::int32_t>(bit % 8);
    }
  }
  return all;
}
constexpr auto places = make_places();

struct Eight {
  uint32x4_t low, high;
};

Eight eight(const char* at, unsigned width) {
  const Places& place = places[width];
  const uint32x4_t mask = vdupq_n_u32((1u << width) - 1);
  const auto half = [&](const char* from, unsigned lane) {
    const uint8x16_t bytes =
        vqtbl1q_u8(vld1q_u8(reinterpret_cast<const std::uint8_t*>(from)), vld1q_u8(place.bytes.data() + lane * 4));
    return vandq_u32(vshlq_u32(vreinterpretq_u32_u8(bytes), vld1q_s32(place.shifts.data() + lane)), mask);
  };
  return {half(at, 0), half(at + width / 2, 4)};
}

template <typename Step>
void for_each_eight(const char* from, const char* end, unsigned width, std::size_t count, Step step) {
  const std::size_t reach = width / 2 + 16;
  const std::size_t available = static_cast<std::size_t>(end - from);
  const std::size_t eights = (count + 7) / 8;
  const std::size_t straight = available < reach ? 0 : std::min(eights, (available - reach) / width + 1);
  std::size_t i = 0;
  for (; i < straight; ++i) step(eight(from + i * width, width), i * 8);
  if (i == eights) return;
  char padded[128] = {};
  std::memcpy(padded, from + i * width, std::min<std::size_t>(available - i * width, reach + width));
  for (const char* at = padded; i < eights; ++i, at += width) step(eight(at, width), i * 8);
}

void unpack32_neon(const char* from, const char* end, unsigned width, std::size_t count, std::uint32_t base,
                   std::uint32_t* out) {
  if (width == 0 || width > width_max) return plain_loops.unpack32(from, end, width, count, base, out);
  const uint32x4_t bases = vdupq_n_u32(base);
  for_each_eight(from, end, width, count, [&](Eight v, std::size_t i) {
    vst1q_u32(out + i, vaddq_u32(v.low, bases));
    vst1q_u32(out + i + 4, vaddq_u32(v.high, bases));
  });
}

void unpack64_neon(const char* from, const char* end, unsigned width, std::size_t count, std::uint64_t base,
                   std::uint64_t* out) {
  if (width == 0 || width > width_max) return plain_loops.unpack64(from, end, width, count, base, out);
  const uint64x2_t bases = vdupq_n_u64(base);
  for_each_eight(from, end, width, count, [&](Eight v, std::size_t i) {
    vst1q_u64(out + i, vaddw_u32(bases, vget_low_u32(v.low)));
    vst1q_u64(out + i + 2, vaddw_u32(bases, vget_high_u32(v.low)));
    vst1q_u64(out + i + 4, vaddw_u32(bases, vget_low_u32(v.high)));
    vst1q_u64(out + i + 6, vaddw_u32(bases, vget_high_u32(v.high)));
  });
}

void sum32_neon(std::uint32_t* values, std::size_t count, std::uint32_t start) {
  const uint32x4_t zero = vdupq_n_u32(0);
  uint32x4_t carry = vdupq_n_u32(start);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    uint32x4_t v = vld1q_u32(values + i);
    v = vaddq_u32(v, vextq_u32(zero, v, 3));
    v = vaddq_u32(v, vextq_u32(zero, v, 2));
    v = vaddq_u32(v, carry);
    vst1q_u32(values + i, v);
    carry = vdupq_laneq_u32(v, 3);
  }
  plain_loops.sum32(values + i, count - i, vgetq_lane_u32(carry, 0));
}

constexpr BitLoops neon = {"neon",
                           unpack32_neon,
                           unpack64_neon,
                           sum32_neon,
                           measure_plain<std::uint32_t>,
                           range_plain<std::uint32_t>,
                           ascend_plain,
                           sum_within_plain,
                           unary_plain<std::uint32_t>};

}  // namespace

const BitLoops* neon_loops() { return &neon; }

}  // namespace chartline::stored

#else

namespace chartline::stored {
const BitLoops* neon_loops() { return nullptr; }
}  // namespace chartline::stored

#endif
