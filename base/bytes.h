// Bytes: owning and borrowed byte strings, and the little readers and writers that every stored format is made of.
//
// Fixed-width integers inside values are little-endian; inside keys they are big-endian, so that byte order is number
// order. Variable-width integers are LEB128. A Reader never reads past its end: the first short read makes it fail, it
// stays failed, and everything it returns from then on is zero or empty, so one check at the end is enough.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chartline {

using Bytes = std::string;           // owned bytes, no terminator implied
using BytesView = std::string_view;  // borrowed bytes

static_assert(std::endian::native == std::endian::little, "stored formats are written on little-endian machines");

// Zigzag maps small negative and positive numbers to small unsigned ones: 0, -1, 1, -2 -> 0, 1, 2, 3.
constexpr std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

// Appends to a byte string.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u16(std::uint16_t v) { fixed(v); }
  void u32(std::uint32_t v) { fixed(v); }
  void u64(std::uint64_t v) { fixed(v); }
  void u32be(std::uint32_t v) { fixed(__builtin_bswap32(v)); }
  void u64be(std::uint64_t v) { fixed(__builtin_bswap64(v)); }
  void varint(std::uint64_t v) {
    char buffer[10];
    int n = 0;
    while (v >= 0x80) buffer[n++] = static_cast<char>(v | 0x80), v >>= 7;
    buffer[n++] = static_cast<char>(v);
    out_.append(buffer, static_cast<std::size_t>(n));
  }
  void signed_varint(std::int64_t v) { varint(zigzag(v)); }
  void raw(BytesView bytes) { out_.append(bytes); }
  void text(BytesView bytes) { varint(bytes.size()), raw(bytes); }  // length, then bytes
  std::size_t size() const { return out_.size(); }

 private:
  template <typename T>
  void fixed(T v) {
    char buffer[sizeof v];
    std::memcpy(buffer, &v, sizeof v);
    out_.append(buffer, sizeof v);
  }
  Bytes& out_;
};

// Reads from borrowed bytes; what it returns borrows from them too.
class Reader {
 public:
  explicit Reader(BytesView in) : at_(in.data()), end_(in.data() + in.size()) {}

  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::uint32_t u32be() { return __builtin_bswap32(fixed<std::uint32_t>()); }
  std::uint64_t u64be() { return __builtin_bswap64(fixed<std::uint64_t>()); }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return fail(), 0;
      const auto byte = static_cast<std::uint8_t>(*at_++);
      if (shift == 63 && byte > 1) return fail(), 0;
      v |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    return fail(), 0;
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }
  BytesView raw(std::uint64_t n) {
    if (n > static_cast<std::uint64_t>(end_ - at_)) return fail(), BytesView{};
    BytesView v(at_, static_cast<std::size_t>(n));
    at_ += n;
    return v;
  }
  BytesView text() { return raw(varint()); }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && at_ == end_; }  // everything read, nothing short
  void fail() { ok_ = false, at_ = end_; }

 private:
  template <typename T>
  T fixed() {
    T v{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof v) return fail(), v;
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace chartline
