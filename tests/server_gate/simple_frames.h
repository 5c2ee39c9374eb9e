// The simple parser of Cap'n Proto's framing, which judges the follower: all bytes at once, one message after the other.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/frame_guard.h"

namespace chartline::server {

struct FrameVerdict {
  FrameFlaw flaw = FrameFlaw::none;
  std::uint64_t messages = 0;     // whole ones before the flaw or the end
  bool is_between = true;         // at the end, where there is no flaw
  std::uint64_t bytes_known = 0;  // where there is a flaw: it is known with this many bytes, and not with fewer

  bool operator==(const FrameVerdict&) const = default;
};

inline std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return number;
}

inline FrameVerdict judge_frames(std::string_view all, const FrameLimits& limits, std::uint64_t budget_bytes) {
  FrameVerdict verdict;
  std::size_t at = 0;
  const auto flawed = [&](FrameFlaw flaw, std::size_t known) {
    verdict.flaw = flaw;
    verdict.bytes_known = known;
    return verdict;
  };
  for (;;) {
    verdict.is_between = at == all.size();
    if (all.size() - at < 4) return verdict;
    const std::uint64_t segments = std::uint64_t{number_at(all, at)} + 1;
    if (segments == std::uint64_t{1} << 32) return flawed(FrameFlaw::no_segments, at + 4);
    if (segments > limits.segments_max) return flawed(FrameFlaw::too_many_segments, at + 4);
    std::uint64_t words = 0;
    for (std::uint64_t i = 1; i <= segments; ++i) {
      if (all.size() - at < 4 * (i + 1)) return verdict;
      words += number_at(all, at + 4 * i);
      if (words * 8 > limits.message_bytes_max) return flawed(FrameFlaw::too_large, at + 4 * (i + 1));
    }
    if (words == 0) return flawed(FrameFlaw::no_words, at + 4 * (segments + 1));
    const std::size_t head = (4 * (segments + 1) + 7) / 8 * 8;
    if (all.size() - at < head) return verdict;
    if (words * 8 > budget_bytes) return flawed(FrameFlaw::over_budget, at + head);
    if (all.size() - at - head < words * 8) return verdict;
    at += head + words * 8;
    ++verdict.messages;
  }
}

// What the follower says of the same bytes, cut into pieces whose sizes `next_size` gives.
template <typename NextSize>
FrameVerdict follow_frames(std::string_view all, const FrameLimits& limits, std::uint64_t budget_bytes,
                           NextSize next_size) {
  FrameBudget budget{.bytes_max = budget_bytes};
  FrameVerdict verdict;
  {
    FrameFollower follower(limits, budget);
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t size = std::min<std::size_t>(next_size(), all.size() - at);
      const bool taken = follower.take(all.substr(at, size)).has_value();
      check(taken == (follower.flaw() == FrameFlaw::none));
      at += size;
      if (!taken) {
        verdict.bytes_known = at;
        break;
      }
    }
    verdict.flaw = follower.flaw();
    verdict.messages = follower.messages();
    verdict.is_between = verdict.flaw == FrameFlaw::none ? follower.is_between() : false;
  }
  check(budget.claimed == 0, "what was claimed is given back");
  return verdict;
}

}  // namespace chartline::server
