// Files that cannot be read while they are taken in (rocks_careful_files.h): they are taken in whole or not at all, and what is taken in
// later stands beside nothing else. Of one block each: where the first can be read and the last cannot, RocksDB 7.8 ends the process.
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/storage/rocks.h"
#include "tests/engine_storage/backends.h"
#include "tests/engine_storage/random_files.h"

namespace chartline::engine {
namespace {

enum class Wrong { fails, falls_short };

struct Reads {
  Wrong wrong = Wrong::fails;
  int left = 0;  // until one goes wrong, from 1; 0: none does
  bool goes_wrong() { return left > 0 && --left == 0; }
};

class ReadFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  ReadFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, Reads& reads) : FSRandomAccessFileOwnerWrapper(std::move(file)), reads_(reads) {}
  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t n, const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) const override {
    if (!reads_.goes_wrong()) return FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, debug);
    if (reads_.wrong == Wrong::fails) return rocksdb::IOStatus::IOError("not read");
    return FSRandomAccessFileOwnerWrapper::Read(offset, n / 2, options, result, scratch, debug);
  }

 private:
  Reads& reads_;
};

class TakingIn : public testing::TestWithParam<Wrong> {
 protected:
  static std::string key(int i) { return std::to_string(1'000 + i); }

  static Result<void> take_in(Tables& tables) {
    std::vector<std::unique_ptr<SortedFile>> files;
    files.push_back(TRY(tables.sorted_file(Table::timeline)));
    for (int i = 0; i < 100; ++i) TRY(files.back()->put(key(i), std::string(10, static_cast<char>('a' + i % 26))));
    TRY(files.back()->finish());
    return tables.ingest(files);
  }
};

TEST_P(TakingIn, IsOfWholeFilesOrOfNone) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("read " + std::to_string(nth));
    TestFolder folder;
    Reads reads{.wrong = GetParam()};
    const auto tables = open_rocks({folder / "shard", "shard 3", {}, {}, random_files<ReadFile>(reads)}).value();
    reads.left = nth;
    const Result<void> taken = take_in(*tables);
    const bool struck = reads.left == 0;
    reads.left = 0;
    if (!struck) {
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

INSTANTIATE_TEST_SUITE_P(Reads, TakingIn, testing::Values(Wrong::fails, Wrong::falls_short));

}  // namespace
}  // namespace chartline::engine
