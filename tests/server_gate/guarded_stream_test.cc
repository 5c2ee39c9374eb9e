// Connections that are silent, slow, or do not listen. Time stands still until the test moves it.
#include "server/guarded_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace chartline::server {
namespace {

// Messages of ten bytes.
class Tens final : public Follower {
 public:
  Result<void> take(BytesView bytes) override {
    if (bytes.find('!') != BytesView::npos) return invalid_request("a bad byte");
    bytes_ += bytes.size();
    return {};
  }
  bool is_between() const override { return bytes_ % 10 == 0; }
  std::uint64_t messages() const override { return bytes_ / 10; }

 private:
  std::uint64_t bytes_ = 0;
};

class Guarded : public testing::Test {
 public:
  ~Guarded() noexcept override {}  // KJ's own destructors may throw

 protected:
  void pass(kj::Duration time) {
    for (; time > 0 * kj::SECONDS; time -= 1 * kj::SECONDS) {
      now_ += 1 * kj::SECONDS;
      timer_.advanceTo(now_);
      scope_.poll();
    }
  }
  void say(std::string_view words) { peer_->write(words.data(), words.size()).wait(scope_); }

  kj::EventLoop loop_;
  kj::WaitScope scope_{loop_};
  kj::TimePoint now_ = kj::origin<kj::TimePoint>();
  kj::TimerImpl timer_{now_};
  kj::TwoWayPipe pipe_ = kj::newTwoWayPipe();
  kj::Own<kj::AsyncIoStream> peer_ = kj::mv(pipe_.ends[1]);
  kj::Own<GuardedStream> guarded_ = kj::heap<GuardedStream>(
      kj::mv(pipe_.ends[0]), kj::heap<Tens>(), timer_,
      StreamLimits{
          .idle = 60 * kj::SECONDS, .grace = 10 * kj::SECONDS, .bytes_per_second_min = 2, .stall = 20 * kj::SECONDS});
  char buffer_[1000];
};

TEST_F(Guarded, KeepsWhatCameBehindAMessageForTheNextRead) {
  auto read = guarded_->read(buffer_, 4, 4);
  say("0123456789abcdefghij");
  EXPECT_EQ(read.wait(scope_), 4U);
  EXPECT_EQ(guarded_->bytes_in(), 20U) << "all of it has come";
  EXPECT_EQ(guarded_->follower().messages(), 0U) << "the follower has seen what was passed on";
  EXPECT_EQ(guarded_->read(buffer_ + 4, 10, 10).wait(scope_), 10U);
  EXPECT_EQ(guarded_->tryRead(buffer_ + 14, 1, 900).wait(scope_), 6U)
      << "no more than there is, and no waiting for more";
  EXPECT_EQ(std::string(buffer_, 20), "0123456789abcdefghij");
  peer_->shutdownWrite();
  EXPECT_EQ(guarded_->tryRead(buffer_, 1, 10).wait(scope_), 0U);
}

TEST_F(Guarded, ABadByteBehindAMessageIsRefusedWhenItsTurnComes) {
  auto read = guarded_->read(buffer_, 10, 10);
  say("0123456789!bcdefghij");
  EXPECT_EQ(read.wait(scope_), 10U);
  EXPECT_ANY_THROW(guarded_->read(buffer_, 10, 10).wait(scope_));
  EXPECT_EQ(guarded_->cut(), Cut::hostile);
}

TEST_F(Guarded, PassesBytesAndCountsThem) {
  auto read = guarded_->read(buffer_, 20, 20);
  say("0123456789");
  say("abcdefghij");
  EXPECT_EQ(read.wait(scope_), 20U);
  EXPECT_EQ(std::string(buffer_, 20), "0123456789abcdefghij");
  auto heard = peer_->read(buffer_, 5, 5);
  guarded_->write("hello", 5).wait(scope_);
  EXPECT_EQ(heard.wait(scope_), 5U);
  EXPECT_EQ(guarded_->bytes_in(), 20U);
  EXPECT_EQ(guarded_->bytes_out(), 5U);
}

TEST_F(Guarded, TellsTheEnd) {
  auto read = guarded_->tryRead(buffer_, 20, 20);
  say("0123");
  peer_->shutdownWrite();
  EXPECT_EQ(read.wait(scope_), 4U);
  EXPECT_EQ(guarded_->tryRead(buffer_, 1, 20).wait(scope_), 0U);
}

TEST_F(Guarded, CutsWhoIsSilent) {
  auto read = guarded_->tryRead(buffer_, 1, 10);
  pass(60 * kj::SECONDS);
  EXPECT_EQ(guarded_->cut(), Cut::none);
  pass(2 * kj::SECONDS);
  EXPECT_EQ(guarded_->cut(), Cut::idle);
  EXPECT_ANY_THROW(read.wait(scope_));
  EXPECT_ANY_THROW(guarded_->tryRead(buffer_, 1, 10).wait(scope_));
}

TEST_F(Guarded, HasPatienceWhereWorkIsDone) {
  auto work = guarded_->hold();
  auto read = guarded_->tryRead(buffer_, 1, 10);
  pass(1000 * kj::SECONDS);
  EXPECT_EQ(guarded_->cut(), Cut::none);
  work.reset();
  pass(2 * kj::SECONDS);
  EXPECT_EQ(guarded_->cut(), Cut::idle);
}

TEST_F(Guarded, CutsTheSlowLoris) {
  auto read = guarded_->tryRead(buffer_, 10, 10);
  for (int i = 0; i < 9; ++i) {
    say("x");
    EXPECT_TRUE(i >= 4 || guarded_->cut() == Cut::none) << i;
    pass(3 * kj::SECONDS);
    if (guarded_->cut() != Cut::none) break;
  }
  EXPECT_EQ(guarded_->cut(), Cut::slow_sender) << "a byte in three seconds is less than two a second";
}

TEST_F(Guarded, LetsAMessageComeAsSlowlyAsIsAllowed) {
  for (int i = 0; i < 40; ++i) {
    auto read = guarded_->tryRead(buffer_, 10, 10);
    say("01234");
    pass(3 * kj::SECONDS);
    say("56789");
    pass(3 * kj::SECONDS);
    ASSERT_EQ(guarded_->cut(), Cut::none) << i;
    ASSERT_EQ(read.wait(scope_), 10U);
  }
}

TEST_F(Guarded, DoesNotCountTimeInWhichNobodyReads) {
  auto read = guarded_->tryRead(buffer_, 5, 5);
  say("01234");
  read.wait(scope_);
  pass(1000 * kj::SECONDS);
  EXPECT_EQ(guarded_->cut(), Cut::none) << "half a message is there, and it is we who do not read on";
}

TEST_F(Guarded, CutsWhoDoesNotListen) {
  auto read = guarded_->tryRead(buffer_, 1, 10);
  const std::string much(1 << 20, 'x');
  auto writing = guarded_->write(much.data(), much.size());
  pass(19 * kj::SECONDS);
  EXPECT_EQ(guarded_->cut(), Cut::none);
  pass(3 * kj::SECONDS);
  EXPECT_EQ(guarded_->cut(), Cut::slow_reader);
  EXPECT_ANY_THROW(writing.wait(scope_));
  EXPECT_ANY_THROW(read.wait(scope_));
}

TEST_F(Guarded, WaitsForWhoListensSlowly) {
  auto read = guarded_->tryRead(buffer_, 1, 10);
  const std::string much(1 << 20, 'x');
  const kj::ArrayPtr<const kj::byte> pieces[] = {kj::StringPtr(much.c_str()).asBytes(),
                                                 kj::StringPtr(much.c_str()).asBytes()};
  auto writing = guarded_->write(pieces);
  std::string heard(64 << 10, ' ');
  for (int i = 0; i < 32; ++i) {
    peer_->read(heard.data(), heard.size()).wait(scope_);
    pass(15 * kj::SECONDS);
    ASSERT_EQ(guarded_->cut(), Cut::none) << i;
  }
  writing.wait(scope_);
  EXPECT_EQ(guarded_->bytes_out(), 2U << 20);
}

TEST_F(Guarded, RefusesWhatTheFollowerRefuses) {
  auto read = guarded_->tryRead(buffer_, 1, 10);
  const std::string much(1 << 20, 'x');
  auto writing = guarded_->write(much.data(), much.size());
  say("abc!");
  EXPECT_ANY_THROW(read.wait(scope_));
  EXPECT_ANY_THROW(writing.wait(scope_));
  EXPECT_EQ(guarded_->cut(), Cut::hostile);
}

TEST_F(Guarded, CanBeDroppedAtAnyMoment) {
  auto read = guarded_->tryRead(buffer_, 1, 10);
  auto writing = guarded_->write("hello", 5);
  scope_.poll();
  guarded_ = nullptr;
  EXPECT_ANY_THROW(read.wait(scope_));
  EXPECT_ANY_THROW(writing.wait(scope_));
}

}  // namespace
}  // namespace chartline::server
