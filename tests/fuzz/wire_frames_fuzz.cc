// Bytes of a connection: the follower of frames against the simple parser, cut at random; then the library reads through the guard.
#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize-async.h>

#include "base/check.h"
#include "tests/fuzz/sent.h"
#include "tests/server_gate/simple_frames.h"

namespace {

using namespace chartline;
using namespace chartline::server;
using fuzz::Sent;

void read_by_library(BytesView bytes, const FrameLimits& limits, const FrameVerdict& judged) {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  FrameBudget budget;
  FrameGuard guard(kj::heap<Sent>(bytes), timer, {}, limits, budget);
  std::uint64_t read = 0;
  (void)kj::runCatchingExceptions([&] {
    for (;;) {
      auto message = capnp::tryReadMessage(guard, {.traversalLimitInWords = limits.message_bytes_max / 8}).wait(scope);
      KJ_IF_MAYBE (one, message) {
        ++read;
        (void)kj::runCatchingExceptions([&] { (void)(*one)->getRoot<capnp::AnyPointer>().targetSize(); });
      } else {
        return;
      }
    }
  });
  check(read == judged.messages);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView all(reinterpret_cast<const char*>(data), size);
  const FrameLimits limits{.message_bytes_max = 1 << 16, .segments_max = 16};
  const BytesView bytes = all.substr(1);
  unsigned chance = static_cast<unsigned char>(all.front());
  const FrameVerdict judged = judge_frames(bytes, limits, 1 << 20);
  const FrameVerdict followed = follow_frames(bytes, limits, 1 << 20, [&] {
    chance = chance * 1103515245 + 12345;
    return 1 + (chance >> 16) % 20;
  });
  check(followed.flaw == judged.flaw && followed.messages == judged.messages);
  check(judged.flaw != FrameFlaw::none || followed.is_between == judged.is_between);
  read_by_library(bytes, limits, judged);
  return 0;
}
