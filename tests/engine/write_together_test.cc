// Writes that are done together come out as they would one after the other, in one commit.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/audit/trail.h"
#include "engine/maintenance.h"
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
    EXPECT_EQ(together.hash(), one_by_one.hash());
    EXPECT_EQ(audit_of(*together.store), audit_of(*one_by_one.store));
    const std::string before = together.hash();
    together.disk->crash();
    together.open();
    EXPECT_EQ(together.hash(), before) << "what was answered is on disk";
    EXPECT_TRUE(check(*together.store, {.deep = true, .progress = {}}).value().findings.empty());
  }
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

}  // namespace
}  // namespace chartline::engine
