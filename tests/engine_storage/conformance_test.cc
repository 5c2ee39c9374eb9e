// What every backend promises (docs/architecture.md): the same tests on each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/engine_storage/backends.h"

namespace chartline::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Conformance : public testing::TestWithParam<StoreKind> {
 protected:
  std::unique_ptr<DurableStore> store_ = GetParam().make();

  // Cuts the power under what is open and opens the shard again.
  std::unique_ptr<Opened> crash(std::unique_ptr<Opened> opened) {
    store_->stop();
    opened.reset();
    store_->lose_power();
    return std::make_unique<Opened>(*store_);
  }
  std::unique_ptr<Opened> open() { return std::make_unique<Opened>(*store_); }
};

INSTANTIATE_TEST_SUITE_P(Backends, Conformance, testing::ValuesIn(store_kinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(Conformance, ReadsWhatWasWritten) {
  Opened opened(*store_);
  Tables& tables = *opened.tables;
  ASSERT_TRUE(tables.write(one_put(Table::timeline, "a", "1"), true));
  EXPECT_EQ(value_of(tables, Table::timeline, "a"), "1");
  EXPECT_EQ(value_of(tables, Table::timeline, "b"), "(absent)");
  EXPECT_EQ(value_of(tables, Table::postings, "a"), "(absent)");
  Batch batch;
  batch.put(Table::timeline, "a", "2");
  batch.erase(Table::timeline, "a");
  batch.put(Table::meta, "empty", "");
  ASSERT_TRUE(tables.write(batch, false));
  EXPECT_EQ(value_of(tables, Table::timeline, "a"), "(absent)");
  EXPECT_EQ(value_of(tables, Table::meta, "empty"), "");
  EXPECT_TRUE(tables.write(Batch(), true)) << "an empty batch is nothing to do";
}

TEST_P(Conformance, KeysAndValuesAreBytesOfAnyKindAndLength) {
  Opened opened(*store_);
  const std::string zeros(3, '\0');
  const std::string large(5 << 20, '\xff');
  Batch batch;
  batch.put(Table::originals, zeros, large);
  batch.put(Table::originals, std::string(70'000, 'k'), zeros);
  batch.put(Table::originals, "", "of the empty key");
  ASSERT_TRUE(opened.tables->write(batch, true));
  EXPECT_EQ(value_of(*opened.tables, Table::originals, zeros), large);
  EXPECT_EQ(value_of(*opened.tables, Table::originals, std::string(70'000, 'k')), zeros);
  EXPECT_EQ(value_of(*opened.tables, Table::originals, ""), "of the empty key");
}

TEST_P(Conformance, APinnedValueOutlivesItsReplacement) {
  Opened opened(*store_);
  ASSERT_TRUE(opened.tables->write(one_put(Table::timeline, "a", "old"), true));
  ASSERT_TRUE(opened.tables->flush());
  Pinned held;
  ASSERT_TRUE(opened.tables->get(Table::timeline, "a", nullptr, held).value());
  ASSERT_TRUE(opened.tables->write(one_put(Table::timeline, "a", "new"), true));
  ASSERT_TRUE(opened.tables->compact());
  EXPECT_EQ(held.bytes(), "old");
  ASSERT_TRUE(opened.tables->get(Table::timeline, "a", nullptr, held).value());
  EXPECT_EQ(held.bytes(), "new");
  ASSERT_FALSE(opened.tables->get(Table::timeline, "b", nullptr, held).value());
  EXPECT_THAT(held.bytes(), IsEmpty());
}

TEST_P(Conformance, ASnapshotSeesOneMomentWhateverComesAfter) {
  Opened opened(*store_);
  Tables& tables = *opened.tables;
  ASSERT_TRUE(tables.write(one_put(Table::timeline, "a", "1"), false));
  const SnapshotPtr first = tables.snapshot();
  ASSERT_TRUE(tables.write(one_put(Table::timeline, "a", "2"), false));
  ASSERT_TRUE(tables.write(one_put(Table::timeline, "b", "2"), false));
  const SnapshotPtr second = tables.snapshot();
  Batch batch;
  batch.erase(Table::timeline, "a");
  ASSERT_TRUE(tables.write(batch, false));
  ASSERT_TRUE(tables.flush());
  ASSERT_TRUE(tables.compact());

  EXPECT_EQ(value_of(tables, Table::timeline, "a", first.get()), "1");
  EXPECT_EQ(value_of(tables, Table::timeline, "b", first.get()), "(absent)");
  EXPECT_EQ(value_of(tables, Table::timeline, "a", second.get()), "2");
  EXPECT_EQ(value_of(tables, Table::timeline, "a"), "(absent)");
  EXPECT_THAT(keys_of(tables, Table::timeline, "", "", first.get()), ElementsAre("a"));
  EXPECT_THAT(keys_of(tables, Table::timeline, "", "", second.get()), ElementsAre("a", "b"));
  std::vector<std::optional<Bytes>> values;
  ASSERT_TRUE(tables.get_many(Table::timeline, std::vector<Bytes>{"a", "b"}, first.get(), values));
  EXPECT_THAT(values, ElementsAre(std::optional<Bytes>("1"), std::nullopt));
}

TEST_P(Conformance, ManyKeysAreAnsweredInTheirOrder) {
  Opened opened(*store_);
  Batch batch;
  for (int i = 0; i < 1000; i += 2) batch.put(Table::postings, "k" + std::to_string(1000 + i), std::to_string(i));
  ASSERT_TRUE(opened.tables->write(batch, true));
  ASSERT_TRUE(opened.tables->flush());
  std::vector<Bytes> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("k" + std::to_string(1000 + i));
  std::vector<std::optional<Bytes>> values;
  ASSERT_TRUE(opened.tables->get_many(Table::postings, keys, nullptr, values));
  ASSERT_EQ(values.size(), 1000);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(values[i], i % 2 ? std::nullopt : std::optional(std::to_string(i)));
  ASSERT_TRUE(opened.tables->get_many(Table::postings, {}, nullptr, values));
  EXPECT_THAT(values, IsEmpty());
}

TEST_P(Conformance, AScanGivesARangeInOrderAndEndsWhenTold) {
  Opened opened(*store_);
  Batch batch;
  std::vector<std::string> all;
  for (int i = 0; i < 700; ++i) all.push_back(std::to_string(1000 + i));
  for (const std::string& key : all) batch.put(Table::audit, key, "v" + key);
  batch.erase(Table::audit, "1100");
  std::erase(all, "1100");
  ASSERT_TRUE(opened.tables->write(batch, true));
  EXPECT_EQ(keys_of(*opened.tables, Table::audit), all);
  EXPECT_THAT(keys_of(*opened.tables, Table::audit, "1098", "1102"), ElementsAre("1098", "1099", "1101"));
  EXPECT_THAT(keys_of(*opened.tables, Table::audit, "1698x"), ElementsAre("1699"));
  EXPECT_THAT(keys_of(*opened.tables, Table::audit, "5", "4"), IsEmpty());
  int visited = 0;
  ASSERT_TRUE(opened.tables->scan(Table::audit, "", "", nullptr, [&](BytesView key, BytesView value) {
    EXPECT_EQ(value, "v" + std::string(key));
    EXPECT_EQ(value_of(*opened.tables, Table::audit, Bytes(key)), value) << "a visitor may read";
    return ++visited < 3;
  }));
  EXPECT_EQ(visited, 3);
}

// Points 1 and 7: acknowledged is durable, with everything that was written before it.
TEST_P(Conformance, ASyncedBatchSurvivesAPowerCutWithAllBeforeIt) {
  auto opened = open();
  ASSERT_TRUE(opened->tables->write(one_put(Table::timeline, "unsynced", "1"), false));
  ASSERT_TRUE(opened->tables->write(one_put(Table::changes, "synced", "2"), true));
  ASSERT_TRUE(opened->tables->write(one_put(Table::timeline, "late", "3"), false));
  opened = crash(std::move(opened));
  EXPECT_EQ(value_of(*opened->tables, Table::timeline, "unsynced"), "1");
  EXPECT_EQ(value_of(*opened->tables, Table::changes, "synced"), "2");
  EXPECT_EQ(value_of(*opened->tables, Table::timeline, "late"), "(absent)");
}

// Point 7, over many histories: the state after a power cut is that after some batch, none acknowledged is missing.
TEST_P(Conformance, RecoveryIsAPrefixThatHoldsAllThatWasAcknowledged) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  auto opened = open();
  using State = std::map<std::string, std::string>;
  std::vector<State> history{State()};  // after each batch since the last power cut
  std::size_t acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0, n = static_cast<int>(random() % 20); i < n; ++i) {
      Batch batch;
      State state = history.back();
      for (int j = 0; j < 5; ++j) {
        const std::string key = std::to_string(random() % 30);
        const auto table = static_cast<Table>(random() % table_count);
        const std::string slot = std::string(name(table)) + key;
        if (random() % 3)
          batch.put(table, key, std::to_string(random())), state[slot] = batch.operations().back().value;
        else batch.erase(table, key), state.erase(slot);
      }
      const bool sync = random() % 4 == 0;
      ASSERT_TRUE(opened->tables->write(batch, sync));
      history.push_back(state);
      if (sync) acknowledged = history.size() - 1;
      if (random() % 15 == 0) {
        ASSERT_TRUE(opened->tables->flush());
        acknowledged = history.size() - 1;
      }
    }
    opened = crash(std::move(opened));
    State found;
    for (int t = 0; t < table_count; ++t)
      for (const std::string& key : keys_of(*opened->tables, static_cast<Table>(t)))
        found[std::string(name(static_cast<Table>(t))) + key] = value_of(*opened->tables, static_cast<Table>(t), key);
    EXPECT_NE(std::find(history.begin() + static_cast<std::ptrdiff_t>(acknowledged), history.end(), found), history.end())
        << "round " << round << ": no batch from " << acknowledged << " on left this state";
    history = {found};
    acknowledged = 0;
  }
}

// Point 2: no reader ever sees half of a batch.
TEST_P(Conformance, ABatchIsSeenWholeOrNotAtAll) {
  Opened opened(*store_);
  Tables& tables = *opened.tables;
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::thread reader([&] {
    while (!done) {
      const SnapshotPtr at = tables.snapshot();
      if (value_of(tables, Table::timeline, "x", at.get()) != value_of(tables, Table::postings, "x", at.get())) ++torn;
    }
  });
  for (int i = 0; i < 2000; ++i) {
    Batch batch;
    batch.put(Table::timeline, "x", std::to_string(i));
    batch.put(Table::postings, "x", std::to_string(i));
    ASSERT_TRUE(tables.write(batch, false));
    if (i % 500 == 0) {
      ASSERT_TRUE(tables.flush());
    }
  }
  done = true;
  reader.join();
  EXPECT_EQ(torn, 0);
}

// Point 4: one holder at a time, and each has a higher epoch than all before it.
TEST_P(Conformance, ALeaseHasOneHolderAndARisingEpoch) {
  const std::unique_ptr<Backend> backend = store_->open();
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    const Result<std::unique_ptr<Lease>> lease = backend->acquire(0, 0);
    ASSERT_TRUE(lease);
    EXPECT_GT((*lease)->epoch(), last);
    EXPECT_TRUE((*lease)->valid());
    last = (*lease)->epoch();
    const Result<std::unique_ptr<Lease>> second = backend->acquire(0, 10);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().fault, Fault::unavailable);
    EXPECT_TRUE(backend->acquire(1, 0)) << "another shard is another lease";
  }
}

TEST_P(Conformance, EpochsRiseAcrossPowerCuts) {
  auto opened = open();
  const std::uint64_t before = opened->lease->epoch();
  opened = crash(std::move(opened));
  EXPECT_GT(opened->lease->epoch(), before);
}

// Point 10.
TEST_P(Conformance, WaitingForALeaseIsBoundedAndEndsWhenItIsFree) {
  const std::unique_ptr<Backend> backend = store_->open();
  std::unique_ptr<Lease> held = backend->acquire(0, 0).value();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(backend->acquire(0, 50));
  const auto waited = std::chrono::steady_clock::now() - start;
  EXPECT_GE(waited, std::chrono::milliseconds(50));
  EXPECT_LT(waited, std::chrono::seconds(5));
  std::thread releasing([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    held.reset();
  });
  EXPECT_TRUE(backend->acquire(0, 10'000));
  releasing.join();
}

TEST_P(Conformance, WritingTakesTheShardsOwnLease) {
  const std::unique_ptr<Backend> backend = store_->open();
  EXPECT_EQ(backend->open(0, nullptr, {}).error().fault, Fault::invalid_request);
  const std::unique_ptr<Lease> other = backend->acquire(1, 0).value();
  EXPECT_EQ(backend->open(0, other.get(), {}).error().fault, Fault::invalid_request);
}

TEST_P(Conformance, ReadingOnlySeesButDoesNotTouch) {
  {
    const std::unique_ptr<Backend> backend = store_->open();
    EXPECT_EQ(backend->open(0, nullptr, {.read_only = true}).error().fault, Fault::not_found);
  }
  { ASSERT_TRUE(Opened(*store_).tables->write(one_put(Table::meta, "a", "1"), true)); }
  const std::unique_ptr<Backend> backend = store_->open();
  const std::unique_ptr<Tables> tables = backend->open(0, nullptr, {.read_only = true}).value();
  EXPECT_EQ(value_of(*tables, Table::meta, "a"), "1");
  EXPECT_FALSE(tables->writable());
  EXPECT_EQ(tables->write(one_put(Table::meta, "a", "2"), true).error().fault, Fault::invalid_request);
  EXPECT_EQ(tables->flush().error().fault, Fault::invalid_request);
  EXPECT_EQ(tables->sorted_file(Table::meta).error().fault, Fault::invalid_request);
  EXPECT_EQ(value_of(*tables, Table::meta, "a"), "1");
}

// Point 6.
TEST_P(Conformance, TheCatalogueComparesBeforeItSets) {
  const std::unique_ptr<Backend> backend = store_->open();
  Catalogue& catalogue = backend->catalogue();
  EXPECT_EQ(catalogue.get("shards").value(), std::nullopt);
  EXPECT_EQ(catalogue.set("shards", "1", "2").error().fault, Fault::conflict);
  ASSERT_TRUE(catalogue.set("shards", std::nullopt, std::string("a\0\nb", 4)));
  EXPECT_EQ(catalogue.get("shards").value(), std::string("a\0\nb", 4));
  EXPECT_EQ(catalogue.set("shards", std::nullopt, "c").error().fault, Fault::conflict);
  ASSERT_TRUE(catalogue.set("shards", std::string("a\0\nb", 4), ""));
  EXPECT_EQ(catalogue.get("shards").value(), "");
  EXPECT_EQ(store_->open()->catalogue().get("shards").value(), "") << "another opening sees it";
}

TEST_P(Conformance, OfManyWhoSetAnEntryOneWinsEachRound) {
  constexpr int rounds = 25;
  const std::unique_ptr<Backend> backend = store_->open();
  ASSERT_TRUE(backend->catalogue().set("n", std::nullopt, "0"));
  const auto count = [&] {
    for (int done = 0; done < rounds;) {
      const std::optional<Bytes> present = backend->catalogue().get("n").value();
      if (backend->catalogue().set("n", present, std::to_string(std::stoi(*present) + 1))) ++done;
    }
  };
  std::thread other(count);
  count();
  other.join();
  EXPECT_EQ(backend->catalogue().get("n").value(), std::to_string(2 * rounds));
}

TEST_P(Conformance, ANoteIsReplacedInPlace) {
  const std::unique_ptr<Backend> backend = store_->open();
  EXPECT_EQ(backend->read_note(0, "position").value(), std::nullopt);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(backend->write_note(0, "position", std::to_string(i)));
    EXPECT_EQ(backend->read_note(0, "position").value(), std::to_string(i));
  }
  EXPECT_EQ(backend->read_note(1, "position").value(), std::nullopt);
  ASSERT_TRUE(backend->write_note(0, "position", Bytes(note_bytes_max, 'x')));
  EXPECT_EQ(backend->write_note(0, "position", Bytes(note_bytes_max + 1, 'y')).error().fault, Fault::invalid_request);
  EXPECT_EQ(store_->open()->read_note(0, "position").value(), Bytes(note_bytes_max, 'x'));
}

std::unique_ptr<SortedFile> sorted(Tables& tables, Table table, const std::vector<std::string>& keys) {
  std::unique_ptr<SortedFile> file = tables.sorted_file(table).value();
  for (const std::string& key : keys) EXPECT_TRUE(file->put(key, "of " + key));
  EXPECT_TRUE(file->finish());
  return file;
}

TEST_P(Conformance, SortedFilesAreTakenInTogetherAndDurably) {
  auto opened = open();
  ASSERT_TRUE(opened->tables->write(one_put(Table::timeline, "unsynced", "1"), false));
  {
    std::vector<std::unique_ptr<SortedFile>> files;
    files.push_back(sorted(*opened->tables, Table::timeline, {"a", "b"}));
    files.push_back(sorted(*opened->tables, Table::timeline, {"c", "d"}));
    files.push_back(sorted(*opened->tables, Table::postings, {"a"}));
    EXPECT_GT(files[0]->bytes(), 0);
    EXPECT_EQ(value_of(*opened->tables, Table::timeline, "a"), "(absent)");
    const SnapshotPtr before = opened->tables->snapshot();
    ASSERT_TRUE(opened->tables->ingest(files));
    EXPECT_EQ(value_of(*opened->tables, Table::timeline, "a", before.get()), "(absent)");
  }
  EXPECT_EQ(value_of(*opened->tables, Table::timeline, "d"), "of d");
  opened = crash(std::move(opened));
  EXPECT_EQ(value_of(*opened->tables, Table::timeline, "unsynced"), "1")
      << "a file must not outlive what came before it";
  EXPECT_EQ(value_of(*opened->tables, Table::timeline, "a"), "of a");
  EXPECT_EQ(value_of(*opened->tables, Table::postings, "a"), "of a");
  EXPECT_TRUE(opened->tables->verify_files(0, {}));
}

TEST_P(Conformance, SortedFilesThatDoNotFitAreRefused) {
  Opened opened(*store_);
  Tables& tables = *opened.tables;
  const std::unique_ptr<SortedFile> file = tables.sorted_file(Table::timeline).value();
  ASSERT_TRUE(file->put("b", "1"));
  EXPECT_EQ(file->put("a", "2").error().fault, Fault::invalid_request);
  EXPECT_EQ(file->put("b", "2").error().fault, Fault::invalid_request);
  EXPECT_EQ(tables.sorted_file(Table::timeline).value()->finish().error().fault, Fault::invalid_request) << "no keys";

  std::vector<std::unique_ptr<SortedFile>> unfinished;
  unfinished.push_back(tables.sorted_file(Table::timeline).value());
  ASSERT_TRUE(unfinished.front()->put("z", "1"));
  EXPECT_EQ(tables.ingest(unfinished).error().fault, Fault::invalid_request);

  ASSERT_TRUE(tables.write(one_put(Table::timeline, "m", "1"), true));
  std::vector<std::unique_ptr<SortedFile>> overlapping;
  overlapping.push_back(sorted(tables, Table::postings, {"p"}));
  overlapping.push_back(sorted(tables, Table::timeline, {"l", "n"}));
  EXPECT_EQ(tables.ingest(overlapping).error().fault, Fault::conflict);
  EXPECT_EQ(value_of(tables, Table::postings, "p"), "(absent)") << "whole or not at all";
  EXPECT_TRUE(tables.writable()) << "a refusal is no failure";
  EXPECT_TRUE(tables.ingest({}));
}

TEST_P(Conformance, ACheckpointIsAShardOfItsOwn) {
  TestFolder folder;
  Opened opened(*store_);
  ASSERT_TRUE(opened.tables->write(one_put(Table::timeline, "a", "1"), true));
  ASSERT_TRUE(opened.tables->write(one_put(Table::audit, "b", "2"), false));
  ASSERT_TRUE(opened.tables->checkpoint(folder / "copy"));
  EXPECT_EQ(opened.tables->checkpoint(folder / "copy").error().fault, Fault::conflict);
  ASSERT_TRUE(opened.tables->write(one_put(Table::timeline, "a", "later"), true));

  ASSERT_TRUE(opened.backend->restore(7, folder / "copy"));
  EXPECT_EQ(opened.backend->restore(7, folder / "copy").error().fault, Fault::conflict);
  EXPECT_EQ(opened.backend->restore(0, folder / "copy").error().fault, Fault::conflict);
  EXPECT_EQ(opened.backend->restore(8, folder / "nothing").error().fault, Fault::not_found);
  const std::unique_ptr<Lease> lease = opened.backend->acquire(7, 0).value();
  const std::unique_ptr<Tables> copy = opened.backend->open(7, lease.get(), {}).value();
  EXPECT_EQ(value_of(*copy, Table::timeline, "a"), "1");
  EXPECT_EQ(value_of(*copy, Table::audit, "b"), "2");
  EXPECT_EQ(value_of(*opened.tables, Table::timeline, "a"), "later");
}

TEST_P(Conformance, StatsCountKeysOfEachTable) {
  Opened opened(*store_);
  Batch batch;
  for (int i = 0; i < 100; ++i) batch.put(Table::identity, std::to_string(i), Bytes(100, 'v'));
  ASSERT_TRUE(opened.tables->write(batch, true));
  ASSERT_TRUE(opened.tables->flush());
  for (const TableStats& one : opened.tables->stats()) {
    EXPECT_EQ(one.keys, one.table == Table::identity ? 100 : 0) << name(one.table);
    EXPECT_EQ(one.file_bytes > 0, one.table == Table::identity) << name(one.table);
  }
}

}  // namespace
}  // namespace chartline::engine
