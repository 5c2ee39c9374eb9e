// HTTP/1.1 requests, followed byte by byte. kj-http of Debian 12 takes `Content-Length: -5`, and a length together with
// chunks, either of which lets two readers see different requests in the same bytes. So a request is refused, and its
// connection closed, before the library sees the end of its head, where
//
//   - a line of the head ends in anything but CR LF, begins with a blank, or holds control characters; the head is long
//   - the request line is not METHOD /PATH HTTP/1.1 (or 1.0); the method is CONNECT; an upgrade is asked for
//   - Content-Length is not digits, comes twice, or is larger than a body may be; Transfer-Encoding is not `chunked`, comes twice,
//     or comes with a Content-Length
//   - a chunk's size is not plain hexadecimal, has extensions or trailers, or all chunks together are too large
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/follower.h"

namespace chartline::server {

struct HttpLimits {
  std::size_t head_bytes_max = 8192;
  std::uint64_t body_bytes_max = 0;
};

class HttpFollower final : public Follower {
 public:
  explicit HttpFollower(const HttpLimits& limits) : limits_(limits) {}

  Result<void> take(BytesView bytes) override;
  bool is_between() const override { return stage_ == Stage::head && line_.empty() && head_bytes_ == 0; }
  std::uint64_t messages() const override { return messages_; }

 private:
  enum class Stage : std::uint8_t { head, body, chunk_size, chunk, chunk_end, last_end };
  Result<void> take_byte(char byte);
  Result<void> take_line(std::string_view line);  // without its end
  Result<void> take_header(std::string_view line);
  Result<void> end_head();
  Result<void> take_chunk_size(std::string_view line);
  void end_request();

  const HttpLimits limits_;
  Stage stage_ = Stage::head;
  bool failed_ = false;
  std::string line_;  // so far
  std::size_t head_bytes_ = 0;
  bool has_request_line_ = false, is_old_ = false, is_chunked_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0, body_bytes_ = 0;
  std::uint64_t messages_ = 0;
};

}  // namespace chartline::server
