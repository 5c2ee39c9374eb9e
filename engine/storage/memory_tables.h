// The tables of one shard in memory: several versions of each key, so that a snapshot is a number.
//
// MemoryShard is the data and lives on the disk (memory.h); what memory_tables() returns is one opening of it. A shard
// that died in a crash answers `unavailable`; the disk has a new one in its place.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "engine/storage/backend.h"
#include "engine/storage/tables.h"

namespace chartline::engine {

struct MemoryShard {
  using Value = std::shared_ptr<const Bytes>;  // null: erased
  struct Version {
    std::uint64_t sequence;
    Value value;
  };
  using Versions = std::vector<Version>;  // oldest first
  using Map = std::map<Bytes, Versions, std::less<>>;
  struct Before {  // what a batch found in the place of what it wrote
    Table table;
    Bytes key;
    Value value;
  };
  using Undo = std::vector<Before>;

  mutable std::shared_mutex mutex;
  std::array<Map, table_count> tables;
  std::uint64_t sequence = 0;
  std::multiset<std::uint64_t> snapshots;
  std::deque<Undo> unsynced;  // one for each batch since the last sync, oldest first
  bool dead = false;

  Map& map(Table table) { return tables[static_cast<std::size_t>(table)]; }
  static Value at(const Versions& versions, std::uint64_t sequence);
  void put(Table table, BytesView key, Value value);  // at the present sequence
  void lose_unsynced(std::size_t kept);               // undoes all but the first `kept` unsynced batches
  void keep_latest();                                 // drops old versions and erased keys
};

// `leased` turns false, under the shard's lock, when the lease is lost: every later write is refused.
std::unique_ptr<Tables> memory_tables(std::shared_ptr<MemoryShard> shard, bool read_only,
                                      std::shared_ptr<const std::atomic<bool>> leased);

// Fills an empty shard from a checkpoint that such tables have written; corrupt where the file is damaged.
Result<void> load_checkpoint(const std::string& folder, MemoryShard& shard);

}  // namespace chartline::engine
