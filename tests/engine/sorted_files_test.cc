// A table that is more than a file: every key is in one of its files, and no file is much larger than it may be.
#include "engine/sorted_files.h"

#include <gtest/gtest.h>

#include "engine/storage/memory.h"

namespace chartline::engine {
namespace {

std::string key_of(int i) {
  const std::string digits = std::to_string(i);
  return std::string(8 - digits.size(), '0') + digits;
}

TEST(SortedFilesTest, AreCutWhereTheyAreFull) {
  const auto backend = memory_backend(std::make_shared<MemoryDisk>());
  const auto lease = backend->acquire(0, 0).value();
  const auto tables = backend->open(0, lease.get(), {}).value();
  const std::string value(1u << 20, 'x');
  const int keys = static_cast<int>(2 * (SortedFiles::file_bytes_max >> 20)) + 20;
  SortedFiles files;
  for (int i = 0; i < keys; ++i) ASSERT_TRUE(files.put(*tables, Table::originals, key_of(i), value));
  ASSERT_TRUE(files.finish());
  std::vector<std::unique_ptr<SortedFile>> all;
  files.move_to(all);
  EXPECT_EQ(all.size(), 3u);
  for (const auto& file : all) EXPECT_LE(file->bytes(), SortedFiles::file_bytes_max + (2u << 20));
  ASSERT_TRUE(tables->ingest(all));
  int found = 0;
  ASSERT_TRUE(tables->scan(Table::originals, {}, {}, nullptr, [&](BytesView key, BytesView) {
    EXPECT_EQ(key, key_of(found));
    return ++found > 0;
  }));
  EXPECT_EQ(found, keys);
}

TEST(SortedFilesTest, OfNothingAreNone) {
  SortedFiles files;
  ASSERT_TRUE(files.finish());
  std::vector<std::unique_ptr<SortedFile>> all;
  files.move_to(all);
  EXPECT_TRUE(all.empty());
}

}  // namespace
}  // namespace chartline::engine
