// Files that cannot be read while they are taken in (rocks_careful_files.h): they are taken in whole or not at all, and what is taken in
// later stands beside nothing else. Of one block, and of several.
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/storage/rocks.h"
#include "tests/engine_storage/backends.h"
#include "tests/engine_storage/random_files.h"

namespace chartline::engine {
namespace {

enum class Wrong { fails, fails_from_then_on, falls_short, flips_a_bit };

struct Reads {
  Wrong wrong = Wrong::fails;
  int left = 0;  // until one goes wrong, from 1; 0: none does
  bool struck = false;
  bool goes_wrong() {
    if (left == 0 || --left > 0) return false;
    if (wrong == Wrong::fails_from_then_on) left = 1;
    return struck = true;
  }
};

class ReadFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  ReadFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, Reads& reads)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), reads_(reads) {}
  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t n, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                         char* scratch, rocksdb::IODebugContext* debug) const override {
    if (!reads_.goes_wrong()) return FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, debug);
    if (reads_.wrong == Wrong::fails || reads_.wrong == Wrong::fails_from_then_on)
      return rocksdb::IOStatus::IOError("not read");
    const std::size_t much = reads_.wrong == Wrong::falls_short ? n / 2 : n;
    const rocksdb::IOStatus status = FSRandomAccessFileOwnerWrapper::Read(offset, much, options, result, scratch, debug);
    if (reads_.wrong == Wrong::flips_a_bit && status.ok()) {
      std::string flipped = result->ToString();
      flipped[flipped.size() / 2] ^= 1;
      *result = rocksdb::Slice(scratch, flipped.copy(scratch, n));
    }
    return status;
  }

 private:
  Reads& reads_;
};

// The bytes of each of a hundred values: all fit one block, or take twenty.
enum class ValueBytes : std::size_t { few = 10, many = 2'000 };

class TakingIn : public testing::TestWithParam<std::tuple<Wrong, ValueBytes>> {
 protected:
  static std::string key(int i) { return std::to_string(1'000 + i); }

  static Result<void> take_in(Tables& tables) {
    std::mt19937 random(1);  // so that they do not compress
    std::vector<std::unique_ptr<SortedFile>> files;
    files.push_back(TRY(tables.sorted_file(Table::timeline)));
    for (int i = 0; i < 100; ++i) {
      std::string value(static_cast<std::size_t>(std::get<ValueBytes>(GetParam())), ' ');
      for (char& c : value) c = static_cast<char>(random());
      TRY(files.back()->put(key(i), value));
    }
    TRY(files.back()->finish());
    return tables.ingest(files);
  }
};

TEST_P(TakingIn, IsOfWholeFilesOrOfNone) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("read " + std::to_string(nth));
    TestFolder folder;
    Reads reads{.wrong = std::get<Wrong>(GetParam())};
    const auto tables = open_rocks({folder / "shard", "shard 3", {}, {}, random_files<ReadFile>(reads)}).value();
    reads.left = nth;
    const Result<void> taken = take_in(*tables);
    reads.left = 0;
    if (!reads.struck) {
      ASSERT_TRUE(taken);
      EXPECT_GT(nth, 3);
      break;
    }
    int found = 0;
    ASSERT_TRUE(tables->scan(Table::timeline, {}, {}, nullptr, [&](BytesView, BytesView) { return ++found, true; }));
    if (found == 0) {
      EXPECT_FALSE(taken);
      ASSERT_TRUE(take_in(*tables));
    } else {
      EXPECT_EQ(found, 100);
    }
    // Files that do not know what they hold would lie beside each other here, and be out of order.
    Batch batch;
    for (int i = 0; i < 100; i += 3) batch.put(Table::timeline, key(i) + "5", "between");
    ASSERT_TRUE(tables->write(batch, true));
    ASSERT_TRUE(tables->flush());
    ASSERT_TRUE(tables->compact());
    found = 0;
    ASSERT_TRUE(tables->scan(Table::timeline, {}, {}, nullptr, [&](BytesView, BytesView) { return ++found, true; }));
    EXPECT_EQ(found, 134);
  }
}

INSTANTIATE_TEST_SUITE_P(Reads, TakingIn,
                         testing::Combine(testing::Values(Wrong::fails, Wrong::fails_from_then_on, Wrong::falls_short,
                                                          Wrong::flips_a_bit),
                                          testing::Values(ValueBytes::few, ValueBytes::many)));

}  // namespace
}  // namespace chartline::engine
