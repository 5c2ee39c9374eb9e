// Backup and restore over and over, the store growing meanwhile: what comes back has the content hash of the moment of the
// backup, and the restored store goes on as the next one. Writers write while backups are taken.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/engine_maintenance/made_store.h"
#include "tests/lane.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

constexpr Micros start = 1'700'000'000'000'000;

struct Size {
  std::uint64_t cycles;
  int people, writes;  // told anew in each
};

// Writes until it is told to stop, one record at a time.
class BusyWriter {
 public:
  BusyWriter(Store& store, std::uint64_t cycle)
      : thread_([this, &store, cycle](const std::stop_token& stop) {
          record::Arena arena;
          while (!stop.stop_requested()) {
            const std::string id = std::to_string(cycle) + "-" + std::to_string(++written_);
            const record::Record said = said_of("writer " + std::to_string(written_ % 7), id, "meanwhile " + id, arena);
            const auto done = store.write({&said, 1}, {});
            if (!done) error_ = done.error().message;
            if (written_ % 40 == 0 && !store.fold()) error_ = "the fold failed";
          }
        }) {}
  std::uint64_t written() const { return written_; }
  std::string stop() {
    thread_.request_stop(), thread_.join();
    return error_;
  }

 private:
  std::atomic<std::uint64_t> written_ = 0;
  std::string error_;
  std::jthread thread_;
};

std::uint64_t meanwhile_of(Store& store) {
  const View view = store.view();
  std::uint64_t count = 0;
  for (int person = 0; person < 7; ++person) {
    const auto patient = view.find("test|writer " + std::to_string(person)).value();
    if (patient) count += view.timeline(*patient, {}).value().size();
  }
  return count;
}

void back_up_and_restore(std::uint64_t seed, const Size& size) {
  const Lane lane("backup", seed);
  const TestFolder folder;
  FixedClock clock(start);
  std::uint64_t files = 0, meanwhile = 0;
  std::string home = folder.path("store-0");
  auto store = make_store(home, seed % 2 ? 1 : 4, clock);
  for (std::uint64_t cycle = 1; cycle <= size.cycles && !::testing::Test::HasFailure(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle) + ", CHARTLINE_SEED=" + std::to_string(seed));
    tell(*store, clock, {.seed = seed + cycle, .people = size.people, .writes = size.writes});
    const std::string backups = folder.path("backup"), next = folder.path("store-" + std::to_string(cycle));
    clock.advance(1'000'000);

    // In every second cycle somebody writes: the backup is of one moment between two of the writes.
    std::uint64_t least = 0;
    Result<BackupReport> report = BackupReport();
    if (cycle % 2 == 0) {
      const std::uint64_t before = meanwhile_of(*store);
      BusyWriter writer(*store, cycle);
      while (writer.written() < 3) std::this_thread::yield();
      least = before + writer.written() - 1;
      report = backup(*store, backups);
      EXPECT_EQ(writer.stop(), "");
      meanwhile += writer.written();
    } else {
      report = backup(*store, backups);
    }
    ASSERT_TRUE(report) << report.error().message;
    files += report->files;
    const std::string content = hash_of(*store), history = hash_of(*store, true);

    const auto refused = restore(backups, home, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::conflict);
    EXPECT_EQ(refused.error().message, "the folder " + home + " is not empty: give one that is empty, or absent");
    const auto restored = restore(backups, next, {.name = report->name, .verify = true, .progress = {}});
    ASSERT_TRUE(restored) << restored.error().message;
    auto copy = open_store(next, clock);
    EXPECT_EQ(hex(restored->content), hash_of(*copy));
    if (cycle % 2 == 0) {
      EXPECT_GE(meanwhile_of(*copy), least) << "what was acknowledged before the backup began is in it";
      EXPECT_LE(meanwhile_of(*copy), meanwhile_of(*store));
    } else {
      EXPECT_EQ(hash_of(*copy), content);
      EXPECT_EQ(hash_of(*copy, true), history);
    }
    store = nullptr;
    fs::remove_all(home);
    home = next, store = std::move(copy);
  }
  EXPECT_EQ(list_backups(folder.path("backup"))->size(), size.cycles);
  EXPECT_EQ(first_finding(*store), "");
  lane.tell(std::to_string(size.cycles) + " cycles of backup and restore, " + std::to_string(files) +
            " files, each with the content hash of its backup; " + std::to_string(meanwhile) +
            " records written meanwhile");
}

TEST(LaneBackup, CyclesGiveBackTheSameContent) {
  back_up_and_restore(lane_seed(), {.cycles = number_from("CHARTLINE_CYCLES", 20), .people = 30, .writes = 30});
}
TEST(SoakBackup, CyclesGiveBackTheSameContent) {
  back_up_and_restore(soak_seed(), {.cycles = number_from("CHARTLINE_CYCLES", 20), .people = 20'000, .writes = 20'000});
}

}  // namespace
}  // namespace chartline::engine
