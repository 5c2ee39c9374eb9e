// Hostile message heads never reach the library.
#include "server/frame_guard.h"

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize-async.h>
#include <capnp/serialize.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kj/async-io.h>

#include <random>

#include "base/check.h"
#include "tests/server_gate/simple_frames.h"

namespace chartline::server {
namespace {

constexpr std::uint64_t much = 1 << 30;

std::string numbers(std::initializer_list<std::uint32_t> all) {
  std::string bytes;
  for (const std::uint32_t number : all)
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

// A message of the library's own, of one or more segments.
std::string message_of(std::mt19937& chance) {
  const auto sizing =
      chance() % 2 == 0 ? capnp::AllocationStrategy::FIXED_SIZE : capnp::AllocationStrategy::GROW_HEURISTICALLY;
  capnp::MallocMessageBuilder message(4 + chance() % 8, sizing);
  auto root = message.initRoot<capnp::AnyPointer>().initAsAnyStruct(1, static_cast<std::uint16_t>(1 + chance() % 6));
  for (auto pointer : root.getPointerSection()) pointer.setAs<capnp::Text>(std::string(chance() % 100, 'x').c_str());
  const auto words = capnp::messageToFlatArray(message);
  return {words.asBytes().asChars().begin(), words.asBytes().size()};
}

FrameFlaw flaw_of(std::string_view bytes, const FrameLimits& limits = {}, std::uint64_t budget = much) {
  return follow_frames(bytes, limits, budget, [] { return 1U; }).flaw;
}

TEST(Frames, OfTheLibraryPass) {
  std::mt19937 chance(1);
  std::string all;
  for (int i = 0; i < 50; ++i) all += message_of(chance);
  const FrameVerdict verdict = follow_frames(all, {}, much, [] { return 7U; });
  EXPECT_EQ(verdict.flaw, FrameFlaw::none);
  EXPECT_EQ(verdict.messages, 50U);
  EXPECT_TRUE(verdict.is_between);
}

TEST(Frames, WithoutSegmentsAreRefused) {
  EXPECT_EQ(flaw_of(numbers({0xffffffff})), FrameFlaw::no_segments) << "the head that writes out of bounds";
  EXPECT_EQ(flaw_of(numbers({0xffffffff, 0})), FrameFlaw::no_segments);
}

TEST(Frames, OfManySegmentsAreRefusedAtOnce) {
  EXPECT_EQ(flaw_of(numbers({256})), FrameFlaw::too_many_segments);
  EXPECT_EQ(flaw_of(numbers({0xfffffffe})), FrameFlaw::too_many_segments);
  EXPECT_EQ(flaw_of(numbers({255})), FrameFlaw::none) << "so far";
}

TEST(Frames, LargerThanAllowedAreRefusedAtOnce) {
  EXPECT_EQ(flaw_of(numbers({0, (8 << 20) / 8})), FrameFlaw::none);
  EXPECT_EQ(flaw_of(numbers({0, (8 << 20) / 8 + 1})), FrameFlaw::too_large);
  EXPECT_EQ(flaw_of(numbers({0, 0xffffffff})), FrameFlaw::too_large);
  EXPECT_EQ(flaw_of(numbers({1, 1 << 19, 1 << 19})), FrameFlaw::none) << "8 MiB together";
  EXPECT_EQ(flaw_of(numbers({1, 1 << 19, (1 << 19) + 1})), FrameFlaw::too_large);
  EXPECT_EQ(flaw_of(numbers({2, 0x80000000, 0x80000000, 1})), FrameFlaw::too_large) << "sums do not wrap";
}

TEST(Frames, WithoutWordsAreRefused) {
  EXPECT_EQ(flaw_of(numbers({0, 0})), FrameFlaw::no_words);
  EXPECT_EQ(flaw_of(numbers({2, 0, 0, 0})), FrameFlaw::no_words);
}

TEST(Frames, ShareABudgetAcrossConnections) {
  FrameBudget budget{.bytes_max = 1000};
  FrameFollower first({}, budget), second({}, budget);
  EXPECT_TRUE(first.take(numbers({0, 100})));
  EXPECT_EQ(budget.claimed, 800U);
  EXPECT_FALSE(second.take(numbers({0, 100}))) << "claims that nothing stands behind do not add up";
  EXPECT_EQ(second.flaw(), FrameFlaw::over_budget);
  EXPECT_TRUE(first.take(std::string(800, 'x')));
  EXPECT_EQ(budget.claimed, 0U);
  {
    FrameFollower third({}, budget);
    EXPECT_TRUE(third.take(numbers({0, 100})));
  }
  EXPECT_EQ(budget.claimed, 0U) << "a dropped connection gives back what it claimed";
}

TEST(Frames, MayBeLargerOnceSomeoneIsIn) {
  FrameBudget budget;
  FrameFollower follower({.message_bytes_max = 64}, budget);
  EXPECT_TRUE(follower.take(numbers({0, 8}) + std::string(64, 'x')));
  follower.set_message_bytes_max(80);
  EXPECT_TRUE(follower.take(numbers({0, 10}) + std::string(80, 'x')));
  EXPECT_FALSE(follower.take(numbers({0, 11})));
}

// -- the simple parser judges

std::string hostile_bytes(std::mt19937& chance) {
  std::string all;
  for (unsigned parts = chance() % 4; parts > 0; --parts) all += message_of(chance);
  switch (chance() % 6) {
    case 0: return all;
    case 1: return all.substr(0, chance() % (all.size() + 1));
    case 2: return all + numbers({0xffffffff, static_cast<std::uint32_t>(chance())});
    case 3:
      return all + numbers({static_cast<std::uint32_t>(chance() % 8), static_cast<std::uint32_t>(chance() % 4),
                            static_cast<std::uint32_t>(chance() % 4), static_cast<std::uint32_t>(chance() % 4)});
    case 4:
      if (!all.empty()) all[chance() % all.size()] = static_cast<char>(chance());
      return all + message_of(chance);
    default:
      for (int i = 0; i < 40; ++i) all += static_cast<char>(chance() % 3 == 0 ? chance() : 0);
      return all;
  }
}

TEST(Frames, AreJudgedTheSameHoweverTheyAreCut) {
  const unsigned seed = 20261126;
  std::mt19937 chance(seed);
  const FrameLimits limits{.message_bytes_max = 4096, .segments_max = 6};
  int flawed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = hostile_bytes(chance);
    const FrameVerdict judged = judge_frames(bytes, limits, 2048);
    flawed += judged.flaw != FrameFlaw::none;
    const auto step = 1 + chance() % 40;
    FrameVerdict byte_by_byte = follow_frames(bytes, limits, 2048, [] { return 1U; });
    FrameVerdict in_pieces = follow_frames(bytes, limits, 2048, [&] { return 1 + chance() % step; });
    const std::string at = "seed " + std::to_string(seed) + ", input " + std::to_string(i);
    ASSERT_EQ(judged.bytes_known, byte_by_byte.bytes_known) << at << ": a flaw is seen as soon as it can be";
    ASSERT_GE(in_pieces.bytes_known, judged.bytes_known) << at;
    for (FrameVerdict* verdict : {&byte_by_byte, &in_pieces}) {
      ASSERT_EQ(name(verdict->flaw), name(judged.flaw)) << at;
      ASSERT_EQ(verdict->messages, judged.messages) << at;
      ASSERT_TRUE(judged.flaw != FrameFlaw::none || verdict->is_between == judged.is_between) << at;
    }
  }
  EXPECT_GT(flawed, 3000) << "the inputs are hostile";
}

// -- before the library

// A connection whose other side has sent these bytes, and has gone.
class Sent final : public kj::AsyncIoStream {
 public:
  Sent(std::string bytes, std::mt19937& chance) : bytes_(std::move(bytes)), chance_(chance) {}
  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t least, std::size_t most) override {
    const std::size_t left = bytes_.size() - at_;
    std::size_t size = std::min(most, left);
    if (size > least) size = least + chance_() % (size - least + 1);
    std::copy_n(bytes_.data() + at_, size, static_cast<char*>(buffer));
    at_ += size;
    return size;
  }
  kj::Promise<void> write(const void*, std::size_t) override { return kj::READY_NOW; }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>) override { return kj::READY_NOW; }
  kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
  void shutdownWrite() override {}

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  std::mt19937& chance_;
};

TEST(FrameGuard, LetsTheLibraryReadWholeMessagesAndNothingElse) {
  const unsigned seed = 8;
  std::mt19937 chance(seed);
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  const FrameLimits limits{.message_bytes_max = 4096, .segments_max = 6};
  FrameBudget budget;
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string bytes = hostile_bytes(chance);
    const FrameVerdict judged = judge_frames(bytes, limits, budget.bytes_max);
    FrameGuard guard(kj::heap<Sent>(bytes, chance), timer, {}, limits, budget);
    std::uint64_t read = 0;
    const auto failed = kj::runCatchingExceptions([&] {
      while (capnp::tryReadMessage(guard, {.traversalLimitInWords = 4096 / 8}).wait(scope) != nullptr) ++read;
    });
    const std::string at = "seed " + std::to_string(seed) + ", input " + std::to_string(i);
    ASSERT_EQ(read, judged.messages) << at;
    ASSERT_EQ(failed != nullptr, judged.flaw != FrameFlaw::none || !judged.is_between) << at;
    ASSERT_EQ(guard.cut(), judged.flaw == FrameFlaw::none ? Cut::none : Cut::hostile) << at;
    refused += guard.cut() == Cut::hostile;
  }
  EXPECT_GT(refused, 300);
}

TEST(FrameGuard, StaysShutOnceItRefused) {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  std::mt19937 chance(1);
  FrameBudget budget;
  FrameGuard guard(kj::heap<Sent>(numbers({0xffffffff, 0}) + message_of(chance), chance), timer, {}, {}, budget);
  EXPECT_ANY_THROW(capnp::readMessage(guard).wait(scope));
  EXPECT_ANY_THROW(capnp::readMessage(guard).wait(scope)) << "what follows is not read as a message";
  EXPECT_ANY_THROW(guard.write("x", 1).wait(scope));
  EXPECT_EQ(guard.frames().flaw(), FrameFlaw::no_segments);
}

}  // namespace
}  // namespace chartline::server
