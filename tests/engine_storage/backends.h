// The stores that the conformance suite runs on, each with a way to cut the power beneath it.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "engine/storage/backend.h"
#include "engine/storage/tables.h"

namespace chartline::engine {

// A folder for one test, removed at its end.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A store whose disk outlives what has it open.
class DurableStore {
 public:
  virtual ~DurableStore() = default;
  virtual std::unique_ptr<Backend> open() = 0;
  virtual void stop() = 0;        // nothing reaches the disk from here on
  virtual void lose_power() = 0;  // with everything closed, after stop(): only what was synced is left
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<DurableStore>()> make;
};
void PrintTo(const StoreKind& kind, std::ostream* out);

std::vector<StoreKind> store_kinds();

// One shard of a store, opened for writing. Members close in the right order.
struct Opened {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Lease> lease;
  std::unique_ptr<Tables> tables;

  explicit Opened(DurableStore& store, const TablesOptions& options = {});
  ~Opened();
  Opened(Opened&&) = default;
  Opened& operator=(Opened&&) = delete;
};

// What a table holds of a key; "(absent)" where it does not.
std::string value_of(Tables& tables, Table table, const std::string& key, const Snapshot* at = nullptr);
Batch one_put(Table table, const std::string& key, const std::string& value);
std::vector<std::string> keys_of(Tables& tables, Table table, const std::string& from = "",
                                 const std::string& past = "", const Snapshot* at = nullptr);

}  // namespace chartline::engine
