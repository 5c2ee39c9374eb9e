#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "engine/backup_folder.h"
#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

constexpr Micros start = 1'700'000'000'000'000;

class Backups : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    store_ = make_store(at("store"), GetParam(), clock_);
    tell(*store_, clock_, {.seed = 31});
  }
  std::string at(const std::string& name) const { return folder_.path(name); }
  std::vector<std::string> stored_files() const {
    std::vector<std::string> files;
    for (const auto& each : fs::directory_iterator(at("backup") + "/files")) files.push_back(each.path().string());
    std::sort(files.begin(), files.end());
    return files;
  }
  std::string manifest_of(const std::string& name) const { return at("backup") + "/backups/" + name + ".manifest"; }
  BackupReport back_up() {
    clock_.advance(1'000'000);
    const auto report = backup(*store_, at("backup"));
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : BackupReport();
  }

  FixedClock clock_{start};
  TestFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_P(Backups, AreRestoredWithTheSameContent) {
  const std::string content = hash_of(*store_), history = hash_of(*store_, true);
  const BackupReport report = back_up();
  EXPECT_EQ(report.name, "2023-11-14T221321Z");
  EXPECT_EQ(report.position, store_->view().position());
  EXPECT_EQ(report.new_files, stored_files().size()) << "equal files of several shards are kept once";
  EXPECT_GT(report.bytes, 0u);
  tell(*store_, clock_, {.seed = 32});
  EXPECT_NE(hash_of(*store_), content);

  const auto restored = restore(at("backup"), at("copy"), {.name = {}, .verify = true, .progress = {}});
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(hex(restored->content), content);
  EXPECT_EQ(restored->files, report.files);
  EXPECT_EQ(restored->erased_again, 0u);
  EXPECT_FALSE(fs::exists(at("copy") + "/restoring"));
  auto copy = open_store(at("copy"), clock_);
  EXPECT_EQ(hash_of(*copy), content);
  EXPECT_EQ(hash_of(*copy, true), history);
  tell(*copy, clock_, {.seed = 33});
  EXPECT_EQ(first_finding(*copy), "");
}

TEST_P(Backups, CopyOnlyWhatIsNew) {
  const BackupReport first = back_up();
  const std::size_t files = stored_files().size();
  const BackupReport second = back_up();
  EXPECT_LT(second.new_bytes, first.new_bytes);
  for (const std::string& file : stored_files()) EXPECT_TRUE(fs::exists(file));
  EXPECT_LE(stored_files().size(), files + second.new_files);
  tell(*store_, clock_, {.seed = 34, .writes = 5});
  const BackupReport third = back_up();
  EXPECT_LT(third.new_files, third.files);

  const auto list = list_backups(at("backup"));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3u);
  EXPECT_EQ((*list)[0].name, first.name);
  EXPECT_EQ((*list)[2].name, third.name);
  EXPECT_EQ((*list)[2].position, third.position);
  EXPECT_EQ((*list)[1].bytes, second.bytes);
  const std::string now = hash_of(*store_);
  const auto newest = restore(at("backup"), at("newest"), {.name = {}, .verify = true, .progress = {}});
  ASSERT_TRUE(newest) << newest.error().message;
  EXPECT_EQ(hex(newest->content), now);
  const auto oldest = restore(at("backup"), at("oldest"), {.name = first.name, .verify = true, .progress = {}});
  ASSERT_TRUE(oldest) << oldest.error().message;
  EXPECT_NE(hex(oldest->content), now);
}

TEST_P(Backups, TwoInOneSecondHaveTwoNames) {
  const auto first = backup(*store_, at("backup")), second = backup(*store_, at("backup"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->name, first->name + "-02");
}

TEST_P(Backups, RefuseAnyDamagedFile) {
  back_up();
  const std::vector<std::string> files = stored_files();
  for (std::size_t i = 0; i < files.size(); i += GetParam()) {
    const std::string& file = files[i];
    SCOPED_TRACE(file);
    flip(file, fs::file_size(file) / 2);
    const auto restored = restore(at("backup"), at("copy"), {});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().fault, Fault::corrupt);
    EXPECT_NE(restored.error().message.find(file), std::string::npos) << restored.error().message;
    EXPECT_FALSE(fs::exists(at("copy")));
    flip(file, fs::file_size(file) / 2);
  }
  const std::string manifest = at("backup") + "/backups/" + list_backups(at("backup"))->front().name + ".manifest";
  for (const std::uint64_t byte : {std::uint64_t{0}, fs::file_size(manifest) / 2, fs::file_size(manifest) - 1}) {
    flip(manifest, byte);
    EXPECT_FALSE(restore(at("backup"), at("copy"), {}));
    EXPECT_FALSE(list_backups(at("backup")));
    flip(manifest, byte);
  }
  fs::rename(at("backup") + "/erasures", at("erasures"));
  EXPECT_EQ(restore(at("backup"), at("copy"), {}).error().fault, Fault::corrupt);
  fs::rename(at("erasures"), at("backup") + "/erasures");
  fs::remove(stored_files().front());
  EXPECT_EQ(restore(at("backup"), at("copy"), {}).error().fault, Fault::corrupt);
  EXPECT_FALSE(fs::exists(at("copy")));
}

// Whoever may write into the folder of backups may put there what never ends, or never begins.
TEST_P(Backups, ReadOnlyFilesAndNoFurtherThanTheyWere) {
  back_up();
  const auto refuses = [&](const std::string& why) {
    const auto restored = restore(at("backup"), at("copy"), {});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().fault, Fault::corrupt) << restored.error().message;
    EXPECT_NE(restored.error().message.find(why), std::string::npos) << restored.error().message;
    EXPECT_FALSE(fs::exists(at("copy")));
  };
  const std::string file = stored_files().front(), manifest_path = manifest_of(list_backups(at("backup"))->front().name);
  const std::uintmax_t bytes = fs::file_size(file);
  for (const std::string& path : {file, manifest_path, at("backup") + "/store-id", at("backup") + "/erasures"}) {
    SCOPED_TRACE(path);
    fs::rename(path, at("aside"));
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    refuses(path + " is no file");
    fs::remove(path);
    fs::create_symlink("/dev/zero", path);
    refuses(path + " is no file");
    fs::remove(path);
    fs::create_symlink(at("aside"), path);
    EXPECT_TRUE(restore(at("backup"), at("linked"), {})) << "a link to a file is as good as the file";
    fs::remove_all(at("linked"));
    fs::rename(at("aside"), path);
  }
  fs::copy_file(file, at("kept"));
  fs::resize_file(file, std::uintmax_t{60} << 30);
  refuses(file + " is damaged: it has more than its " + std::to_string(bytes) + " bytes");
  fs::resize_file(file, bytes - 1);
  refuses(file + " is damaged: it has " + std::to_string(bytes - 1) + " of its " + std::to_string(bytes) + " bytes");

  // The next backup puts the file back, whatever stands in its place.
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  clock_.advance(1'000'000);
  ASSERT_TRUE(backup(*store_, at("backup")));
  EXPECT_TRUE(restore(at("backup"), at("copy"), {.name = {}, .verify = true, .progress = {}}));
}

// A length costs nobody anything: one beyond all reason is no reason to ask for as much memory.
TEST_P(Backups, ReadNoFileWholeThatIsTooLong) {
  back_up();
  const std::string manifest = manifest_of(list_backups(at("backup"))->front().name);
  for (const std::string& path : {manifest, at("backup") + "/store-id", at("backup") + "/erasures"}) {
    SCOPED_TRACE(path);
    const std::uintmax_t bytes = fs::file_size(path);
    fs::resize_file(path, std::uintmax_t{10} << 40);
    const auto restored = restore(at("backup"), at("copy"), {});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().fault, Fault::corrupt);
    EXPECT_NE(restored.error().message.find(path + " is damaged"), std::string::npos) << restored.error().message;
    EXPECT_EQ(!list_backups(at("backup")), !path.ends_with("/erasures"));
    fs::resize_file(path, bytes);
  }
  EXPECT_TRUE(restore(at("backup"), at("copy"), {}));
}

TEST_P(Backups, MendAFileThatTurnedBadSince) {
  back_up();
  std::uintmax_t largest = 0;
  std::string path;
  for (const std::string& file : stored_files())
    if (fs::file_size(file) > largest) largest = fs::file_size(file), path = file;
  flip(path, largest / 2);
  store_ = nullptr;
  store_ = open_store(at("store"), clock_);
  EXPECT_GE(back_up().new_files, 1u);
  EXPECT_TRUE(restore(at("backup"), at("copy"), {.name = {}, .verify = true, .progress = {}}));
}

TEST_P(Backups, AreOfOneStoreIntoFoldersThatAreFree) {
  back_up();
  auto other = make_store(at("other"), GetParam(), clock_);
  EXPECT_EQ(backup(*other, at("backup")).error().fault, Fault::conflict);
  EXPECT_EQ(backup(*store_, at("store")).error().fault, Fault::conflict);
  EXPECT_EQ(restore(at("backup"), at("other"), {}).error().fault, Fault::conflict);
  fs::create_directory(at("empty"));
  EXPECT_TRUE(restore(at("backup"), at("empty"), {}));
  EXPECT_EQ(
      restore(at("backup"), at("copy"), {.name = "2001-01-01T000000Z", .verify = false, .progress = {}}).error().fault,
      Fault::not_found);
  EXPECT_EQ(restore(at("backup"), at("copy"), {.name = "../x", .verify = false, .progress = {}}).error().fault,
            Fault::invalid_request);
  EXPECT_EQ(restore(at("nowhere"), at("copy"), {}).error().fault, Fault::not_found);
  EXPECT_EQ(list_backups(at("nowhere")).error().fault, Fault::not_found);
  EXPECT_FALSE(fs::exists(at("copy")));
}

// Stopped at every step that reports progress: what was there stays whole, and the next one goes through.
TEST_P(Backups, ThatAreCutOffLeaveEarlierOnesWhole) {
  back_up();
  const std::string content = hash_of(*store_);
  for (int steps = 0; steps < 40; steps += 3) {
    tell(*store_, clock_, {.seed = 40 + static_cast<std::uint64_t>(steps), .writes = 2});
    int left = steps;
    const auto cut = backup(*store_, at("backup"), [&](std::uint64_t, std::uint64_t) { return left-- > 0; });
    if (cut) break;
    EXPECT_EQ(cut.error().fault, Fault::unavailable);
    ASSERT_EQ(list_backups(at("backup"))->size(), 1u);
  }
  const auto restored = restore(at("backup"), at("copy"),
                                {.name = list_backups(at("backup"))->front().name, .verify = true, .progress = {}});
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(hex(restored->content), content);
  std::ofstream(at("backup") + "/files/0123-4") << "left over";
  std::ofstream(at("backup") + "/backups/x.manifest.new") << "left over";
  back_up();
  EXPECT_FALSE(fs::exists(at("backup") + "/files/0123-4"));
  EXPECT_FALSE(fs::exists(at("backup") + "/backups/x.manifest.new"));
  EXPECT_FALSE(restore(at("backup"), at("cancelled"),
                       {.name = {}, .verify = false, .progress = [](std::uint64_t, std::uint64_t) { return false; }}));
  EXPECT_FALSE(fs::exists(at("cancelled")));
}

TEST_P(Backups, SayWhereARestoreWasCutOff) {
  back_up();
  fs::create_directories(at("copy") + "/restoring/shard-0000");
  const auto refused = restore(at("backup"), at("copy"), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::conflict);
  EXPECT_NE(refused.error().message.find("was cut off"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("remove the folder " + at("copy")), std::string::npos);
  EXPECT_TRUE(fs::exists(at("copy") + "/restoring/shard-0000"));

  // Of one that was cut off after its last step nobody is told to remove it: it is a store.
  fs::create_directories(at("store") + "/restoring");
  const auto full = restore(at("backup"), at("store"), {});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().message.find("remove"), std::string::npos) << full.error().message;
  fs::remove_all(at("copy"));
  EXPECT_TRUE(restore(at("backup"), at("copy"), {}));
}

TEST_P(Backups, OfAStoreInMemoryAreUnsupported) {
  auto disk = std::make_shared<MemoryDisk>();
  auto backend = memory_backend(disk);
  ASSERT_TRUE(Store::init(*backend, {.shards = GetParam()}));
  auto store = Store::open(std::shared_ptr<Backend>(std::move(backend)), quiet_options(clock_));
  ASSERT_TRUE(store);
  EXPECT_EQ(backup(**store, at("memory")).error().fault, Fault::unsupported);
}

INSTANTIATE_TEST_SUITE_P(Shards, Backups, ::testing::Values(1u, 8u),
                         [](const auto& with) { return std::to_string(with.param); });

}  // namespace
}  // namespace chartline::engine
