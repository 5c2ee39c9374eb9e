#include "engine/storage/memory_tables.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "base/check.h"
#include "base/hash.h"
#include "engine/storage/disk.h"

namespace chartline::engine {
namespace {

using Value = MemoryShard::Value;
using Shared = std::shared_lock<std::shared_mutex>;
using Alone = std::unique_lock<std::shared_mutex>;

Error dead_shard() { return unavailable("the machine of this shard in memory has crashed: open it again"); }

// checkpoint := (table:u8 key:text value:text)* hash64 of all before:u64
constexpr const char* checkpoint_file = "/tables";
constexpr std::uint64_t checkpoint_bytes_max = std::uint64_t{16} << 30;  // more than what lives in memory

class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(std::shared_ptr<MemoryShard> shard, std::uint64_t sequence)
      : shard_(std::move(shard)), sequence_(sequence) {}
  ~MemorySnapshot() override {
    const Alone lock(shard_->mutex);
    shard_->snapshots.erase(shard_->snapshots.find(sequence_));
  }
  std::uint64_t sequence() const { return sequence_; }

 private:
  std::shared_ptr<MemoryShard> shard_;
  std::uint64_t sequence_;
};

class MemorySortedFile final : public SortedFile {
 public:
  explicit MemorySortedFile(Table table) : table_(table) {}
  Result<void> put(BytesView key, BytesView value) override {
    if (finished_) return invalid_request("a sorted file was written to after its end");
    if (!entries_.empty() && key <= entries_.back().first) return invalid_request("keys of a sorted file must ascend");
    entries_.emplace_back(key, value);
    bytes_ += key.size() + value.size();
    return {};
  }
  std::uint64_t bytes() const override { return bytes_; }
  Result<void> finish() override {
    if (entries_.empty()) return invalid_request("a sorted file without keys cannot be taken in");
    finished_ = true;
    return {};
  }
  bool finished() const { return finished_; }
  Table table() const { return table_; }
  const std::vector<std::pair<Bytes, Bytes>>& entries() const { return entries_; }

 private:
  Table table_;
  bool finished_ = false;
  std::uint64_t bytes_ = 0;
  std::vector<std::pair<Bytes, Bytes>> entries_;
};

class MemoryTables final : public Tables {
 public:
  MemoryTables(std::shared_ptr<MemoryShard> shard, bool read_only, std::shared_ptr<const std::atomic<bool>> leased)
      : shard_(std::move(shard)), read_only_(read_only), leased_(std::move(leased)) {}

  Result<bool> get(Table table, BytesView key, const Snapshot* at, Pinned& value) override {
    const Shared lock(shard_->mutex);
    if (shard_->dead) return dead_shard();
    Value found = find(table, key, moment(at));
    value.reset();
    if (!found) return false;
    static_assert(sizeof(Value) <= Pinned::storage_bytes);
    const Value* held = new (value.storage()) Value(std::move(found));
    value.hold(**held, [](void* storage) { static_cast<Value*>(storage)->~Value(); });
    return true;
  }

  Result<void> get_many(Table table, std::span<const Bytes> keys, const Snapshot* at,
                        std::vector<std::optional<Bytes>>& values) override {
    const Shared lock(shard_->mutex);
    if (shard_->dead) return dead_shard();
    values.assign(keys.size(), std::nullopt);
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (const Value found = find(table, keys[i], moment(at))) values[i] = *found;
    return {};
  }

  Result<void> write(const Batch& batch, bool sync) override {
    const Alone lock(shard_->mutex);
    TRY(check_writable());
    ++shard_->sequence;
    MemoryShard::Undo undo;
    undo.reserve(batch.operations().size());
    for (const Batch::Operation& operation : batch.operations()) {
      undo.push_back({operation.table, operation.key, find(operation.table, operation.key, shard_->sequence)});
      shard_->put(operation.table, operation.key,
                  operation.erase ? nullptr : std::make_shared<const Bytes>(operation.value));
    }
    shard_->unsynced.push_back(std::move(undo));
    if (sync) shard_->unsynced.clear();
    return {};
  }

  SnapshotPtr snapshot() override {
    const Alone lock(shard_->mutex);
    shard_->snapshots.insert(shard_->sequence);
    return std::make_shared<MemorySnapshot>(shard_, shard_->sequence);
  }

  // Visits outside the lock, so that `visit` may read and write; a snapshot of its own keeps the moment.
  Result<void> scan(Table table, BytesView from, BytesView past, const Snapshot* at,
                    const std::function<bool(BytesView, BytesView)>& visit) override {
    const SnapshotPtr own = at ? nullptr : snapshot();
    const std::uint64_t sequence = moment(at ? at : own.get());
    constexpr std::size_t chunk_keys = 256;
    std::vector<std::pair<Bytes, Value>> chunk;
    Bytes next(from);
    bool after = false;  // `next` itself has been visited
    do {
      chunk.clear();
      {
        const Shared lock(shard_->mutex);
        if (shard_->dead) return dead_shard();
        const auto& map = shard_->map(table);
        for (auto it = after ? map.upper_bound(next) : map.lower_bound(next);
             it != map.end() && (past.empty() || it->first < past) && chunk.size() < chunk_keys; ++it)
          if (Value value = MemoryShard::at(it->second, sequence)) chunk.emplace_back(it->first, std::move(value));
      }
      for (const auto& [key, value] : chunk)
        if (!visit(key, *value)) return {};
      if (!chunk.empty()) next = chunk.back().first, after = true;
    } while (chunk.size() == chunk_keys);
    return {};
  }

  Result<std::unique_ptr<SortedFile>> sorted_file(Table table) override {
    if (read_only_) return invalid_request("the shard was opened for reading only");
    return std::unique_ptr<SortedFile>(std::make_unique<MemorySortedFile>(table));
  }

  Result<void> ingest(std::span<const std::unique_ptr<SortedFile>> files) override {
    const Alone lock(shard_->mutex);
    TRY(check_writable());
    std::vector<const MemorySortedFile*> sorted;
    for (const auto& file : files) sorted.push_back(static_cast<const MemorySortedFile*>(file.get()));
    for (const MemorySortedFile* file : sorted) {
      if (!file->finished()) return invalid_request("a sorted file must be finished before it is taken in");
      const auto& map = shard_->map(file->table());
      const auto inside = map.lower_bound(file->entries().front().first);
      if (inside != map.end() && inside->first <= file->entries().back().first)
        return conflict("table " + std::string(name(file->table())) + " has keys in the range of a sorted file");
    }
    ++shard_->sequence;
    for (const MemorySortedFile* file : sorted)
      for (const auto& [key, value] : file->entries())
        shard_->put(file->table(), key, std::make_shared<const Bytes>(value));
    shard_->unsynced.clear();
    return {};
  }

  Result<void> flush() override {
    const Alone lock(shard_->mutex);
    TRY(check_writable());
    shard_->unsynced.clear();
    return {};
  }

  Result<void> compact() override {
    const Alone lock(shard_->mutex);
    TRY(check_writable());
    shard_->unsynced.clear();
    if (shard_->snapshots.empty()) shard_->keep_latest();
    return {};
  }

  Result<void> compact(Table, BytesView, BytesView) override { return compact(); }

  Result<void> checkpoint(const std::string& folder) override {
    Bytes bytes;
    {
      const Shared lock(shard_->mutex);
      if (shard_->dead) return dead_shard();
      Writer writer(bytes);
      for (int t = 0; t < table_count; ++t)
        for (const auto& [key, versions] : shard_->map(static_cast<Table>(t)))
          if (const Value value = versions.back().value)
            writer.u8(static_cast<std::uint8_t>(t)), writer.text(key), writer.text(*value);
      writer.u64(hash64(bytes));
    }
    std::error_code ignored;
    if (std::filesystem::exists(folder, ignored))
      return conflict("cannot make a checkpoint in " + folder + ": it exists already");
    TRY(make_folder(folder));
    return write_durably(folder + checkpoint_file, bytes);
  }

  Result<std::vector<std::string>> files() override { return std::vector<std::string>(); }

  Result<std::uint64_t> verify_files(std::uint64_t, const std::function<bool()>&) override {
    const Shared lock(shard_->mutex);
    if (shard_->dead) return dead_shard();
    return std::uint64_t{0};
  }

  std::vector<TableStats> stats() override {
    const Shared lock(shard_->mutex);
    std::vector<TableStats> all;
    for (int t = 0; t < table_count; ++t) {
      TableStats& one = all.emplace_back();
      one.table = static_cast<Table>(t);
      for (const auto& [key, versions] : shard_->map(one.table))
        if (const Value value = versions.back().value) ++one.keys, one.file_bytes += key.size() + value->size();
    }
    return all;
  }

  bool writable() const override {
    const Shared lock(shard_->mutex);
    return check_writable().has_value();
  }

 private:
  Result<void> check_writable() const {
    if (shard_->dead) return dead_shard();
    if (read_only_) return invalid_request("the shard was opened for reading only");
    if (!*leased_) return unavailable("the lease of this shard was lost: open it again");
    return {};
  }

  std::uint64_t moment(const Snapshot* at) const {
    return at ? static_cast<const MemorySnapshot*>(at)->sequence() : UINT64_MAX;
  }

  Value find(Table table, BytesView key, std::uint64_t sequence) const {
    const auto& map = shard_->map(table);
    const auto it = map.find(key);
    return it == map.end() ? nullptr : MemoryShard::at(it->second, sequence);
  }

  std::shared_ptr<MemoryShard> shard_;
  bool read_only_;
  std::shared_ptr<const std::atomic<bool>> leased_;  // null only where read_only
};

}  // namespace

Value MemoryShard::at(const Versions& versions, std::uint64_t sequence) {
  for (auto it = versions.rbegin(); it != versions.rend(); ++it)
    if (it->sequence <= sequence) return it->value;
  return nullptr;
}

void MemoryShard::put(Table table, BytesView key, Value value) {
  Map& keys = map(table);
  auto it = keys.find(key);
  if (it == keys.end()) it = keys.emplace(Bytes(key), Versions()).first;
  Versions& versions = it->second;
  versions.push_back({sequence, std::move(value)});
  // The oldest snapshot needs the newest version that is not younger than itself; what lies before that is for nobody.
  const std::uint64_t oldest = snapshots.empty() ? sequence : *snapshots.begin();
  const auto needed =
      std::find_if(versions.rbegin(), versions.rend(), [&](const Version& v) { return v.sequence <= oldest; });
  if (needed != versions.rend()) versions.erase(versions.begin(), needed.base() - 1);
  if (versions.size() == 1 && !versions.front().value) keys.erase(it);
}

void MemoryShard::lose_unsynced(std::size_t kept) {
  for (std::size_t i = unsynced.size(); i-- > std::min(kept, unsynced.size());)
    for (auto before = unsynced[i].rbegin(); before != unsynced[i].rend(); ++before)
      put(before->table, before->key, before->value);
  unsynced.clear();
}

void MemoryShard::keep_latest() {
  for (Map& keys : tables)
    for (auto it = keys.begin(); it != keys.end();) {
      Versions& versions = it->second;
      versions.erase(versions.begin(), versions.end() - 1);
      it = versions.back().value ? std::next(it) : keys.erase(it);
    }
}

std::unique_ptr<Tables> memory_tables(std::shared_ptr<MemoryShard> shard, bool read_only,
                                      std::shared_ptr<const std::atomic<bool>> leased) {
  return std::make_unique<MemoryTables>(std::move(shard), read_only, std::move(leased));
}

Result<void> load_checkpoint(const std::string& folder, MemoryShard& shard) {
  const std::optional<Bytes> bytes = TRY(read_whole(folder + checkpoint_file, checkpoint_bytes_max));
  if (!bytes) return not_found("there is no checkpoint of tables in memory in " + folder);
  const Error damaged = corrupt("the checkpoint in " + folder + " is damaged");
  if (bytes->size() < sizeof(std::uint64_t)) return damaged;
  const BytesView content = BytesView(*bytes).substr(0, bytes->size() - sizeof(std::uint64_t));
  if (Reader(BytesView(*bytes).substr(content.size())).u64() != hash64(content)) return damaged;
  Reader reader(content);
  ++shard.sequence;
  while (reader.left() > 0) {
    const std::uint8_t table = reader.u8();
    const BytesView key = reader.text();
    const BytesView value = reader.text();
    if (!reader.ok() || table >= table_count) return damaged;
    shard.put(static_cast<Table>(table), key, std::make_shared<const Bytes>(value));
  }
  return {};
}

}  // namespace chartline::engine
