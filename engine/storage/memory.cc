#include "engine/storage/memory.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <shared_mutex>
#include <string>
#include <utility>

#include "engine/storage/memory_tables.h"

namespace chartline::engine {

// Everything that outlives a crash, and the leases, which do not.
struct MemoryDisk::Parts {
  using Flag = std::shared_ptr<std::atomic<bool>>;
  struct Held {
    std::uint64_t epoch = 0;                                    // the latest that was given out; durable
    Flag current = std::make_shared<std::atomic<bool>>(false);  // shared with the holder, true while it holds
  };

  std::mutex mutex;
  std::condition_variable released;
  std::map<std::uint32_t, std::shared_ptr<MemoryShard>> shards;
  std::map<std::uint32_t, Held> leases;
  std::map<std::string, Bytes> catalogue;
  std::map<std::pair<std::uint32_t, std::string>, Bytes> notes;

  void release(std::uint32_t shard, const Flag& flag) {
    const std::lock_guard lock(mutex);
    *flag = false;
    if (leases[shard].current == flag) released.notify_all();
  }

  template <typename Kept>  // of a number of batches, how many stay
  void crash(Kept kept) {
    const std::lock_guard lock(mutex);
    for (auto& [number, shard] : shards) {
      const std::shared_ptr<MemoryShard> before = std::exchange(shard, std::make_shared<MemoryShard>());
      const std::unique_lock alone(before->mutex);
      before->dead = true;
      before->lose_unsynced(kept(before->unsynced.size()));
      before->keep_latest();
      shard->tables.swap(before->tables);
      shard->sequence = before->sequence;
    }
    for (auto& [number, lease] : leases) *lease.current = false;
    released.notify_all();
  }
};

namespace {

class MemoryLease final : public Lease {
 public:
  MemoryLease(std::shared_ptr<MemoryDisk> disk, std::uint32_t shard, const MemoryDisk::Parts::Held& held)
      : disk_(std::move(disk)), shard_(shard), epoch_(held.epoch), current_(held.current) {}
  ~MemoryLease() override { disk_->parts().release(shard_, current_); }
  std::uint64_t epoch() const override { return epoch_; }
  bool valid() const override { return *current_; }
  std::uint32_t shard() const { return shard_; }
  const MemoryDisk::Parts::Flag& current() const { return current_; }

 private:
  std::shared_ptr<MemoryDisk> disk_;
  std::uint32_t shard_;
  std::uint64_t epoch_;
  MemoryDisk::Parts::Flag current_;
};

class MemoryCatalogue final : public Catalogue {
 public:
  explicit MemoryCatalogue(MemoryDisk::Parts& parts) : parts_(parts) {}

  Result<std::optional<Bytes>> get(const std::string& name) override {
    const std::lock_guard lock(parts_.mutex);
    return present(name);
  }

  Result<void> set(const std::string& name, const std::optional<Bytes>& expected, const Bytes& value) override {
    const std::lock_guard lock(parts_.mutex);
    if (present(name) != expected) return conflict("catalogue entry " + name + " has changed meanwhile");
    parts_.catalogue[name] = value;
    return {};
  }

 private:
  std::optional<Bytes> present(const std::string& name) const {
    const auto it = parts_.catalogue.find(name);
    return it == parts_.catalogue.end() ? std::nullopt : std::optional(it->second);
  }
  MemoryDisk::Parts& parts_;
};

class MemoryBackend final : public Backend {
 public:
  explicit MemoryBackend(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)), catalogue_(disk_->parts()) {}

  Catalogue& catalogue() override { return catalogue_; }

  Result<std::unique_ptr<Lease>> acquire(std::uint32_t shard, std::uint64_t wait_ms) override {
    MemoryDisk::Parts& parts = disk_->parts();
    std::unique_lock lock(parts.mutex);
    const auto free = [&] { return !*parts.leases[shard].current; };
    if (!parts.released.wait_for(lock, std::chrono::milliseconds(std::min<std::uint64_t>(wait_ms, 86'400'000)), free))
      return unavailable("shard " + std::to_string(shard) + " is open elsewhere in this process");
    MemoryDisk::Parts::Held& lease = parts.leases[shard];
    ++lease.epoch;
    lease.current = std::make_shared<std::atomic<bool>>(true);
    return std::unique_ptr<Lease>(std::make_unique<MemoryLease>(disk_, shard, lease));
  }

  Result<std::unique_ptr<Tables>> open(std::uint32_t shard, const Lease* lease, const TablesOptions& options) override {
    const auto* held = dynamic_cast<const MemoryLease*>(lease);
    if (!options.read_only && (!held || held->shard() != shard))
      return invalid_request("a shard is opened for writing under its own lease only");
    MemoryDisk::Parts& parts = disk_->parts();
    const std::lock_guard lock(parts.mutex);
    std::shared_ptr<MemoryShard>& data = parts.shards[shard];
    if (!data && options.read_only) return not_found("shard " + std::to_string(shard) + " does not exist");
    if (!data) data = std::make_shared<MemoryShard>();
    return memory_tables(data, options.read_only, held ? held->current() : nullptr);
  }

  Result<void> restore(std::uint32_t shard, const std::string& checkpoint) override {
    MemoryDisk::Parts& parts = disk_->parts();
    const std::lock_guard lock(parts.mutex);
    if (parts.shards.contains(shard)) return conflict("shard " + std::to_string(shard) + " exists already");
    auto data = std::make_shared<MemoryShard>();
    TRY(load_checkpoint(checkpoint, *data));
    parts.shards[shard] = std::move(data);
    return {};
  }

  std::string scratch_folder() override { return {}; }
  Result<std::vector<std::string>> sweep_scratch() override { return std::vector<std::string>(); }

  Result<void> write_note(std::uint32_t shard, const std::string& name, BytesView bytes) override {
    if (bytes.size() > note_bytes_max)
      return invalid_request("a note holds at most " + std::to_string(note_bytes_max) + " bytes");
    MemoryDisk::Parts& parts = disk_->parts();
    const std::lock_guard lock(parts.mutex);
    parts.notes[{shard, name}] = Bytes(bytes);
    return {};
  }

  Result<std::optional<Bytes>> read_note(std::uint32_t shard, const std::string& name) override {
    MemoryDisk::Parts& parts = disk_->parts();
    const std::lock_guard lock(parts.mutex);
    const auto it = parts.notes.find({shard, name});
    return it == parts.notes.end() ? std::nullopt : std::optional(it->second);
  }

 private:
  std::shared_ptr<MemoryDisk> disk_;
  MemoryCatalogue catalogue_;
};

}  // namespace

MemoryDisk::MemoryDisk() : parts_(std::make_unique<Parts>()) {}
MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::crash(std::size_t kept) {
  parts_->crash([&](std::size_t) { return kept; });
}

void MemoryDisk::crash_at_random(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  parts_->crash([&](std::size_t batches) { return std::uniform_int_distribution<std::size_t>(0, batches)(random); });
}

std::size_t MemoryDisk::unsynced_batches(std::uint32_t shard) const {
  const std::lock_guard lock(parts_->mutex);
  const auto it = parts_->shards.find(shard);
  if (it == parts_->shards.end()) return 0;
  const std::shared_lock reading(it->second->mutex);
  return it->second->unsynced.size();
}

void MemoryDisk::expire_lease(std::uint32_t shard) {
  const std::lock_guard lock(parts_->mutex);
  const auto data = parts_->shards.find(shard);
  // A write that is under way ends before its holder is fenced: none becomes visible after the next acquire.
  std::unique_lock<std::shared_mutex> alone;
  if (data != parts_->shards.end()) alone = std::unique_lock(data->second->mutex);
  *parts_->leases[shard].current = false;
  parts_->released.notify_all();
}

std::unique_ptr<Backend> memory_backend(std::shared_ptr<MemoryDisk> disk) {
  return std::make_unique<MemoryBackend>(std::move(disk));
}

}  // namespace chartline::engine
