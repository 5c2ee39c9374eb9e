// Unwrap: what is inside a compressed stream or an archive, one member after another, as Inputs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/exchange/input.h"

namespace chartline::exchange {

inline constexpr std::size_t sniffed_bytes = 512;  // tar's magic stands at 257
inline constexpr std::size_t wrappings_max = 3;

enum class Wrapping : std::uint8_t { none, gzip, archive };
Wrapping wrapping(std::string_view first_bytes);

// An Input whose first bytes can be looked at before they are read.
class PeekedInput final : public Input {
 public:
  explicit PeekedInput(std::unique_ptr<Input> from) : Input(from->name()), from_(std::move(from)) {}

  Result<std::string_view> peek();  // the first sniffed_bytes, fewer only where the input is shorter; before any next()
  Result<std::string_view> next() override;
  std::optional<std::uint64_t> plain_bytes() const override { return from_->plain_bytes(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    return from_->read_at(offset, into);
  }

 private:
  std::unique_ptr<Input> from_;
  std::string head_;
  bool replayed_ = false;
};

// The plain bytes of a gzip stream of any number of members, each one's checksum and length verified.
std::unique_ptr<Input> gunzip(std::unique_ptr<Input> from);

// The members of an xz, zst or bz2 stream (one, named as the stream itself) or of a tar or zip archive, which may be compressed.
class Members {
 public:
  virtual ~Members() = default;
  virtual Result<std::unique_ptr<Input>> next() = 0;  // nullptr after the last; ends the life of the member before
};
Result<std::unique_ptr<Members>> members(std::unique_ptr<Input> from);

}  // namespace chartline::exchange
