// Files that hold secrets: password hashes, signing keys, TLS keys. They are their owner's alone, or they are not read.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace chartline::server {

inline constexpr std::size_t file_bytes_max = 16 << 20;

// The whole file. not_found where there is none; denied where group or others have any right to it, or where it belongs to
// someone who is neither this process's user nor root; invalid_request where it is no file or beyond file_bytes_max.
Result<std::string> read_private(const std::string& path);

// The same without looking at rights: for certificates and public keys.
Result<std::string> read_public(const std::string& path);

// Replaces the file, mode 0600, in one step: a reader sees the old content or the new, also after a crash. Where `path` is a
// symbolic link, the file that it leads to is replaced.
Result<void> write_private(const std::string& path, std::string_view bytes);

// Held while a file is read, changed and replaced, so that of two who change it at once neither loses. The lock is on the
// folder, as the file itself is replaced.
class FolderLock {
 public:
  static Result<FolderLock> take(const std::string& file);  // waits
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace chartline::server
