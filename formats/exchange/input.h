// Input: one stream of bytes, whatever it was wrapped in; Inputs: all streams that a list of paths stands for.
//
//   path | folder | archive | "-"  ->  Inputs  ->  Input, Input, ...  ->  chunks of plain bytes
//
// Recognised by their first bytes, never by their names: gzip, xz, zstd, bzip2, and tar and zip archives, also inside each
// other (a gzip file in a tar.xz) three deep; checksums are verified where the format has them. Folders are walked recursively in sorted order; names that start with a dot
// are left out. Memory is bounded by the chunk, however far a hostile file would expand. Errors name the file and the member:
// not_found (no such path), invalid_request (damaged or truncated archive, document over the limit), unavailable (the disk).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chartline::exchange {

inline constexpr std::uint64_t document_bytes_max = std::uint64_t{1} << 30;
inline constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

class Input {
 public:
  virtual ~Input() = default;

  // As given on the command line, with the members' names: "a.tar.xz:b.json", "folder/person.csv", "-".
  const std::string& name() const { return name_; }

  // The next bytes, about chunk_bytes at most; empty at the end, and from then on. Valid until the next call.
  virtual Result<std::string_view> next() = 0;

  // All bytes that are left, for formats that need a whole document; invalid_request if there are more than `limit`. At
  // least 64 zero bytes that may be read follow them. Valid until the next call.
  Result<std::string_view> whole(std::uint64_t limit = document_bytes_max);

  // For a plain file on disk only: its size, and bytes from anywhere in it, also from several threads at once. Short only
  // where the file ends.
  virtual std::optional<std::uint64_t> plain_bytes() const { return std::nullopt; }
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const;

 protected:
  explicit Input(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
  std::string document_;
};

// Bytes already in memory, as an Input.
class MemoryInput final : public Input {
 public:
  MemoryInput(std::string name, std::string bytes) : Input(std::move(name)), bytes_(std::move(bytes)) {}
  Result<std::string_view> next() override;

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

class Inputs {
 public:
  // Lists folders and checks that each path exists; opens nothing yet.
  static Result<Inputs> open(std::span<const std::string> paths);
  Inputs(Inputs&&) noexcept;
  Inputs& operator=(Inputs&&) noexcept;
  ~Inputs();

  // The next input, or nullptr after the last. It lives until the next call; what was not read of it is skipped.
  Result<Input*> next();

  const std::vector<std::string>& files() const;  // the files that will be read, in order, folders expanded
  std::uint64_t total_bytes() const;              // of those files as they lie on disk; "-" counts 0
  std::uint64_t consumed_bytes() const;           // of total_bytes, so far

 private:
  struct Parts;
  explicit Inputs(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::exchange
