// Bytes that change below the database. RocksDB 7.8.3 can end a scan early, without an error, when the first block of a file
// other than the first of its level is damaged; point reads of named runs must then fail, never come back short.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "engine/storage/local_backend.h"
#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

constexpr Micros start = 1'700'000'000'000'000;

class DamagedFiles : public ::testing::Test {
 protected:
  // Loaded in bulk by two threads: two files for each table of the patients, side by side on the bottom level.
  void SetUp() override {
    auto store = make_store(folder_.path("store"), 1, clock_);
    record::Arena arena;
    ImportOptions options;
    options.path = ImportOptions::Path::bulk;
    auto load = Import::begin(*store, options);
    ASSERT_TRUE(load) << load.error().message;
    for (int person = 0; person < 9000; ++person)  // more than two blocks, so that the threads share them
      ASSERT_TRUE((*load)->add(said_of("p" + std::to_string(person), "id " + std::to_string(person), "words", arena)));
    ASSERT_TRUE((*load)->finish());
    read_all(*store, sizes_);
    ASSERT_TRUE(failures_.empty());
    ASSERT_TRUE(store->parts().shards.front()->tables()->flush());
  }

  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& each : fs::directory_iterator(local_shard_folder(folder_.path("store"), 0)))
      if (each.path().extension() == ".sst") found.push_back(each.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  // Sizes of every timeline and of every code's postings; what fails is noted by its fault.
  void read_all(Store& store, std::map<std::string, std::size_t>& sizes) {
    const View view = store.view();
    failures_.clear();
    for (PatientId id = 0; id < view.patients(0); ++id) {
      const auto timeline = view.timeline({0, id}, {.include_hidden = true});
      const std::string what = "timeline " + std::to_string(id);
      if (timeline) sizes[what] = timeline->size();
      else failures_["timeline"].insert(timeline.error().fault);
    }
    for (Name code = 0; code <= view.codes(0); ++code) {
      const auto postings = view.merged_postings(0, code, 0, 100);
      if (postings) sizes["postings " + std::to_string(code)] = postings->size();
      else failures_["postings"].insert(postings.error().fault);
    }
  }

  FixedClock clock_{start};
  TestFolder folder_;
  std::map<std::string, std::size_t> sizes_;
  std::map<std::string, std::set<Fault>> failures_;
};

TEST_F(DamagedFiles, AreNeverReadShortAndAlwaysFound) {
  std::set<std::string> kinds_that_failed;
  ASSERT_GE(files().size(), 6u);
  for (const std::string& file : files()) {
    SCOPED_TRACE(file);
    fs::remove_all(folder_.path("copy"));
    fs::copy(folder_.path("store"), folder_.path("copy"), fs::copy_options::recursive);
    flip(local_shard_folder(folder_.path("copy"), 0) + "/" + file, 20);  // within the first data block
    auto opened = Store::open(folder_.path("copy"), quiet_options(clock_));
    if (!opened) {
      EXPECT_EQ(opened.error().fault, Fault::corrupt) << opened.error().message;  // names and counters are read at open
      continue;
    }
    std::map<std::string, std::size_t> sizes;
    read_all(**opened, sizes);
    for (const auto& [what, size] : sizes) EXPECT_EQ(size, sizes_.at(what)) << what;
    for (const auto& [kind, faults] : failures_) {
      EXPECT_EQ(faults, std::set<Fault>{Fault::corrupt}) << kind;
      kinds_that_failed.insert(kind);
    }
    EXPECT_NE(first_finding(**opened, false), "");
    const auto scrubbed = scrub(**opened, 0);
    ASSERT_TRUE(scrubbed);
    ASSERT_EQ(scrubbed->findings.size(), 1u);
    EXPECT_NE(scrubbed->findings.front().find(file), std::string::npos) << scrubbed->findings.front();
    EXPECT_EQ(backup(**opened, folder_.path("backup")).error().fault, Fault::corrupt) << "nothing damaged is backed up";
  }
  EXPECT_EQ(kinds_that_failed, (std::set<std::string>{"timeline", "postings"}));
}

TEST_F(DamagedFiles, ScrubReadsAllFilesAtAPaceAndStops) {
  auto store = open_store(folder_.path("store"), clock_);
  const auto whole = scrub(*store, 0);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->findings, std::vector<std::string>());
  EXPECT_GE(whole->files, 6u);
  EXPECT_GT(whole->bytes, 10'000u);
  EXPECT_EQ(scrub(*store, 0, [](std::uint64_t, std::uint64_t) { return false; }).error().fault, Fault::unavailable);
}

TEST_F(DamagedFiles, AreFoundInTheBackground) {
  const auto rounds_over = [](Store& store) {
    for (int waits = 0; waits < 1000 && store.stats().last_scrub == 0; ++waits)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return store.stats();
  };
  StoreOptions options = quiet_options(clock_);
  options.scrub_bytes_per_second = 1ull << 30;
  {
    auto store = Store::open(folder_.path("store"), options);
    ASSERT_TRUE(store);
    const StoreStats stats = rounds_over(**store);
    EXPECT_NE(stats.last_scrub, 0);
    EXPECT_EQ(stats.damaged_shards, 0u);
  }
  std::string largest;
  for (const std::string& file : files()) {
    const std::string path = local_shard_folder(folder_.path("store"), 0) + "/" + file;
    if (largest.empty() || fs::file_size(path) > fs::file_size(largest)) largest = path;
  }
  flip(largest, fs::file_size(largest) / 3);
  {
    auto store = Store::open(folder_.path("store"), options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(rounds_over(**store).damaged_shards, 1u);
  }
  options.scrub_bytes_per_second = 1;
  const auto begun = std::chrono::steady_clock::now();
  { auto store = Store::open(folder_.path("store"), options); }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30)) << "it stops with the store";
}

}  // namespace
}  // namespace chartline::engine
