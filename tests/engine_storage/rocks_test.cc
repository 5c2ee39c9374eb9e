// The hazards of RocksDB 7.8 that the design names, each reproduced, and the guard that holds at this level; and what a
// database whose files are damaged or missing answers when it is opened.
#include "engine/storage/rocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/storage/only_from_memory.h"
#include "engine/storage/rocks_faulty_fs.h"
#include "engine/storage/rocks_status.h"
#include "tests/engine_storage/backends.h"
#include "tests/engine_storage/damage.h"

namespace chartline::engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Rocks : public testing::Test {
 protected:
  TestFolder folder_;
  FaultyDisk disk_;

  std::string shard() const { return folder_ / "shard"; }
  Result<std::unique_ptr<Tables>> open(const TablesOptions& options = {}) {
    return open_rocks({shard(), "shard 3", options, {}, disk_.env()});
  }

  static std::string number(int i) { return std::to_string(1'000'000 + i); }
  static Bytes value(int i) { return number(i) + Bytes(500, 'v'); }

  // Batches of one key each, in order, every one synced.
  void write_synced(Tables& tables, int first, int past) {
    for (int i = first; i < past; ++i) ASSERT_TRUE(tables.write(one_put(Table::timeline, number(i), value(i)), true));
  }
  static int present(Tables& tables, int past) {
    int n = 0;
    for (int i = 0; i < past; ++i) n += value_of(tables, Table::timeline, number(i)) == value(i);
    return n;
  }
  // Three files of 1,000 keys, one behind the other.
  void ingest_three_files() {
    const std::unique_ptr<Tables> tables = open().value();
    std::vector<std::unique_ptr<SortedFile>> files;
    for (int i = 0; i < 3000; ++i) {
      if (i % 1000 == 0) files.push_back(tables->sorted_file(Table::timeline).value());
      ASSERT_TRUE(files.back()->put(number(i), value(i)));
      if (i % 1000 == 999) {
        ASSERT_TRUE(files.back()->finish());
      }
    }
    ASSERT_TRUE(tables->ingest(files));
  }
};

TEST_F(Rocks, AThreadThatMustNotWaitForADiskReadsWhatIsInMemoryAndIsToldOfTheRest) {
  ingest_three_files();
  const std::unique_ptr<Tables> tables = open().value();
  Pinned pinned;
  {
    OnlyFromMemory only;
    const Result<bool> unread = tables->get(Table::timeline, number(7), nullptr, pinned);
    ASSERT_FALSE(unread);
    EXPECT_EQ(unread.error().fault, Fault::busy);
    EXPECT_TRUE(only.missed());
    std::vector<std::optional<Bytes>> values;
    EXPECT_FALSE(tables->get_many(Table::timeline, std::vector<Bytes>{number(1007), number(2007)}, nullptr, values));
  }
  EXPECT_EQ(value_of(*tables, Table::timeline, number(7)), value(7)) << "whoever may wait is not concerned";
  OnlyFromMemory only;
  EXPECT_EQ(value_of(*tables, Table::timeline, number(7)), value(7)) << "its block is in memory now";
  ASSERT_TRUE(tables->write(one_put(Table::timeline, "new", "value"), false));
  EXPECT_EQ(value_of(*tables, Table::timeline, "new"), "value");
  EXPECT_FALSE(only.missed());
}

// Hazard 1. The scan below ends after the first file and says OK; a version that reports the damage would be welcome here.
TEST_F(Rocks, AScanOverADamagedFileMayEndEarlyButGetsAndTheScrubReportIt) {
  ingest_three_files();
  flip_bit(files_with(shard(), ".sst").at(1), 10);  // in the first block of the second file
  const std::unique_ptr<Tables> tables = open().value();

  int seen = 0;
  const Result<void> scanned =
      tables->scan(Table::timeline, "", "", nullptr, [&](BytesView, BytesView) { return ++seen, true; });
  EXPECT_TRUE(seen < 3000 || !scanned);
  RecordProperty("keys_seen_by_scan", seen);
  RecordProperty("scan_reported_damage", scanned ? "no" : "yes");
  if (scanned) {
    EXPECT_EQ(seen, 1000) << "ended where the damaged file begins, without a word";
  }

  int corrupt_gets = 0, right_gets = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string found = value_of(*tables, Table::timeline, number(i));
    EXPECT_TRUE(found == value(i) || found == "(corrupt)") << "key " << i << ": " << found.substr(0, 20);
    (found == "(corrupt)" ? corrupt_gets : right_gets) += 1;
  }
  EXPECT_GT(corrupt_gets, 0);
  EXPECT_LT(corrupt_gets, 20) << "one block of 4 KiB";
  EXPECT_EQ(corrupt_gets + right_gets, 3000);

  std::vector<std::optional<Bytes>> values;
  EXPECT_EQ(tables->get_many(Table::timeline, std::vector<Bytes>{number(0), number(1000)}, nullptr, values).error().fault,
            Fault::corrupt);

  const Result<std::uint64_t> verified = tables->verify_files(0, {});
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().fault, Fault::corrupt);
  EXPECT_THAT(verified.error().message, AllOf(HasSubstr("shard 3"), HasSubstr("timeline"), HasSubstr(".sst")));
}

TEST_F(Rocks, TheScrubReadsEveryByteOfEveryFileAtThePaceAskedFor) {
  ingest_three_files();
  const std::unique_ptr<Tables> tables = open().value();
  std::uint64_t bytes = 0;
  for (const std::string& file : files_with(shard(), ".sst")) bytes += size_of(file);
  EXPECT_EQ(tables->verify_files(0, {}).value(), bytes);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(tables->verify_files(bytes * 5, {}).value(), bytes);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(195));
  EXPECT_LT(tables->verify_files(0, [] { return true; }).value(), bytes) << "told to stop";
}

TEST_F(Rocks, TheScrubFindsAFlippedBitAnywhere) {
  ingest_three_files();
  const std::string file = files_with(shard(), ".sst").front();
  std::mt19937_64 random(7);
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t byte = i == 0 ? size_of(file) - 1 : random() % size_of(file);
    const std::unique_ptr<Tables> tables = open().value();
    flip_bit(file, byte);
    EXPECT_FALSE(tables->verify_files(0, {})) << "byte " << byte;
    flip_bit(file, byte);
    EXPECT_TRUE(tables->verify_files(0, {}));
  }
}

// Hazard 2, in the middle: what the default mode would drop silently is an error here.
TEST_F(Rocks, AFlippedBitInTheMiddleOfTheLogIsCorruption) {
  write_synced(*open().value(), 0, 200);
  const std::string log = largest_with(shard(), ".log");
  std::mt19937_64 random(11);
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t byte = random() % (size_of(log) * 9 / 10);
    flip_bit(log, byte);
    const Result<std::unique_ptr<Tables>> opened = open({.read_only = true});
    ASSERT_FALSE(opened) << "byte " << byte << " of " << size_of(log);
    EXPECT_EQ(opened.error().fault, Fault::corrupt);
    EXPECT_THAT(opened.error().message, HasSubstr("shard 3"));
    flip_bit(log, byte);
  }
  EXPECT_EQ(present(*open().value(), 200), 200);
}

// Hazard 2, at the end, where damage and a torn write look alike: what opens is a prefix of whole batches, short of the
// last acknowledged one, so that the note beside the shard tells.
TEST_F(Rocks, ALogWhoseLastRecordIsDamagedIsReportedOrOpensShort) {
  constexpr int batches = 50;
  write_synced(*open().value(), 0, batches);
  const std::string log = largest_with(shard(), ".log");
  int reported = 0, short_of_last = 0;
  for (std::uint64_t byte = size_of(log) - 600; byte < size_of(log); byte += 3) {
    flip_bit(log, byte);
    if (const Result<std::unique_ptr<Tables>> opened = open({.read_only = true})) {
      const int found = present(**opened, batches);
      EXPECT_EQ(found, static_cast<int>(keys_of(**opened, Table::timeline).size())) << "byte " << byte;
      EXPECT_LT(found, batches) << "byte " << byte;
      EXPECT_GE(found, batches - 2) << "byte " << byte;
      ++short_of_last;
    } else {
      EXPECT_EQ(opened.error().fault, Fault::corrupt) << "byte " << byte;
      ++reported;
    }
    flip_bit(log, byte);
  }
  EXPECT_GT(reported, 0);
  RecordProperty("reported", reported);
  RecordProperty("short_of_last", short_of_last);
}

TEST_F(Rocks, AStoreThatIsOftenOpenedKeepsNoLogThatSaysNothing) {
  const auto logs = [&] {
    return std::ranges::count_if(std::filesystem::directory_iterator(shard()),
                                 [](const auto& entry) { return entry.path().extension() == ".log"; });
  };
  write_synced(*open().value(), 0, 3);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(present(*open().value(), 3), 3);
  EXPECT_LE(logs(), 2) << "the one with what was written, and the one that is being written";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(present(*open({.read_only = true}).value(), 3), 3);
  EXPECT_LE(logs(), 2);
}

TEST_F(Rocks, ATornTailIsLeftOut) {
  write_synced(*open().value(), 0, 50);
  const std::string log = largest_with(shard(), ".log");
  cut_to(log, size_of(log) - 100);
  const std::unique_ptr<Tables> tables = open().value();
  EXPECT_EQ(present(*tables, 50), 49) << "without an error: only the note can tell that the 50th was acknowledged";
  write_synced(*tables, 49, 60);
  EXPECT_EQ(present(*tables, 60), 60);
}

TEST_F(Rocks, TornTailsOfEveryLengthRecoverAPrefix) {
  std::unique_ptr<Tables> tables = open().value();
  int acknowledged = 0;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    write_synced(*tables, acknowledged, acknowledged + 5);
    acknowledged += 5;
    for (int i = acknowledged; i < acknowledged + 20; ++i)
      ASSERT_TRUE(tables->write(one_put(Table::timeline, number(i), value(i)), false));
    disk_.stop();
    tables.reset();
    disk_.lose_power(seed);
    tables = open().value();
    const int found = static_cast<int>(keys_of(*tables, Table::timeline).size());
    EXPECT_GE(found, acknowledged) << "seed " << seed;
    EXPECT_EQ(present(*tables, found), found) << "seed " << seed << ": no holes";
    acknowledged = found;
  }
}

struct Failure {
  const char* what;
  DiskFault fault;
};

// Hazard 3, and point 8 of the seam: nothing is tried again behind a write whose outcome is unknown.
TEST_F(Rocks, AfterAFailedWriteTheShardIsClosedAndReopeningFindsAllThatWasAcknowledged) {
  const Failure failures[] = {
      {"sync of the log", {.operation = DiskOperation::sync, .file = ".log"}},
      {"write to the log", {.operation = DiskOperation::append, .file = ".log"}},
      {"full disk", {.operation = DiskOperation::append, .effect = DiskEffect::no_space, .file = ".log"}},
  };
  int acknowledged = 0;
  std::uint64_t struck = 0;
  for (const auto& [what, fault] : failures) {
    SCOPED_TRACE(what);
    std::unique_ptr<Tables> tables = open().value();
    EXPECT_EQ(present(*tables, acknowledged), acknowledged);
    write_synced(*tables, acknowledged, acknowledged + 10);
    acknowledged += 10;
    disk_.inject(fault);
    const Error first = tables->write(one_put(Table::timeline, number(acknowledged), value(acknowledged)), true).error();
    EXPECT_EQ(disk_.struck(), ++struck);
    EXPECT_EQ(first.fault, Fault::unavailable);
    EXPECT_THAT(first.message, AllOf(HasSubstr("shard 3"), HasSubstr("outcome"), Not(HasSubstr("injected"))));
    EXPECT_FALSE(tables->writable());
    disk_.heal();  // the disk is well again: it changes nothing
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(tables->write(one_put(Table::timeline, "later", "1"), i % 2).error().fault, Fault::unavailable);
    EXPECT_EQ(tables->flush().error().fault, Fault::unavailable);
    EXPECT_EQ(present(*tables, acknowledged), acknowledged) << "reads go on";
    disk_.stop();
    tables.reset();
    disk_.lose_power();
  }
  const std::unique_ptr<Tables> tables = open().value();
  EXPECT_EQ(present(*tables, acknowledged), acknowledged);
  EXPECT_EQ(value_of(*tables, Table::timeline, "later"), "(absent)");
}

TEST_F(Rocks, AFailureInTheBackgroundClosesTheShardToo) {
  for (const char* file : {".sst", "MANIFEST"}) {
    SCOPED_TRACE(file);
    std::unique_ptr<Tables> tables = open().value();
    write_synced(*tables, 0, 10);
    disk_.inject({.operation = DiskOperation::sync, .file = file});
    EXPECT_EQ(tables->flush().error().fault, Fault::unavailable);
    disk_.heal();
    EXPECT_FALSE(tables->writable());
    EXPECT_EQ(tables->write(one_put(Table::timeline, "later", "1"), true).error().fault, Fault::unavailable);
    disk_.stop();
    tables.reset();
    disk_.lose_power();
    EXPECT_EQ(present(*open().value(), 10), 10);
  }
}

TEST_F(Rocks, ALostLeaseClosesTheShard) {
  bool leased = true;
  const std::unique_ptr<Tables> tables = open_rocks({shard(), "shard 3", {}, [&] { return leased; }, nullptr}).value();
  write_synced(*tables, 0, 1);
  leased = false;
  EXPECT_EQ(tables->write(one_put(Table::timeline, "a", "1"), true).error().fault, Fault::unavailable);
  leased = true;
  EXPECT_EQ(tables->write(one_put(Table::timeline, "a", "1"), true).error().fault, Fault::unavailable)
      << "once lost, lost";
  EXPECT_EQ(value_of(*tables, Table::timeline, "a"), "(absent)");
}

TEST_F(Rocks, FailingReadsAreErrorsNotAbsences) {
  ingest_three_files();
  for (const DiskEffect effect : {DiskEffect::io_error, DiskEffect::short_read, DiskEffect::flipped_bit}) {
    const std::unique_ptr<Tables> tables = open({.cache_bytes = 1 << 20}).value();
    value_of(*tables, Table::timeline, number(1500));  // the index is in memory
    disk_.inject({.operation = DiskOperation::read, .effect = effect, .file = ".sst", .lasting = true});
    const std::string found = value_of(*tables, Table::timeline, number(2900));
    EXPECT_TRUE(found == "(corrupt)" || found == "(unavailable)") << found;
    std::vector<std::optional<Bytes>> values;
    EXPECT_FALSE(tables->get_many(Table::timeline, std::vector<Bytes>{number(1500), number(2900)}, nullptr, values));
    disk_.heal();
    EXPECT_EQ(value_of(*tables, Table::timeline, number(2900)), value(2900));
  }
}

// A log that is read to its middle looks like one that was torn there: the rest would be taken for never acknowledged.
TEST_F(Rocks, ALogOrManifestThatIsReadShortIsAnErrorAndLosesNothing) {
  for (const char* file : {".log", "MANIFEST", "CURRENT"}) {
    SCOPED_TRACE(file);
    write_synced(*open().value(), 0, 50);
    disk_.inject({.operation = DiskOperation::read, .effect = DiskEffect::short_read, .file = file, .lasting = true});
    EXPECT_FALSE(open());
    disk_.heal();
    EXPECT_EQ(present(*open().value(), 50), 50);
  }
}

// Damage at open, for every file that RocksDB needs.
struct Damage {
  const char* name;
  std::function<void(const std::string& shard)> act;
};

TEST_F(Rocks, ADatabaseThatLacksAFileOrHasOneDamagedIsCorrupt) {
  namespace fs = std::filesystem;
  const Damage damages[] = {
      {"CURRENT is missing", [](const auto& s) { fs::remove(s + "/CURRENT"); }},
      {"CURRENT is empty", [](const auto& s) { cut_to(s + "/CURRENT", 0); }},
      {"CURRENT names nothing", [](const auto& s) { flip_bit(s + "/CURRENT", 3); }},
      {"CURRENT names another manifest", [](const auto& s) { flip_bit(s + "/CURRENT", 12); }},
      {"the manifest is missing", [](const auto& s) { fs::remove(largest_with(s, "MANIFEST")); }},
      {"the manifest is empty", [](const auto& s) { cut_to(largest_with(s, "MANIFEST"), 0); }},
      {"a bit of the manifest is flipped", [](const auto& s) { flip_bit(largest_with(s, "MANIFEST"), 300); }},
      {"a table file is missing", [](const auto& s) { fs::remove(files_with(s, ".sst").at(1)); }},
      {"a table file is cut", [](const auto& s) { cut_to(files_with(s, ".sst").at(1), 1000); }},
      {"a bit of the log is flipped", [](const auto& s) { flip_bit(largest_with(s, ".log"), 20); }},
  };
  ingest_three_files();
  write_synced(*open().value(), 3000, 3020);
  for (const Damage& damage : damages) {
    SCOPED_TRACE(damage.name);
    fs::copy(shard(), folder_ / "copy", fs::copy_options::recursive);
    damage.act(folder_ / "copy");
    for (const bool read_only : {true, false}) {
      const Result<std::unique_ptr<Tables>> opened =
          open_rocks({folder_ / "copy", "shard 3", {.read_only = read_only}, {}, nullptr});
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().fault, Fault::corrupt) << opened.error().message;
      EXPECT_THAT(opened.error().message,
                  AllOf(HasSubstr("shard 3"), HasSubstr("restore"), Not(HasSubstr(folder_.path()))));
    }
    fs::remove_all(folder_ / "copy");
  }
}

TEST_F(Rocks, CreationThatWasCutShortStartsAgain) {
  std::filesystem::create_directories(shard() + ".new");
  { ASSERT_TRUE(open()); }
  EXPECT_FALSE(std::filesystem::exists(shard() + ".new"));
}

TEST_F(Rocks, AFileInThePlaceOfTheFolderIsSaidSo) {
  { ASSERT_TRUE(open()); }
  std::filesystem::rename(shard() + "/CURRENT", folder_ / "file");
  EXPECT_EQ(open_rocks({folder_ / "file", "shard 3", {}, {}, nullptr}).error().fault, Fault::invalid_request);
}

TEST_F(Rocks, CompactionLeavesNothingOfWhatWasErased) {
  const std::string secret = "a value that must go";
  const std::unique_ptr<Tables> tables = open().value();
  write_synced(*tables, 0, 100);
  ASSERT_TRUE(tables->write(one_put(Table::timeline, "erased", secret), true));
  EXPECT_TRUE(contains_bytes(tables->files().value(), secret)) << "in the log";
  ASSERT_TRUE(tables->compact());
  EXPECT_TRUE(contains_bytes(tables->files().value(), secret)) << "in a file of the bottom level";
  Batch batch;
  batch.erase(Table::timeline, "erased");
  ASSERT_TRUE(tables->write(batch, true));
  ASSERT_TRUE(tables->compact());
  EXPECT_FALSE(contains_bytes(tables->files().value(), secret));
  EXPECT_EQ(present(*tables, 100), 100);
}

TEST_F(Rocks, ACheckpointOpensByItselfAndVerifies) {
  ingest_three_files();
  const std::unique_ptr<Tables> tables = open().value();
  write_synced(*tables, 3000, 3010);
  ASSERT_TRUE(tables->checkpoint(folder_ / "copy"));
  write_synced(*tables, 3010, 3020);
  const std::unique_ptr<Tables> copy = open_rocks({folder_ / "copy", "shard 3", {}, {}, nullptr}).value();
  EXPECT_EQ(present(*copy, 3020), 3010);
  EXPECT_TRUE(copy->verify_files(0, {}));
  EXPECT_EQ(tables->checkpoint(folder_ / "no/such/place").error().fault, Fault::unavailable);
  EXPECT_TRUE(tables->writable()) << "a checkpoint that fails harms nothing";
}

// Hazard 6.
TEST(RocksStatus, OnlyTheNameOfAFileIsTakenFromText) {
  EXPECT_EQ(file_named_in("block checksum mismatch in /var/store/000123.sst offset 0 size 99"), "000123.sst");
  EXPECT_EQ(file_named_in("MANIFEST-000004 is gone"), "MANIFEST-000004");
  EXPECT_EQ(file_named_in("/a/CURRENT: no"), "CURRENT");
  EXPECT_EQ(file_named_in("key 9434765919.sstx of patient"), "9434765919.sst")
      << "digits before .sst are a file's, whatever they say";
  EXPECT_EQ(file_named_in("key 9434765919 of patient 000012"), "");
  EXPECT_EQ(file_named_in("12.sst, a000012.sst, MANIFEST-x, MANIFEST-"), "");
  EXPECT_EQ(file_named_in(""), "");
}

}  // namespace
}  // namespace chartline::engine
