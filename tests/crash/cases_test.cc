// What the lanes have found, each as a case of its own.
#include <gtest/gtest.h>

#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/storage/faulty.h"
#include "engine/storage/memory.h"
#include "engine/terminology.h"
#include "tests/crash/disk_image.h"
#include "tests/crash/disk_watch.h"
#include "tests/crash/lane.h"
#include "tests/crash/life.h"

namespace chartline::crash {
namespace {

// A store in memory, for a bulk load that fails.
class CutOffLoad {
 public:
  explicit CutOffLoad(std::uint32_t shards) : script_{.seed = 5, .shards = shards, .writers = 0}, promises_(script_) {
    EXPECT_TRUE(engine::Store::init(*engine::memory_backend(disk_), {.shards = shards}));
  }
  auto open() {
    engine::StoreOptions options;
    options.fold_in_background = false;
    return engine::Store::open(
        std::shared_ptr<engine::Backend>(engine::faulty_backend(engine::memory_backend(disk_), faults_)), options);
  }
  Writer loader() const { return Writer(script_, script_.loader()); }
  const Promises& promises() const { return promises_; }
  engine::Faults& faults() { return *faults_; }

 private:
  std::shared_ptr<engine::MemoryDisk> disk_ = std::make_shared<engine::MemoryDisk>();
  std::shared_ptr<engine::Faults> faults_ = std::make_shared<engine::Faults>();
  Script script_;
  Promises promises_;
};

// The tables are emptied again when the store is next opened: of what the load left, not of terminology that was there before.
TEST(Cases, ABulkLoadThatWasCutOffTakesNoTerminologyWithIt) {
  CutOffLoad load(1);
  Writer loader = load.loader();
  {
    const auto store = load.open().value();
    ASSERT_TRUE(loader.act(*store));
    loader.advance();
    load.faults().add({.operation = engine::Operation::ingest});
    ASSERT_FALSE(loader.act(*store));
  }
  const auto store = load.open();
  ASSERT_TRUE(store) << store.error().message;
  record::Arena room;
  const auto entry = engine::find_concept(**store, "lane 1", {"local", "c1", {}}, room);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_TRUE(entry->has_value());
  EXPECT_TRUE(loader.act(**store)) << "and the load can begin again";
}

// Shards had taken their files in, and their notes said so, when the load failed: the notes are of a commit that the next open
// takes back.
TEST(Cases, ABulkLoadThatWasCutOffBehindItsFilesCanBeginAgain) {
  CutOffLoad load(2);
  Writer loader = load.loader();
  loader.advance();
  {
    const auto store = load.open().value();
    load.faults().add({.operation = engine::Operation::catalogue_set, .nth = 2});
    ASSERT_FALSE(loader.act(*store));
  }
  const auto store = load.open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->stats().events, 0u);
  EXPECT_TRUE(loader.act(**store)) << "and the load can begin again";
}

// A folder is there once the folder above it is synced, and that one too, and so on.
TEST(Cases, StoresBackupsAndRestoredStoresOutliveAPowerCutInFoldersThatWereMadeForThem) {
  const LaneFolder folder;
  std::filesystem::create_directories(folder / "disk");
  Promises promises({.seed = 3, .writers = 2});
  Life life{.store = folder / "disk/a/b/store", .backups = folder / "disk/c/d/backups"};
  DiskImage image(folder / "disk");
  {
    DiskWatch watch(folder / "disk");
    ASSERT_TRUE(engine::Store::init(life.store, {}));
    const auto store = engine::Store::open(life.store, options_of(life)).value();
    life.rounds_max = 0;
    ASSERT_TRUE(live(*store, promises, life, [&](const std::string& line) { watch.mark(line); }));
    const auto backup = engine::backup(*store, life.backups);
    ASSERT_TRUE(backup) << backup.error().message;
    watch.mark("backup " + backup->name);
    const auto restored = engine::restore(life.backups, folder / "disk/e/f/store", {});
    ASSERT_TRUE(restored) << restored.error().message;
    for (const DiskAct& act : watch.acts()) {
      if (act.kind == DiskAct::Kind::mark) promises.hear(act.path);
      image.apply(act);
    }
  }
  std::mt19937_64 random(1);
  image.write_to(folder / "left", {Loss::Names::all, Loss::Bytes::all}, random);
  for (const char* path : {"left/a/b/store", "left/e/f/store"}) {
    const auto store = engine::Store::open(folder / path, options_of(life));
    ASSERT_TRUE(store) << path << ": " << store.error().message;
    EXPECT_EQ(look(**store, promises, Deep::yes, folder / "left/c/d/backups").first(), "") << path;
  }
}

}  // namespace
}  // namespace chartline::crash
