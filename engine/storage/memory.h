// A backend in memory, for tests. It models what a disk promises and no more: a batch is durable once it, or a later batch
// of the same shard, was written with sync; crash() takes everything else away, last batch first, so that what is left is
// a prefix of the batches in the order in which they were written.
//
//   auto disk = std::make_shared<MemoryDisk>();
//   auto backend = memory_backend(disk);
//   ... write through it ...
//   disk->crash();                                // every open Tables is dead, every lease is given back
//   auto after = memory_backend(disk);            // sees what was synced
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "engine/storage/backend.h"

namespace chartline::engine {

class MemoryDisk {
 public:
  MemoryDisk();
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // The machine stops. Tables that are open answer `unavailable` from now on; the unsynced batches are lost, except for a
  // prefix of `kept` of them in each shard (a disk may have written more than it was asked to).
  void crash(std::size_t kept = 0);
  // The same with a prefix of random length in each shard.
  void crash_at_random(std::uint64_t seed);
  std::size_t unsynced_batches(std::uint32_t shard) const;

  // The holder of a shard is taken for dead though it runs on: the next acquire succeeds, and fences it.
  void expire_lease(std::uint32_t shard);

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

std::unique_ptr<Backend> memory_backend(std::shared_ptr<MemoryDisk> disk);

}  // namespace chartline::engine
