#include "formats/wire/socket_stream.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace chartline::wire {
namespace {

constexpr std::size_t pieces_max = 64;  // of one call

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

kj::Exception disconnected(const char* what) { return KJ_EXCEPTION(DISCONNECTED, what, strerror(errno)); }

kj::AutoCloseFd another(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? kj::AutoCloseFd() : kj::AutoCloseFd(copy);
}

class SocketStream final : public kj::AsyncIoStream {
 public:
  SocketStream(kj::AutoCloseFd fd, kj::UnixEventPort& port, std::size_t read_ahead)
      : fd_(kj::mv(fd)), port_(port), news_(port, fd_, kj::UnixEventPort::FdObserver::OBSERVE_READ), ahead_(read_ahead) {}

  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t least, std::size_t most) override {
    auto* into = static_cast<kj::byte*>(buffer);
    const std::size_t had = std::min(most, end_ - begin_);
    if (had > 0) std::memcpy(into, ahead_.data() + begin_, had);
    begin_ += had;
    if (had >= least) return had;
    return read_on(into + had, least - had, most - had, had);
  }

  kj::Promise<void> write(const void* buffer, std::size_t size) override {
    const kj::ArrayPtr<const kj::byte> piece(static_cast<const kj::byte*>(buffer), size);
    return write_on(piece, nullptr);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    return write_on(nullptr, pieces);
  }

  // Errors are told of whatever else is waited for.
  kj::Promise<void> whenWriteDisconnected() override { return news_.whenWriteDisconnected(); }
  void shutdownWrite() override { KJ_SYSCALL(::shutdown(fd_, SHUT_WR)); }
  void abortRead() override { KJ_SYSCALL(::shutdown(fd_, SHUT_RD)); }
  kj::Maybe<int> getFd() const override { return fd_.get(); }
  void getsockopt(int level, int option, void* value, kj::uint* length) override {
    socklen_t size = *length;
    KJ_SYSCALL(::getsockopt(fd_, level, option, value, &size));
    *length = size;
  }
  void setsockopt(int level, int option, const void* value, kj::uint length) override {
    KJ_SYSCALL(::setsockopt(fd_, level, option, value, length));
  }
  void getsockname(sockaddr* address, kj::uint* length) override {
    socklen_t size = *length;
    KJ_SYSCALL(::getsockname(fd_, address, &size));
    *length = size;
  }
  void getpeername(sockaddr* address, kj::uint* length) override {
    socklen_t size = *length;
    KJ_SYSCALL(::getpeername(fd_, address, &size));
    *length = size;
  }

 private:
  kj::Promise<std::size_t> read_on(kj::byte* buffer, std::size_t least, std::size_t most, std::size_t had) {
    for (;;) {
      if (is_empty_) return wait_and_read(buffer, least, most, had);
      const iovec parts[] = {{buffer, most}, {ahead_.data(), ahead_.size()}};
      const ssize_t n = ::readv(fd_, parts, ahead_.empty() ? 1 : 2);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && !would_block()) return disconnected("the connection broke while it was read");
      const std::size_t came = n < 0 ? 0 : static_cast<std::size_t>(n), got = std::min(came, most);
      begin_ = 0, end_ = came - got;
      // News that comes from here on is told of. An end that was told of already is not told of again.
      if (n < 0 || (came > 0 && came < most + ahead_.size() && !may_be_at_end())) {
        is_empty_ = true;
        told_ = news_.whenBecomesReadable();
      }
      if (n == 0 || got >= least) return had + got;
      buffer += got, had += got, least -= got, most -= got;
    }
  }

  kj::Promise<std::size_t> wait_and_read(kj::byte* buffer, std::size_t least, std::size_t most, std::size_t had) {
    is_empty_ = false;  // should this be given up, the next who reads asks the system again
    return kj::mv(told_).then([this, buffer, least, most, had] { return read_on(buffer, least, most, had); });
  }

  bool may_be_at_end() {
    KJ_IF_MAYBE (at_end, news_.atEndHint()) {
      return *at_end;
    }
    return true;
  }

  // `first`, then `rest`, which outlive the promise.
  kj::Promise<void> write_on(kj::ArrayPtr<const kj::byte> first, kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> rest) {
    for (;;) {
      std::array<iovec, pieces_max> told;
      std::size_t count = 0;
      const auto tell = [&](kj::ArrayPtr<const kj::byte> piece) {
        if (piece.size() > 0) told[count++] = {const_cast<kj::byte*>(piece.begin()), piece.size()};
      };
      tell(first);
      for (const auto& piece : rest) {
        if (count == pieces_max) break;
        tell(piece);
      }
      if (count == 0) return kj::READY_NOW;
      msghdr message{};
      message.msg_iov = told.data(), message.msg_iovlen = count;
      const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && !would_block()) return disconnected("the connection broke while it was written to");
      std::size_t taken = n < 0 ? 0 : static_cast<std::size_t>(n);
      while (taken >= first.size() && rest.size() > 0) {
        taken -= first.size();
        first = rest.front(), rest = rest.slice(1, rest.size());
      }
      first = first.slice(taken, first.size());
      if (first.size() == 0 && rest.size() == 0) return kj::READY_NOW;
      if (n < 0) return room().then([this, first, rest] { return write_on(first, rest); });
    }
  }

  // Waited for by a copy of its own, so that nobody is told of room who does not wait for it.
  kj::Promise<void> room() {
    struct Waiting {
      Waiting(kj::AutoCloseFd copy, kj::UnixEventPort& port)
          : fd(kj::mv(copy)), room(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_WRITE) {}
      kj::AutoCloseFd fd;
      kj::UnixEventPort::FdObserver room;
    };
    kj::AutoCloseFd copy = another(fd_);
    if (copy.get() < 0) return disconnected("the system gives no more file descriptors");
    auto waiting = kj::heap<Waiting>(kj::mv(copy), port_);
    auto promise = waiting->room.whenBecomesWritable();
    return promise.attach(kj::mv(waiting));
  }

  kj::AutoCloseFd fd_;
  kj::UnixEventPort& port_;
  kj::UnixEventPort::FdObserver news_;
  bool is_empty_ = false;             // all that had come was read; `told_` is of what comes next
  kj::Promise<void> told_ = nullptr;  // where is_empty_
  std::vector<kj::byte> ahead_;
  std::size_t begin_ = 0, end_ = 0;  // of what stands in it and was not asked for yet
};

}  // namespace

kj::Own<kj::AsyncIoStream> over_socket(kj::Own<kj::AsyncIoStream> stream, kj::UnixEventPort& port,
                                       std::size_t read_ahead) {
  kj::AutoCloseFd copy;
  KJ_IF_MAYBE (fd, stream->getFd()) {
    copy = another(*fd);
  }
  if (copy.get() < 0) return kj::mv(stream);
  stream = nullptr;  // and with it what watches the socket
  return kj::heap<SocketStream>(kj::mv(copy), port, read_ahead);
}

}  // namespace chartline::wire
