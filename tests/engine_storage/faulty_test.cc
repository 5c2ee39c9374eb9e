// The faulty backend strikes where it is told to, and nowhere else.
#include "engine/storage/faulty.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "engine/storage/memory.h"
#include "tests/engine_storage/backends.h"

namespace chartline::engine {
namespace {

class Faulty : public testing::Test {
 protected:
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>(5);
  std::unique_ptr<Backend> backend_ = faulty_backend(memory_backend(std::make_shared<MemoryDisk>()), faults_);
  std::unique_ptr<Lease> lease_ = backend_->acquire(0, 0).value();
  std::unique_ptr<Tables> tables_ = backend_->open(0, lease_.get(), {}).value();

  void reopen() {
    faults_->clear();
    tables_ = backend_->open(0, lease_.get(), {}).value();
  }
};

TEST_F(Faulty, TheNthWriteFailsAndNoneIsTriedAfterIt) {
  faults_->add({.operation = Operation::write, .nth = 3});
  EXPECT_TRUE(tables_->write(one_put(Table::meta, "1", "x"), true));
  EXPECT_TRUE(tables_->write(one_put(Table::meta, "2", "x"), true));
  EXPECT_EQ(tables_->write(one_put(Table::meta, "3", "x"), true).error().fault, Fault::unavailable);
  EXPECT_FALSE(tables_->writable());
  EXPECT_EQ(tables_->write(one_put(Table::meta, "4", "x"), true).error().fault, Fault::unavailable);
  EXPECT_EQ(keys_of(*tables_, Table::meta), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(faults_->struck(), 1);
  reopen();
  EXPECT_TRUE(tables_->write(one_put(Table::meta, "4", "x"), true));
}

TEST_F(Faulty, AFailureMayComeAfterTheDeed) {
  faults_->add({.operation = Operation::sync, .effect = Effect::fail_after});
  EXPECT_TRUE(tables_->write(one_put(Table::meta, "0", "x"), false)) << "not a synced one";
  EXPECT_FALSE(tables_->write(one_put(Table::meta, "1", "x"), true));
  EXPECT_EQ(value_of(*tables_, Table::meta, "1"), "x");
}

TEST_F(Faulty, ReadsAreSpoiledInTheTableThatIsNamed) {
  ASSERT_TRUE(tables_->write(one_put(Table::timeline, "a", "abcdef"), true));
  ASSERT_TRUE(tables_->write(one_put(Table::meta, "a", "abcdef"), true));
  faults_->add({.operation = Operation::get, .table = Table::timeline, .effect = Effect::flip});
  EXPECT_EQ(value_of(*tables_, Table::meta, "a"), "abcdef");
  EXPECT_NE(value_of(*tables_, Table::timeline, "a"), "abcdef");
  EXPECT_EQ(value_of(*tables_, Table::timeline, "a"), "abcdef") << "once";
  faults_->add({.operation = Operation::get, .lasting = true, .effect = Effect::shorten});
  EXPECT_EQ(value_of(*tables_, Table::timeline, "a"), "abc");
  EXPECT_EQ(value_of(*tables_, Table::timeline, "a"), "abc");
  EXPECT_EQ(value_of(*tables_, Table::timeline, "b"), "(absent)");
  faults_->clear();
  faults_->add({.operation = Operation::get_many, .effect = Effect::shorten});
  std::vector<std::optional<Bytes>> values;
  ASSERT_TRUE(tables_->get_many(Table::meta, std::vector<Bytes>{"a", "b"}, nullptr, values));
  EXPECT_EQ(values, (std::vector<std::optional<Bytes>>{"abc", std::nullopt}));
}

TEST_F(Faulty, ChanceIsReplayedFromItsSeed) {
  ASSERT_TRUE(tables_->write(one_put(Table::meta, "a", "x"), true));
  const auto run = [&](std::uint64_t seed) {
    const auto faults = std::make_shared<Faults>(seed);
    faults->add({.operation = Operation::get, .lasting = true, .probability = 0.3});
    std::string answers;
    for (int i = 0; i < 200; ++i) answers += faults->strike(Operation::get, Table::meta) ? 'x' : '.';
    return answers;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
  const std::string trace = run(1);
  const auto struck = std::count(trace.begin(), trace.end(), 'x');
  EXPECT_GT(struck, 30);
  EXPECT_LT(struck, 90);
}

TEST_F(Faulty, EverythingCanFail) {
  const auto fails = [&](Operation operation, auto act) {
    faults_->add({.operation = operation});
    const auto result = act();
    ASSERT_FALSE(result) << static_cast<int>(operation);
    EXPECT_EQ(result.error().fault, Fault::unavailable);
    reopen();
  };
  Pinned value;
  std::vector<std::optional<Bytes>> values;
  TestFolder folder;
  fails(Operation::get, [&] { return tables_->get(Table::meta, "a", nullptr, value); });
  fails(Operation::get_many, [&] { return tables_->get_many(Table::meta, {}, nullptr, values); });
  fails(Operation::scan,
        [&] { return tables_->scan(Table::meta, "", "", nullptr, [](BytesView, BytesView) { return true; }); });
  fails(Operation::ingest, [&] { return tables_->ingest({}); });
  fails(Operation::flush, [&] { return tables_->flush(); });
  fails(Operation::compact, [&] { return tables_->compact(); });
  fails(Operation::compact, [&] { return tables_->compact(Table::meta, "", ""); });
  fails(Operation::checkpoint, [&] { return tables_->checkpoint(folder / "copy"); });
  fails(Operation::verify, [&] { return tables_->verify_files(0, {}); });
  fails(Operation::catalogue_get, [&] { return backend_->catalogue().get("a"); });
  fails(Operation::catalogue_set, [&] { return backend_->catalogue().set("a", std::nullopt, "b"); });
  fails(Operation::acquire, [&] { return backend_->acquire(1, 0); });
  fails(Operation::open, [&] { return backend_->open(0, lease_.get(), {}); });
  fails(Operation::restore, [&] { return backend_->restore(3, folder / "copy"); });
  fails(Operation::write_note, [&] { return backend_->write_note(0, "n", "x"); });
  fails(Operation::read_note, [&] { return backend_->read_note(0, "n"); });
}

TEST_F(Faulty, ADelayIsADelay) {
  faults_->add({.operation = Operation::write, .effect = Effect::delay, .late = std::chrono::milliseconds(30)});
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(tables_->write(one_put(Table::meta, "a", "x"), true));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(30));
  EXPECT_TRUE(tables_->writable());
}

}  // namespace
}  // namespace chartline::engine
