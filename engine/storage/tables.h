// Tables: the ordered key-value tables of one shard, the only thing the engine knows of its storage. Implemented over
// RocksDB (rocks.h), in memory for tests (memory.h), and by a decorator that injects faults (faulty.h).
//
// - write() is all or nothing. With sync it returns after the bytes are on stable storage.
// - A Snapshot sees one moment for as long as it lives. Snapshots and Pinned values end before the Tables they came from.
// - Everything may be called from several threads at once; writes that overlap in time take either order.
// - get() is a point read and the way to read: it finds exactly the key or says that there is none. scan() serves checks
//   and inspection only, because a scan over damaged files may end early without an error (RocksDB 7.8).
// - After an I/O error on a write the shard is closed to writes (fail stop): every later write is `unavailable`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace chartline::engine {

enum class Table : std::uint8_t {
  meta,
  changes,
  identity,
  timeline,
  details,
  history,
  postings,
  originals,
  terminology,
  audit,
};
inline constexpr int table_count = 10;
std::string_view name(Table table);
std::optional<Table> parse_table(std::string_view word);

class Batch {
 public:
  struct Operation {
    Table table;
    bool erase;
    Bytes key;
    Bytes value;
  };
  void put(Table table, Bytes key, Bytes value);
  void erase(Table table, Bytes key);
  void reserve(std::size_t operations) { operations_.reserve(operations); }
  std::span<const Operation> operations() const { return operations_; }
  std::size_t bytes() const { return bytes_; }  // keys and values
  bool empty() const { return operations_.empty(); }
  void clear() { operations_.clear(), bytes_ = 0; }

 private:
  std::vector<Operation> operations_;
  std::size_t bytes_ = 0;
};

// A value held where the store keeps it, without a copy where that is possible. Reusable; movable is not needed.
class Pinned {
 public:
  Pinned() = default;
  ~Pinned() { reset(); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  BytesView bytes() const { return bytes_; }
  void reset() {
    if (release_) release_(storage_), release_ = nullptr;
    bytes_ = {};
  }

  void own(Bytes bytes) {
    reset();
    const auto* held = new (storage_) Bytes(std::move(bytes));
    hold(*held, [](void* storage) { static_cast<Bytes*>(storage)->~Bytes(); });
  }

  // For implementations: room for their own holder, the bytes it holds, and how to let go of it.
  static constexpr std::size_t storage_bytes = 192;
  void* storage() { return storage_; }
  void hold(BytesView bytes, void (*release)(void*)) { bytes_ = bytes, release_ = release; }
  void keep(BytesView bytes) { bytes_ = bytes; }  // of the holder that is in place already

 private:
  alignas(16) unsigned char storage_[storage_bytes];
  BytesView bytes_;
  void (*release_)(void*) = nullptr;
};

class Snapshot {
 public:
  virtual ~Snapshot() = default;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// One sorted file being written outside the store, then taken in whole by Tables::ingest. Keys strictly ascending.
class SortedFile {
 public:
  virtual ~SortedFile() = default;
  virtual Result<void> put(BytesView key, BytesView value) = 0;
  virtual std::uint64_t bytes() const = 0;  // written so far
  virtual Result<void> finish() = 0;        // synced; ready for ingest
};

struct TableStats {
  Table table;
  std::uint64_t keys = 0;        // estimated
  std::uint64_t file_bytes = 0;  // on disk
};

class Tables {
 public:
  virtual ~Tables() = default;

  // True and the value, or false where the key is absent. `at` null reads the present.
  virtual Result<bool> get(Table table, BytesView key, const Snapshot* at, Pinned& value) = 0;
  // One answer for each key, in the same order: found[i], values[i]. Sorted keys of one table; cheaper than many gets.
  virtual Result<void> get_many(Table table, std::span<const Bytes> keys, const Snapshot* at,
                                std::vector<std::optional<Bytes>>& values) = 0;

  virtual Result<void> write(const Batch& batch, bool sync) = 0;
  virtual SnapshotPtr snapshot() = 0;

  // Calls `visit` for every key in [from, past), in order, until it returns false. past "" means the end.
  virtual Result<void> scan(Table table, BytesView from, BytesView past, const Snapshot* at,
                            const std::function<bool(BytesView key, BytesView value)>& visit) = 0;

  // Bulk load. Files of different tables, or disjoint ranges of one table, taken in at once, whole or not at all; the keys must be new.
  virtual Result<std::unique_ptr<SortedFile>> sorted_file(Table table) = 0;
  virtual Result<void> ingest(std::span<const std::unique_ptr<SortedFile>> files) = 0;

  virtual Result<void> flush() = 0;  // memory tables to files
  // To the bottom level: what was erased, and no snapshot sees, is gone from all files. past "" means the end.
  virtual Result<void> compact() = 0;
  virtual Result<void> compact(Table table, BytesView from, BytesView past) = 0;
  // A consistent copy, by hard links where possible. Durable on return; the folder must not exist.
  virtual Result<void> checkpoint(const std::string& folder) = 0;
  // The paths of all files that may hold record bytes: logs, and what is yet to be deleted, included.
  virtual Result<std::vector<std::string>> files() = 0;
  // Recomputes the checksum of every live file against its manifest, at most `bytes_per_second` (0: unbounded); the number
  // of bytes read, or corrupt naming the file. `stop` (may be empty) is asked as it goes; true ends it early.
  virtual Result<std::uint64_t> verify_files(std::uint64_t bytes_per_second, const std::function<bool()>& stop) = 0;
  virtual std::vector<TableStats> stats() = 0;
  virtual bool writable() const = 0;  // false after a failed write
};

}  // namespace chartline::engine
