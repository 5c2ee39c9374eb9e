#include "bench/peers/direct_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace {

constexpr sqlite3_int64 sector = 4096;  // alignment of what O_DIRECT reads
constexpr std::size_t buffer_bytes = 256 << 10;

struct File {
  sqlite3_file base;
  int descriptor;
  char* buffer;  // aligned
};

File& file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

int close_file(sqlite3_file* file) {
  std::free(file_of(file).buffer);
  return close(file_of(file).descriptor) == 0 ? SQLITE_OK : SQLITE_IOERR_CLOSE;
}

int read_file(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
  File& from = file_of(file);
  const sqlite3_int64 first = offset / sector * sector, past = (offset + bytes + sector - 1) / sector * sector;
  if (past - first > static_cast<sqlite3_int64>(buffer_bytes)) return SQLITE_IOERR_READ;
  const ssize_t got = pread(from.descriptor, from.buffer, static_cast<std::size_t>(past - first), first);
  if (got < 0) return SQLITE_IOERR_READ;
  const sqlite3_int64 there = std::clamp<sqlite3_int64>(got - (offset - first), 0, bytes);
  std::memcpy(into, from.buffer + (offset - first), static_cast<std::size_t>(there));
  if (there == bytes) return SQLITE_OK;
  std::memset(static_cast<char*>(into) + there, 0, static_cast<std::size_t>(bytes - there));
  return SQLITE_IOERR_SHORT_READ;
}

int size_of(sqlite3_file* file, sqlite3_int64* size) {
  *size = lseek(file_of(file).descriptor, 0, SEEK_END);
  return *size < 0 ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

int refuse_write(sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; }
int refuse_truncate(sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; }
int nothing_to_sync(sqlite3_file*, int) { return SQLITE_OK; }
int no_lock(sqlite3_file*, int) { return SQLITE_OK; }
int no_lock_held(sqlite3_file*, int* held) { return *held = 0, SQLITE_OK; }
int no_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return sector; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_IMMUTABLE; }

const sqlite3_io_methods methods = {
    1,       close_file, read_file,    refuse_write, refuse_truncate, nothing_to_sync, size_of,
    no_lock, no_lock,    no_lock_held, no_control,   sector_size,     characteristics, nullptr,
    nullptr, nullptr,    nullptr,      nullptr,      nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  File& opened = file_of(file);
  opened = {};
  if (name == nullptr) return SQLITE_CANTOPEN;
  opened.descriptor = open(name, O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (opened.descriptor < 0) return SQLITE_CANTOPEN;
  opened.buffer = static_cast<char*>(std::aligned_alloc(sector, buffer_bytes));
  opened.base.pMethods = &methods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

}  // namespace

bool register_direct_vfs() {
  static sqlite3_vfs vfs;
  const sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
  if (usual == nullptr) return false;
  vfs = *usual;  // paths, time and chance as ever; only the reading of files differs
  vfs.pNext = nullptr;
  vfs.zName = direct_vfs;
  vfs.szOsFile = sizeof(File);
  vfs.xOpen = open_file;
  return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}
