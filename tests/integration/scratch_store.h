// A store of its own for one test, in a folder or in memory, gone with the object.
#pragma once

#include <memory>
#include <string>

#include "engine/storage/memory.h"
#include "engine/store.h"
#include "tests/exchange/scratch_file.h"
#include "tests/integration/must.h"

namespace chartline::integration {

enum class Where { folder, memory };

class ScratchStore {
 public:
  explicit ScratchStore(Where where, std::uint32_t shards = 1, engine::StoreOptions options = {})
      : where_(where), options_(options) {
    if (where == Where::folder) must(engine::Store::init(folder(), {.shards = shards}));
    else must(engine::Store::init(*engine::memory_backend(disk_), {.shards = shards}));
    open();
  }

  void close() { store_.reset(); }
  void open() {
    close();
    store_ = must(where_ == Where::folder
                      ? engine::Store::open(folder(), options_)
                      : engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk_)), options_));
  }
  std::string folder() const { return scratch_.path() + "/store"; }

  engine::Store& operator*() { return *store_; }
  engine::Store* operator->() { return store_.get(); }

 private:
  const Where where_;
  const engine::StoreOptions options_;
  exchange::ScratchFolder scratch_;
  std::shared_ptr<engine::MemoryDisk> disk_ = std::make_shared<engine::MemoryDisk>();
  std::unique_ptr<engine::Store> store_;
};

}  // namespace chartline::integration
