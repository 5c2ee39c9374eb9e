// Backend: where the shards of a store live. It supplies three things below each shard (see docs/architecture.md):
// a lease with a strictly increasing epoch, the shard's tables on a file system that only the lease's holder may write,
// and a small linearizable catalogue. Backends: local (a folder), memory (tests), faulty (a decorator).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/storage/tables.h"

namespace chartline::engine {

// Held while a shard is open for writing. On return from acquire every earlier holder is fenced.
class Lease {
 public:
  virtual ~Lease() = default;          // gives it back
  virtual std::uint64_t epoch() const = 0;
  virtual bool valid() const = 0;      // false once a later epoch has been acquired, or the lock is lost
};

// Small named values, compare-and-set.
class Catalogue {
 public:
  virtual ~Catalogue() = default;
  virtual Result<std::optional<Bytes>> get(const std::string& name) = 0;
  // conflict where the present value is not `expected` (absent for nullopt). Durable on return.
  virtual Result<void> set(const std::string& name, const std::optional<Bytes>& expected, const Bytes& value) = 0;
};

struct TablesOptions {
  std::uint64_t cache_bytes = 256ull << 20;         // blocks of files kept in memory
  std::uint64_t write_buffer_bytes = 64ull << 20;   // all memory tables together
  bool read_only = false;
  bool direct_reads = false;                        // past the page cache: measurements with a bounded cache
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Catalogue& catalogue() = 0;
  // Waits at most `wait_ms` for another holder to let go, then `unavailable`, saying who holds it where that is known.
  virtual Result<std::unique_ptr<Lease>> acquire(std::uint32_t shard, std::uint64_t wait_ms) = 0;
  // lease null only with read_only.
  virtual Result<std::unique_ptr<Tables>> open(std::uint32_t shard, const Lease* lease, const TablesOptions& options) = 0;
  // A folder of the backend's own file system for temporary files of this store (sorting), emptied at open; "" where there is none.
  virtual std::string scratch_folder() = 0;
  // Small synced file beside a shard: the last acknowledged position (hazard 2 of the design). Written in place, at most so often as the engine says.
  virtual Result<void> write_note(std::uint32_t shard, const std::string& name, BytesView bytes) = 0;
  virtual Result<std::optional<Bytes>> read_note(std::uint32_t shard, const std::string& name) = 0;
};

// A folder: FOLDER/catalogue/NAME, FOLDER/shard-0000/ (RocksDB), FOLDER/shard-0000.lock, FOLDER/scratch/. Created where `create`
// and absent; conflict where `create` and not empty; not_found where absent and not `create`.
Result<std::unique_ptr<Backend>> local_backend(const std::string& folder, bool create);

}  // namespace chartline::engine
