// A Follower reads along with the bytes that come in over a connection, before any library sees them, and says where they
// go wrong. It knows nothing of sockets: bytes in, verdict out.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace chartline::server {

class Follower {
 public:
  virtual ~Follower() = default;
  // The next bytes of the stream, however they are cut. An error is final, and names a place in the form, never its bytes.
  virtual Result<void> take(BytesView bytes) = 0;
  // No message has begun whose end is missing.
  virtual bool is_between() const = 0;
  virtual std::uint64_t messages() const = 0;  // whole ones so far
};

}  // namespace chartline::server
