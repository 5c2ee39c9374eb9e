// Memory runs out at each place where a thread that hands work to others asks for some: it fails alone, and they use nothing that is
// gone and do not wait for ever. And how much of it questions hold at most.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "base/thread_pool.h"
#include "engine/storage/faulty.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "query/run.h"
#include "query/team.h"

namespace {

thread_local long left = -1;                // so often may this thread ask yet; below 0: for ever
thread_local long held = 0, most_held = 0;  // bytes that this thread asked for and did not give back

[[gnu::noinline]] void give_back(void* room) {
  held -= static_cast<long>(malloc_usable_size(room));
  std::free(room);
}

}  // namespace

void* operator new(std::size_t size) {
  if (left == 0) throw std::bad_alloc();
  if (left > 0) --left;
  if (void* const room = std::malloc(size > 0 ? size : 1)) {
    held += static_cast<long>(malloc_usable_size(room));
    most_held = std::max(most_held, held);
    return room;
  }
  throw std::bad_alloc();
}
void operator delete(void* room) noexcept { give_back(room); }
void operator delete(void* room, std::size_t) noexcept { give_back(room); }

namespace chartline {
namespace {

// Calls where this thread is given memory `most` times.
struct Called {
  bool enough = false;  // it asked no more often
  bool done = false;    // and came back with a value
};
template <typename Call>
Called with_little_memory(long most, const Call& call) {
  Called called;
  left = most;
  try {
    called.done = call().has_value();
  } catch (const std::bad_alloc&) {
  }
  called.enough = std::exchange(left, -1) > 0;
  return called;
}

TEST(LittleMemory, ForWhoeverIsHelped) {
  Called called;
  for (long most = 0; !called.enough && !HasFailure(); ++most) {
    std::atomic<bool> returned = false, late = false;
    std::atomic<int> met = 0;
    const ThreadPool::RangeWork work = [&](std::size_t, std::size_t) -> Result<void> {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      late = late || returned;
      ++met;
      return {};
    };
    auto pool = ThreadPool::start({.threads = 4}).value();
    called = with_little_memory(most, [&] { return pool->parallel_for(20, 1, work); });
    returned = true;
    pool.reset();
    EXPECT_FALSE(late) << "after " << most;
    EXPECT_TRUE(!called.done || met == 20) << "after " << most;
  }
}

TEST(LittleMemory, ForWhoeverLeadsATeam) {
  class Slow final : public query::Finder {
   public:
    explicit Slow(const std::atomic<bool>& returned, std::atomic<bool>& late) : returned_(returned), late_(late) {}
    Result<void> find(const query::PatientRange& range, query::Stop&, query::Outlet&,
                      std::span<query::Findings> into) override {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      late_ = late_ || returned_;
      into[0].rows.push_back({std::int64_t{range.first}});
      return {};
    }

   private:
    const std::atomic<bool>& returned_;
    std::atomic<bool>& late_;
  };
  std::vector<query::PatientRange> ranges;
  for (std::uint32_t i = 0; i < 40; ++i) ranges.push_back({.shard = 0, .first = i, .past = i + 1});
  Called called;
  for (long most = 0; !called.enough && !HasFailure(); ++most) {
    std::atomic<bool> returned = false, late = false;
    std::vector<std::int64_t> taken;
    taken.reserve(ranges.size());
    auto pool = ThreadPool::start({.threads = 3}).value();
    const query::RunOptions options;
    query::Limits limits(options);
    const query::Executors made{.make = [&]() -> Result<std::unique_ptr<query::Finder>> {
      return std::unique_ptr<query::Finder>(std::make_unique<Slow>(returned, late));
    }};
    const query::Team::Taker taker{.part = [&](std::vector<query::Findings>& part) -> Result<void> {
                                     for (const auto& row : part[0].rows)
                                       taken.push_back(std::get<std::int64_t>(row[0]));
                                     return {};
                                   },
                                   .range_done = [](const query::PatientRange&) {}};
    const auto team = std::make_shared<query::Team>(ranges, made, 1, limits, 3);
    const query::Threads::Helpers helpers = [&]() -> Result<ThreadPool*> { return pool.get(); };
    called = with_little_memory(most, [&] { return team->lead(helpers, taker); });
    returned = true;
    pool.reset();
    EXPECT_FALSE(late) << "after " << most;
    EXPECT_TRUE(!called.done || taken.size() == ranges.size()) << "after " << most;
  }
}

// How many bytes a question holds at most, of people with many events each.
long most_held_by(const std::string& text, int people) {
  constexpr int events_each = 300;
  const auto disk = std::make_shared<engine::MemoryDisk>();
  EXPECT_TRUE(engine::Store::init(*engine::memory_backend(disk), {.shards = 1, .zone = "UTC"}));
  const auto store = engine::Store::open(engine::memory_backend(disk), {.fold_in_background = false}).value();
  for (int person = 0; person < people; ++person) {
    const std::string name = std::to_string(person);
    const record::Identifier who{"test", name};
    std::vector<record::Event> events(events_each);
    for (int i = 0; i < events_each; ++i) {
      events[i].kind = record::Kind::observation;
      events[i].code = {"local", i % 2 ? "a" : "b", {}};
      events[i].start = record::day_time(18'000 + i);
      events[i].source = {"clinic", "notes"};
      events[i].record = "all", events[i].version = "1", events[i].part = i;
    }
    const std::vector records{record::Record{.identifiers = {&who, 1}, .events = events}};
    const engine::Written written = store->write(records, {}).value();
    EXPECT_EQ(written.outcomes.front().what, engine::Outcome::What::created) << written.outcomes.front().reason;
  }
  EXPECT_TRUE(store->fold());
  const query::Prepared asked = query::prepare(*store, text, {}).value();
  EXPECT_TRUE(asked.complaints.empty()) << query::render(asked.complaints, text);
  query::Answers answers;
  EXPECT_TRUE(query::run(asked, *store, store->view(), {.executor = query::Executor::vectorised, .threads = 1},
                         answers));  // what is read is in the cache now
  answers = {};
  const long before = most_held = held;
  EXPECT_TRUE(query::run(asked, *store, store->view(), {.executor = query::Executor::vectorised, .threads = 1}, answers));
  return most_held - before;
}

// Sets of events that are made for the rows of a list, or for an interval of a measure, are gone with them.
TEST(HeldMemory, OfSetsOfEventsIsThatOfFewRows) {
  const std::string before = "(observation[local:a] before it) | (observation[local:b] before it)";
  const std::string list = "list true per observation[local:a] select (last (" + before + ")).start\n";
  EXPECT_LT(most_held_by(list, 120), 2 * most_held_by(list, 30));  // who have as many rows as are shown at once
  const auto measure = [](const std::string& last) {
    const std::string until = "before interval.start)";
    return "measure exists ((observation[local:a] " + until + " | (observation[local:b] " + until +
           ") over true every 1mo from 2020-01-01 to " + last + "\n";
  };
  EXPECT_LT(most_held_by(measure("2024-01-01"), 100), 2 * most_held_by(measure("2020-06-01"), 100));
}

}  // namespace
}  // namespace chartline

namespace chartline::engine {
namespace {

// What failed for want of memory is tried again: it is answered, be it that the store is closed; and what is answered is on disk.
void expect_tried_again(std::unique_ptr<Store> store, const std::shared_ptr<MemoryDisk>& disk,
                        std::span<const record::Record> records, long most) {
  const auto again = store->write(records, {});
  EXPECT_TRUE(again || again.error().message.ends_with("since an error: memory ran out")) << again.error().message;
  store.reset();
  if (!again) return;
  disk->crash();
  store = Store::open(memory_backend(disk), {.fold_in_background = false}).value();
  EXPECT_EQ(store->write(records, {}).value().outcomes.front().what, Outcome::What::unchanged) << "after " << most;
}

// One waits for the disk while another comes, and fails.
TEST(LittleMemory, ForAWriterWhoQueues) {
  const record::Identifier who{"test", "a"};
  const auto records_of = [&](const record::Event& event) {
    return std::vector{record::Record{.identifiers = {&who, 1}, .events = {&event, 1}}};
  };
  record::Event events[3];
  for (int i = 0; i < 3; ++i) {
    events[i].kind = record::Kind::observation;
    events[i].code = {"local", "x", {}};
    events[i].start = record::day_time(18'000 + i);
    events[i].source = {"clinic", "notes"};
  }
  Called called;
  for (long most = 0; !called.enough && !HasFailure(); ++most) {
    const auto disk = std::make_shared<MemoryDisk>();
    const auto faults = std::make_shared<Faults>();
    ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = 1, .zone = "UTC"}));
    auto store = Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)),
                             {.fold_in_background = false})
                     .value();
    ASSERT_TRUE(store->write(records_of(events[0]), {}));
    faults->add({.operation = Operation::sync, .effect = Effect::delay, .late = std::chrono::milliseconds(5)});
    const auto first = records_of(events[1]), second = records_of(events[2]);
    std::thread waits([&] { EXPECT_TRUE(store->write(first, {})); });
    while (faults->struck() == 0) std::this_thread::yield();
    called = with_little_memory(most, [&] { return store->write(second, {}); });
    waits.join();
    expect_tried_again(std::move(store), disk, second, most);
  }
}

// The same where nobody sleeps for it: it is called once, or not at all where it was told so.
TEST(LittleMemory, ForAWriterWhoGoesOn) {
  const record::Identifier who{"test", "a"};
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"local", "x", {}};
  event.start = record::day_time(18'000);
  event.source = {"clinic", "notes"};
  const record::Record record{.identifiers = {&who, 1}, .events = {&event, 1}};
  const WriteRequest request{.records = {&record, 1}};
  Called called;
  for (long most = 0; !called.enough && !HasFailure(); ++most) {
    const auto disk = std::make_shared<MemoryDisk>();
    ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = 1, .zone = "UTC"}));
    auto store = Store::open(std::shared_ptr<Backend>(memory_backend(disk)), {.fold_in_background = false}).value();
    std::atomic<int> calls = 0;
    const auto call = [&]() -> Result<void> {
      store->write_together({&request, 1}, [&](const std::shared_ptr<WritesDone>&) { ++calls; });
      return {};
    };
    called = with_little_memory(most, call);
    expect_tried_again(std::move(store), disk, request.records, most);
    EXPECT_EQ(calls, called.done ? 1 : 0) << "after " << most;
  }
}

}  // namespace
}  // namespace chartline::engine
