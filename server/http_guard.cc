#include "server/http_guard.h"

#include <algorithm>
#include <charconv>

namespace chartline::server {
namespace {

constexpr std::size_t chunk_line_bytes_max = 8;  // hexadecimal digits: 4 GiB

bool is_token(std::string_view text) {
  const auto fits = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, fits);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// All of the text, digits alone.
std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || text.front() == '-' || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

Error refused(const char* what) { return invalid_request(std::string("request head: ") + what); }

}  // namespace

Result<void> HttpFollower::take(BytesView bytes) {
  while (!bytes.empty() && !failed_) {
    if (stage_ == Stage::body || stage_ == Stage::chunk) {
      const std::uint64_t taken = std::min<std::uint64_t>(bytes.size(), left_);
      bytes.remove_prefix(taken);
      left_ -= taken;
      if (left_ > 0) break;
      if (stage_ == Stage::body) end_request();
      else stage_ = Stage::chunk_end;
      continue;
    }
    const Result<void> taken = take_byte(bytes.front());
    bytes.remove_prefix(1);
    failed_ = !taken;
    if (failed_) return taken;
  }
  if (failed_) return refused("an earlier request was refused");
  return {};
}

Result<void> HttpFollower::take_byte(char byte) {
  if (stage_ == Stage::head && ++head_bytes_ > limits_.head_bytes_max) return refused("too long");
  const bool ends = !line_.empty() && line_.back() == '\r';
  if (ends != (byte == '\n')) return refused("a line ends in something else than CR LF");
  if (!ends) {
    if ((static_cast<unsigned char>(byte) < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7f)
      return refused("a control character");
    if (stage_ != Stage::head && line_.size() > chunk_line_bytes_max) return refused("a chunk's size is too long");
    line_ += byte;
    return {};
  }
  line_.pop_back();
  const std::string line = std::exchange(line_, {});
  return take_line(line);
}

Result<void> HttpFollower::take_line(std::string_view line) {
  switch (stage_) {
    case Stage::head: return take_header(line);
    case Stage::chunk_size: return take_chunk_size(line);
    case Stage::chunk_end:
      if (!line.empty()) return refused("a chunk is longer than it says");
      stage_ = Stage::chunk_size;
      return {};
    case Stage::last_end:
      if (!line.empty()) return refused("trailers");
      end_request();
      return {};
    case Stage::body:
    case Stage::chunk: break;
  }
  return {};
}

Result<void> HttpFollower::take_header(std::string_view line) {
  if (!has_request_line_) {
    has_request_line_ = true;
    const std::size_t first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return refused("no request line");
    const std::string_view method = line.substr(0, first), path = line.substr(first + 1, last - first - 1),
                           version = line.substr(last + 1);
    is_old_ = version == "HTTP/1.0";
    if (!is_token(method) || method == "CONNECT") return refused("the method");
    if (!path.starts_with('/') || path.find_first_of(" \t") != std::string_view::npos) return refused("the path");
    if (version != "HTTP/1.1" && !is_old_) return refused("the version");
    return {};
  }
  if (line.empty()) return end_head();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refused("a header without a name");
  const std::string header = lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (header == "upgrade") return refused("an upgrade");
  if (header == "content-length") {
    const auto length = number_of(value, 10);
    if (!length || length_) return refused("Content-Length is no number, or comes twice");
    if (*length > limits_.body_bytes_max) return refused("the body is too large");
    length_ = length;
  }
  if (header == "transfer-encoding") {
    if (lower(value) != "chunked" || is_chunked_ || is_old_) return refused("Transfer-Encoding");
    is_chunked_ = true;
  }
  return {};
}

Result<void> HttpFollower::end_head() {
  if (is_chunked_ && length_) return refused("a length and chunks");
  left_ = length_.value_or(0);
  if (is_chunked_) stage_ = Stage::chunk_size;
  else if (left_ > 0) stage_ = Stage::body;
  else end_request();
  return {};
}

Result<void> HttpFollower::take_chunk_size(std::string_view line) {
  const auto size = number_of(line, 16);
  if (!size || line.size() > chunk_line_bytes_max) return refused("a chunk's size");
  body_bytes_ += *size;
  if (body_bytes_ > limits_.body_bytes_max) return refused("the body is too large");
  left_ = *size;
  stage_ = *size == 0 ? Stage::last_end : Stage::chunk;
  return {};
}

void HttpFollower::end_request() {
  ++messages_;
  stage_ = Stage::head;
  head_bytes_ = 0;
  body_bytes_ = 0;
  has_request_line_ = is_old_ = is_chunked_ = false;
  length_.reset();
}

}  // namespace chartline::server
