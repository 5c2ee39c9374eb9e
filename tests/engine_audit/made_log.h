// Stores in memory whose audit log has something in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/storage/faulty.h"
#include "engine/storage/memory.h"
#include "engine/store_parts.h"

namespace chartline::engine {

// A store on a disk in memory that a test can crash, open again and tamper with.
class MadeStore {
 public:
  explicit MadeStore(std::uint32_t shards = 1);
  Store& open(bool read_only = false);  // anew; closes what was open
  Result<std::unique_ptr<Store>> try_open(bool read_only = false);
  void close() { store_.reset(); }
  Store& store() { return *store_; }

  FixedClock clock{1'700'000'000'000'000};
  std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
  std::shared_ptr<Faults> faults = std::make_shared<Faults>();

 private:
  std::unique_ptr<Store> store_;
};

record::Record note_about(const std::string& person, const std::string& id, record::Arena& arena);
AuditEntry reading(PatientRef patient, const std::string& who = "dr.jones");
AuditEntry writing(const std::string& who = "feed");
// Every entry of a shard's log; fails the test where one cannot be read.
std::vector<AuditRecord> entries_of(Store& store, std::uint32_t shard = 0);
// `count` reads of patient 0, one after another.
void read_often(Store& store, std::uint64_t count);

}  // namespace chartline::engine
