// Backend: where the shards of a store live. It supplies three things below each shard (see docs/architecture.md):
// a lease with a strictly increasing epoch, the shard's tables on a file system that only the lease's holder may write,
// and a small linearizable catalogue. Backends: local (a folder), memory (tests), faulty (a decorator).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/storage/tables.h"

namespace chartline::engine {

// Held while a shard is open for writing. On return from acquire every earlier holder is fenced.
class Lease {
 public:
  virtual ~Lease() = default;  // gives it back
  virtual std::uint64_t epoch() const = 0;
  virtual bool valid() const = 0;  // false once a later epoch has been acquired, or the lock is lost
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
  std::uint64_t cache_bytes = 256ull << 20;        // blocks of files kept in memory
  std::uint64_t write_buffer_bytes = 64ull << 20;  // all memory tables together
  bool read_only = false;
  bool direct_reads = false;  // past the page cache: measurements with a bounded cache
};

inline constexpr std::size_t note_bytes_max = 2000;

class Backend {
 public:
  virtual ~Backend() = default;  // after every lease and all tables that came from it
  virtual Catalogue& catalogue() = 0;
  // Waits at most `wait_ms` for another holder to let go, then `unavailable`, saying who holds it where that is known.
  virtual Result<std::unique_ptr<Lease>> acquire(std::uint32_t shard, std::uint64_t wait_ms) = 0;
  // lease null only with read_only; it outlives the tables. A shard that does not exist is made, or not_found with read_only.
  virtual Result<std::unique_ptr<Tables>> open(std::uint32_t shard, const Lease* lease, const TablesOptions& options) = 0;
  // Makes a shard that does not exist yet from what Tables::checkpoint wrote; conflict where it exists.
  virtual Result<void> restore(std::uint32_t shard, const std::string& checkpoint) = 0;
  // A folder of the backend's own file system for temporary files of this store (sorting), empty at first; "" where there is none.
  virtual std::string scratch_folder() = 0;
  // Takes away the temporary files that processes have left which are gone; those of the living are named.
  virtual Result<std::vector<std::string>> sweep_scratch() = 0;
  // Small synced file beside a shard: the last acknowledged position, so that a lost tail of the log is noticed at open.
  // Written in place; a torn write leaves what was there before. At most note_bytes_max bytes; names are [a-z0-9-]+.
  virtual Result<void> write_note(std::uint32_t shard, const std::string& name, BytesView bytes) = 0;
  virtual Result<std::optional<Bytes>> read_note(std::uint32_t shard, const std::string& name) = 0;
};

// A folder: FOLDER/catalogue/NAME, FOLDER/shard-0000/ (RocksDB), FOLDER/shard-0000.lock, FOLDER/scratch/. Created where `create`
// and absent; conflict where `create` and not empty; not_found where absent and not `create`.
Result<std::unique_ptr<Backend>> local_backend(const std::string& folder, bool create);

}  // namespace chartline::engine
