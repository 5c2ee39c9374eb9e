#include "server/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace chartline::server {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Error failure(const std::string& path, const char* doing) {
  const int cause = errno;
  std::string text = path + ": cannot " + doing + ": " + std::strerror(cause);
  if (cause == ENOENT) return not_found(std::move(text));
  return cause == EACCES || cause == EPERM ? denied(std::move(text)) : unavailable(std::move(text));
}

Result<void> check_owner(const struct stat& status, const std::string& path) {
  if ((status.st_mode & 077U) != 0)
    return denied(path + ": it holds secrets, and others than its owner have rights to it\nset them with: chmod 600 " +
                  path);
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return denied(path + ": it holds secrets, and belongs to another user of this system");
  return {};
}

enum class Rights : bool { any, owner_alone };

Result<std::string> read_file(const std::string& path, Rights rights) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.number() < 0) return failure(path, "open it");
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return failure(path, "look at it");
  if (!S_ISREG(status.st_mode)) return invalid_request(path + ": this is not a file");
  if (rights == Rights::owner_alone) TRY(check_owner(status, path));
  if (static_cast<std::size_t>(status.st_size) > file_bytes_max)
    return invalid_request(path + ": the file is too large");
  std::string bytes;
  char part[16384];
  for (;;) {
    const ssize_t n = ::read(file.number(), part, sizeof part);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(path, "read it");
    if (n == 0) return bytes;
    bytes.append(part, static_cast<std::size_t>(n));
    if (bytes.size() > file_bytes_max) return invalid_request(path + ": the file is too large");
  }
}

Result<void> write_all(const Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.number(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(path, "write it");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(file.number()) != 0) return failure(path, "sync it");
  return {};
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

Result<std::string> read_private(const std::string& path) { return read_file(path, Rights::owner_alone); }

Result<std::string> read_public(const std::string& path) { return read_file(path, Rights::any); }

Result<void> write_private(const std::string& path, std::string_view bytes) {
  std::error_code absent;
  const std::filesystem::path led = std::filesystem::canonical(path, absent);
  const std::string target = absent ? path : led.string();
  // mkstemp makes it with mode 0600, under a name that nobody could lay in wait at.
  std::string aside = target + ".XXXXXX";
  const Descriptor file(::mkostemp(aside.data(), O_CLOEXEC));
  if (file.number() < 0) return failure(target, "make a file beside it");
  Result<void> done = write_all(file, bytes, aside);
  if (done && ::rename(aside.c_str(), target.c_str()) != 0) done = failure(target, "replace it");
  if (!done) {
    ::unlink(aside.c_str());
    return done;
  }
  const std::string folder = folder_of(target);
  const Descriptor above(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (above.number() < 0 || ::fsync(above.number()) != 0) return failure(folder, "sync it");
  return {};
}

Result<FolderLock> FolderLock::take(const std::string& file) {
  const std::string folder = folder_of(file);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure(folder, "open it");
  FolderLock lock(descriptor);
  while (::flock(descriptor, LOCK_EX) != 0)
    if (errno != EINTR) return failure(folder, "lock it");
  return lock;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace chartline::server
