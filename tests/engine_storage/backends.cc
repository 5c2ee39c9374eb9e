#include "tests/engine_storage/backends.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/storage/faulty.h"
#include "engine/storage/local_backend.h"
#include "engine/storage/memory.h"
#include "engine/storage/rocks_faulty_fs.h"

namespace chartline::engine {
namespace {

class MemoryStore final : public DurableStore {
 public:
  std::unique_ptr<Backend> open() override { return memory_backend(disk_); }
  void stop() override { disk_->crash(); }
  void lose_power() override {}

 private:
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

class LocalStore final : public DurableStore {
 public:
  std::unique_ptr<Backend> open() override {
    const bool create = !std::filesystem::exists(folder_ / "store");
    return local_backend(folder_ / "store", create, disk_.env()).value();
  }
  void stop() override { disk_.stop(); }
  void lose_power() override { disk_.lose_power(); }

 private:
  TestFolder folder_;
  FaultyDisk disk_;
};

// The decorator without a fault: it must change nothing.
class DecoratedStore final : public DurableStore {
 public:
  std::unique_ptr<Backend> open() override { return faulty_backend(behind_.open(), std::make_shared<Faults>()); }
  void stop() override { behind_.stop(); }
  void lose_power() override { behind_.lose_power(); }

 private:
  MemoryStore behind_;
};

}  // namespace

TestFolder::TestFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "chartline-test-XXXXXX").string();
  if (!::mkdtemp(path.data())) ADD_FAILURE() << "cannot make a folder like " << path;
  path_ = path;
}

TestFolder::~TestFolder() {
  std::error_code ignored;  // a folder left behind in the system's own for temporary files does no harm
  std::filesystem::remove_all(path_, ignored);
}

void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

std::vector<StoreKind> store_kinds() {
  return {{"memory", [] { return std::make_unique<MemoryStore>(); }},
          {"local", [] { return std::make_unique<LocalStore>(); }},
          {"decorated", [] { return std::make_unique<DecoratedStore>(); }}};
}

Opened::Opened(DurableStore& store, const TablesOptions& options)
    : backend(store.open()),
      lease(backend->acquire(0, 1000).value()),
      tables(backend->open(0, lease.get(), options).value()) {}

Opened::~Opened() {
  tables.reset();
  lease.reset();
}

std::string value_of(Tables& tables, Table table, const std::string& key, const Snapshot* at) {
  Pinned value;
  const Result<bool> found = tables.get(table, key, at, value);
  if (!found) return "(" + std::string(name(found.error().fault)) + ")";
  return *found ? std::string(value.bytes()) : "(absent)";
}

Batch one_put(Table table, const std::string& key, const std::string& value) {
  Batch batch;
  batch.put(table, key, value);
  return batch;
}

std::vector<std::string> keys_of(Tables& tables, Table table, const std::string& from, const std::string& past,
                                 const Snapshot* at) {
  std::vector<std::string> keys;
  const Result<void> scanned = tables.scan(table, from, past, at, [&](BytesView key, BytesView) {
    keys.emplace_back(key);
    return true;
  });
  EXPECT_TRUE(scanned) << scanned.error().message;
  return keys;
}

}  // namespace chartline::engine
