#include "server/guarded_stream.h"

#include <kj/debug.h>

#include <algorithm>

namespace chartline::server {
namespace {

// What is large is written in steps of this size, so that slow progress is seen as progress.
constexpr std::size_t write_slice_bytes = 64 << 10;

kj::Exception exception_of(Cut cut) {
  switch (cut) {
    case Cut::none: break;
    case Cut::hostile: return KJ_EXCEPTION(DISCONNECTED, "the connection was cut: its bytes are of no message");
    case Cut::idle: return KJ_EXCEPTION(DISCONNECTED, "the connection was cut: it was idle");
    case Cut::slow_sender: return KJ_EXCEPTION(DISCONNECTED, "the connection was cut: a message came too slowly");
    case Cut::slow_reader: return KJ_EXCEPTION(DISCONNECTED, "the connection was cut: replies were not taken");
  }
  return KJ_EXCEPTION(DISCONNECTED, "the connection was cut");
}

}  // namespace

std::string_view name(Cut cut) {
  switch (cut) {
    case Cut::none: return "none";
    case Cut::hostile: return "hostile";
    case Cut::idle: return "idle";
    case Cut::slow_sender: return "slow_sender";
    case Cut::slow_reader: return "slow_reader";
  }
  return "";
}

GuardedStream::GuardedStream(kj::Own<kj::AsyncIoStream> inner, kj::Own<Follower> follower, kj::Timer& timer,
                             const StreamLimits& limits)
    : inner_(kj::mv(inner)),
      follower_(kj::mv(follower)),
      timer_(timer),
      limits_(limits),
      heard_(timer.now()),
      read_since_(heard_),
      write_since_(heard_) {
  watching_ = watch().eagerlyEvaluate(nullptr);
}

// -- reading

kj::Promise<std::size_t> GuardedStream::tryRead(void* buffer, std::size_t least, std::size_t most) {
  if (cut_ != Cut::none) return exception_of(cut_);
  auto* into = static_cast<kj::byte*>(buffer);
  const std::size_t had = from_room(into, most);
  if (had >= least) return had;  // nothing that could be cancelled
  return reads_.wrap(read_on(into + had, least - had, most - had, had));
}

kj::Promise<std::size_t> GuardedStream::read_on(kj::byte* buffer, std::size_t least, std::size_t most, std::size_t read) {
  const std::size_t had = from_room(buffer, most);
  if (had > 0 && had >= least) return read + had;
  buffer += had, read += had, most -= had, least -= std::min(least, had);
  reading_ = true;
  read_since_ = timer_.now();
  // Whatever is there, be it one byte: the follower sees it, and who sends byte by byte is seen to.
  const std::size_t some = std::min<std::size_t>(least, 1);
  if (most < room_.size())
    return inner_->tryRead(room_.begin(), some, room_.size())
        .then([this, buffer, least, most, read](std::size_t n) -> kj::Promise<std::size_t> {
          heard(n);
          room_begin_ = 0, room_end_ = n;
          return n == 0 ? kj::Promise<std::size_t>(read) : read_on(buffer, least, most, read);
        });
  return inner_->tryRead(buffer, some, most)
      .then([this, buffer, least, most, read](std::size_t n) -> kj::Promise<std::size_t> {
        heard(n);
        follow(buffer, n);
        if (n == 0 || n >= least) return read + n;
        return read_on(buffer + n, least - n, most - n, read + n);
      });
}

std::size_t GuardedStream::from_room(kj::byte* buffer, std::size_t most) {
  const std::size_t n = std::min(most, room_end_ - room_begin_);
  if (n == 0) return 0;
  std::copy_n(room_.begin() + room_begin_, n, buffer);
  room_begin_ += n;
  follow(buffer, n);
  return n;
}

void GuardedStream::heard(std::size_t size) {
  heard_ = timer_.now();
  message_waited_ = waited();
  reading_ = false;
  bytes_in_ += size;
}

void GuardedStream::follow(const kj::byte* bytes, std::size_t size) {
  message_bytes_ += size;
  if (!follower_->take({reinterpret_cast<const char*>(bytes), size})) {
    cut_off(Cut::hostile);
    kj::throwFatalException(exception_of(Cut::hostile));
  }
  if (!follower_->is_between() && follower_->messages() == messages_) return;
  messages_ = follower_->messages();
  message_waited_ = 0 * kj::SECONDS;
  message_bytes_ = 0;
}

// -- writing

kj::Promise<void> GuardedStream::write(const void* buffer, std::size_t size) {
  if (cut_ != Cut::none) return exception_of(cut_);
  writing_ = true;
  write_since_ = timer_.now();
  return writes_.wrap(write_slices(static_cast<const kj::byte*>(buffer), size).then([this] { writing_ = false; }));
}

kj::Promise<void> GuardedStream::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  if (cut_ != Cut::none) return exception_of(cut_);
  writing_ = true;
  write_since_ = timer_.now();
  return writes_.wrap(write_on(pieces).then([this] { writing_ = false; }));
}

// Small messages go out as one; a large one in slices.
kj::Promise<void> GuardedStream::write_on(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  std::size_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  if (size <= write_slice_bytes) {
    return inner_->write(pieces).then([this, size] {
      bytes_out_ += size;
      heard_ = timer_.now();
    });
  }
  kj::Promise<void> before = kj::READY_NOW;
  for (const auto& piece : pieces)
    before = before.then([this, piece] { return write_slices(piece.begin(), piece.size()); });
  return before;
}

kj::Promise<void> GuardedStream::write_slices(const kj::byte* bytes, std::size_t size) {
  if (size == 0) return kj::READY_NOW;
  const std::size_t slice = std::min(size, write_slice_bytes);
  return inner_->write(bytes, slice).then([this, bytes, size, slice]() -> kj::Promise<void> {
    bytes_out_ += slice;
    heard_ = write_since_ = timer_.now();
    return write_slices(bytes + slice, size - slice);
  });
}

// -- watching

kj::Duration GuardedStream::waited() const {
  return reading_ ? message_waited_ + (timer_.now() - read_since_) : message_waited_;
}

Cut GuardedStream::due() const {
  const kj::TimePoint now = timer_.now();
  if (writing_ && now - write_since_ > limits_.stall) return Cut::slow_reader;
  if (!follower_->is_between()) {
    const auto allowed = limits_.grace + message_bytes_ * kj::SECONDS / limits_.bytes_per_second_min;
    return waited() > allowed ? Cut::slow_sender : Cut::none;
  }
  const bool is_at_work = work_.use_count() > 1 || writing_ || !reading_;
  return !is_at_work && now - heard_ > limits_.idle ? Cut::idle : Cut::none;
}

kj::Promise<void> GuardedStream::watch() {
  return timer_.afterDelay(limits_.look_every).then([this]() -> kj::Promise<void> {
    if (cut_ == Cut::none) cut_off(due());
    return cut_ == Cut::none ? watch() : kj::READY_NOW;
  });
}

void GuardedStream::cut_off(Cut why) {
  if (why == Cut::none) return;
  cut_ = why;
  reading_ = writing_ = false;
  writes_.cancel(exception_of(why));
  // Not from within the very read that it would destroy: what took() refuses, it throws itself.
  if (why != Cut::hostile) reads_.cancel(exception_of(why));
}

void GuardedStream::getsockopt(int level, int option, void* value, kj::uint* length) {
  inner_->getsockopt(level, option, value, length);
}

void GuardedStream::setsockopt(int level, int option, const void* value, kj::uint length) {
  inner_->setsockopt(level, option, value, length);
}

}  // namespace chartline::server
