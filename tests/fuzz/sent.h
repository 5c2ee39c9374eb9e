// A connection on which all of some bytes have come, and then its end.
#pragma once

#include <kj/async-io.h>

#include <algorithm>

#include "base/bytes.h"

namespace chartline::fuzz {

class Sent final : public kj::AsyncIoStream {
 public:
  explicit Sent(BytesView bytes) : bytes_(bytes) {}
  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t, std::size_t most) override {
    const std::size_t size = std::min(most, bytes_.size());
    std::copy_n(bytes_.data(), size, static_cast<char*>(buffer));
    bytes_.remove_prefix(size);
    return size;
  }
  kj::Promise<void> write(const void*, std::size_t) override { return kj::READY_NOW; }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>) override { return kj::READY_NOW; }
  kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
  void shutdownWrite() override {}

 private:
  BytesView bytes_;
};

}  // namespace chartline::fuzz
