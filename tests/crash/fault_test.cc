// The n-th thing that a store asks of its disk goes wrong, for every kind and every n: no room, an error, half a read, half a
// write. The store says so, closes itself to writes or goes on; what it shows is right or an error; and once the disk is well
// it opens with everything that it had acknowledged. CHARTLINE_CASE="KIND N" (0 to 3) replays one case.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <sstream>

#include "tests/crash/child.h"
#include "tests/crash/disk_watch.h"
#include "tests/crash/lane.h"
#include "tests/crash/life.h"
#include "tests/lane.h"

namespace chartline::crash {
namespace {

namespace fs = std::filesystem;

constexpr auto patience = std::chrono::seconds(60);
constexpr std::size_t at_once = 4;
constexpr std::array kinds{DiskFault::Kind::no_space, DiskFault::Kind::io_error, DiskFault::Kind::short_read,
                           DiskFault::Kind::short_write};

struct Tally {
  std::uint64_t cases = 0, struck = 0, not_opened = 0, read_only = 0, clean_errors = 0, unharmed = 0;
};

// Several cases at once, as each waits more than it works; each on a copy of the same store, or on one that is still empty.
class Cases {
 public:
  Cases() : script_{.seed = 11, .writers = 3}, lived_(script_), empty_(script_) {
    Child child([&](const Child::Tell& tell) {
      EXPECT_TRUE(engine::Store::init(folder_ / "empty/store", {}));
      EXPECT_TRUE(engine::Store::init(folder_ / "lived/store", {}));
      const Life life = life_in("lived", 1);
      const auto store = engine::Store::open(life.store, options_of(life));
      const auto lived = store ? live_in_turns(**store, lived_, life, tell) : Result<void>(store.error());
      if (!lived) tell("complaint " + lived.error().message);
    });
    const auto until = Child::Clock::now() + patience;
    while (const auto line = child.next(until)) {
      if (line->starts_with("complaint")) ADD_FAILURE() << *line;
      lived_.hear(*line);
    }
    EXPECT_EQ(child.outcome(until), "");
    // Copies know of the backups that the life made, and their erasures write into that folder.
    fs::copy(folder_ / "lived", folder_ / "kept", fs::copy_options::recursive);
  }

  void begin(DiskFault fault) {
    const bool from_nothing = fault.nth % 4 == 0;
    Case& begun = running_.emplace_back();
    begun.folder = "case-" + std::to_string(++tally_.cases);
    begun.where = "CHARTLINE_CASE=\"" + std::to_string(static_cast<int>(fault.kind)) + " " + std::to_string(fault.nth) +
                  "\": " + std::string(name(fault.kind)) + " at " + std::to_string(fault.nth) +
                  (fault.lasting ? " and after" : "");
    fs::copy(folder_ / (from_nothing ? "empty" : "kept"), folder_ / begun.folder, fs::copy_options::recursive);
    const Promises& promises = from_nothing ? empty_ : lived_;
    begun.child = std::make_unique<Child>(
        [&](const Child::Tell& tell) { suffer(fault, life_in(begun.folder, fault.nth), promises, tell); });
  }

  std::size_t running() const { return running_.size(); }

  // Ends the case that began first; false where its fault never struck: the life is shorter than that.
  bool end() {
    const Case ended = std::move(running_.front());
    running_.pop_front();
    bool struck = false;
    while (const auto line = ended.child->next(ended.until)) {
      if (line->starts_with("complaint")) ADD_FAILURE() << ended.where << ": " << *line;
      struck = struck || *line == "struck";
      tally_.struck += *line == "struck", tally_.not_opened += *line == "not opened",
          tally_.read_only += *line == "read only";
      tally_.clean_errors += *line == "clean error", tally_.unharmed += *line == "unharmed";
    }
    EXPECT_EQ(ended.child->outcome(ended.until), "") << ended.where;
    fs::remove_all(folder_ / ended.folder);
    return struck;
  }
  const Tally& tally() const { return tally_; }

 private:
  struct Case {
    std::string folder, where;
    std::unique_ptr<Child> child;
    Child::Clock::time_point until = Child::Clock::now() + patience;
  };

  Life life_in(const std::string& which, std::uint64_t seed) const {
    Life life{.store = folder_ / (which + "/store"), .backups = folder_ / (which + "/backups"), .seed = seed};
    life.acts_max = seed > 200 ? 16 : 6;
    life.trims = seed % 2 == 1;
    return life;
  }

  static void complain(const Child::Tell& tell, std::string what) {
    std::replace(what.begin(), what.end(), '\n', ' ');
    tell("complaint " + what);
  }

  // The order of the acts follows from n, so that faults of a small n strike every sort of act.
  static void suffer(const DiskFault& fault, const Life& life, Promises promises, const Child::Tell& tell) {
    {
      DiskWatch watch(fs::path(life.store).parent_path(), fault);
      suffer_with(watch, promises, life, tell);
      if (watch.struck() > 0) tell("struck");
    }
    const auto store = engine::Store::open(life.store, options_of(life));
    if (!store) return complain(tell, "does not open on a disk that is well: " + store.error().message);
    const Looked looked = look(**store, promises, Deep::yes, life.backups);
    if (!looked.first().empty()) return complain(tell, "afterwards: " + looked.first());
    const auto lived = live_in_turns(**store, settled(promises, looked), life, [](const std::string&) {});
    if (!lived) complain(tell, "does not go on on a disk that is well: " + lived.error().message);
  }

  static Promises settled(Promises promises, const Looked& looked) {
    for (std::size_t writer = 0; writer < looked.acts.size(); ++writer)
      promises.hear("found " + std::to_string(writer) + " " + std::to_string(looked.acts[writer]));
    return promises;
  }

  static void suffer_with(DiskWatch& watch, Promises& promises, const Life& life, const Child::Tell& tell) {
    const auto opened = engine::Store::open(life.store, options_of(life));
    if (!opened) return tell("not opened");
    engine::Store& store = **opened;
    const auto lived = live_in_turns(store, promises, life, [&](const std::string& line) { promises.hear(line); });
    const bool harmed = watch.struck() > 0 && !lived;
    if (!lived && watch.struck() == 0) return complain(tell, "an act failed without a fault: " + lived.error().message);
    tell(store.read_only() ? "read only" : harmed ? "clean error" : "unharmed");
    // What is shown is right, or it is an error.
    const Looked looked = look(store, promises, Deep::no, life.backups);
    if (!looked.complaints.empty())
      complain(tell, "shown in spite of the fault: " + looked.complaints.front() +
                         (lived ? "" : "; the act had failed with " + lived.error().message));
    if (!store.read_only()) return;
    const auto write = store.set_meta("late", "1");
    if (write) complain(tell, "a store that says it is read only takes a write");
    if (!write && write.error().fault != Fault::unavailable)
      complain(tell, "a write to a store that is read only gives " + std::string(name(write.error().fault)));
    watch.heal();
    if (store.set_meta("late", "1") || !store.read_only())
      complain(tell, "a store that was read only takes writes again");
  }

  const Script script_;
  Promises lived_, empty_;
  LaneFolder folder_;
  Tally tally_;
  std::deque<Case> running_;
};

// Ends before `last` where lives are too short for so many: several faults in a row strike nothing.
void run_kind(DiskFault::Kind kind, std::uint64_t first, std::uint64_t last, std::uint64_t missed_max) {
  const Lane lane("faults", 11);
  Cases cases;
  std::uint64_t missed = 0;
  const auto end_one = [&] { missed = cases.end() ? 0 : missed + 1; };
  const std::uint64_t step = number_from("CHARTLINE_FAULT_STEP", 1);
  for (std::uint64_t n = first; n <= last && missed < missed_max && !testing::Test::HasFailure(); n += step) {
    if (cases.running() == at_once) end_one();
    // A fault that comes once, and one that stays.
    cases.begin({.kind = kind, .nth = n, .lasting = n % 2 == 1});
  }
  while (cases.running() > 0) end_one();
  const Tally& t = cases.tally();
  std::ostringstream figures;
  figures << name(kind) << " at " << t.cases << " n from " << first << " (" << t.struck << " struck): not opened "
          << t.not_opened << ", read only and said so " << t.read_only << ", clean error " << t.clean_errors
          << ", unharmed " << t.unharmed << "; nothing acknowledged lost, nothing wrong shown, no crash, no hang";
  lane.tell(figures.str());
}

class DiskFaults : public testing::TestWithParam<DiskFault::Kind> {};

TEST_P(DiskFaults, AreSaidAndLoseNothing1To200) { run_kind(GetParam(), 1, 200, 200); }
TEST_P(DiskFaults, AreSaidAndLoseNothing201To400) { run_kind(GetParam(), 201, 400, 200); }

std::string test_name(const testing::TestParamInfo<DiskFault::Kind>& kind) {
  const std::array names{"no_space", "io_error", "short_read", "short_write"};
  return names.at(static_cast<std::size_t>(kind.param));
}

INSTANTIATE_TEST_SUITE_P(Lane, DiskFaults, testing::ValuesIn(kinds), test_name);

class EveryDiskFault : public testing::TestWithParam<DiskFault::Kind> {};

TEST_P(EveryDiskFault, AreSaidAndLoseNothing) { run_kind(GetParam(), 1, 1'000'000, 20); }

INSTANTIATE_TEST_SUITE_P(Soak, EveryDiskFault, testing::ValuesIn(kinds), test_name);

TEST(DiskFault, OfOneCaseAlone) {
  const char* const wanted = std::getenv("CHARTLINE_CASE");
  if (!wanted) GTEST_SKIP() << "CHARTLINE_CASE names none";
  std::istringstream words(wanted);
  int kind = 0;
  std::uint64_t n = 0;
  ASSERT_TRUE(words >> kind >> n) << "KIND N";
  run_kind(static_cast<DiskFault::Kind>(kind), n, n, 1);
}

}  // namespace
}  // namespace chartline::crash
