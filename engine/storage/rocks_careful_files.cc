#include "engine/storage/rocks_careful_files.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/storage/rocks_log_room.h"

namespace chartline::engine {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

struct Kept {
  std::string path;
  std::uint64_t offset;
  std::string bytes;
};
thread_local bool taking_in = false, keeping = false;
thread_local std::vector<Kept> kept;  // by the TakingIn of the thread
thread_local bool wants_pieces = false;

bool is_log(const std::string& path) { return path.ends_with(".log"); }

class WholeSequential final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  // `bytes`: the size when it was opened; a file that is written meanwhile may be longer.
  WholeSequential(std::unique_ptr<rocksdb::FSSequentialFile> file, std::uint64_t bytes)
      : FSSequentialFileOwnerWrapper(std::move(file)), bytes_(bytes) {}

  IOStatus Read(std::size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) override {
    const IOStatus status = FSSequentialFileOwnerWrapper::Read(n, options, result, scratch, debug);
    if (!status.ok()) return status;
    at_ += result->size();
    if (result->size() < n && at_ < bytes_) return IOStatus::IOError("a file ends before its end");
    return status;
  }
  IOStatus Skip(std::uint64_t n) override {
    at_ += n;
    return FSSequentialFileOwnerWrapper::Skip(n);
  }

 private:
  const std::uint64_t bytes_;
  std::uint64_t at_ = 0;
};

// As if the file ended there.
class UpTo final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  UpTo(std::unique_ptr<rocksdb::FSSequentialFile> file, std::uint64_t end)
      : FSSequentialFileOwnerWrapper(std::move(file)), left_(end) {}

  IOStatus Read(std::size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) override {
    const IOStatus status =
        FSSequentialFileOwnerWrapper::Read(std::min<std::uint64_t>(n, left_), options, result, scratch, debug);
    if (status.ok()) left_ -= result->size();
    return status;
  }
  IOStatus Skip(std::uint64_t n) override {
    n = std::min(n, left_);
    left_ -= n;
    return FSSequentialFileOwnerWrapper::Skip(n);
  }

 private:
  std::uint64_t left_;
};

// For ByPieces and TakingIn.
class CarefulRandom final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  CarefulRandom(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::string path, std::uint64_t bytes)
      : FSRandomAccessFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        bytes_(bytes),
        brought_(bytes / piece_bytes + 1) {}

  // Of the first file of a table that it opens RocksDB wants half a mebibyte at the end, and waits for all of it: an index is there
  // that takes a twentieth of that.
  IOStatus Prefetch(std::uint64_t offset, std::size_t n, const IOOptions& options, IODebugContext* debug) override {
    if (offset + n == bytes_ && n > tail_bytes) offset = bytes_ - tail_bytes, n = tail_bytes;
    return FSRandomAccessFileOwnerWrapper::Prefetch(offset, n, options, debug);
  }

  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) const override {
    if (taking_in)
      for (const Kept& one : kept)
        if (one.offset == offset && one.bytes.size() == n && one.path == path_) {
          *result = Slice(scratch, one.bytes.copy(scratch, n));
          return IOStatus::OK();
        }
    const IOStatus status = FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, debug);
    if (wants_pieces && reads_.fetch_add(1, std::memory_order_relaxed) >= brought_.size() / 2)
      bring(offset, options, debug);
    if (keeping && status.ok()) kept.push_back({path_, offset, result->ToString()});
    return status;
  }

 private:
  static constexpr std::uint64_t piece_bytes = 256 << 10, pieces_ahead = 16, tail_bytes = 32 << 10;

  // One piece that was not brought yet: the one around what was read, or of those behind it. A hint, for which nobody waits: what it
  // does not bring a read will, or say why not.
  void bring(std::uint64_t offset, const IOOptions& options, IODebugContext* debug) const {
    const std::uint64_t first = offset / piece_bytes,
                        past = std::min<std::uint64_t>(first + pieces_ahead, brought_.size());
    for (std::uint64_t at = first; at < past; ++at) {
      if (brought_[at].load(std::memory_order_relaxed) || brought_[at].exchange(true, std::memory_order_relaxed))
        continue;
      target()->Prefetch(at * piece_bytes, piece_bytes, options, debug).PermitUncheckedError();
      return;
    }
  }

  const std::string path_;
  const std::uint64_t bytes_;  // RocksDB reads ahead beyond them
  mutable std::atomic<std::uint64_t> reads_ = 0;
  mutable std::vector<std::atomic<bool>> brought_;
};

class CarefulFiles final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "CarefulFiles"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) override {
    std::uint64_t end = 0;
    if (is_log(path))
      if (const IOStatus found = GetFileSize(path, IOOptions(), &end, debug); !found.ok()) return found;
    IOStatus status = open_whole(path, options, file, debug);
    if (status.ok() && is_log(path)) *file = std::make_unique<UpTo>(std::move(*file), end);
    return status;
  }

  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::NewRandomAccessFile(path, options, file, debug);
    if (!status.ok()) return status;
    std::uint64_t bytes = 0;  // stays 0 where a writer beside has taken the name away; the file itself is open
    FileSystemWrapper::GetFileSize(path, IOOptions(), &bytes, debug).PermitUncheckedError();
    *file = std::make_unique<CarefulRandom>(std::move(*file), path, bytes);
    return status;
  }

  // Of a log, without the room ahead.
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, std::uint64_t* bytes,
                       IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::GetFileSize(path, options, bytes, debug);
    if (!status.ok() || !is_log(path)) return status;
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    status = open_whole(path, FileOptions(), &file, debug);
    return status.ok() ? find_end_of_log(*file, *bytes, *bytes) : status;
  }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (status.ok() && is_log(path)) *file = with_room_ahead(std::move(*file));
    return status;
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    if (taking_in) return IOStatus::IOError("kept: the manifest may name it");
    return FileSystemWrapper::DeleteFile(path, options, debug);
  }

 private:
  IOStatus open_whole(const std::string& path, const FileOptions& options,
                      std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
    std::uint64_t bytes = 0;
    IOStatus status = FileSystemWrapper::NewSequentialFile(path, options, file, debug);
    if (status.ok()) status = FileSystemWrapper::GetFileSize(path, IOOptions(), &bytes, debug);
    if (status.ok()) *file = std::make_unique<WholeSequential>(std::move(*file), bytes);
    return status;
  }
};

}  // namespace

TakingIn::TakingIn() { taking_in = true; }
TakingIn::~TakingIn() {
  taking_in = false;
  kept = {};
}

TakingIn::Keeping::Keeping() { keeping = true; }
TakingIn::Keeping::~Keeping() { keeping = false; }

ByPieces::ByPieces(bool wanted) : outer_(wants_pieces) { wants_pieces = wanted; }
ByPieces::~ByPieces() { wants_pieces = outer_; }

std::shared_ptr<rocksdb::Env> careful_files(const std::shared_ptr<rocksdb::Env>& below) {
  return rocksdb::NewCompositeEnv(
      std::make_shared<CarefulFiles>(below ? below->GetFileSystem() : rocksdb::FileSystem::Default()));
}

}  // namespace chartline::engine
