// Legal erasure: nothing of the person is left, nobody else notices.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/backup_folder.h"
#include "engine/erase_parts.h"
#include "engine/storage/faulty.h"
#include "engine/storage/local_backend.h"
#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

constexpr Micros start = 1'700'000'000'000'000;
const std::string secret_id = "erase-me-9434765919", secret_text = "a most particular cough, heard on Tuesday";
const std::string secret_uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

bool folder_contains(const std::string& folder, const std::string& bytes) {
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    if (!each.is_regular_file()) continue;
    std::ifstream file(each.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    if (content.find(bytes) != std::string::npos) return true;
  }
  return false;
}

class Erasing : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  std::string at(const std::string& name) const { return folder_.path(name); }

  // p3 is known by two identifiers; everything they say is nobody else's.
  void say_secrets(Store& store) {
    record::Arena arena;
    for (int i = 0; i < 3; ++i) {
      clock_.advance(1000);
      record::Record said = said_of("p3", "urn:uuid:" + secret_uuid, secret_text + " " + std::to_string(i), arena);
      const std::vector<record::Identifier> both{{"test", "p3"}, {"nhs", arena.text(secret_id)}};
      said.identifiers = arena.array(both);
      said.original = arena.text("{\"text\":\"" + secret_text + "\"}");
      ASSERT_TRUE(store.write(std::vector{said}, {}));
    }
  }

  ErasureReport erase_p3(Store& store) {
    const auto report = erase(store, {"nhs", secret_id});
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : ErasureReport();
  }

  FixedClock clock_{start};
  TestFolder folder_;
};

TEST_P(Erasing, LeavesTheStoreAsIfThePersonHadNeverBeen) {
  for (const bool folded : {false, true}) {
    SCOPED_TRACE(folded ? "folded" : "in the log");
    const std::string name = folded ? "folded" : "fresh";
    auto store = make_store(at(name), GetParam(), clock_), never = make_store(at(name + "-never"), GetParam(), clock_);
    RandomHistory history{.seed = 51, .people = 12, .writes = 150, .links = false, .folds = folded};
    tell(*store, clock_, history);
    say_secrets(*store);
    history.leave_out = "p3";
    tell(*never, clock_, history);
    if (folded) {
      ASSERT_TRUE(store->fold());
      ASSERT_TRUE(store->compact());
    }
    ASSERT_TRUE(store->link({"test", "p3"}, {"test", "p1"}));
    EXPECT_TRUE(folder_contains(at(name), secret_id));
    const std::uint32_t patients = static_cast<std::uint32_t>(store->stats().patients);

    const ErasureReport report = erase_p3(*store);
    EXPECT_NE(report.token, 0u);
    EXPECT_EQ(report.identifiers, 2u);
    EXPECT_GE(report.events, 1u);
    EXPECT_GE(report.past_events, 2u);
    EXPECT_GE(report.originals, 3u);
    EXPECT_GT(report.files_scanned, 0u);
    EXPECT_GT(report.bytes_scanned, 0u);
    EXPECT_EQ(report.found_in, std::vector<std::string>());
    EXPECT_EQ(report.backups, std::vector<std::string>());

    EXPECT_EQ(hash_of(*store), hash_of(*never));
    EXPECT_EQ(hash_of(*store, true), hash_of(*never, true));
    EXPECT_EQ(first_finding(*store), "");
    EXPECT_EQ(store->stats().patients, patients) << "ids are never given again";
    EXPECT_FALSE(store->view().find("nhs|" + secret_id)->has_value());
    EXPECT_FALSE(store->view().find("test|p3")->has_value());
    EXPECT_EQ(store->view().linked(*store->view().find("test|p1").value()).size(), 1u);
    EXPECT_EQ(erase(*store, {"nhs", secret_id}).error().fault, Fault::not_found);

    tell(*store, clock_, {.seed = 52, .people = 3, .links = false});  // p0 to p2 only
    tell(*never, clock_, {.seed = 52, .people = 3, .links = false});
    EXPECT_EQ(hash_of(*store), hash_of(*never));
    store = nullptr;
    EXPECT_FALSE(folder_contains(at(name), secret_id));
    EXPECT_FALSE(folder_contains(at(name), secret_text));
    EXPECT_FALSE(folder_contains(at(name), secret_uuid));
    store = open_store(at(name), clock_);
    EXPECT_EQ(hash_of(*store), hash_of(*never));
    EXPECT_EQ(first_finding(*store), "");
  }
}

TEST_P(Erasing, OfOnePersonAfterTheOtherEmptiesTheStore) {
  auto store = make_store(at("store"), GetParam(), clock_);
  auto empty = make_store(at("empty"), GetParam(), clock_);
  tell(*store, clock_, {.seed = 53, .people = 5, .writes = 60});
  for (int i = 0; i < 5; ++i) {
    const auto report = erase(*store, {"test", "p" + std::to_string(i)});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->found_in, std::vector<std::string>());
    EXPECT_EQ(first_finding(*store), "");
  }
  EXPECT_EQ(hash_of(*store), hash_of(*empty));
  EXPECT_EQ(store->stats().events, 0u);
  EXPECT_EQ(store->stats().past_events, 0u);
}

TEST_P(Erasing, TellsTheFeedATokenAndNothingElse) {
  auto store = make_store(at("store"), GetParam(), clock_);
  tell(*store, clock_, {.seed = 54, .people = 6, .writes = 40});
  say_secrets(*store);
  record::Arena room;
  const auto before = store->changes({}, 100'000, room);
  ASSERT_TRUE(before);
  const std::vector<std::uint64_t> seen = store->view().position();
  const PatientRef patient = *store->view().find("test|p3").value();
  erase_p3(*store);
  const auto all = store->changes({}, 100'000, room), since = store->changes(seen, 100'000, room);
  ASSERT_TRUE(all && since);
  ASSERT_EQ(since->size(), 1u);
  EXPECT_EQ(since->front().what, FeedEntry::What::erased);
  EXPECT_EQ(since->front().patient, patient);
  for (const FeedEntry& entry : *all) {
    EXPECT_TRUE(entry.patient != patient || entry.what == FeedEntry::What::erased);
    EXPECT_NE(entry.identifier.value, secret_id);
  }
  std::size_t others = 0, others_before = 0;
  for (const FeedEntry& entry : *all) others += entry.patient != patient && entry.other != patient;
  for (const FeedEntry& entry : *before) others_before += entry.patient != patient && entry.other != patient;
  EXPECT_EQ(others, others_before);
}

TEST_P(Erasing, OldViewsReadOnAndNeverReadWrong) {
  auto store = make_store(at("store"), GetParam(), clock_);
  tell(*store, clock_, {.seed = 55, .people = 6, .writes = 40});
  say_secrets(*store);
  ASSERT_TRUE(store->fold());
  const PatientRef patient = *store->view().find("test|p3").value();
  std::optional<View> old = store->view();
  const std::size_t events = old->timeline(patient, {})->size();
  const ErasureReport report = erase_p3(*store);
  EXPECT_FALSE(report.found_in.empty()) << "the old View still holds the files";
  EXPECT_EQ(old->timeline(patient, {})->size(), events);
  for (std::uint32_t shard = 0; shard < old->shards(); ++shard)
    for (Name code = 0; code <= old->codes(shard); ++code) EXPECT_TRUE(old->merged_postings(shard, code, 0, 0));
  EXPECT_FALSE(old->find("test|p3")->has_value());
  EXPECT_TRUE(store->view().timeline(patient, {})->empty()) << "what the old View has cached is not seen by a new one";
  EXPECT_EQ(first_finding(*store), "");

  old.reset();
  store = nullptr;
  store = open_store(at("store"), clock_);  // completes it
  EXPECT_FALSE(folder_contains(at("store"), secret_id));
  EXPECT_EQ(first_finding(*store), "");
}

// Stopped after each of its writes, an erasure is completed by the next open.
TEST_P(Erasing, ThatIsCutOffIsCompletedAtOpen) {
  auto store = make_store(at("store"), GetParam(), clock_), never = make_store(at("never"), GetParam(), clock_);
  RandomHistory history{.seed = 56, .people = 6, .writes = 60, .links = false};
  tell(*store, clock_, history);
  history.leave_out = "p3";
  tell(*never, clock_, history);
  const std::string expected = hash_of(*never);
  store = nullptr;
  struct Stop {};
  for (int step = 0;; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    fs::remove_all(at("copy"));
    fs::copy(at("store"), at("copy"), fs::copy_options::recursive);
    auto copy = open_store(at("copy"), clock_);
    int left = step;
    bool finished = false;
    try {
      const auto report =
          erase(*copy, {"test", "p3"}, [&](std::uint64_t, std::uint64_t) { return left-- > 0 ? true : throw Stop(); });
      ASSERT_TRUE(report) << report.error().message;
      finished = true;
    } catch (const Stop&) {
    }
    copy = nullptr;
    copy = open_store(at("copy"), clock_);
    ASSERT_EQ(hash_of(*copy), expected);
    ASSERT_EQ(first_finding(*copy), "");
    ASSERT_FALSE(copy->view().find("test|p3")->has_value());
    if (finished) break;
  }
}

// There is one mark: the next erasure first completes the one that failed, or fails as well, and the mark stays.
TEST_P(Erasing, ThatFailedIsCompletedBeforeTheNextBegins) {
  const auto disk = std::make_shared<MemoryDisk>();
  const auto faults = std::make_shared<Faults>();
  const auto open = [&] {
    auto opened =
        Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)), quiet_options(clock_));
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  };
  const auto knows = [](Store& store, const std::string& person) {
    return store.view().find("test|" + person).value().has_value();
  };
  ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = GetParam()}));
  auto store = open();
  tell(*store, clock_, {.seed = 61, .people = 6, .writes = 60, .links = false});
  ASSERT_TRUE(store->fold());
  store = nullptr;
  store = open();

  // Behind the mark the head of the patient cannot be read.
  faults->add({.operation = Operation::get, .table = Table::timeline, .lasting = true});
  ASSERT_FALSE(erase(*store, {"test", "p3"}));
  ASSERT_FALSE(erase(*store, {"test", "p1"})) << "that of p3 fails again";
  EXPECT_GE(faults->struck(), 2u);
  EXPECT_TRUE(knows(*store, "p3"));
  faults->clear();

  const auto report = erase(*store, {"test", "p4"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(knows(*store, "p3"));
  EXPECT_FALSE(knows(*store, "p4"));
  EXPECT_TRUE(knows(*store, "p1")) << "it was never begun";
  EXPECT_EQ(first_finding(*store), "");

  faults->add({.operation = Operation::get, .table = Table::timeline, .lasting = true});
  ASSERT_FALSE(erase(*store, {"test", "p0"}));
  ASSERT_FALSE(erase(*store, {"test", "p1"}));
  faults->clear();
  store = nullptr;
  store = open();  // completes it
  EXPECT_FALSE(knows(*store, "p0"));
  EXPECT_TRUE(knows(*store, "p1"));
  EXPECT_EQ(first_finding(*store), "");
}

// What it had already rewritten is what the next fold goes on from, wherever it failed.
TEST_P(Erasing, ThatFailedLeavesAStoreThatFoldsOn) {
  for (std::uint64_t nth = 1, failed = 1; failed; ++nth) {
    SCOPED_TRACE("postings that are not read: " + std::to_string(nth));
    const auto disk = std::make_shared<MemoryDisk>();
    const auto faults = std::make_shared<Faults>();
    ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = GetParam()}));
    const auto store =
        Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)), quiet_options(clock_)).value();
    tell(*store, clock_, {.seed = 62, .people = 4, .writes = 30, .links = false});
    ASSERT_TRUE(store->fold());

    faults->add({.operation = Operation::get, .table = Table::postings, .nth = nth});
    failed = !erase(*store, {"test", "p3"});
    EXPECT_EQ(failed, faults->struck());
    faults->clear();
    tell(*store, clock_, {.seed = 63, .people = 4, .writes = 30, .leave_out = "p3", .links = false});
    ASSERT_TRUE(store->fold());
    ASSERT_TRUE(complete_erasure(*store));
    ASSERT_FALSE(store->view().find("test|p3")->has_value());
    ASSERT_EQ(first_finding(*store), "");
    ASSERT_LT(nth, 1000u);
  }
}

TEST_P(Erasing, IsDoneAgainInARestoredBackup) {
  auto store = make_store(at("store"), GetParam(), clock_), never = make_store(at("never"), GetParam(), clock_);
  RandomHistory history{.seed = 57, .people = 8, .writes = 60, .links = false};
  tell(*store, clock_, history);
  say_secrets(*store);
  history.leave_out = "p3";
  tell(*never, clock_, history);
  clock_.advance(1'000'000);
  const auto held = backup(*store, at("backup"));
  ASSERT_TRUE(held) << held.error().message;
  const ErasureReport erased = erase_p3(*store);
  EXPECT_EQ(erased.backups, std::vector<std::string>{at("backup") + "/" + held->name});
  EXPECT_FALSE(folder_contains(at("backup") + "/backups", secret_id));
  const auto ledger = BackupFolder::open(at("backup"))->ledger();
  ASSERT_TRUE(ledger);
  ASSERT_EQ(ledger->size(), 1u);
  EXPECT_EQ(ledger->front().token, erased.token);
  EXPECT_EQ(ledger->front().identifiers.size(), 2u);

  const auto restored = restore(at("backup"), at("copy"), {.name = {}, .verify = true, .progress = {}});
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->erased_again, 1u);
  EXPECT_EQ(hex(restored->content), hash_of(*never));
  EXPECT_FALSE(folder_contains(at("copy"), secret_id));
  EXPECT_FALSE(folder_contains(at("copy"), secret_text));
  auto copy = open_store(at("copy"), clock_);
  EXPECT_EQ(hash_of(*copy), hash_of(*never));
  EXPECT_FALSE(copy->view().find("test|p3")->has_value());

  // The person comes back; a backup made since holds them, and is restored with them.
  say_secrets(*store);
  clock_.advance(1'000'000);
  ASSERT_TRUE(backup(*store, at("backup")));
  const auto later = restore(at("backup"), at("later"), {.name = {}, .verify = true, .progress = {}});
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_EQ(later->erased_again, 0u);
  EXPECT_TRUE(open_store(at("later"), clock_)->view().find("test|p3")->has_value());
}

TEST_P(Erasing, ReachesBackupFoldersThatWereAway) {
  auto store = make_store(at("store"), GetParam(), clock_);
  tell(*store, clock_, {.seed = 58, .people = 8, .writes = 30});
  say_secrets(*store);
  ASSERT_TRUE(backup(*store, at("backup")));
  fs::rename(at("backup"), at("away"));
  const ErasureReport erased = erase_p3(*store);
  ASSERT_EQ(erased.backups.size(), 1u);
  EXPECT_NE(erased.backups.front().find("not within reach"), std::string::npos);
  fs::rename(at("away"), at("backup"));
  EXPECT_EQ(BackupFolder::open(at("backup"))->ledger()->size(), 0u);
  clock_.advance(1'000'000);
  ASSERT_TRUE(backup(*store, at("backup")));
  EXPECT_EQ(BackupFolder::open(at("backup"))->ledger()->size(), 1u);
}

// Writers of everyone, the erased one too, while checks, backups and erasures go on.
TEST_P(Erasing, GoesOnBesideWriters) {
  auto store = make_store(at("store"), GetParam(), clock_);
  tell(*store, clock_, {.seed = 60, .people = 8, .writes = 20});
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0; !stop; ++i) {
        record::Arena arena;
        const std::string person = "p" + std::to_string((writer + static_cast<std::uint64_t>(i)) % 8);
        const auto written =
            store->write(std::vector{said_of(person, "live " + std::to_string(i % 20), "live words", arena)}, {});
        ASSERT_TRUE(written) << written.error().message;
        if (written->outcomes.front().what != Outcome::What::rejected) continue;
        EXPECT_EQ(written->outcomes.front().reason, "the patient was erased meanwhile");
      }
    });
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(first_finding(*store), "");
    const auto erased = erase(*store, {"test", "p3"});
    EXPECT_TRUE(erased || erased.error().fault == Fault::not_found);
    const auto held = backup(*store, at("backup"));
    EXPECT_TRUE(held) << held.error().message;
    EXPECT_TRUE(store->fold());
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(first_finding(*store), "");
  const auto restored = restore(at("backup"), at("copy"), {.name = {}, .verify = true, .progress = {}});
  EXPECT_TRUE(restored) << restored.error().message;
}

// Rows that an import sorts lie in files of their own, as they came.
TEST_P(Erasing, ReachesWhatImportsThatWereKilledHaveLeft) {
  auto store = make_store(at("store"), GetParam(), clock_);
  tell(*store, clock_, {.seed = 64, .people = 6, .writes = 20});
  const auto leave = [&](const std::string& process) {
    const std::string left = at("store") + "/scratch/" + process;
    fs::create_directories(left + "/backup");
    for (const char* file : {".lock", "/sorted-0", "/backup/000008.sst"})
      std::ofstream(left + file) << (file[1] == 'l' ? "" : secret_text);
  };
  say_secrets(*store);
  leave("77-1");
  const ErasureReport report = erase_p3(*store);
  EXPECT_EQ(report.found_in, std::vector<std::string>());
  EXPECT_FALSE(folder_contains(at("store"), secret_text));

  leave("77-2");
  store = nullptr;
  StoreOptions options = quiet_options(clock_);
  options.read_only = true;
  ASSERT_TRUE(Store::open(at("store"), options));
  EXPECT_TRUE(folder_contains(at("store"), secret_text)) << "who only reads takes nothing away";
  store = open_store(at("store"), clock_);
  EXPECT_FALSE(folder_contains(at("store"), secret_text));
  EXPECT_TRUE(fs::is_empty(at("store") + "/scratch"));
}

TEST_P(Erasing, SaysWhatAnImportUnderWayHoldsStill) {
  auto store = make_store(at("store"), GetParam(), clock_);
  say_secrets(*store);
  {
    ImportOptions options;
    options.path = ImportOptions::Path::log;
    options.memory_bytes = 1;
    const auto import = Import::begin(*store, options).value();
    record::Arena arena;
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(import->add(said_of("p3", "", secret_text + " 1", arena)));
    const ErasureReport report = erase_p3(*store);
    ASSERT_FALSE(report.found_in.empty());
    for (const std::string& file : report.found_in) EXPECT_TRUE(file.starts_with(at("store") + "/scratch/")) << file;
    const auto counts = import->finish();
    ASSERT_TRUE(counts) << counts.error().message;
    EXPECT_EQ(counts->rejected, 20u) << "the patient was erased meanwhile";
    EXPECT_EQ(counts->records, 0u);
  }
  store = nullptr;
  store = open_store(at("store"), clock_);
  EXPECT_FALSE(folder_contains(at("store"), secret_text));
  EXPECT_EQ(first_finding(*store), "");
}

TEST_P(Erasing, RefusesWhatItCannotDo) {
  auto store = make_store(at("store"), GetParam(), clock_);
  tell(*store, clock_, {.seed = 59, .writes = 5});
  EXPECT_EQ(erase(*store, {"test", "nobody"}).error().fault, Fault::not_found);
  store = nullptr;
  StoreOptions options = quiet_options(clock_);
  options.read_only = true;
  auto reader = Store::open(at("store"), options);
  ASSERT_TRUE(reader);
  EXPECT_EQ(erase(**reader, {"test", "p1"}).error().fault, Fault::unavailable);
}

TEST(NeedlesTest, AreFoundAcrossTheEdgesOfPieces) {
  Needles needles;
  needles.add("short");
  EXPECT_TRUE(needles.empty());
  needles.add("needle one");
  needles.add(std::string(100, 'n') + " longer than is kept");
  EXPECT_TRUE(needles.any_in("hay needle one hay"));
  EXPECT_FALSE(needles.any_in("hay needle two hay"));
  EXPECT_TRUE(needles.any_in(std::string(64, 'n')));
  TestFolder folder;
  for (const std::size_t at :
       {std::size_t{0}, (std::size_t{4} << 20) - 5, (std::size_t{4} << 20) - 64, std::size_t{5} << 20}) {
    std::string bytes(6u << 20, 'x');
    bytes.replace(at, 10, "needle one");
    std::ofstream(folder.path("hay"), std::ios::binary) << bytes;
    EXPECT_EQ(search_files({folder.path("hay"), folder.path("absent")}, needles)->holding.size(), 1u) << at;
  }
  std::ofstream(folder.path("hay"), std::ios::binary) << std::string(9u << 20, 'x');
  const FilesSearched searched = search_files({folder.path("hay")}, needles).value();
  EXPECT_TRUE(searched.holding.empty());
  EXPECT_EQ(searched.bytes_read, 9u << 20);
  needles.drop_those_in("others say needle one too");
  EXPECT_FALSE(needles.any_in("hay needle one hay"));
}

// Tables are packed: what they hold is found there all the same, whatever piece of the file their blocks begin and end in.
TEST(NeedlesTest, AreFoundInPackedTables) {
  TestFolder folder;
  FixedClock clock(start);
  auto store = make_store(folder.path("store"), 1, clock);
  record::Arena arena;
  std::vector<record::Record> said;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "somebody of the house " + std::to_string(i);
    said.push_back(said_of(name, "record " + std::to_string(i), "is told " + std::to_string(i), arena));
  }
  ASSERT_TRUE(store->write(said, {}));
  ASSERT_TRUE(store->fold());
  Tables& tables = *store->parts().shards[0]->tables();
  ASSERT_TRUE(tables.compact());

  const std::string wanted = "somebody of the house 537";
  Needles needles, others;
  needles.add(wanted), others.add("somebody of the house 1001");
  const auto searched = search_files(*tables.files(), needles);
  ASSERT_TRUE(searched);
  EXPECT_TRUE(search_files(*tables.files(), others)->holding.empty());
  bool packed = false;
  for (const std::string& path : searched->holding) {
    const std::string bytes = **read_whole(path, listing_file_bytes_max);
    if (bytes.find(wanted) != bytes.npos) continue;  // the log has it as text
    packed = true;
    for (std::size_t back = 0; back < bytes.size(); back += 97) {
      std::ofstream(folder.path("hay"), std::ios::binary) << std::string((std::size_t{4} << 20) - back, 'x') << bytes;
      EXPECT_EQ(search_files({folder.path("hay")}, needles)->holding.size(), 1u) << back;
    }
  }
  EXPECT_TRUE(packed);
}

// A frame of ZSTD with a window of 1 MiB as far as its first block, and the head of a block.
std::string block_head(bool last, unsigned type, std::uint32_t bytes) {
  const std::uint32_t head = std::uint32_t{last} | type << 1 | bytes << 3;
  return {static_cast<char>(head), static_cast<char>(head >> 8), static_cast<char>(head >> 16)};
}
constexpr unsigned block_raw = 0, block_repeated = 1;
constexpr std::uint32_t block_bytes_max = 128u << 10;
const std::string frame_head("\x28\xb5\x2f\xfd\x00\x50", 6);

// Whoever may write may write frames: hundreds that go on in the same blocks, which unpack to 64 MiB for each, are not all unpacked.
std::string bomb() {
  constexpr std::size_t starts = 14'000, repeated = 512, start_bytes = 9;
  std::string bomb;
  for (std::size_t i = 1; i <= starts; ++i)
    bomb += frame_head + block_head(false, block_raw, static_cast<std::uint32_t>((starts - i) * start_bytes));
  for (std::size_t i = 1; i <= repeated; ++i) bomb += block_head(i == repeated, block_repeated, block_bytes_max) + "x";
  return bomb;
}

// Who cannot tell says neither that it is there nor that it is gone; what stands behind is found all the same.
TEST(NeedlesTest, GiveUpOnFramesWithinFrames) {
  TestFolder folder;
  const std::string path = folder.path("bomb");
  Needles needles;
  needles.add("needle one");
  std::ofstream(path, std::ios::binary) << bomb();
  const auto searched = search_files({path}, needles);
  ASSERT_TRUE(searched);
  EXPECT_TRUE(searched->holding.empty());
  EXPECT_EQ(searched->unsearched, std::vector{path});
  std::ofstream(path, std::ios::binary | std::ios::app)
      << frame_head << block_head(false, block_raw, 9) << "needle on" << block_head(true, block_repeated, 3) << "e";
  EXPECT_EQ(search_files({path}, needles)->holding, std::vector{path});
}

TEST(NeedlesTest, AnErasureIsDoneThoughNotAllCanBeSearched) {
  TestFolder folder;
  FixedClock clock(start);
  auto store = make_store(folder.path("store"), 1, clock);
  record::Arena arena;
  ASSERT_TRUE(store->write(std::vector{said_of("p3", "record one", "is told", arena)}, {}));
  const std::string path = local_shard_folder(folder.path("store"), 0) + "/bomb";
  std::ofstream(path, std::ios::binary) << bomb();
  const auto erased = erase(*store, {"test", "p3"});
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_EQ(erased->found_in, std::vector<std::string>());
  EXPECT_EQ(erased->unsearched, std::vector{path});
  EXPECT_FALSE(erasure_is_due(*store->parts().backend).value());
}

// Frames that some other one seems to hold are unpacked all the same.
TEST(NeedlesTest, AreFoundInFramesWithinAFrame) {
  TestFolder folder;
  std::string inner = frame_head + block_head(false, block_raw, 7) + "needle ";
  inner += block_head(false, block_repeated, 3) + "1" + block_head(true, block_raw, 0);
  const std::string outer = frame_head + block_head(true, block_raw, static_cast<std::uint32_t>(inner.size())) + inner;
  Needles needles, others;
  needles.add("needle 111"), others.add("needle 112");
  std::ofstream(folder.path("hay"), std::ios::binary) << outer;
  EXPECT_EQ(search_files({folder.path("hay")}, needles)->holding.size(), 1u);
  EXPECT_TRUE(search_files({folder.path("hay")}, others)->holding.empty());
}

// What a frame says of its size is nothing that memory is taken for.
TEST(NeedlesTest, TakeNoMemoryForWhatAFrameSaysOfItself) {
  TestFolder folder;
  const std::string size("\0\0\0\0\0\0\0\x10", 8);  // 2^60
  const std::string block = block_head(true, block_raw, 10) + "needle 111";
  Needles needles;
  needles.add("needle 112");
  for (const std::string& head : {std::string("\x28\xb5\x2f\xfd\xe0", 5) + size,      // one piece of so many bytes
                                  std::string("\x28\xb5\x2f\xfd\xc0\x50", 6) + size,  // in windows of 1 MiB
                                  std::string("\x28\xb5\x2f\xfd\x00\xff", 6)}) {      // a window of 3.75 TiB
    std::ofstream(folder.path("hay"), std::ios::binary) << head << block;
    EXPECT_TRUE(search_files({folder.path("hay")}, needles)->holding.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, Erasing, ::testing::Values(1u, 8u),
                         [](const auto& with) { return std::to_string(with.param); });

}  // namespace
}  // namespace chartline::engine
