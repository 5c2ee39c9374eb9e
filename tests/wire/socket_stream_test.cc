// What is said over a socket arrives, however it is cut, and an end is an end.
#include "formats/wire/socket_stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <random>
#include <string>

namespace chartline::wire {
namespace {

class SocketStreams : public ::testing::TestWithParam<std::size_t> {
 public:
  ~SocketStreams() noexcept override {}  // KJ's own destructors may throw

 protected:
  SocketStreams() {
    kj::TwoWayPipe pipe = io_.provider->newTwoWayPipe();
    one_ = over_socket(kj::mv(pipe.ends[0]), io_.unixEventPort, GetParam());
    other_ = over_socket(kj::mv(pipe.ends[1]), io_.unixEventPort, GetParam());
  }
  std::string hear(kj::AsyncIoStream& from, std::size_t least, std::size_t most) {
    std::string words(most, '\0');
    words.resize(from.tryRead(words.data(), least, most).wait(io_.waitScope));
    return words;
  }
  void say(kj::AsyncIoStream& to, std::string_view words) { to.write(words.data(), words.size()).wait(io_.waitScope); }

  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  kj::Own<kj::AsyncIoStream> one_, other_;
};

TEST_P(SocketStreams, ReadsWhatIsThereAndWaitsForTheRest) {
  say(*one_, "abcdef");
  EXPECT_EQ(hear(*other_, 1, 4), "abcd");
  EXPECT_EQ(hear(*other_, 1, 10), "ef");
  auto words = std::string(8, '\0');
  auto read = other_->tryRead(words.data(), 8, 8);
  EXPECT_FALSE(read.poll(io_.waitScope));
  say(*one_, "ghij");
  EXPECT_FALSE(read.poll(io_.waitScope));
  say(*one_, "klmnop");
  EXPECT_EQ(read.wait(io_.waitScope), 8U);
  EXPECT_EQ(words, "ghijklmn");
  EXPECT_EQ(hear(*other_, 2, 100), "op");
}

TEST_P(SocketStreams, TellsTheEndOnce) {
  say(*one_, "last words");
  one_->shutdownWrite();
  EXPECT_EQ(hear(*other_, 1, 100), "last words") << "the end stands behind them";
  EXPECT_EQ(hear(*other_, 1, 100), "");
  EXPECT_EQ(hear(*other_, 1, 100), "");
  say(*other_, "answer");
  EXPECT_EQ(hear(*one_, 6, 6), "answer");
}

TEST_P(SocketStreams, TellsTheEndToWhoWaitsForIt) {
  say(*one_, "words");
  EXPECT_EQ(hear(*other_, 1, 100), "words");
  char more[8];
  auto read = other_->tryRead(more, 4, 8);
  EXPECT_FALSE(read.poll(io_.waitScope));
  say(*one_, "ab");
  EXPECT_FALSE(read.poll(io_.waitScope));
  one_ = nullptr;
  EXPECT_EQ(read.wait(io_.waitScope), 2U) << "fewer than were asked for";
}

// Bytes that come while nobody reads, or after a read was given up, are there for who reads next.
TEST_P(SocketStreams, AReadThatIsGivenUpTakesNothing) {
  say(*one_, "first");
  EXPECT_EQ(hear(*other_, 1, 100), "first");
  {
    char more[8];
    auto read = other_->tryRead(more, 1, 8);
    EXPECT_FALSE(read.poll(io_.waitScope));
  }
  say(*one_, "second");
  io_.provider->getTimer().afterDelay(1 * kj::MILLISECONDS).wait(io_.waitScope);
  EXPECT_EQ(hear(*other_, 1, 100), "second");
  say(*one_, "third");
  io_.provider->getTimer().afterDelay(1 * kj::MILLISECONDS).wait(io_.waitScope);
  EXPECT_EQ(hear(*other_, 5, 100), "third");
}

TEST_P(SocketStreams, WritesOnWhenThereIsRoomAgain) {
  std::mt19937_64 random(7);
  std::string words(3'000'000, '\0');
  for (char& one : words) one = static_cast<char>('a' + random() % 26);
  // As many pieces as no single call takes, some of them empty.
  std::vector<kj::ArrayPtr<const kj::byte>> pieces;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t size = std::min<std::size_t>(random() % 3 * (random() % 20'000), words.size() - at);
    pieces.emplace_back(reinterpret_cast<const kj::byte*>(words.data()) + at, size);
    at += size;
  }
  auto written = one_->write(kj::arrayPtr(pieces.data(), pieces.size()));
  EXPECT_FALSE(written.poll(io_.waitScope));
  std::string heard;
  while (heard.size() < words.size()) heard += hear(*other_, 1 + random() % 100, 100 + random() % 50'000);
  written.wait(io_.waitScope);
  EXPECT_EQ(heard, words);
}

TEST_P(SocketStreams, MessagesBothWaysAtOnce) {
  std::mt19937_64 random(11);
  for (int turn = 0; turn < 300; ++turn) {
    const std::string there(1 + random() % 6'000, 'x'), back(1 + random() % 40'000, 'y');
    auto asked = one_->write(there.data(), there.size());
    auto answered = other_->write(back.data(), back.size());
    std::string words;
    while (words.size() < there.size()) words += hear(*other_, 1, 1 + random() % 8'000);
    EXPECT_EQ(words, there);
    words.clear();
    while (words.size() < back.size())
      words += hear(*one_, 1, std::min<std::size_t>(1 + random() % 8'000, back.size() - words.size()));
    EXPECT_EQ(words, back);
    asked.wait(io_.waitScope);
    answered.wait(io_.waitScope);
  }
}

TEST_P(SocketStreams, ABrokenConnectionIsToldAsOne) {
  auto gone = other_->whenWriteDisconnected();
  one_ = nullptr;
  gone.wait(io_.waitScope);
  const std::string words(1000, 'x');
  auto thrown = kj::runCatchingExceptions([&] { say(*other_, words); });
  KJ_IF_MAYBE (why, thrown) {
    EXPECT_EQ(why->getType(), kj::Exception::Type::DISCONNECTED);
  } else {
    ADD_FAILURE() << "nobody is there to hear it";
  }
}

TEST_P(SocketStreams, WhatIsNoSocketStaysAsItIs) {
  kj::TwoWayPipe pipe = kj::newTwoWayPipe();
  const kj::AsyncIoStream* before = pipe.ends[0].get();
  EXPECT_EQ(over_socket(kj::mv(pipe.ends[0]), io_.unixEventPort, GetParam()).get(), before);
}

INSTANTIATE_TEST_SUITE_P(ReadAhead, SocketStreams, ::testing::Values(0u, 16u, 4096u));

}  // namespace
}  // namespace chartline::wire
