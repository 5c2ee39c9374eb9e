#include "engine/storage/disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

std::string_view reason(int cause) {
  switch (cause) {
    case ENOSPC:
    case EDQUOT: return "the disk is full";
    case EACCES:
    case EPERM: return "permission denied";
    case EROFS: return "the file system is read-only";
    case ENOENT: return "no such file or folder";
    case ENOTDIR: return "it is a file, or lies below a file, where a folder is needed";
    case EISDIR: return "it is a folder where a file is needed";
    case EEXIST:
    case ENOTEMPTY: return "it exists already";
    case ENAMETOOLONG: return "the name is too long";
    case ELOOP: return "too many symbolic links";
    case EMFILE:
    case ENFILE: return "too many files are open";
    case EIO: return "the device reports an input/output error";
    case ENXIO:
    case ESPIPE: return "it is a pipe or a device where a file is needed";
    default: return "the system refuses";
  }
}

Fault fault(int cause) {
  switch (cause) {
    case ENOENT: return Fault::not_found;
    case EEXIST:
    case ENOTEMPTY: return Fault::conflict;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case ENXIO:
    case ESPIPE: return Fault::invalid_request;
    default: return Fault::unavailable;
  }
}

}  // namespace

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Error disk_error(int cause, std::string_view doing, const std::string& path) {
  std::string message = "cannot " + std::string(doing) + " " + path + ": " + std::string(reason(cause));
  if (reason(cause) == "the system refuses") message += " (error " + std::to_string(cause) + ")";
  return {fault(cause), std::move(message)};
}

Result<OpenFile> open_file(const std::string& path, int flags) {
  // Without O_NONBLOCK the opening of a pipe waits for somebody at its other end; files know no difference.
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
  if (descriptor < 0) return disk_error(errno, "open", path);
  return OpenFile(descriptor);
}

Result<OpenFile> open_to_read(const std::string& path) {
  OpenFile file = TRY(open_file(path, O_RDONLY));
  struct stat about {};
  if (::fstat(file.descriptor(), &about) != 0) return disk_error(errno, "read", path);
  if (S_ISDIR(about.st_mode)) return disk_error(EISDIR, "read", path);
  if (!S_ISREG(about.st_mode)) return corrupt(path + " is no file: a pipe or a device stands in its place");
  return file;
}

Result<void> write_at(const OpenFile& file, BytesView bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file.descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error(errno, "write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<Bytes> read_at(const OpenFile& file, std::size_t bytes, std::uint64_t offset, const std::string& path) {
  Bytes read(bytes, '\0');
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t n = ::pread(file.descriptor(), read.data() + have, bytes - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error(errno, "read", path);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  read.resize(have);
  return read;
}

Result<void> sync_data(const OpenFile& file, const std::string& path) {
  if (::fdatasync(file.descriptor()) != 0) return disk_error(errno, "sync", path);
  return {};
}

Result<std::optional<Bytes>> read_whole(const std::string& path, std::uint64_t bytes_max) {
  Result<OpenFile> file = open_to_read(path);
  if (!file && file.error().fault == Fault::not_found) return std::optional<Bytes>();
  if (!file) return file.error();
  struct stat about {};
  if (::fstat(file->descriptor(), &about) != 0) return disk_error(errno, "read", path);
  const auto bytes = static_cast<std::uint64_t>(about.st_size);
  if (bytes > bytes_max)  // its length may be all there is of it, and more than memory holds
    return corrupt(path + " is damaged: it has " + std::to_string(bytes) + " bytes, and such a file " +
                   std::to_string(bytes_max) + " at most");
  return std::optional<Bytes>(TRY(read_at(*file, static_cast<std::size_t>(bytes), 0, path)));
}

Result<void> write_durably(const std::string& path, BytesView bytes) {
  const std::string aside = path + ".new";
  {
    const OpenFile file = TRY(open_file(aside, O_WRONLY | O_CREAT | O_TRUNC));
    TRY(write_at(file, bytes, 0, aside));
    TRY(sync_data(file, aside));
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) return disk_error(errno, "rename to", path);
  return sync_folder(parent_folder(path));
}

Result<void> sync_folder(const std::string& path) {
  const OpenFile folder = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(folder.descriptor()) != 0) return disk_error(errno, "sync", path);
  return {};
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0750) != 0) {
    const int cause = errno;
    std::error_code ignored;
    if (cause == EEXIST && fs::is_directory(path, ignored)) return {};
    return disk_error(cause == EEXIST ? ENOTDIR : cause, "make the folder", path);
  }
  return sync_folder(parent_folder(path));
}

Result<void> make_folders(const std::string& path) {
  std::error_code failed;
  if (!fs::exists(path, failed) && !failed && parent_folder(path) != path) TRY(make_folders(parent_folder(path)));
  if (failed) return disk_error(failed.value(), "look at", path);
  return fs::is_directory(path, failed) ? Result<void>() : make_folder(path);
}

Result<void> copy_folder(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::directory_iterator each(from, failed);
  if (failed) return disk_error(failed.value(), "read the folder", from);
  if (fs::exists(to, failed)) return disk_error(EEXIST, "make the folder", to);
  TRY(make_folder(to));
  for (; each != fs::directory_iterator(); each.increment(failed)) {
    const std::string copy = to + "/" + each->path().filename().string();
    fs::copy_file(each->path(), copy, failed);
    if (failed) return disk_error(failed.value(), "copy to", copy);
    TRY(sync_data(TRY(open_file(copy, O_RDONLY)), copy));
  }
  if (failed) return disk_error(failed.value(), "read the folder", from);
  return sync_folder(to);
}

Result<bool> lock_file(const OpenFile& file, std::uint64_t wait_ms, const std::string& path) {
  using Clock = std::chrono::steady_clock;
  // One day bounds the sum below; nobody waits longer.
  const auto until = Clock::now() + std::chrono::milliseconds(std::min<std::uint64_t>(wait_ms, 86'400'000));
  for (;;) {
    if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) return disk_error(errno, "lock", path);
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string parent_folder(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace chartline::engine
