// Stores to maintain: seeded random histories in a folder of their own or in memory, on a clock that the test turns.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/storage/memory.h"
#include "engine/store_parts.h"

namespace chartline::engine {

// A folder that goes with the test.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void flip(const std::string& path, std::uint64_t byte);  // one bit of it

// One record of one event about one person, with everything owned by the arena.
record::Record said_of(const std::string& person, const std::string& id, const std::string& text, record::Arena& arena);

// Says the same random things to any store that is given, in the same order, for the same seed.
struct RandomHistory {
  std::uint64_t seed = 1;
  int people = 30;
  int writes = 120;
  std::string leave_out{};  // this person is passed over: a store that never knew them
  bool links = true;
  bool folds = true;  // now and then between the writes
  enum class Ids {
    any,
    always,
    never
  } ids = Ids::any;  // rows without ids mean other things one by one than in one import
};
void tell(Store& store, FixedClock& clock, const RandomHistory& history);
// The same records in one import.
ImportCounts import(Store& store, const RandomHistory& history, ImportOptions::Path path);

StoreOptions quiet_options(FixedClock& clock);  // folds only when told to
std::unique_ptr<Store> make_store(const std::string& folder, std::uint32_t shards, FixedClock& clock);
std::unique_ptr<Store> open_store(const std::string& folder, FixedClock& clock);

// "" where the store is sound, else its first finding.
std::string first_finding(Store& store, bool deep = true);
std::string hash_of(Store& store, bool history = false);

}  // namespace chartline::engine
