// kill -9 at any moment of a store's work: while it opens, writes, imports, loads in bulk, folds, compacts and backs up, with
// the audit on. The next process opens the same folder, finds every promise kept, works on, and is killed as well.
// CHARTLINE_SEED replays one store, as far as a kill can be replayed.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <sstream>

#include "engine/maintenance.h"
#include "tests/crash/child.h"
#include "tests/crash/lane.h"
#include "tests/crash/life.h"
#include "tests/lane.h"

namespace chartline::crash {
namespace {

constexpr std::uint64_t kills_per_store = 25;
constexpr std::uint64_t load_micros = 12'000;  // at most so long after a bulk load begins
constexpr auto patience = std::chrono::seconds(20);

class KilledStore {
 public:
  explicit KilledStore(std::uint64_t seed)
      : random_(seed), promises_({.seed = seed, .shards = seed % 4 == 3 ? 2u : 1u, .erases = seed % 2 == 0}) {
    life_.store = folder_ / "store", life_.backups = folder_ / "backups";
    life_.trims = seed % 3 == 1;
    life_.acts_max = life_.rounds_max = 1'000'000;
    Child child([&](const Child::Tell& tell) {
      const auto made = engine::Store::init(life_.store, {.shards = promises_.script().shards});
      if (!made) tell("complaint init: " + made.error().message);
    });
    hear(child, Child::Clock::now() + patience);
    EXPECT_EQ(child.outcome(Child::Clock::now() + patience), "");
  }

  // One life and its end. False where the life did not keep what those before it had promised.
  bool kill_once() {
    life_.seed = random_();
    const bool restores = random_() % 12 == 0, while_opening = random_() % 5 == 0;
    const std::chrono::microseconds wait(1000 + random_() % 39'000);
    Child child([&](const Child::Tell& tell) { work(tell, restores); });
    doing_ = "open";
    ready_ = false;
    auto until = Child::Clock::now() + (while_opening ? wait : std::chrono::microseconds(patience));
    while (!ready_ && hear_line(child, until)) {
    }
    if (ready_) {
      const bool loads = doing_ == "load";
      until = Child::Clock::now() + std::chrono::microseconds(while_opening ? 0
                                                              : loads       ? wait.count() % load_micros
                                                                            : wait.count());
      hear(child, until);
    }
    const bool was_under_way = !child.ended();
    child.kill();
    ++killed_while_[doing_];
    hear(child, Child::Clock::now() + patience);  // what it said before
    count_acts_under_way();
    EXPECT_EQ(child.outcome(Child::Clock::now() + patience), "");
    EXPECT_TRUE(was_under_way) << "it ended by itself";
    return !testing::Test::HasFailure();
  }

  std::uint64_t acknowledged() const { return promises_.acknowledged(); }
  const std::map<std::string, std::uint64_t>& killed_while() const { return killed_while_; }

 private:
  void work(const Child::Tell& tell, bool restores) {
    const auto store = engine::Store::open(life_.store, options_of(life_));
    if (!store) return tell("complaint opens no more: " + store.error().message);
    const Looked looked = look(**store, promises_, Deep::yes, life_.backups);
    if (!looked.first().empty()) return complain(tell, looked.first());
    for (std::size_t writer = 0; writer < looked.acts.size(); ++writer) {
      const std::string found = "found " + std::to_string(writer) + " " + std::to_string(looked.acts[writer]);
      tell(found);
      promises_.hear(found);
    }
    if (restores && !promises_.backups().empty()) {
      std::filesystem::remove_all(folder_ / "restored");
      const auto restored =
          engine::restore(life_.backups, folder_ / "restored", {.name = {}, .verify = true, .progress = {}});
      if (!restored) return complain(tell, "a backup cannot be restored: " + restored.error().message);
    }
    tell(promises_.loaded() ? "ready write" : "ready load");
    const auto lived = live(**store, promises_, life_, tell);
    if (!lived) complain(tell, "an act failed: " + lived.error().message);
  }

  static void complain(const Child::Tell& tell, std::string what) {
    std::replace(what.begin(), what.end(), '\n', ' ');
    tell("complaint " + what);
  }

  void count_acts_under_way() {
    for (unsigned number = 0; number < promises_.script().writers; ++number) {
      if (!promises_.may_have_begun(number)) continue;
      Writer writer(promises_.script(), number);
      writer.advance_to(promises_.acknowledged_by(number));
      const Act::Kind kind = writer.next().kind;
      if (kind == Act::Kind::import) ++killed_while_["in an import"];
      if (kind == Act::Kind::erase) ++killed_while_["in an erasure"];
    }
  }

  void hear(Child& child, Child::Clock::time_point until) {
    while (hear_line(child, until)) {
    }
  }
  bool hear_line(Child& child, Child::Clock::time_point until) {
    const auto line = child.next(until);
    if (!line) return false;
    if (line->starts_with("complaint")) ADD_FAILURE() << *line;
    if (line->starts_with("ready ")) ready_ = true, doing_ = line->substr(6);
    if (line->starts_with("does ")) doing_ = line->substr(5);
    promises_.hear(*line);
    return true;
  }

  std::mt19937_64 random_;
  LaneFolder folder_;
  Promises promises_;
  Life life_;
  bool ready_ = false;
  std::string doing_;
  std::map<std::string, std::uint64_t> killed_while_;
};

void kill_often(std::uint64_t first_seed, std::uint64_t kills) {
  const Lane lane("kill", first_seed);
  const std::uint64_t only = number_from("CHARTLINE_SEED", 0);
  std::uint64_t done = 0, acts = 0, stores = 0;
  std::map<std::string, std::uint64_t> killed_while;
  for (std::uint64_t seed = only ? only : first_seed; done < kills && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed));
    KilledStore store(seed);
    ++stores;
    // One life more than kills: the last one is looked at too.
    for (std::uint64_t i = 0; i < kills_per_store && done < kills; ++i, ++done)
      if (!store.kill_once()) break;
    acts += store.acknowledged();
    for (const auto& [what, times] : store.killed_while()) killed_while[what] += times;
    if (only) break;
  }
  std::ostringstream figures;
  figures << done << " kills of " << stores << " stores (";
  for (const auto& [what, times] : killed_while)
    figures << (&what == &killed_while.begin()->first ? "" : ", ") << what << " " << times;
  figures << "), " << acts
          << " acknowledged acts: nothing lost, nothing invented, batches whole, indexes and audit sound";
  lane.tell(figures.str());
}

class Kill : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Kill, LosesNothingAcknowledged) { kill_often(GetParam() * 1000, 75); }

INSTANTIATE_TEST_SUITE_P(Lane, Kill, testing::Values(1, 2, 3, 4));

TEST(SoakKill, LosesNothingAcknowledged) { kill_often(1'000'000, number_from("CHARTLINE_KILLS", 50'000)); }

}  // namespace
}  // namespace chartline::crash
