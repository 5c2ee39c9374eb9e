#include "server/frame_guard.h"

#include <algorithm>
#include <limits>

namespace chartline::server {
namespace {

constexpr std::uint64_t word_size = 8;

Error error_of(FrameFlaw flaw) {
  switch (flaw) {
    case FrameFlaw::none: break;
    case FrameFlaw::no_segments: return invalid_request("message head: no segments");
    case FrameFlaw::too_many_segments: return invalid_request("message head: too many segments");
    case FrameFlaw::no_words: return invalid_request("message head: no words");
    case FrameFlaw::too_large: return invalid_request("message head: larger than a message may be");
    case FrameFlaw::over_budget: return busy("message head: too much is being received at once");
  }
  return invalid_request("message head");
}

}  // namespace

std::string_view name(FrameFlaw flaw) {
  switch (flaw) {
    case FrameFlaw::none: return "none";
    case FrameFlaw::no_segments: return "no_segments";
    case FrameFlaw::too_many_segments: return "too_many_segments";
    case FrameFlaw::no_words: return "no_words";
    case FrameFlaw::too_large: return "too_large";
    case FrameFlaw::over_budget: return "over_budget";
  }
  return "";
}

Result<void> FrameFollower::take(BytesView bytes) {
  while (!bytes.empty() && flaw_ == FrameFlaw::none) {
    if (stage_ == Stage::body) {
      const std::uint64_t taken = std::min<std::uint64_t>(bytes.size(), body_left_);
      bytes.remove_prefix(taken);
      body_left_ -= taken;
      if (body_left_ == 0) end_message();
      continue;
    }
    word_ |= std::uint32_t{static_cast<unsigned char>(bytes.front())} << (8 * word_bytes_);
    bytes.remove_prefix(1);
    if (++word_bytes_ < 4) continue;
    const std::uint32_t number = word_;
    word_ = word_bytes_ = 0;
    take_number(number);
  }
  if (flaw_ != FrameFlaw::none) return error_of(flaw_);
  return {};
}

void FrameFollower::take_number(std::uint32_t number) {
  switch (stage_) {
    case Stage::count:
      if (number == std::numeric_limits<std::uint32_t>::max()) return fail(FrameFlaw::no_segments);
      if (number >= limits_.segments_max) return fail(FrameFlaw::too_many_segments);
      sizes_left_ = number + 1;
      has_padding_ = sizes_left_ % 2 == 0;
      body_bytes_ = 0;
      stage_ = Stage::sizes;
      return;
    case Stage::sizes:
      body_bytes_ += number * word_size;
      if (body_bytes_ > limits_.message_bytes_max) return fail(FrameFlaw::too_large);
      if (--sizes_left_ > 0) return;
      if (body_bytes_ == 0) return fail(FrameFlaw::no_words);
      if (has_padding_) stage_ = Stage::padding;
      else begin_body();
      return;
    case Stage::padding: return begin_body();
    case Stage::body: return;
  }
}

void FrameFollower::begin_body() {
  if (budget_.claimed + body_bytes_ > budget_.bytes_max) return fail(FrameFlaw::over_budget);
  budget_.claimed += claimed_ = body_bytes_;
  body_left_ = body_bytes_;
  stage_ = Stage::body;
}

void FrameFollower::end_message() {
  release();
  ++messages_;
  stage_ = Stage::count;
}

void FrameFollower::release() {
  budget_.claimed -= claimed_;
  claimed_ = 0;
}

}  // namespace chartline::server
