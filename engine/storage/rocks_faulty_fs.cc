#include "engine/storage/rocks_faulty_fs.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/storage/disk.h"

namespace chartline::engine {

namespace fs = std::filesystem;

// What the disk has been asked to do, and what of it is safe.
struct FaultyDisk::Parts {
  struct Extent {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
    std::uint64_t whole = 0;  // with what was written ahead
  };
  struct Renaming {    // of a name whose folder has not been synced since
    std::string from;  // "" where the file was made
    std::string to;
    std::optional<Bytes> replaced;  // what `to` held before
  };

  mutable std::mutex mutex;
  std::vector<DiskFault> faults;
  std::uint64_t struck = 0;
  bool stopped = false;
  std::map<std::string, Extent> extents;
  std::vector<Renaming> names;

  std::optional<DiskEffect> strike(DiskOperation operation, const std::string& path) {
    const std::lock_guard lock(mutex);
    if (stopped) return DiskEffect::io_error;
    const std::string file = fs::path(path).filename().string();
    for (DiskFault& fault : faults) {
      if (fault.operation != operation || fault.nth == 0 || file.find(fault.file) == std::string::npos) continue;
      if (fault.nth > 1) {
        --fault.nth;
        continue;
      }
      if (!fault.lasting) fault.nth = 0;
      ++struck;
      return fault.effect;
    }
    return std::nullopt;
  }
};

namespace {

using Disk = std::shared_ptr<FaultyDisk::Parts>;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus failure(DiskEffect effect) {
  return effect == DiskEffect::no_space ? IOStatus::NoSpace("injected") : IOStatus::IOError("injected");
}

class FaultyWritable final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyWritable(std::unique_ptr<rocksdb::FSWritableFile> file, Disk disk, std::string path)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(std::move(disk)), path_(std::move(path)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (const auto effect = disk_->strike(DiskOperation::append, path_)) return failure(*effect);
    const IOStatus status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) grow(data.size());
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  // Ahead of what is appended: zeros, which stay.
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            IODebugContext* debug) override {
    if (const auto effect = disk_->strike(DiskOperation::append, path_)) return failure(*effect);
    const IOStatus status = FSWritableFileOwnerWrapper::PositionedAppend(data, offset, options, debug);
    if (status.ok()) reach(offset + data.size());
    return status;
  }
  IOStatus Truncate(std::uint64_t bytes, const IOOptions& options, IODebugContext* debug) override {
    if (const auto effect = disk_->strike(DiskOperation::append, path_)) return failure(*effect);
    const IOStatus status = FSWritableFileOwnerWrapper::Truncate(bytes, options, debug);
    if (status.ok()) reach(bytes);
    return status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (const auto effect = disk_->strike(DiskOperation::sync, path_)) return failure(*effect);
    const std::uint64_t written = extent().written;
    const IOStatus status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) settle(written);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  FaultyDisk::Parts::Extent extent() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->extents[path_];
  }
  void grow(std::uint64_t bytes) {
    const std::lock_guard lock(disk_->mutex);
    disk_->extents[path_].written += bytes;
  }
  void reach(std::uint64_t bytes) {
    const std::lock_guard lock(disk_->mutex);
    disk_->extents[path_].whole = bytes;
  }
  void settle(std::uint64_t bytes) {
    const std::lock_guard lock(disk_->mutex);
    disk_->extents[path_].synced = bytes;
  }
  Disk disk_;
  std::string path_;
};

// Spoils what was read, as the fault says.
IOStatus spoil(DiskEffect effect, Slice* result, char* scratch) {
  if (effect == DiskEffect::io_error || effect == DiskEffect::no_space) return failure(effect);
  if (effect == DiskEffect::short_read) *result = Slice(result->data(), result->size() / 2);
  if (effect == DiskEffect::flipped_bit && !result->empty()) {
    std::copy_n(result->data(), result->size(), scratch);
    scratch[result->size() / 2] ^= 0x10;
    *result = Slice(scratch, result->size());
  }
  return IOStatus::OK();
}

class FaultyRandomAccess final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultyRandomAccess(std::unique_ptr<rocksdb::FSRandomAccessFile> file, Disk disk, std::string path)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), disk_(std::move(disk)), path_(std::move(path)) {}

  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) const override {
    const IOStatus status = FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, debug);
    const auto effect = disk_->strike(DiskOperation::read, path_);
    return status.ok() && effect ? spoil(*effect, result, scratch) : status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, std::size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    for (std::size_t i = 0; i < count; ++i)
      requests[i].status =
          Read(requests[i].offset, requests[i].len, options, &requests[i].result, requests[i].scratch, debug);
    return IOStatus::OK();
  }
  // Nothing is read ahead behind the back of Read.
  IOStatus Prefetch(std::uint64_t, std::size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("prefetch");
  }

 private:
  Disk disk_;
  std::string path_;
};

class FaultySequential final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  FaultySequential(std::unique_ptr<rocksdb::FSSequentialFile> file, Disk disk, std::string path)
      : FSSequentialFileOwnerWrapper(std::move(file)), disk_(std::move(disk)), path_(std::move(path)) {}

  IOStatus Read(std::size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) override {
    const IOStatus status = FSSequentialFileOwnerWrapper::Read(n, options, result, scratch, debug);
    const auto effect = disk_->strike(DiskOperation::read, path_);
    return status.ok() && effect ? spoil(*effect, result, scratch) : status;
  }

 private:
  Disk disk_;
  std::string path_;
};

class FaultyFolder final : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyFolder(std::unique_ptr<rocksdb::FSDirectory> folder, Disk disk, std::string path)
      : FSDirectoryWrapper(folder.get()), owned_(std::move(folder)), disk_(std::move(disk)), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    if (const auto effect = disk_->strike(DiskOperation::sync, path_)) return failure(*effect);
    const IOStatus status = owned_->Fsync(options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(disk_->mutex);
    const fs::path folder = fs::path(path_).lexically_normal();
    std::erase_if(disk_->names,
                  [&](const auto& name) { return fs::path(name.to).parent_path().lexically_normal() == folder; });
    return status;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug, const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  std::unique_ptr<rocksdb::FSDirectory> owned_;
  Disk disk_;
  std::string path_;
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(Disk disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(std::move(disk)) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    if (stopped()) return failure(DiskEffect::io_error);
    std::error_code ignored;
    const bool made = !fs::exists(path, ignored);
    const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (!status.ok()) return status;
    *file = std::make_unique<FaultyWritable>(std::move(*file), disk_, path);
    const std::lock_guard lock(disk_->mutex);
    disk_->extents[path] = {};
    if (made) disk_->names.push_back({"", path, std::nullopt});
    return status;
  }

  // Files are written once, from their beginning: what is known of them is known from there.
  IOStatus ReopenWritableFile(const std::string&, const FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*,
                              IODebugContext*) override {
    return IOStatus::NotSupported("reopening a file for writing");
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("reusing a file");
  }

  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewRandomAccessFile(path, options, file, debug);
    if (status.ok()) *file = std::make_unique<FaultyRandomAccess>(std::move(*file), disk_, path);
    return status;
  }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewSequentialFile(path, options, file, debug);
    if (status.ok()) *file = std::make_unique<FaultySequential>(std::move(*file), disk_, path);
    return status;
  }

  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewDirectory(path, options, folder, debug);
    if (status.ok()) *folder = std::make_unique<FaultyFolder>(std::move(*folder), disk_, path);
    return status;
  }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (const auto effect = disk_->strike(DiskOperation::rename, to)) return failure(*effect);
    const Result<std::optional<Bytes>> replaced = read_whole(to, listing_file_bytes_max);
    if (!replaced) return failure(DiskEffect::io_error);
    const IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(disk_->mutex);
    if (const auto extent = disk_->extents.extract(from); !extent.empty()) disk_->extents[to] = extent.mapped();
    disk_->names.push_back({from, to, *replaced});
    return status;
  }

  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* debug) override {
    if (stopped()) return failure(DiskEffect::io_error);
    const IOStatus status = FileSystemWrapper::LinkFile(from, to, options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(disk_->mutex);
    disk_->names.push_back({"", to, std::nullopt});
    return status;
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    if (stopped()) return failure(DiskEffect::io_error);
    const IOStatus status = FileSystemWrapper::DeleteFile(path, options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(disk_->mutex);
    disk_->extents.erase(path);
    std::erase_if(disk_->names, [&](const auto& name) { return name.to == path; });
    return status;
  }

 private:
  bool stopped() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->stopped;
  }
  Disk disk_;
};

}  // namespace

FaultyDisk::FaultyDisk()
    : parts_(std::make_shared<Parts>()), env_(rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(parts_))) {}
FaultyDisk::~FaultyDisk() = default;

std::shared_ptr<rocksdb::Env> FaultyDisk::env() const { return env_; }

void FaultyDisk::inject(DiskFault fault) {
  const std::lock_guard lock(parts_->mutex);
  parts_->faults.push_back(std::move(fault));
}

void FaultyDisk::heal() {
  const std::lock_guard lock(parts_->mutex);
  parts_->faults.clear();
}

std::uint64_t FaultyDisk::struck() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->struck;
}

void FaultyDisk::stop() {
  const std::lock_guard lock(parts_->mutex);
  parts_->stopped = true;
}

void FaultyDisk::lose_power(std::optional<std::uint64_t> torn_seed) {
  const std::lock_guard lock(parts_->mutex);
  std::mt19937_64 random(torn_seed.value_or(0));
  std::error_code gone;  // files that were deleted, or whose folder was renamed, need nothing
  for (const auto& [path, extent] : parts_->extents) {
    const std::uint64_t unsynced = extent.written - extent.synced;
    const std::uint64_t stays = torn_seed ? std::uniform_int_distribution<std::uint64_t>(0, unsynced)(random) : 0;
    if (!fs::exists(path, gone)) continue;
    fs::resize_file(path, extent.synced + stays, gone);
    if (extent.whole > extent.synced + stays) fs::resize_file(path, extent.whole, gone);
  }
  for (auto name = parts_->names.rbegin(); name != parts_->names.rend(); ++name) {
    if (name->from.empty()) fs::remove(name->to, gone);
    else fs::rename(name->to, name->from, gone);
    if (name->replaced) check(write_durably(name->to, *name->replaced).has_value(), "the old file is put back");
  }
  parts_->extents.clear();
  parts_->names.clear();
  parts_->faults.clear();
  parts_->stopped = false;
}

}  // namespace chartline::engine
