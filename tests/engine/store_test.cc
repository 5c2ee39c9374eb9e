// What the history test does not reach: many writers at once, batches, the feed, bounds, and stores on disk.
#include "engine/store.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/storage/faulty.h"
#include "engine/storage/memory.h"
#include "engine/store_parts.h"
#include "tests/engine/event_words.h"
#include "tests/engine/random_records.h"

namespace chartline::engine {
namespace {

record::Event plain(std::string_view code, std::string_view start, std::int64_t value) {
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"local", code, {}};
  event.start = *record::parse_time(start);
  event.value.form = record::Value::Form::number;
  event.value.number = record::decimal(value, 0);
  event.source.organisation = "test";
  return event;
}

record::Record record_of(const record::Identifier& who, std::span<const record::Event> events) {
  record::Record record;
  record.identifiers = {&who, 1};
  record.events = events;
  return record;
}

class StoreTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    auto backend = memory_backend(disk_);
    ASSERT_TRUE(Store::init(*backend, {.shards = GetParam(), .zone = "UTC"}));
    open();
  }
  void open() {
    store_.reset();
    StoreOptions options;
    options.fold_delay_ms = 1;
    auto opened = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), options);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  std::size_t events(std::string_view identifier) {
    const View view = store_->view();
    const auto patient = view.find(identifier).value();
    return patient ? view.timeline(*patient, {}).value().size() : 0;
  }

  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  std::unique_ptr<Store> store_;
};

TEST_P(StoreTest, WhoLookedAtTheEmptyStoreSeesWhatIsLoadedIntoIt) {
  for (std::uint32_t shard = 0; shard < GetParam(); ++shard)
    ASSERT_FALSE(store_->view().demographics(shard, 0).value().at(0).dead);
  const record::Identifier who{"test", "p"};
  record::Event died = plain("c", "2020-01-01", 0);
  died.kind = record::Kind::death, died.record = "d";
  const auto import = Import::begin(*store_, {.path = ImportOptions::Path::bulk}).value();
  ASSERT_TRUE(import->add(record_of(who, {&died, 1})));
  ASSERT_TRUE(import->finish());
  const View view = store_->view();
  const PatientRef patient = view.find("test|p").value().value();
  EXPECT_TRUE(view.demographics(patient.shard, 0).value().at(patient.id).dead);
}

TEST_P(StoreTest, ManyWritersLoseAndInventNothing) {
  constexpr int threads = 8, writes = 150;
  std::vector<std::thread> writers;
  std::atomic<int> created{0}, unchanged{0};
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([&, t] {
      for (int i = 0; i < writes; ++i) {
        const std::string person = "p" + std::to_string((t * 7 + i) % 13), id = "r" + std::to_string(i),
                          value = std::to_string(i);
        const record::Identifier who{"test", person};
        record::Event event = plain("c" + std::to_string(i % 5), "2020-01-01", i);
        event.record = id;  // every thread says the same of the same records: one creates, the others change nothing
        const auto written = store_->write(std::vector{record_of(who, {&event, 1})}, {});
        ASSERT_TRUE(written) << written.error().message;
        if (written->outcomes[0].what == Outcome::What::created) ++created;
        if (written->outcomes[0].what == Outcome::What::unchanged) ++unchanged;
      }
    });
  std::atomic<bool> done{false};
  std::thread reader([&] {  // what was seen once stays seen
    std::size_t most = 0;
    while (!done) {
      std::size_t now = 0;
      for (int p = 0; p < 13; ++p) now += events("test|p" + std::to_string(p));
      EXPECT_GE(now, most);
      most = now;
    }
  });
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  EXPECT_EQ(created + unchanged, threads * writes);
  std::size_t total = 0;
  for (int p = 0; p < 13; ++p) total += events("test|p" + std::to_string(p));
  EXPECT_EQ(total, static_cast<std::size_t>(created));
  ASSERT_TRUE(store_->fold());
  EXPECT_EQ(store_->stats().events, total);
  open();
  EXPECT_EQ(store_->stats().events, total);
}

// A filter says of one new record in a hundred that a run may hold it, and of every known one: the run decides.
TEST_P(StoreTest, NewAndKnownRecordsOfAPatientWithManyRunsAreToldApart) {
  constexpr int records = 600, folded_after_each = 50;
  const record::Identifier who{"test", "p"};
  const auto write = [&](int i) {
    const std::string id = "r" + std::to_string(i);
    record::Event event = plain("c", "2020-01-01", i);
    event.start = record::at_instant(event.start.instant() + (i / folded_after_each) * 1'000'000'000LL);
    event.record = id;
    return store_->write(std::vector{record_of(who, {&event, 1})}, {}).value().outcomes[0].what;
  };
  for (int i = 0; i < records; ++i) {
    ASSERT_EQ(write(i), Outcome::What::created) << i;
    if (i % folded_after_each != 0) continue;
    ASSERT_TRUE(store_->fold());
    open();
  }
  for (int i = 0; i < records; i += 7) {
    ASSERT_EQ(write(i), Outcome::What::unchanged) << i;
    if (i % 3 == 0) open();
  }
  EXPECT_EQ(events("test|p"), static_cast<std::size_t>(records));
}

TEST_P(StoreTest, EqualRowsOfOneWriteAreSeveralEvents) {
  const record::Identifier who{"test", "a"};
  const record::Event event = plain("x", "2020-01-01", 1);
  const std::vector records{record_of(who, {&event, 1}), record_of(who, {&event, 1}), record_of(who, {&event, 1})};
  const auto first = store_->write(records, {}).value();
  EXPECT_EQ(events("a"), 3u);
  const auto again = store_->write(records, {}).value();
  for (const Outcome& outcome : again.outcomes) EXPECT_EQ(outcome.what, Outcome::What::unchanged);
  EXPECT_EQ(events("a"), 3u);
}

// Whoever tells a story of many versions again from the start says nothing new, however many of them came in one commit.
TEST_P(StoreTest, VersionsOfOneWriteToldAgainAreUnchanged) {
  const record::Identifier who{"test", "a"};
  std::vector<record::Event> events;
  for (int i = 0; i < 4; ++i) {
    record::Event event = plain("x", "2020-01-01", i);
    event.record = "r", event.version = i < 2 ? "1" : i == 2 ? "2" : "3";
    events.push_back(event);
  }
  std::vector<record::Event> parts(2, plain("y", "2020-01-01", 7));  // a record of two events, in two versions
  for (std::uint32_t i = 0; i < 2; ++i) parts[i].record = "s", parts[i].version = "1", parts[i].part = i + 1;
  std::vector<record::Event> later = parts;
  for (record::Event& event : later) event.version = "2", event.value.number = record::decimal(8, 0);
  std::vector<record::Record> records;
  for (const record::Event& event : events) records.push_back(record_of(who, {&event, 1}));
  records.push_back(record_of(who, parts)), records.push_back(record_of(who, later));
  ASSERT_TRUE(store_->write(records, {}));
  for (const std::string state : {"just written", "opened again", "folded", "folded and opened again"}) {
    if (state == "folded") ASSERT_TRUE(store_->fold());
    if (state.ends_with("opened again")) open();
    SCOPED_TRACE(state);
    const auto again = store_->write(records, {}).value();
    for (const Outcome& outcome : again.outcomes) EXPECT_EQ(outcome.what, Outcome::What::unchanged);
    for (const record::Record& record : records)  // and one by one
      EXPECT_EQ(store_->write({&record, 1}, {}).value().outcomes.front().what, Outcome::What::unchanged);
    const View view = store_->view();
    Timeline current = view.timeline(view.find("test|a").value().value(), {}).value();
    ASSERT_EQ(current.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      const record::Event event = current.event(i).value();
      EXPECT_EQ(event.version, event.record == "r" ? "3" : "2");
    }
  }
}

TEST_P(StoreTest, AllOrNothing) {
  const record::Identifier who{"test", "a"};
  record::Event good = plain("x", "2020-01-01", 1), bad = plain("y", "2020-01-02", 2);
  good.record = "one", bad.record = "two";
  std::vector records{record_of(who, {&good, 1}), record_of(who, {&bad, 1})};
  records[1].demand = record::Record::Demand::version, records[1].demanded_version = "7";
  WriteOptions options;
  options.all_or_nothing = true;
  const auto refused = store_->write(records, options).value();
  for (const Outcome& outcome : refused.outcomes) EXPECT_EQ(outcome.what, Outcome::What::rejected);
  EXPECT_EQ(events("a"), 0u);
  records[1].demand = record::Record::Demand::absent;
  const auto taken = store_->write(records, options).value();
  for (const Outcome& outcome : taken.outcomes) EXPECT_EQ(outcome.what, Outcome::What::created) << outcome.reason;
  EXPECT_EQ(events("a"), 2u);
}

TEST_P(StoreTest, TheFeedTellsEverythingInOrderWithoutAGap) {
  RandomRecords make(11);
  std::map<std::uint32_t, std::uint64_t> last;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::set<std::uint32_t>> current;
  std::vector<std::uint64_t> position(GetParam(), 0);
  std::size_t rows = 0;
  for (int i = 0; i < 60; ++i) {
    record::Arena arena;
    const std::vector records{make.make(arena)};
    ASSERT_TRUE(store_->write(records, {}));
    if (i % 7 != 0) continue;
    record::Arena into;
    const auto entries = store_->changes(position, SIZE_MAX, into);
    ASSERT_TRUE(entries) << entries.error().message;
    for (const FeedEntry& entry : *entries) {
      EXPECT_GE(entry.commit, last[entry.shard]);
      last[entry.shard] = entry.commit;
      position[entry.shard] = entry.commit;
      if (entry.what != FeedEntry::What::events) continue;
      auto& numbers = current[{entry.patient.shard, entry.patient.id}];
      for (const std::uint32_t gone : entry.removed) EXPECT_EQ(numbers.erase(gone), 1u);
      for (const record::Event& event : entry.added) EXPECT_TRUE(numbers.insert(event.number).second);
      rows += entry.added.size();
    }
    const View view = store_->view();
    for (const auto& [who, numbers] : current) {
      TimelineFilter all;
      all.include_hidden = true;
      Timeline timeline;
      ASSERT_TRUE(view.own_timeline({who.first, who.second}, all, stored::field_hot, timeline));
      EXPECT_EQ(timeline.size(), numbers.size());
    }
  }
  EXPECT_GT(rows, 0u);
}

TEST_P(StoreTest, BadRecordsAreRefusedWithTheFieldAtFault) {
  const record::Identifier who{"test", "a"};
  record::Event event = plain("x", "2020-01-01", 1);
  event.value.form = record::Value::Form::date;
  const auto written =
      store_->write(std::vector{record_of(who, {&event, 1}), record_of({}, {&event, 1}), record_of(who, {})}, {}).value();
  EXPECT_EQ(written.outcomes[0].reason, "value is a date: dates belong into attributes");
  EXPECT_EQ(written.outcomes[1].reason, "a record names no patient");
  EXPECT_EQ(written.outcomes[2].reason, "a record has no event");
}

// Translations and attributes that come again give one posting of each; what replaces them none of what was before.
TEST_P(StoreTest, AnEventHasOnePostingOfEachCodeAndAttribute) {
  for (const std::size_t codes : {3u, 60u}) {  // few are compared with one another, many are not
    std::vector<std::string> names;
    for (std::size_t i = 0; i < codes; ++i) names.push_back("t" + std::to_string(i));
    std::vector<record::Code> translations;
    for (int time = 0; time < 3; ++time)
      for (const std::string& name : names) translations.push_back({"local", name, ""});
    record::Value value;
    value.form = record::Value::Form::boolean;
    const std::vector<record::Attribute> attributes = {{"a", value}, {"a", value}, {"b", value}, {"b", {}}, {"c", value}};
    record::Event event = plain("t1", "2020-01-01", 1);
    event.record = "r", event.version = "1";
    event.translations = translations, event.attributes = attributes;
    const std::string id = "p" + std::to_string(codes);
    const record::Identifier who{"test", id};
    const auto expect_postings = [&](std::size_t of_each) {
      const View view = store_->view();
      const PatientRef patient = view.find(who.value).value().value();
      const auto count = [&](Name name) {
        const std::vector<stored::Posting> merged = view.merged_postings(patient.shard, name, 0, 0).value();
        return static_cast<std::size_t>(std::ranges::count(merged, patient.id, &stored::Posting::patient));
      };
      for (const std::string& name : names)
        EXPECT_EQ(count(view.find_code(patient.shard, {"local", name, ""}).value()), name == "t1" ? 1u : of_each) << name;
      for (const char* const name : {"a", "b", "c"})
        EXPECT_EQ(count(stored::postings_of_attribute(view.find_attribute(patient.shard, name).value())), of_each)
            << name;
    };
    const auto write = [&] {
      const Outcome outcome = store_->write(std::vector{record_of(who, {&event, 1})}, {}).value().outcomes[0];
      EXPECT_NE(outcome.what, Outcome::What::rejected) << outcome.reason;
    };
    write();
    expect_postings(1);
    ASSERT_TRUE(store_->fold());
    expect_postings(1);
    event.version = "2", event.translations = {}, event.attributes = {};
    write();
    expect_postings(0);
    ASSERT_TRUE(store_->fold());
    expect_postings(0);
  }
}

TEST_P(StoreTest, BulkLoadGivesTheHashOfWritingOneByOne) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Hash128 hashes[3];
    for (int way = 0; way < 3; ++way) {
      auto disk = std::make_shared<MemoryDisk>();
      auto backend = std::shared_ptr<Backend>(memory_backend(disk));
      ASSERT_TRUE(Store::init(*backend, {.shards = way == 2 ? 8 : GetParam(), .zone = "UTC"}));
      auto store = Store::open(backend, {}).value();
      ImportOptions options;
      options.path = way == 1 ? ImportOptions::Path::log : ImportOptions::Path::bulk;
      auto import = Import::begin(*store, options).value();
      RandomRecords make(seed);
      record::Arena arena;
      for (int i = 0; i < 300; ++i) {
        record::Record said = make.make(arena);
        said.demand = record::Record::Demand::any;
        ASSERT_TRUE(import->add(said));
      }
      const auto counts = import->finish();
      ASSERT_TRUE(counts) << counts.error().message;
      EXPECT_EQ(counts->rejected, 0u);
      hashes[way] = content_hash(*store, false).value();
    }
    EXPECT_EQ(hex(hashes[0]), hex(hashes[1]));
    EXPECT_EQ(hex(hashes[0]), hex(hashes[2]));
  }
}

// Whoever is looked up for records that are known already is forgotten again.
TEST_P(StoreTest, KnownRecordsThatComeAgainHoldNoMemory) {
  if (GetParam() != 1) GTEST_SKIP() << "each shard has a bound of its own";
  constexpr int patients = 5000, records = 130;
  const auto write_all = [&](int each) {
    for (int p = 0; p < patients; ++p) {
      const std::string who = "p" + std::to_string(p);
      const record::Identifier identifier{"test", who};
      std::vector<std::string> ids;
      for (int r = 0; r < each; ++r) ids.push_back("r" + std::to_string(r));
      std::vector<record::Event> events(ids.size(), plain("c", "2020-01-01", p));
      std::vector<record::Record> said;
      for (std::size_t r = 0; r < ids.size(); ++r) {
        events[r].record = ids[r];
        said.push_back(record_of(identifier, {&events[r], 1}));
      }
      const auto written = store_->write(said, {});
      ASSERT_TRUE(written) << written.error().message;
    }
  };
  write_all(records);
  ASSERT_TRUE(store_->fold());
  store_.reset();
  StoreOptions options;
  options.decoded_cache_bytes = 1 << 20;
  store_ = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), options).value();
  const auto before = mallinfo2();
  write_all(1);
  const auto after = mallinfo2();
  // 256 KiB for each of 256 stripes, and something beside them; of all patients it would be some 160 MiB.
  EXPECT_LT(after.uordblks + after.hblkhd, before.uordblks + before.hblkhd + (96u << 20));
}

// Each look at it is so much later than the one before.
class SteppingClock final : public Clock {
 public:
  Micros now() override { return at += step; }
  std::atomic<Micros> at{1'700'000'000'000'000}, step{0};
};

TEST_P(StoreTest, FoldsThatTakeLongComeLessOften) {
  constexpr Micros second = 1'000'000;
  SteppingClock clock;
  store_.reset();
  StoreOptions options;
  options.clock = &clock, options.fold_in_background = false;
  store_ = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), options).value();
  const record::Identifier who{"test", "a"};
  const auto write = [&](std::int64_t value) {
    const record::Event event = plain("x", "2020-01-01", value);
    ASSERT_TRUE(store_->write(std::vector{record_of(who, {&event, 1})}, {}));
  };
  const auto due = [&] {
    return std::ranges::any_of(store_->parts().shards, [](const auto& shard) { return shard->fold_due(); });
  };
  write(1);
  EXPECT_FALSE(due());
  clock.at += second;
  EXPECT_TRUE(due()) << "the first after half a second";
  const Micros began = clock.at;
  clock.step = second;
  ASSERT_TRUE(store_->fold());
  clock.step = 0;
  const Micros took = clock.at - began;
  ASSERT_GE(took, second);
  write(2);
  clock.at += second;
  EXPECT_FALSE(due()) << "the next may take as long";
  clock.at += 10 * took;
  EXPECT_TRUE(due());
  clock.at -= 1000 * took;  // set back
  EXPECT_FALSE(due()) << "nothing has waited yet";
  EXPECT_EQ(events("a"), 2U);
}

TEST_P(StoreTest, AFullDeltaMakesWritersWaitAndThenRefusesThem) {
  store_.reset();
  StoreOptions options;
  options.fold_in_background = false, options.delta_bytes_max = 1, options.write_wait_ms = 20;  // a megabyte at least
  store_ = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), options).value();
  const record::Identifier who{"test", "a"};
  const std::string text(900, 'x');
  Result<Written> written = Written{};
  int taken = 0;
  for (; written && taken < 100; ++taken) {
    record::Event event = plain("x", "2020-01-01", taken);
    event.encounter = text;
    const std::vector records(100, record_of(who, {&event, 1}));
    written = store_->write(records, {});
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().fault, Fault::busy);
  const std::size_t before = events("a");
  ASSERT_TRUE(store_->fold());
  record::Event event = plain("y", "2020-01-01", 1);
  EXPECT_TRUE(store_->write(std::vector{record_of(who, {&event, 1})}, {}));
  EXPECT_EQ(events("a"), before + 1);
}

// A fold goes on in the background: whoever writes to its shard next is told what went wrong there.
TEST(StoreFailures, AFoldThatFailedIsToldToWhoeverWrites) {
  const auto disk = std::make_shared<MemoryDisk>();
  const auto faults = std::make_shared<Faults>();
  ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = 1}));
  StoreOptions options;
  options.fold_in_background = false;
  const auto store = Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)), options).value();
  const record::Identifier who{"test", "a"};
  const record::Event event = plain("x", "2020-01-01", 1), later = plain("x", "2020-01-02", 1);
  ASSERT_TRUE(store->write(std::vector{record_of(who, {&event, 1})}, {}));
  faults->add({.operation = Operation::write});
  const Result<void> folded = store->fold();
  ASSERT_FALSE(folded);
  const Result<Written> written = store->write(std::vector{record_of(who, {&later, 1})}, {});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("since an error: " + folded.error().message), std::string::npos)
      << written.error().message;
}

// Who leads writes for all: they are told what went wrong, and whoever comes next does not wait for them.
TEST(StoreFailures, AWriterWhoseMemoryRunsOutHoldsUpNobody) {
  const auto disk = std::make_shared<MemoryDisk>();
  const auto faults = std::make_shared<Faults>();
  ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = 1}));
  const auto store = Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)), {}).value();
  const record::Identifier who{"test", "a"};
  const record::Event event = plain("x", "2020-01-01", 1);
  faults->add({.operation = Operation::sync, .effect = Effect::no_memory});
  const Result<Written> first = store->write(std::vector{record_of(who, {&event, 1})}, {});
  ASSERT_FALSE(first);
  ASSERT_EQ(faults->struck(), 1u);
  const Result<Written> next = store->write(std::vector{record_of(who, {&event, 1})}, {});
  ASSERT_FALSE(next);
  EXPECT_NE(next.error().message.find("since an error: " + first.error().message), std::string::npos)
      << next.error().message;
}

Result<ImportCounts> load_one(Store& store) {
  const record::Identifier who{"test", "p"};
  const record::Event event = plain("x", "2020-01-01", 1);
  const auto import = TRY(Import::begin(store, {.path = ImportOptions::Path::bulk}));
  TRY(import->add(record_of(who, {&event, 1})));
  return import->finish();
}

TEST(StoreFailures, ALoadThatCannotBeTakenInLeavesTheStoreToItsReaders) {
  const auto disk = std::make_shared<MemoryDisk>();
  const auto faults = std::make_shared<Faults>();
  ASSERT_TRUE(Store::init(*memory_backend(disk), {.shards = 1}));
  const auto store = Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)), {}).value();
  faults->add({.operation = Operation::ingest});
  ASSERT_FALSE(load_one(*store));
  ASSERT_EQ(faults->struck(), 1u);
  EXPECT_FALSE(store->view().demographics(0, 0).value().at(0).dead);
}

// What RocksDB has to number as it takes it in, it writes anew in the background, as soon as nobody reads what was before.
TEST(StoreOnDisk, WhatIsLoadedIsNotWrittenAnew) {
  namespace fs = std::filesystem;
  const std::string folder = testing::TempDir() + "chartline-loaded-" + std::to_string(::getpid());
  ASSERT_TRUE(Store::init(folder, {}));
  {
    const auto store = Store::open(folder, {}).value();
    ASSERT_TRUE(load_one(*store));
    std::vector<fs::path> loaded;
    for (const auto& file : fs::recursive_directory_iterator(folder))
      if (file.path().extension() == ".sst") loaded.push_back(file.path());
    ASSERT_FALSE(loaded.empty());
    const record::Identifier who{"test", "p"};
    const record::Event event = plain("x", "2020-01-02", 1);
    ASSERT_TRUE(store->write(std::vector{record_of(who, {&event, 1})}, {}));
    ASSERT_TRUE(store->fold());
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    for (const fs::path& file : loaded) EXPECT_TRUE(fs::exists(file)) << file;
  }
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Shards, StoreTest, ::testing::Values(1u, 8u),
                         [](const auto& with) { return std::to_string(with.param); });

}  // namespace
}  // namespace chartline::engine
