// A sound store has no findings, however it came to be; and whatever is done to a single key of it is found.
#include <gtest/gtest.h>

#include "engine/identity_bytes.h"
#include "engine/terminology.h"
#include "formats/stored/keys.h"
#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

constexpr Micros start = 1'700'000'000'000'000;

class Check : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Check, FindsNothingInASoundStore) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FixedClock clock(start);
    TestFolder folder;
    auto store = make_store(folder.path("store"), GetParam(), clock);
    EXPECT_EQ(first_finding(*store), "");
    tell(*store, clock, {.seed = seed});
    EXPECT_EQ(first_finding(*store), "");
    ASSERT_TRUE(store->fold());
    EXPECT_EQ(first_finding(*store), "");
    ASSERT_TRUE(store->compact());
    tell(*store, clock, {.seed = seed + 100});
    store = nullptr;
    store = open_store(folder.path("store"), clock);
    EXPECT_EQ(first_finding(*store), "");
    ASSERT_TRUE(store->fold());
    const auto report = check(*store, {.deep = true, .progress = {}});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->findings, std::vector<std::string>());
    const StoreStats stats = store->stats();
    EXPECT_EQ(report->events, stats.events);
    EXPECT_EQ(report->past_events, stats.past_events);
    EXPECT_EQ(report->patients, stats.patients);
    EXPECT_GT(report->runs, 0u);
    EXPECT_GT(report->postings, 0u);
    EXPECT_GT(report->log_records, 0u);
  }
}

TEST_P(Check, FindsNothingInABulkLoadedStore) {
  FixedClock clock(start);
  TestFolder folder;
  auto store = make_store(folder.path("store"), GetParam(), clock);
  EXPECT_TRUE(import(*store, {.seed = 4, .people = 60, .writes = 400}, ImportOptions::Path::bulk).bulk);
  EXPECT_EQ(first_finding(*store), "");
  tell(*store, clock, {.seed = 5});
  EXPECT_EQ(first_finding(*store), "");
  ASSERT_TRUE(store->fold());
  EXPECT_EQ(first_finding(*store), "");
}

TEST_P(Check, CanBeCancelled) {
  FixedClock clock(start);
  TestFolder folder;
  auto store = make_store(folder.path("store"), GetParam(), clock);
  tell(*store, clock, {.writes = 20});
  const auto report = check(*store, {.deep = true, .progress = [](std::uint64_t, std::uint64_t) { return false; }});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().fault, Fault::unavailable);
}

// A store in memory whose tables can be reached while it is closed.
class Damage : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    auto backend = memory_backend(disk_);
    ASSERT_TRUE(Store::init(*backend, {.shards = GetParam()}));
    auto store = open();
    tell(*store, clock_, {.seed = 9, .people = 12, .writes = 80});
    // Where a patient goes is by a secret: others follow until every shard has one.
    for (int more = 0; !every_shard_has_a_patient(*store); ++more) {
      record::Arena arena;
      const record::Record said = said_of("more " + std::to_string(more), "note", "more", arena);
      ASSERT_TRUE(store->write({&said, 1}, {}));
    }
    auto load = TerminologyLoad::begin(*store, "test");
    ASSERT_TRUE(load);
    ASSERT_TRUE((*load)->add(record::Concept{.code = {"snomed", "c1", "one"}}));
    ASSERT_TRUE((*load)->add(record::ConceptLink{.from = {"snomed", "c1", {}}, .to = {"snomed", "c2", {}}}));
    ASSERT_TRUE((*load)->finish());
    ASSERT_TRUE(store->fold());
    ASSERT_EQ(first_finding(*store), "");
  }

  static bool every_shard_has_a_patient(Store& store) {
    const View view = store.view();
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
      if (view.patients(shard) == 0) return false;
    return true;
  }

  std::unique_ptr<Store> open() {
    auto opened = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), quiet_options(clock_));
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }

  // The first finding after the batch was written behind the store's back; what refuses to open is found too.
  std::string found_after(std::uint32_t shard, const Batch& batch) {
    write(shard, batch);
    auto opened = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), quiet_options(clock_));
    if (!opened) return opened.error().fault == Fault::corrupt ? opened.error().message : "";
    return first_finding(**opened);
  }

  void write(std::uint32_t shard, const Batch& batch) {
    auto backend = memory_backend(disk_);
    auto lease = backend->acquire(shard, 0);
    ASSERT_TRUE(lease);
    auto tables = backend->open(shard, lease->get(), {});
    ASSERT_TRUE(tables);
    ASSERT_TRUE((*tables)->write(batch, true));
  }

  std::vector<std::pair<Bytes, Bytes>> keys_of(std::uint32_t shard, Table table) {
    auto backend = memory_backend(disk_);
    auto lease = backend->acquire(shard, 0);
    auto tables = backend->open(shard, lease->get(), {});
    std::vector<std::pair<Bytes, Bytes>> keys;
    EXPECT_TRUE((*tables)->scan(table, {}, {}, nullptr,
                                [&](BytesView key, BytesView value) { return keys.emplace_back(key, value), true; }));
    return keys;
  }

  FixedClock clock_{start};
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

TEST_P(Damage, OfAnyKeyIsFound) {
  for (const Table table : {Table::meta, Table::changes, Table::identity, Table::timeline, Table::details,
                            Table::history, Table::postings, Table::originals, Table::terminology}) {
    std::size_t all = 0;
    for (std::uint32_t shard = 0; shard < GetParam(); ++shard) {
      const auto keys = keys_of(shard, table);
      all += keys.size();
      for (std::size_t i = 0; i < keys.size(); i += 1 + keys.size() / 25) {
        const auto& [key, value] = keys[i];
        SCOPED_TRACE(std::string(name(table)) + ", shard " + std::to_string(shard) + ", key " + std::to_string(i) +
                     ": " + std::string(key.substr(0, key.find('\0'))));
        Batch lost, altered, as_before;
        lost.erase(table, key);
        as_before.put(table, key, value);
        EXPECT_NE(found_after(shard, lost), "");
        write(shard, as_before);
        for (const std::size_t byte : {std::size_t{0}, value.size() / 2, value.size() - 1}) {
          Bytes flipped = value;
          flipped[byte] = static_cast<char>(flipped[byte] ^ 0x20);
          altered.clear();
          altered.put(table, key, flipped);
          EXPECT_NE(found_after(shard, altered), "") << "byte " << byte << " of " << value.size();
        }
        write(shard, as_before);
      }
    }
    EXPECT_GT(all, 0u) << name(table);
  }
  EXPECT_EQ(first_finding(*open()), "");
}

// Bytes that are not ours to lay out: what was received, what somebody stored under a name, what a batch was answered.
TEST_P(Damage, OfAnyBitOfAnOriginalAValueOrAnAnswerIsFound) {
  record::Arena arena;
  record::Record said = said_of("p1", "kept", "as received", arena);
  said.original = R"({"resourceType":"Observation"})";
  {
    auto store = open();
    ASSERT_TRUE(store->write({&said, 1}, {.batch_id = "b"}));
    ASSERT_TRUE(store->set_meta("list", "a b c"));
    ASSERT_TRUE(store->fold());
    ASSERT_EQ(first_finding(*store), "");
  }
  int values = 0;
  for (std::uint32_t shard = 0; shard < GetParam(); ++shard)
    for (const Table table : {Table::originals, Table::meta})
      for (const auto& [key, value] : keys_of(shard, table)) {
        const bool kept = table == Table::originals && BytesView(value).find(said.original) != BytesView::npos;
        const bool named = table == Table::meta && (key.starts_with("named/list") || key == "batch/b");
        if (!kept && !named) continue;
        ++values;
        for (std::size_t bit = 0; bit < value.size() * 8; bit += 11) {
          SCOPED_TRACE("bit " + std::to_string(bit) + " of " + std::to_string(value.size()) + " bytes");
          Batch altered;
          Bytes flipped = value;
          flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
          altered.put(table, key, flipped);
          ASSERT_NE(found_after(shard, altered), "");
          auto store = open();
          if (key == "batch/b") {
            ASSERT_FALSE(store->write({&said, 1}, {.batch_id = "b"}));
          } else if (named) {
            ASSERT_FALSE(store->meta("list"));
          } else {
            const View view = store->view();
            const PatientRef patient = view.find("test|p1").value().value();
            record::Arena room;
            const std::vector<View::Version> versions = view.history(patient, room).value();
            for (const View::Version& version : versions)
              if (version.event.record == "kept") {
                ASSERT_FALSE(view.original(patient, version.event));
              }
          }
        }
        Batch as_before;
        as_before.put(table, key, value);
        write(shard, as_before);
      }
  EXPECT_EQ(values, 3);
  EXPECT_EQ(first_finding(*open()), "");
}

// A sound original of another record is not the record's.
TEST_P(Damage, OfOriginalsThatChangedPlacesIsFound) {
  for (std::uint32_t shard = 0; shard < GetParam(); ++shard) {
    const auto keys = keys_of(shard, Table::originals);
    for (std::size_t i = 1; i < keys.size(); ++i) {
      if (keys[i].second == keys[i - 1].second) continue;
      Batch swapped, as_before;
      swapped.put(Table::originals, keys[i].first, keys[i - 1].second);
      as_before.put(Table::originals, keys[i].first, keys[i].second);
      EXPECT_NE(found_after(shard, swapped), "");
      write(shard, as_before);
    }
  }
  EXPECT_EQ(first_finding(*open()), "");
}

TEST_P(Damage, OfKeysThatNothingNamesIsFound) {
  Bytes commit_before_all = stored::change_key(0);
  const std::vector<std::pair<Table, Bytes>> surplus = {{Table::timeline, stored::run_key(0, 5, 999)},
                                                        {Table::timeline, stored::head_key(4'000'000)},
                                                        {Table::timeline, "abc"},
                                                        {Table::details, stored::details_key(0, 999)},
                                                        {Table::details, "abc"},
                                                        {Table::history, stored::history_key(0, 999, false)},
                                                        {Table::history, stored::history_key(1, 999, true)},
                                                        {Table::postings, stored::postings_key(1, 999, 0)},
                                                        {Table::postings, stored::directory_key(9'999)},
                                                        {Table::originals, stored::original_key(0, 999)},
                                                        {Table::originals, stored::original_key(4'000'000, 1)},
                                                        {Table::changes, commit_before_all},
                                                        {Table::changes, "abc"},
                                                        {Table::identity, identity_key(12345)},
                                                        {Table::identity, identifiers_key({0, 4'000'000})},
                                                        {Table::identity, link_key(999)},
                                                        {Table::identity, "xyz"},
                                                        {Table::meta, "unheard of"},
                                                        {Table::terminology, "xyz"},
                                                        {Table::audit, "abc"}};
  for (const auto& [table, key] : surplus) {
    SCOPED_TRACE(std::string(name(table)) + ", key of " + std::to_string(key.size()) + " bytes");
    Batch more, as_before;
    more.put(table, key, "value");
    as_before.erase(table, key);
    EXPECT_NE(found_after(0, more), "");
    write(0, as_before);
  }
  EXPECT_EQ(first_finding(*open()), "");
}

TEST_P(Damage, OfTheLogTailIsNoticedByThePositionNote) {
  {
    auto store = open();
    tell(*store, clock_, {.seed = 10, .people = 12, .writes = 5, .links = false, .folds = false});
  }  // closing writes the note
  for (std::uint32_t shard = 0; shard < GetParam(); ++shard) {
    const auto keys = keys_of(shard, Table::changes);
    if (keys.empty()) continue;
    Batch cut, as_before;
    cut.erase(Table::changes, keys.back().first);
    as_before.put(Table::changes, keys.back().first, keys.back().second);
    EXPECT_NE(found_after(shard, cut), "") << "shard " << shard;
    write(shard, as_before);
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, Check, ::testing::Values(1u, 8u),
                         [](const auto& with) { return std::to_string(with.param); });
INSTANTIATE_TEST_SUITE_P(Shards, Damage, ::testing::Values(1u, 8u),
                         [](const auto& with) { return std::to_string(with.param); });

}  // namespace
}  // namespace chartline::engine
