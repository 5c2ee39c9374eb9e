// Writes that are done together come out as they would one after the other, in one commit.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/audit/trail.h"
#include "engine/maintenance.h"
#include "engine/storage/faulty.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "tests/engine/random_records.h"

namespace chartline::engine {
namespace {

struct OnDisk {
  explicit OnDisk(std::uint32_t shards) {
    EXPECT_TRUE(Store::init(*memory_backend(disk), {.shards = shards, .zone = "UTC"}));
    open();
  }
  // Empty, and as the other one in all that chance has made.
  explicit OnDisk(const OnDisk& other) {
    const Bytes description = memory_backend(other.disk)->catalogue().get("store").value().value();
    EXPECT_TRUE(memory_backend(disk)->catalogue().set("store", std::nullopt, description));
    open();
  }
  void open() {
    store.reset();
    auto opened = Store::open(std::shared_ptr<Backend>(memory_backend(disk)), {.fold_in_background = false});
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  std::string hash() { return hex(content_hash(*store, false).value()); }

  std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
  std::unique_ptr<Store> store;
};

std::string text_of(const Result<Written>& written) {
  if (!written) return std::string(name(written.error().fault)) + ": " + written.error().message;
  std::string text = written->repeated ? "repeated" : "written";
  for (const Outcome& one : written->outcomes)
    text += ", " + std::string(name(one.what)) + " " + std::to_string(one.patient.shard) + "/" +
            std::to_string(one.patient.id) + " " + std::to_string(one.number) + " " + one.reason;
  return text;
}

std::vector<std::string> audit_of(Store& store) {
  std::vector<std::string> lines;
  EXPECT_TRUE(read_audit(store, {}, [&](const AuditRecord& record) -> Result<void> {
    std::string line =
        record.entry.text + " " + std::string(name(record.entry.outcome)) + " " + std::to_string(record.entry.rows);
    for (const PatientRef& patient : record.entry.patients)
      line += " " + std::to_string(patient.shard) + "/" + std::to_string(patient.id);
    lines.push_back(line);
    return {};
  }));
  std::sort(lines.begin(), lines.end());
  return lines;
}

// Some writes of random records, as several callers have them at the same time.
struct Group {
  Group(RandomRecords& random, int serial) {
    const std::size_t count = 1 + random.below(8);
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<record::Record>& said = records.emplace_back();
      for (std::uint64_t n = random.below(5); n-- > 0;) said.push_back(random.make(arena));
      WriteOptions options;
      options.all_or_nothing = random.one_in(3);
      if (random.one_in(3)) options.batch_id = "batch " + std::to_string(random.below(40));
      options.audit.emplace();
      options.audit->text = std::to_string(serial) + "." + std::to_string(i);
      requests.push_back({said, options});
    }
  }
  // As they are done: a batch id that another of the group has comes after all others.
  std::vector<std::size_t> order() const {
    std::vector<std::size_t> first, late;
    std::set<std::string> taken;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const std::string& id = requests[i].options.batch_id;
      (id.empty() || taken.insert(id).second ? first : late).push_back(i);
    }
    first.insert(first.end(), late.begin(), late.end());
    return first;
  }

  record::Arena arena;
  std::deque<std::vector<record::Record>> records;
  std::vector<WriteRequest> requests;
};

class WriteTogether : public ::testing::TestWithParam<std::uint32_t> {};

void expect_same_after_a_crash(OnDisk& together, OnDisk& one_by_one) {
  EXPECT_EQ(together.hash(), one_by_one.hash());
  EXPECT_EQ(audit_of(*together.store), audit_of(*one_by_one.store));
  const std::string before = together.hash();
  together.disk->crash();
  together.open();
  EXPECT_EQ(together.hash(), before) << "what was answered is on disk";
  EXPECT_TRUE(check(*together.store, {.deep = true, .progress = {}}).value().findings.empty());
}

TEST_P(WriteTogether, AgreesWithWritingOneByOne) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomRecords random(seed);
    OnDisk one_by_one(GetParam()), together(one_by_one);
    for (int serial = 0; serial < 60; ++serial) {
      const Group group(random, serial);
      const auto answers = together.store->write_together(group.requests);
      ASSERT_EQ(answers.size(), group.requests.size());
      for (const std::size_t i : group.order()) {
        const WriteRequest& request = group.requests[i];
        ASSERT_EQ(text_of(answers[i]), text_of(one_by_one.store->write(request.records, request.options)))
            << serial << "." << i;
      }
      if (random.one_in(10)) {
        EXPECT_TRUE(together.store->fold());
      }
    }
    expect_same_after_a_crash(together, one_by_one);
  }
}

// Waits for those that are done.
class AllDone {
 public:
  Store::OnDone next() {
    const std::lock_guard lock(mutex_);
    const std::size_t place = done_.size();
    done_.emplace_back();
    return [this, place](std::shared_ptr<WritesDone> writes) {
      const std::lock_guard told(mutex_);
      done_[place] = std::move(writes), ++count_;
      changed_.notify_all();
    };
  }
  // In the order in which they began.
  std::deque<std::shared_ptr<WritesDone>> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ == done_.size(); });
    count_ = 0;
    return std::exchange(done_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<WritesDone>> done_;
  std::size_t count_ = 0;
};

TEST_P(WriteTogether, DecidedBeforeThoseBeforeThemAreDurable) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomRecords random(seed);
    OnDisk one_by_one(GetParam()), together(one_by_one);
    std::deque<Group> groups;
    AllDone all;
    const auto answer_all = [&] {
      for (const auto& done : all.wait()) {
        ASSERT_TRUE(done);
        const auto answers = done->answers();
        const std::vector<WriteRequest>& requests = groups.front().requests;
        ASSERT_EQ(answers.size(), requests.size());
        for (std::size_t i = 0; i < answers.size(); ++i)
          ASSERT_EQ(text_of(answers[i]), text_of(one_by_one.store->write(requests[i].records, requests[i].options)))
              << requests[i].options.audit->text;
        groups.pop_front();
      }
    };
    for (int serial = 0; serial < 60; ++serial) {
      Group& group = groups.emplace_back(random, serial);
      for (WriteRequest& request : group.requests)  // of one id the others would come later
        if (!request.options.batch_id.empty()) request.options.batch_id = request.options.audit->text;
      together.store->write_together(group.requests, all.next());
      if (random.one_in(3)) answer_all();
      if (random.one_in(10)) {
        EXPECT_TRUE(together.store->fold());
      }
    }
    answer_all();
    expect_same_after_a_crash(together, one_by_one);
  }
}

// Some sleep for their commits and others are called, so that the lead goes from one kind to the other.
TEST_P(WriteTogether, BesideThoseWhoWaitThemselves) {
  OnDisk on(GetParam());
  constexpr int threads = 4, writes = 200;
  std::atomic<int> created{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      RandomRecords random(static_cast<std::uint64_t>(t) + 1);
      record::Arena arena;
      std::deque<record::Record> records;
      std::deque<WriteRequest> requests;
      AllDone all;
      const auto count = [&](const auto& answers) {
        for (const auto& answer : answers) created += answer && answer->outcomes.size() == 1;
      };
      for (int i = 0; i < writes; ++i) {
        records.push_back(random.make(arena)), records.back().demand = {};
        requests.push_back({.records = {&records.back(), 1}});
        if (t % 2 == 0) on.store->write_together({&requests.back(), 1}, all.next());
        else count(on.store->write_together({&requests.back(), 1}));
        if (i % 20 == 19)
          for (const auto& done : all.wait()) count(done->answers());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(created, threads * writes);
  EXPECT_TRUE(check(*on.store, {.deep = true, .progress = {}}).value().findings.empty());
}

TEST_P(WriteTogether, SeveralGroupsAtOnceWithTheSameBatchIds) {
  OnDisk on(GetParam());
  constexpr int threads = 4, groups = 40;
  std::atomic<int> done{0}, repeated{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      for (int g = 0; g < groups; ++g) {
        // Each thread has the ids of this turn in another order.
        RandomRecords random(1000);
        record::Arena arena;
        std::vector<record::Record> records;
        std::vector<WriteRequest> requests;
        for (int i = 0; i < 6; ++i) records.push_back(random.make(arena)), records.back().demand = {};
        for (int i = 0; i < 6; ++i) {
          const auto which = static_cast<std::size_t>((i + t) % 6);
          WriteRequest request{.records = std::span(records).subspan(which, 1)};
          request.options.batch_id = std::to_string(g) + "/" + std::to_string(which);
          requests.push_back(request);
        }
        for (const auto& answer : on.store->write_together(requests)) {
          ASSERT_TRUE(answer) << answer.error().message;
          answer->repeated ? ++repeated : ++done;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(done, groups * 6);
  EXPECT_EQ(repeated, groups * 6 * (threads - 1));
}

INSTANTIATE_TEST_SUITE_P(Shards, WriteTogether, ::testing::Values(1u, 3u));

TEST(WritesTogether, ShareOneCommit) {
  OnDisk on(1);
  RandomRecords random(7);
  record::Arena arena;
  std::vector<record::Record> records;
  std::vector<WriteRequest> requests;
  for (int i = 0; i < 20; ++i) records.push_back(random.make(arena)), records.back().demand = {};
  for (const record::Record& record : records) requests.push_back({.records = {&record, 1}});
  for (const auto& answer : on.store->write_together(requests))
    EXPECT_EQ(answer.value().position, (std::vector<std::uint64_t>{1}));
  EXPECT_TRUE(on.store->write_together({}).empty());
}

struct OneRecord {
  explicit OneRecord(std::string batch_id) {
    RandomRecords random(7);
    record = random.make(arena);
    record.demand = {};
    request.options.batch_id = std::move(batch_id);
  }
  record::Arena arena;
  record::Record record;
  WriteRequest request{.records = {&record, 1}};
};

TEST(WritesTogether, WhoseBatchIdIsUnderWayWaitsForItsTurn) {
  OnDisk on(1);
  const OneRecord one("one");
  AllDone all;
  on.store->write_together({&one.request, 1}, all.next());
  on.store->write_together({&one.request, 1}, all.next());
  auto done = all.wait();
  EXPECT_FALSE(done[0]->waits());
  EXPECT_TRUE(done[1]->waits());
  EXPECT_FALSE(done[0]->answers().front().value().repeated);
  EXPECT_TRUE(done[1]->answers().front().value().repeated);
}

// It is closed while the first of them waits for the disk, and the second for the first.
TEST(WritesTogether, AreDurableOnceTheStoreIsClosed) {
  const auto disk = std::make_shared<MemoryDisk>();
  const auto faults = std::make_shared<Faults>();
  ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = 1, .zone = "UTC"}));
  auto store =
      Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)), {.fold_in_background = false})
          .value();
  faults->add({.operation = Operation::sync, .effect = Effect::delay, .late = std::chrono::milliseconds(50)});
  RandomRecords random(7);
  record::Arena arena;
  std::deque<record::Record> records;
  std::deque<WriteRequest> requests;
  std::atomic<int> called = 0;
  for (int i = 0; i < 2; ++i) {
    records.push_back(random.make(arena)), records.back().demand = {};
    requests.push_back({.records = {&records.back(), 1}});
    store->write_together({&requests.back(), 1}, [&](const std::shared_ptr<WritesDone>& writes) {
      EXPECT_TRUE(writes->answers().front());
      ++called;
    });
    while (faults->struck() == 0) std::this_thread::yield();
  }
  store.reset();
  ASSERT_EQ(called, 2);
  disk->crash();
  store = Store::open(memory_backend(disk), {.fold_in_background = false}).value();
  for (const WriteRequest& request : requests)
    EXPECT_EQ(store->write(request.records, {}).value().outcomes.front().what, Outcome::What::unchanged);
}

// All who are queued when the disk fails are told, and whoever comes later too; nobody waits for ever.
TEST(WritesTogether, AreToldWhereTheDiskFails) {
  for (int turn = 0; turn < 20; ++turn) {
    const auto disk = std::make_shared<MemoryDisk>();
    const auto faults = std::make_shared<Faults>();
    ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = 1, .zone = "UTC"}));
    const auto store = Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)),
                                   {.fold_in_background = false})
                           .value();
    faults->add({.operation = Operation::sync, .effect = Effect::delay});
    faults->add({.operation = Operation::sync});  // the next one
    RandomRecords random(7);
    record::Arena arena;
    std::deque<record::Record> records;
    std::deque<WriteRequest> requests;
    AllDone all;
    for (int i = 0; i < 10; ++i) {
      records.push_back(random.make(arena)), records.back().demand = {};
      requests.push_back({.records = {&records.back(), 1}});
      store->write_together({&requests.back(), 1}, all.next());
      while (faults->struck() == 0) std::this_thread::yield();  // the first is written alone
    }
    int written = 0;
    for (const auto& done : all.wait()) {
      const auto answer = done->answers().front();
      if (answer) ++written;
      else EXPECT_EQ(answer.error().fault, Fault::unavailable);
    }
    EXPECT_GE(written, 1);
    EXPECT_LT(written, 10);
    EXPECT_TRUE(store->read_only());
  }
}

}  // namespace
}  // namespace chartline::engine
