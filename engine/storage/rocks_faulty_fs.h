// Files that fail, for tests of the real RocksDB: chosen operations go wrong, and a power cut takes away every byte that
// was not synced and every name whose folder was not.
//
//   auto disk = std::make_shared<FaultyDisk>();
//   auto backend = local_backend(folder, true, disk->env());
//   ... write ...
//   disk->stop();                 // nothing reaches the disk any more, not even what closing the tables would write
//   ... let go of tables, lease and backend ...
//   disk->lose_power();           // and now the disk is as a power cut leaves it; it can be opened again
//
// Deletions are durable at once, the harder case for whoever deletes before what replaces it is safe. What the backend
// itself writes (leases, notes, the catalogue) does not pass through here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace rocksdb {
class Env;
}

namespace chartline::engine {

enum class DiskOperation : std::uint8_t { append, sync, read, rename };

enum class DiskEffect : std::uint8_t {
  io_error,
  no_space,
  short_read,   // a read gives half of what was asked for, as if the file ended there
  flipped_bit,  // a read gives a wrong bit
};

struct DiskFault {
  DiskOperation operation = DiskOperation::sync;
  DiskEffect effect = DiskEffect::io_error;
  std::string file = "";  // strikes files whose name contains this: ".log", ".sst", "MANIFEST"
  std::uint64_t nth = 1;  // the first such operation from now on that goes wrong
  bool lasting = false;   // and all after it
};

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  std::shared_ptr<rocksdb::Env> env() const;

  void inject(DiskFault fault);
  void heal();                   // forgets every fault
  std::uint64_t struck() const;  // how many operations went wrong so far

  void stop();
  // Nothing may have a file open. With a seed, a random part of each unsynced tail stays: a torn write.
  void lose_power(std::optional<std::uint64_t> torn_seed = std::nullopt);

  struct Parts;

 private:
  std::shared_ptr<Parts> parts_;
  std::shared_ptr<rocksdb::Env> env_;
};

}  // namespace chartline::engine
