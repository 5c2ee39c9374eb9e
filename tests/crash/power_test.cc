// The power goes at every sync: what was not synced is lost, in one way or another, and the store that opens on what is left
// keeps every promise that it made. Each life begins on what a power cut left of the one before, so that recoveries are cut
// off too. CHARTLINE_SEED replays one chain of lives.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <sstream>

#include "engine/maintenance.h"
#include "tests/crash/child.h"
#include "tests/crash/disk_image.h"
#include "tests/crash/disk_watch.h"
#include "tests/crash/lane.h"
#include "tests/crash/life.h"
#include "tests/lane.h"

namespace chartline::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t points_per_life = 40;

struct Tally {
  std::uint64_t points = 0, lives = 0, syncs = 0, acts = 0, refused = 0, restores = 0;
};

class Chain {
 public:
  Chain(std::uint64_t seed, std::uint64_t points, const Child::Tell& tell)
      : seed_(seed),
        points_(points),
        tell_(tell),
        random_(seed),
        script_{.seed = seed, .shards = seed % 4 == 3 ? 2u : 1u},
        promises_(script_) {
    fs::create_directories(disk());
    life_.store = disk() + "/store", life_.backups = disk() + "/backups";
    life_.trims = seed % 2 == 1;
  }

  bool run() {
    if (!store_made()) return false;
    while (tally_.points < points_)
      if (!one_life()) return false;
    return true;
  }
  const Tally& tally() const { return tally_; }

 private:
  std::string disk() const { return folder_ / "disk"; }
  std::string left() const { return folder_ / "left"; }

  bool complain(const std::string& what) {
    std::string line =
        "complaint CHARTLINE_SEED=" + std::to_string(seed_) + ", life " + std::to_string(tally_.lives) + ", " + what;
    std::replace(line.begin(), line.end(), '\n', ' ');
    tell_(line);
    return false;
  }

  bool store_made() {
    const auto made = engine::Store::init(life_.store, {.shards = script_.shards});
    return made ? true : complain("init: " + made.error().message);
  }

  // Works, and is written down. False where the store did not keep what it had promised, or failed.
  bool recorded_life(DiskWatch& watch) {
    const auto store = engine::Store::open(life_.store, options_of(life_));
    if (!store) return complain("opens no more: " + store.error().message);
    Promises now = promises_;
    const Looked looked = look(**store, now, Deep::no, life_.backups);
    if (!looked.first().empty()) return complain(looked.first());
    for (std::size_t writer = 0; writer < looked.acts.size(); ++writer) {
      const std::string found = "found " + std::to_string(writer) + " " + std::to_string(looked.acts[writer]);
      watch.mark(found);
      now.hear(found);
    }
    const auto lived = live(**store, now, life_, [&](const std::string& line) { watch.mark(line); });
    return lived ? true : complain("an act failed on a whole disk: " + lived.error().message);
  }

  bool one_life() {
    ++tally_.lives;
    life_.seed = random_(), life_.acts_max = 3 + random_() % 12, life_.rounds_max = 1 + random_() % 6;
    DiskImage image(disk());
    std::vector<DiskAct> acts;
    {
      DiskWatch watch(disk());
      if (!recorded_life(watch)) return false;
      acts = watch.acts();
    }
    const std::set<std::size_t> points = choose(acts);
    if (points.empty()) return complain("a life without a sync");
    const std::size_t last = *std::next(points.begin(), static_cast<std::ptrdiff_t>(random_() % points.size()));
    Promises at_last = promises_;
    for (std::size_t i = 0; i < acts.size(); ++i) {
      if (points.contains(i)) {
        const Loss loss{static_cast<Loss::Names>(random_() % 4),
                        random_() % 8 == 0 ? Loss::Bytes::zeroed : static_cast<Loss::Bytes>(random_() % 4)};
        if (!cut(image, loss, "power cut before act " + std::to_string(i) + " of the disk, " + words(loss)))
          return false;
        if (i == last) {
          at_last = promises_;
          fs::remove_all(folder_ / "next");
          image.write_to(folder_ / "next", {Loss::Names::some, Loss::Bytes::some}, random_);
        }
      }
      if (acts[i].kind == DiskAct::Kind::mark) promises_.hear(acts[i].path);
      image.apply(acts[i]);
    }
    tally_.acts = std::max(tally_.acts, promises_.acknowledged());
    promises_ = at_last;
    fs::remove_all(disk());
    fs::rename(folder_ / "next", disk());
    return true;
  }

  // Every sync of the life, or so many of them, and a few moments between.
  std::set<std::size_t> choose(const std::vector<DiskAct>& acts) {
    std::vector<std::size_t> syncs;
    for (std::size_t i = 0; i < acts.size(); ++i)
      if (acts[i].kind == DiskAct::Kind::sync) syncs.push_back(i);
    tally_.syncs += syncs.size();
    std::shuffle(syncs.begin(), syncs.end(), random_);
    syncs.resize(std::min(syncs.size(), points_per_life));
    std::set<std::size_t> points(syncs.begin(), syncs.end());
    for (int i = 0; i < 4; ++i) points.insert(random_() % acts.size());
    return points;
  }

  bool cut(const DiskImage& image, const Loss& loss, const std::string& where) {
    ++tally_.points;
    fs::remove_all(left());
    image.write_to(left(), loss, random_);
    // The image is what a disk holds that was told to sync; what is refused on one that keeps lengths without bytes is said so.
    const bool may_refuse = loss.bytes == Loss::Bytes::zeroed;
    Life life = life_;
    life.store = left() + "/store", life.backups = left() + "/backups";
    if (random_() % 4 == 0 && !look_read_only(life, may_refuse, where)) return false;
    const auto store = engine::Store::open(life.store, options_of(life));
    if (!store && may_refuse && store.error().fault == Fault::corrupt) return ++tally_.refused, true;
    if (!store)
      return complain(where + ": opens no more: " + std::string(name(store.error().fault)) + ": " + store.error().message);
    const Looked looked = look(**store, promises_, Deep::yes, life.backups);
    if (!looked.first().empty()) return complain(where + ": " + looked.first());
    if (promises_.backups().empty() || random_() % 6 != 0) return true;
    ++tally_.restores;
    const auto restored =
        engine::restore(life.backups, left() + "/restored", {.name = {}, .verify = true, .progress = {}});
    return restored ? true : complain(where + ": the backup cannot be restored: " + restored.error().message);
  }

  // A reader finds the same, unless something has to be completed by a writer first.
  bool look_read_only(const Life& life, bool may_refuse, const std::string& where) {
    engine::StoreOptions options = options_of(life);
    options.read_only = true;
    const auto store = engine::Store::open(life.store, options);
    if (!store) {
      const Fault fault = store.error().fault;
      if (fault == Fault::unavailable || (may_refuse && fault == Fault::corrupt)) return true;
      return complain(where + ": opens no more for reading: " + store.error().message);
    }
    const Looked looked = look(**store, promises_, Deep::no, life.backups);
    return looked.first().empty() ? true : complain(where + ": read only: " + looked.first());
  }

  const std::uint64_t seed_, points_;
  const Child::Tell& tell_;
  std::mt19937_64 random_;
  const Script script_;
  Promises promises_;
  LaneFolder folder_;
  Life life_;
  Tally tally_;
};

// Several chains in one process of their own, which says what it found.
void run_chains(std::uint64_t first_seed, std::uint64_t points, std::uint64_t points_per_chain) {
  const std::uint64_t only = number_from("CHARTLINE_SEED", 0);
  const Lane lane("power", first_seed);
  Tally sum;
  std::uint64_t chains = 0;
  for (std::uint64_t seed = only ? only : first_seed; sum.points < points; ++seed) {
    ++chains;
    Child child([&](const Child::Tell& tell) {
      Chain chain(seed, points_per_chain, tell);
      (void)chain.run();
      const Tally& t = chain.tally();
      std::ostringstream line;
      line << "tally " << t.points << " " << t.lives << " " << t.syncs << " " << t.acts << " " << t.refused << " "
           << t.restores;
      tell(line.str());
    });
    const auto until = Child::Clock::now() + std::chrono::seconds(120);
    while (const auto line = child.next(until)) {
      std::istringstream words(*line);
      std::string word;
      words >> word;
      Tally t;
      if (word == "tally" && words >> t.points >> t.lives >> t.syncs >> t.acts >> t.refused >> t.restores) {
        sum.points += t.points, sum.lives += t.lives, sum.syncs += t.syncs, sum.acts += t.acts;
        sum.refused += t.refused, sum.restores += t.restores;
      } else {
        ADD_FAILURE() << *line;
      }
    }
    const std::string outcome = child.outcome(until);
    EXPECT_EQ(outcome, "") << "CHARTLINE_SEED=" << seed;
    if (testing::Test::HasFailure() || only) break;
  }
  std::ostringstream figures;
  figures << sum.points << " power cuts in " << sum.lives << " lives (" << chains << " stores, " << sum.syncs
          << " syncs, " << sum.acts << " acknowledged acts): nothing lost, nothing invented; " << sum.restores
          << " backups restored; refused as damaged, where lengths outlived bytes: " << sum.refused;
  lane.tell(figures.str());
}

class Power : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Power, CutAtEverySyncLosesNothingAcknowledged) { run_chains(GetParam() * 1000, 130, 65); }

INSTANTIATE_TEST_SUITE_P(Lane, Power, testing::Values(1, 2, 3, 4));

TEST(SoakPower, CutAtEverySyncLosesNothingAcknowledged) {
  run_chains(1'000'000, number_from("CHARTLINE_POINTS", 20'000), 400);
}

}  // namespace
}  // namespace chartline::crash
