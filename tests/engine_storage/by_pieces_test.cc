// Which pieces of a file are brought into the system's cache (rocks_careful_files.h), told by the disk that is asked for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/storage/rocks.h"
#include "tests/engine_storage/backends.h"
#include "tests/engine_storage/random_files.h"

namespace chartline::engine {
namespace {

using testing::IsEmpty;

constexpr std::uint64_t piece_bytes = 256 << 10;

struct Hints {
  std::vector<std::uint64_t> pieces;  // where those begin that were asked for
  bool refused = false;
};

class HintedFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  HintedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, Hints& hints)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), hints_(hints) {}
  rocksdb::IOStatus Prefetch(std::uint64_t offset, std::size_t n, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
    if (n == piece_bytes) hints_.pieces.push_back(offset);
    if (hints_.refused) return rocksdb::IOStatus::IOError("refused");
    return FSRandomAccessFileOwnerWrapper::Prefetch(offset, n, options, debug);
  }

 private:
  Hints& hints_;
};

class Pieces : public testing::Test {
 protected:
  static constexpr int keys = 3000;
  TestFolder folder_;
  Hints hints_;
  std::vector<std::string> values_;  // a block each

  // One file of some 45 pieces, in tables that have just been opened.
  std::unique_ptr<Tables> opened(Table table) {
    const auto open = [&] {
      return open_rocks({folder_ / "shard", "shard 3", {}, {}, random_files<HintedFile>(hints_)}).value();
    };
    std::mt19937_64 random(5);
    {
      const std::unique_ptr<Tables> tables = open();
      std::vector<std::unique_ptr<SortedFile>> files;
      files.push_back(tables->sorted_file(table).value());
      for (int i = 0; i < keys; ++i) {
        std::string& value = values_.emplace_back(4000, ' ');
        std::ranges::generate(value, [&] { return static_cast<char>(random()); });
        EXPECT_TRUE(files.back()->put(key(i), value));
      }
      EXPECT_TRUE(files.back()->finish());
      EXPECT_TRUE(tables->ingest(files));
    }
    std::unique_ptr<Tables> tables = open();
    hints_.pieces.clear();
    return tables;
  }

  static std::string key(int i) { return std::to_string(1'000'000 + i); }
  // Keys far apart, every one within `keys` reads.
  int read(Tables& tables, Table table, int from, int past) {
    int right = 0;
    for (int i = from; i < past; ++i) {
      const int one = i * 997 % keys;
      right += value_of(tables, table, key(one)) == values_[static_cast<std::size_t>(one)];
    }
    return right;
  }
};

TEST_F(Pieces, OfAFileThatIsReadOftenComeOnceEach) {
  const std::unique_ptr<Tables> tables = opened(Table::timeline);
  EXPECT_EQ(read(*tables, Table::timeline, 0, 15), 15);
  EXPECT_THAT(hints_.pieces, IsEmpty()) << "whoever asks for a few waits for a few";
  EXPECT_EQ(read(*tables, Table::timeline, 15, keys), keys - 15);
  std::ranges::sort(hints_.pieces);
  EXPECT_GE(hints_.pieces.size(), keys * values_[0].size() / piece_bytes);
  for (std::size_t i = 0; i < hints_.pieces.size(); ++i) EXPECT_EQ(hints_.pieces[i], i * piece_bytes);
}

TEST_F(Pieces, ComeOneWithEachReadFromWhereItWas) {
  const std::unique_ptr<Tables> tables = opened(Table::timeline);
  EXPECT_EQ(read(*tables, Table::timeline, 0, 15), 15);
  std::vector<std::uint64_t> expected;
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(value_of(*tables, Table::timeline, key(i)), values_[static_cast<std::size_t>(i)]);
  for (std::uint64_t piece = 0; piece < 16; ++piece) expected.push_back(piece * piece_bytes);
  EXPECT_EQ(hints_.pieces, expected) << "those of the first piece bring what is near and no more";
}

TEST_F(Pieces, AreNotBroughtOfWhatIsNotReadForOnePatient) {
  const std::unique_ptr<Tables> tables = opened(Table::originals);
  EXPECT_EQ(read(*tables, Table::originals, 0, keys), keys);
  EXPECT_THAT(hints_.pieces, IsEmpty());
}

TEST_F(Pieces, ThatCannotBeBroughtAreReadAllTheSame) {
  const std::unique_ptr<Tables> tables = opened(Table::timeline);
  hints_.refused = true;
  EXPECT_EQ(read(*tables, Table::timeline, 0, keys), keys);
  EXPECT_GT(hints_.pieces.size(), 40u);
}

}  // namespace
}  // namespace chartline::engine
