// A GuardedStream stands between a connection and the library that speaks over it. What comes in is shown to a Follower before
// it is passed on, so that the library never holds a message head that the follower refuses; bytes are counted; and the
// connection is cut where the other side
//
//   - says nothing for `idle`, while nothing is being done for it (whoever works for it holds on by hold());
//   - sends a message more slowly than it should: beyond `grace` plus its bytes at `bytes_per_second_min`, counting only
//     the time in which we waited for it;
//   - takes nothing of what is written to it for `stall`.
//
// Small reads are served from a little room that is filled with whatever has come: a short message takes one call of the system
// instead of two for its head and its body, and what comes behind it is there already.
//
// A cut connection fails every read and write that is under way or comes later, with DISCONNECTED. For one event loop.
#pragma once

#include <kj/async-io.h>
#include <kj/timer.h>

#include <array>
#include <memory>

#include "server/follower.h"

namespace chartline::server {

struct StreamLimits {
  kj::Duration idle = 300 * kj::SECONDS;
  kj::Duration grace = 10 * kj::SECONDS;
  std::uint64_t bytes_per_second_min = 4096;
  kj::Duration stall = 60 * kj::SECONDS;
  kj::Duration look_every = 1 * kj::SECONDS;
};

enum class Cut : std::uint8_t { none, hostile, idle, slow_sender, slow_reader };
std::string_view name(Cut cut);

class GuardedStream : public kj::AsyncIoStream {
 public:
  GuardedStream(kj::Own<kj::AsyncIoStream> inner, kj::Own<Follower> follower, kj::Timer& timer,
                const StreamLimits& limits);

  // While one of these is held the other side may be silent.
  std::shared_ptr<const void> hold() const { return work_; }

  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }
  bool is_writing() const { return writing_; }
  Cut cut() const { return cut_; }  // why, where it was
  const Follower& follower() const { return *follower_; }

  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t least, std::size_t most) override;
  kj::Promise<void> write(const void* buffer, std::size_t size) override;
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
  kj::Promise<void> whenWriteDisconnected() override { return inner_->whenWriteDisconnected(); }
  void shutdownWrite() override { inner_->shutdownWrite(); }
  void abortRead() override { inner_->abortRead(); }
  void getsockopt(int level, int option, void* value, kj::uint* length) override;
  void setsockopt(int level, int option, const void* value, kj::uint length) override;
  void getsockname(sockaddr* address, kj::uint* length) override { inner_->getsockname(address, length); }
  void getpeername(sockaddr* address, kj::uint* length) override { inner_->getpeername(address, length); }

 private:
  kj::Promise<std::size_t> read_on(kj::byte* buffer, std::size_t least, std::size_t most, std::size_t read);
  std::size_t from_room(kj::byte* buffer, std::size_t most);  // and throws where the follower refuses them
  kj::Promise<void> write_on(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces);
  kj::Promise<void> write_slices(const kj::byte* bytes, std::size_t size);
  void heard(std::size_t size);
  void follow(const kj::byte* bytes, std::size_t size);  // throws where the follower refuses them
  void cut_off(Cut why);
  Cut due() const;
  kj::Promise<void> watch();
  kj::Duration waited() const;

  kj::Own<kj::AsyncIoStream> inner_;
  kj::Own<Follower> follower_;
  kj::Timer& timer_;
  const StreamLimits limits_;
  std::shared_ptr<const void> work_ = std::make_shared<char>();

  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  Cut cut_ = Cut::none;
  std::array<kj::byte, 4096> room_;
  std::size_t room_begin_ = 0, room_end_ = 0;  // of what has come and was not asked for yet
  bool reading_ = false, writing_ = false;
  kj::TimePoint heard_;        // of the last byte in either direction
  kj::TimePoint read_since_;   // where reading_
  kj::TimePoint write_since_;  // of the last progress, where writing_
  kj::Duration message_waited_ = 0 * kj::SECONDS;
  std::uint64_t message_bytes_ = 0, messages_ = 0;
  kj::Canceler reads_, writes_;
  kj::Promise<void> watching_ = nullptr;
};

}  // namespace chartline::server
