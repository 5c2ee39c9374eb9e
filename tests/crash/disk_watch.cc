#include "tests/crash/disk_watch.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace chartline::crash {
namespace {

std::atomic<DiskWatch*> watching = nullptr;

using Use = DiskWatch::Use;
using Kind = DiskAct::Kind;

// The path as the watch knows it: absolute, without dots.
std::string whole(int folder, const char* path) {
  std::filesystem::path given(path);
  if (given.is_relative()) {
    char base[4096];
    const std::string link = folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(folder);
    const ssize_t length = ::readlink(link.c_str(), base, sizeof base);
    if (length > 0) given = std::filesystem::path(std::string(base, static_cast<std::size_t>(length))) / given;
  }
  std::string text = given.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

struct stat about(int descriptor) {
  struct stat found {};
  ::fstat(descriptor, &found);
  return found;
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

int fails(int error) {
  errno = error;
  return -1;
}

std::uint64_t size_of(int descriptor) { return static_cast<std::uint64_t>(about(descriptor).st_size); }

int open_at(int folder, const char* path, int flags, mode_t mode) {
  const auto real = [&] { return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode)); };
  DiskWatch* const watch = watching;
  if (!watch) return real();
  const std::string name = whole(folder, path);
  if (!watch->covers(name)) return real();
  const std::lock_guard lock(watch->mutex());
  const bool makes = (flags & O_CREAT) != 0 && !exists(name);
  if (const auto verdict = watch->judge(makes ? Use::name : Use::open); verdict.error != 0) return fails(verdict.error);
  const int descriptor = real();
  if (descriptor < 0) return descriptor;
  watch->learn(descriptor);
  watch->ended.erase(descriptor);
  const std::uint64_t inode = about(descriptor).st_ino;
  if (makes) watch->add({.kind = Kind::make, .inode = inode, .path = watch->below(name)});
  if (!makes && (flags & O_TRUNC) != 0) watch->add({.kind = Kind::resize, .inode = inode});
  return descriptor;
}

ssize_t write_to(int descriptor, const void* data, std::size_t count, std::optional<off_t> at) {
  const auto real = [&](std::size_t bytes) {
    return static_cast<ssize_t>(at ? ::syscall(SYS_pwrite64, descriptor, data, bytes, *at)
                                   : ::syscall(SYS_write, descriptor, data, bytes));
  };
  DiskWatch* const watch = watching;
  if (!watch) return real(count);
  const std::lock_guard lock(watch->mutex());
  if (!watch->knows(descriptor)) return real(count);
  const auto verdict = watch->judge(Use::write);
  if (verdict.error != 0) return fails(verdict.error);
  const bool appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
  const std::uint64_t offset = at        ? static_cast<std::uint64_t>(*at)
                               : appends ? size_of(descriptor)
                                         : static_cast<std::uint64_t>(::lseek(descriptor, 0, SEEK_CUR));
  const ssize_t done = real(verdict.halved ? (count + 1) / 2 : count);
  if (done > 0)
    watch->add({.kind = Kind::write,
                .inode = about(descriptor).st_ino,
                .offset = offset,
                .bytes = std::string(static_cast<const char*>(data), static_cast<std::size_t>(done))});
  return done;
}

ssize_t read_from(int descriptor, void* data, std::size_t count, std::optional<off_t> at) {
  const auto real = [&](std::size_t bytes) {
    return static_cast<ssize_t>(at ? ::syscall(SYS_pread64, descriptor, data, bytes, *at)
                                   : ::syscall(SYS_read, descriptor, data, bytes));
  };
  DiskWatch* const watch = watching;
  if (!watch) return real(count);
  std::size_t wanted = count;
  {
    const std::lock_guard lock(watch->mutex());
    if (!watch->knows(descriptor)) return real(count);
    if (watch->ended.erase(descriptor) > 0) return 0;
    const auto verdict = watch->judge(Use::read);
    if (verdict.error != 0) return fails(verdict.error);
    if (verdict.halved) wanted = (count + 1) / 2;
    if (verdict.then_ends) watch->ended.insert(descriptor);
  }
  return real(wanted);
}

int sync(int descriptor, long call) {
  DiskWatch* const watch = watching;
  if (!watch) return static_cast<int>(::syscall(call, descriptor));
  const std::lock_guard lock(watch->mutex());
  if (watch->knows(descriptor)) {
    if (const auto verdict = watch->judge(Use::sync); verdict.error != 0) return fails(verdict.error);
    watch->add({.kind = Kind::sync, .inode = about(descriptor).st_ino});
  }
  return 0;  // the image is what a power cut is tried on; the machine's own disk may take its time
}

int resize(int descriptor, std::uint64_t bytes) {
  DiskWatch* const watch = watching;
  if (!watch) return static_cast<int>(::syscall(SYS_ftruncate, descriptor, bytes));
  const std::lock_guard lock(watch->mutex());
  const bool known = watch->knows(descriptor);
  if (known)
    if (const auto verdict = watch->judge(Use::name); verdict.error != 0) return fails(verdict.error);
  const int done = static_cast<int>(::syscall(SYS_ftruncate, descriptor, bytes));
  if (known && done == 0) watch->add({.kind = Kind::resize, .inode = about(descriptor).st_ino, .offset = bytes});
  return done;
}

// What changes a name: `act` says how it stands in the record.
template <typename Real>
int change_name(int folder, const char* path, DiskAct act, const Real& real, const char* other = nullptr) {
  DiskWatch* const watch = watching;
  if (!watch) return real();
  const std::string name = whole(folder, path);
  const std::string second = other ? whole(AT_FDCWD, other) : std::string();
  if (!watch->covers(name) && (!other || !watch->covers(second))) return real();
  const std::lock_guard lock(watch->mutex());
  if (const auto verdict = watch->judge(Use::name); verdict.error != 0) return fails(verdict.error);
  const int done = real();
  if (done != 0) return done;
  act.path = watch->below(name);
  if (other) act.other = watch->below(second);
  if (act.kind == Kind::make_folder) {
    struct stat made {};
    ::stat(name.c_str(), &made);
    act.inode = made.st_ino;
  }
  watch->add(std::move(act));
  return done;
}

}  // namespace

std::string_view name(DiskFault::Kind kind) {
  switch (kind) {
    case DiskFault::Kind::no_space: return "no space";
    case DiskFault::Kind::io_error: return "input/output error";
    case DiskFault::Kind::short_read: return "short read";
    case DiskFault::Kind::short_write: return "short write";
  }
  return "unknown";
}

DiskWatch::DiskWatch(const std::string& folder, std::optional<DiskFault> fault)
    : folder_(folder), records_(!fault), fault_(fault) {
  watching = this;
}

DiskWatch::~DiskWatch() { watching = nullptr; }

void DiskWatch::mark(std::string words) {
  const std::lock_guard lock(mutex_);
  add({.kind = Kind::mark, .path = std::move(words)});
}

void DiskWatch::heal() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
  full_ = false;
  ended.clear();
}

std::uint64_t DiskWatch::struck() const {
  const std::lock_guard lock(const_cast<std::mutex&>(mutex_));
  return struck_;
}

bool DiskWatch::covers(const std::string& path) const {
  return path.starts_with(folder_) && (path.size() == folder_.size() || path[folder_.size()] == '/');
}

bool DiskWatch::knows(int descriptor) const {
  const struct stat found = about(descriptor);
  return inodes_.contains({found.st_dev, found.st_ino});
}

void DiskWatch::learn(int descriptor) {
  const struct stat found = about(descriptor);
  inodes_.insert({found.st_dev, found.st_ino});
}

DiskWatch::Verdict DiskWatch::judge(Use use) {
  if (!fault_) return {};
  if (full_) return {.error = use == Use::write || use == Use::name ? ENOSPC : 0};
  const bool concerns = [&] {
    switch (fault_->kind) {
      case DiskFault::Kind::no_space: return use == Use::write || use == Use::name;
      case DiskFault::Kind::io_error: return true;
      case DiskFault::Kind::short_read: return use == Use::read;
      case DiskFault::Kind::short_write: return use == Use::write;
    }
    return false;
  }();
  if (!concerns) return {};
  ++turn_;
  if (turn_ < fault_->nth || (turn_ > fault_->nth && !fault_->lasting)) return {};
  ++struck_;
  switch (fault_->kind) {
    case DiskFault::Kind::no_space: return {.error = ENOSPC};
    case DiskFault::Kind::io_error: return {.error = EIO};
    case DiskFault::Kind::short_read: return {.halved = true, .then_ends = fault_->lasting};
    case DiskFault::Kind::short_write: full_ = fault_->lasting; return {.halved = true};
  }
  return {};
}

void DiskWatch::add(DiskAct act) {
  if (records_) acts_.push_back(std::move(act));
}

}  // namespace chartline::crash

// The calls themselves. The headers of the C library say which of them throw nothing.
using namespace chartline::crash;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_at(folder, path, flags, mode);
}

ssize_t write(int descriptor, const void* data, std::size_t count) { return write_to(descriptor, data, count, {}); }
ssize_t pwrite(int descriptor, const void* data, std::size_t count, off_t at) {
  return write_to(descriptor, data, count, at);
}
ssize_t writev(int descriptor, const iovec* pieces, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  return write_to(descriptor, all.data(), all.size(), {});
}
ssize_t sendfile(int to, int from, off_t* offset, std::size_t count) noexcept {
  if (!watching) return ::syscall(SYS_sendfile, to, from, offset, count);
  std::string piece(std::min<std::size_t>(count, 64 << 10), '\0');
  const ssize_t got = offset ? ::syscall(SYS_pread64, from, piece.data(), piece.size(), *offset)
                             : ::syscall(SYS_read, from, piece.data(), piece.size());
  if (got <= 0) return got;
  const ssize_t done = write_to(to, piece.data(), static_cast<std::size_t>(got), {});
  if (done > 0 && offset) *offset += done;
  if (!offset && done < got) ::lseek(from, std::max<ssize_t>(done, 0) - got, SEEK_CUR);
  return done;
}

ssize_t read(int descriptor, void* data, std::size_t count) { return read_from(descriptor, data, count, {}); }
ssize_t pread(int descriptor, void* data, std::size_t count, off_t at) {
  return read_from(descriptor, data, count, at);
}
// RocksDB reads logs and manifests so.
std::size_t fread_unlocked(void* data, std::size_t size, std::size_t count, FILE* stream) {
  DiskWatch* const watch = watching;
  std::size_t wanted = count;
  bool ends = false;
  if (watch) {
    const std::lock_guard lock(watch->mutex());
    if (watch->knows(::fileno(stream))) {
      const auto verdict = watch->judge(Use::read);
      if (verdict.error != 0) return errno = verdict.error, 0;
      ends = verdict.halved && verdict.then_ends;  // the C library reads on by itself behind what is merely short
      if (ends) wanted = (count + 1) / 2;
    }
  }
  const std::size_t got = std::fread(data, size, wanted, stream);
  if (ends) std::fseek(stream, 0, SEEK_END), (void)std::fgetc(stream);
  return got;
}

int fsync(int descriptor) { return sync(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync(descriptor, SYS_fdatasync); }
int ftruncate(int descriptor, off_t bytes) noexcept { return resize(descriptor, static_cast<std::uint64_t>(bytes)); }
int fallocate(int descriptor, int mode, off_t offset, off_t bytes) {
  if (DiskWatch* const watch = watching) {
    const std::lock_guard lock(watch->mutex());
    if (watch->knows(descriptor))
      if (const auto verdict = watch->judge(Use::name); verdict.error != 0) return fails(verdict.error);
  }
  return static_cast<int>(::syscall(SYS_fallocate, descriptor, mode | FALLOC_FL_KEEP_SIZE, offset, bytes));
}

int rename(const char* from, const char* to) noexcept {
  return change_name(
      AT_FDCWD, from, {.kind = Kind::rename}, [&] { return static_cast<int>(::syscall(SYS_rename, from, to)); }, to);
}
int link(const char* from, const char* to) noexcept {
  return change_name(
      AT_FDCWD, from, {.kind = Kind::link}, [&] { return static_cast<int>(::syscall(SYS_link, from, to)); }, to);
}
int mkdir(const char* path, mode_t mode) noexcept {
  return change_name(AT_FDCWD, path, {.kind = Kind::make_folder},
                     [&] { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); });
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  return change_name(folder, path, {.kind = Kind::remove},
                     [&] { return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags)); });
}
int unlink(const char* path) noexcept { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) noexcept {
  struct stat found {};
  if (::lstat(path, &found) != 0) return -1;
  return unlinkat(AT_FDCWD, path, S_ISDIR(found.st_mode) ? AT_REMOVEDIR : 0);
}

}  // extern "C"
