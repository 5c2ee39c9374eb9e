// The few steps on a file system that must be right for a name to be durable: write aside, sync, rename, sync the folder.
// Errors give the cause in plain words and the path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace chartline::engine {

// An open file; closed at the end of its life.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  OpenFile& operator=(OpenFile&& other) noexcept;
  int descriptor() const { return descriptor_; }
  bool open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// What errno says: unavailable for a full disk, a missing right or a failing device, not_found for a missing path,
// invalid_request where the path is of the wrong sort.
Error disk_error(int cause, std::string_view doing, const std::string& path);

Result<OpenFile> open_file(const std::string& path, int flags);  // flags as of open(2); new files get mode 0640
// A file that others may have put there, or a link to one. What is none (a pipe, a device) is corrupt: it may never end.
Result<OpenFile> open_to_read(const std::string& path);
Result<void> write_at(const OpenFile& file, BytesView bytes, std::uint64_t offset, const std::string& path);
Result<Bytes> read_at(const OpenFile& file, std::size_t bytes, std::uint64_t offset,
                      const std::string& path);  // shorter at the end
Result<void> sync_data(const OpenFile& file, const std::string& path);

// The most that files have which are read whole. Those that grow with the store name what it has: of a backup of hundreds of
// terabytes every file, of millions of erasures each.
inline constexpr std::uint64_t line_file_bytes_max = 64u << 10, listing_file_bytes_max = 256u << 20;
// nullopt where there is no such file; corrupt, and nothing of it read, where it has more than `bytes_max`.
Result<std::optional<Bytes>> read_whole(const std::string& path, std::uint64_t bytes_max);
// On return `path` holds `bytes` and will after a crash; before it, the old content or the new, never a part.
Result<void> write_durably(const std::string& path, BytesView bytes);
Result<void> sync_folder(const std::string& path);
Result<void> make_folder(const std::string& path);   // durable; one that exists is left as it is
Result<void> make_folders(const std::string& path);  // the same, with those above it that are missing

// A copy of every file of one folder into a new one, synced. Serves restore; `to` must not exist.
Result<void> copy_folder(const std::string& from, const std::string& to);

// Waits for an exclusive lock on the file, at most `wait_ms`; false where another holds it still.
Result<bool> lock_file(const OpenFile& file, std::uint64_t wait_ms, const std::string& path);

std::string parent_folder(const std::string& path);

}  // namespace chartline::engine
