// Cap'n Proto's stream framing, followed byte by byte, and a stream that refuses hostile heads before capnp sees them.
//
//   message := segments-1:u32le  words-of-segment:u32le ...  (a u32 of padding where that makes a whole word)  segments
//
// What the library does with hostile heads (0.9.2): where segments-1 is ffffffff it counts no segment, allocates an array of
// none and writes its first, 8 bytes out of bounds; and it allocates what a head claims before any of it has come. So here: at
// least one segment and few, not more bytes than allowed, and not more claimed over all connections than the budget has.
#pragma once

#include "server/guarded_stream.h"

namespace chartline::server {

struct FrameLimits {
  std::uint64_t message_bytes_max = 8 << 20;  // of all segments
  std::uint32_t segments_max = 256;           // the library refuses 512
};

// Bytes that unfinished messages of all connections claim together. Outlives the followers that share it.
struct FrameBudget {
  std::uint64_t bytes_max = 256 << 20;
  std::uint64_t claimed = 0;
};

enum class FrameFlaw : std::uint8_t { none, no_segments, too_many_segments, no_words, too_large, over_budget };
std::string_view name(FrameFlaw flaw);

class FrameFollower final : public Follower {
 public:
  FrameFollower(FrameLimits limits, FrameBudget& budget) : limits_(limits), budget_(budget) {}
  ~FrameFollower() override { release(); }
  FrameFollower(const FrameFollower&) = delete;
  FrameFollower& operator=(const FrameFollower&) = delete;

  Result<void> take(BytesView bytes) override;
  bool is_between() const override { return stage_ == Stage::count && word_bytes_ == 0; }

  // From the next message head on: little before someone has logged in, more afterwards.
  void set_message_bytes_max(std::uint64_t bytes) { limits_.message_bytes_max = bytes; }

  std::uint64_t messages() const override { return messages_; }
  FrameFlaw flaw() const { return flaw_; }

 private:
  enum class Stage : std::uint8_t { count, sizes, padding, body };
  void take_number(std::uint32_t number);
  void begin_body();
  void end_message();
  void release();
  void fail(FrameFlaw flaw) { flaw_ = flaw; }

  FrameLimits limits_;
  FrameBudget& budget_;
  Stage stage_ = Stage::count;
  FrameFlaw flaw_ = FrameFlaw::none;
  std::uint32_t word_ = 0, word_bytes_ = 0;  // of the number that is being read
  std::uint32_t sizes_left_ = 0;
  bool has_padding_ = false;
  std::uint64_t body_bytes_ = 0, body_left_ = 0, claimed_ = 0;
  std::uint64_t messages_ = 0;
};

class FrameGuard final : public GuardedStream {
 public:
  FrameGuard(kj::Own<kj::AsyncIoStream> inner, kj::Timer& timer, const StreamLimits& stream, const FrameLimits& frames,
             FrameBudget& budget)
      : FrameGuard(kj::mv(inner), timer, stream, kj::heap<FrameFollower>(frames, budget)) {}

  FrameFollower& frames() { return frames_; }

 private:
  FrameGuard(kj::Own<kj::AsyncIoStream> inner, kj::Timer& timer, const StreamLimits& stream,
             kj::Own<FrameFollower>&& frames)
      : FrameGuard(kj::mv(inner), timer, stream, *frames, kj::mv(frames)) {}
  FrameGuard(kj::Own<kj::AsyncIoStream> inner, kj::Timer& timer, const StreamLimits& stream, FrameFollower& frames,
             kj::Own<FrameFollower>&& owned)
      : GuardedStream(kj::mv(inner), kj::mv(owned), timer, stream), frames_(frames) {}
  FrameFollower& frames_;
};

}  // namespace chartline::server
