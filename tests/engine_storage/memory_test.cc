// What the memory backend models beyond the conformance suite: power cuts that leave a prefix, and holders that are fenced.
#include "engine/storage/memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine_storage/backends.h"
#include "tests/engine_storage/damage.h"

namespace chartline::engine {
namespace {

struct OpenedMemory {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Lease> lease;
  std::unique_ptr<Tables> tables;

  explicit OpenedMemory(const std::shared_ptr<MemoryDisk>& disk)
      : backend(memory_backend(disk)),
        lease(backend->acquire(0, 1000).value()),
        tables(backend->open(0, lease.get(), {}).value()) {}
};

TEST(Memory, ACrashKeepsThePrefixThatItIsTold) {
  for (std::size_t kept = 0; kept <= 6; ++kept) {
    const auto disk = std::make_shared<MemoryDisk>();
    {
      const OpenedMemory opened(disk);
      ASSERT_TRUE(opened.tables->write(one_put(Table::meta, "n", "0"), true));
      for (int i = 1; i <= 4; ++i)
        ASSERT_TRUE(opened.tables->write(one_put(Table::meta, "n", std::to_string(i)), false));
      EXPECT_EQ(disk->unsynced_batches(0), 4);
      disk->crash(kept);
      EXPECT_EQ(value_of(*opened.tables, Table::meta, "n"), "(unavailable)");
      EXPECT_FALSE(opened.tables->writable());
      EXPECT_FALSE(opened.lease->valid());
    }
    EXPECT_EQ(value_of(*OpenedMemory(disk).tables, Table::meta, "n"), std::to_string(std::min<std::size_t>(kept, 4)));
  }
}

TEST(Memory, RandomCrashesReachEveryPrefix) {
  std::set<std::string> reached;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto disk = std::make_shared<MemoryDisk>();
    {
      const OpenedMemory opened(disk);
      for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(opened.tables->write(one_put(Table::meta, "n", std::to_string(i)), false));
    }
    disk->crash_at_random(seed);
    reached.insert(value_of(*OpenedMemory(disk).tables, Table::meta, "n"));
  }
  EXPECT_EQ(reached, (std::set<std::string>{"(absent)", "0", "1", "2"}));
}

TEST(Memory, AHolderTakenForDeadIsFenced) {
  const auto disk = std::make_shared<MemoryDisk>();
  const OpenedMemory zombie(disk);
  ASSERT_TRUE(zombie.tables->write(one_put(Table::meta, "a", "1"), true));
  disk->expire_lease(0);
  EXPECT_FALSE(zombie.lease->valid());
  {
    const OpenedMemory next(disk);
    EXPECT_GT(next.lease->epoch(), zombie.lease->epoch());
    EXPECT_EQ(zombie.tables->write(one_put(Table::meta, "a", "zombie"), true).error().fault, Fault::unavailable);
    EXPECT_EQ(value_of(*next.tables, Table::meta, "a"), "1");
    ASSERT_TRUE(next.tables->write(one_put(Table::meta, "a", "2"), true));
    EXPECT_TRUE(next.lease->valid());
  }
  EXPECT_FALSE(zombie.tables->writable());
}

TEST(Memory, ASnapshotOutlivesACrash) {
  const auto disk = std::make_shared<MemoryDisk>();
  const OpenedMemory opened(disk);
  const SnapshotPtr at = opened.tables->snapshot();
  disk->crash();
  EXPECT_EQ(value_of(*opened.tables, Table::meta, "a", at.get()), "(unavailable)");
}

TEST(Memory, ManyThreadsReadWhileOneWrites) {
  const auto disk = std::make_shared<MemoryDisk>();
  const OpenedMemory opened(disk);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r)
    readers.emplace_back([&] {
      while (!done) {
        const SnapshotPtr at = opened.tables->snapshot();
        const auto first = keys_of(*opened.tables, Table::timeline, "", "", at.get());
        std::this_thread::yield();
        if (keys_of(*opened.tables, Table::timeline, "", "", at.get()) != first) ++wrong;
      }
    });
  for (int i = 0; i < 2000; ++i) {
    Batch batch;
    batch.put(Table::timeline, std::to_string(i % 300), std::to_string(i));
    batch.erase(Table::timeline, std::to_string((i * 7) % 300));
    ASSERT_TRUE(opened.tables->write(batch, i % 3 == 0));
    if (i % 700 == 0) {
      ASSERT_TRUE(opened.tables->compact());
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Memory, ADamagedCheckpointIsCorruption) {
  TestFolder folder;
  const auto disk = std::make_shared<MemoryDisk>();
  const OpenedMemory opened(disk);
  ASSERT_TRUE(opened.tables->write(one_put(Table::meta, "key", "value"), true));
  ASSERT_TRUE(opened.tables->checkpoint(folder / "copy"));
  const std::string file = folder / "copy/tables";
  for (std::uint64_t byte = 0; byte < size_of(file); ++byte) {
    flip_bit(file, byte);
    EXPECT_EQ(opened.backend->restore(1, folder / "copy").error().fault, Fault::corrupt) << "byte " << byte;
    flip_bit(file, byte);
  }
  for (const std::uint64_t kept : {0, 3, 8, 15}) {
    cut_to(file, kept);
    EXPECT_EQ(opened.backend->restore(1, folder / "copy").error().fault, Fault::corrupt) << "cut to " << kept;
  }
}

}  // namespace
}  // namespace chartline::engine
