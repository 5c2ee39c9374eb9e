// What was packed comes back code by code, whether it is still in memory, in the scratch file, or part in each.
#include "engine/packed_parts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

namespace chartline::engine {
namespace {

constexpr unsigned seed = 20'261'127;

class Packing : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) return;
    std::string name = testing::TempDir() + "packed-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  std::string path() const { return folder_.empty() ? "" : folder_ + "/parts"; }

  std::string folder_;
};

EncodedPostings part_of(std::uint32_t block, std::size_t bytes, char filling) {
  EncodedPostings part;
  part.bytes.assign(bytes, filling);
  part.ref = {.first_block = block,
              .last_block = block,
              .run = 1,
              .count = 7,
              .removals = false,
              .checksum = bytes,
              .bytes = static_cast<std::uint32_t>(bytes)};
  return part;
}

TEST_P(Packing, GivesBackEachCodesPartsInOrder) {
  std::mt19937 random(seed);
  std::map<Name, std::vector<EncodedPostings>> expected;
  PackedParts parts(path());
  std::vector<Name> names;
  for (Name code = 0; code < 27; ++code) names.push_back(code);
  for (const Name attribute : {1u, 2u, 77u}) names.push_back(stored::postings_of_attribute(attribute));
  for (std::uint32_t packing = 0; packing < 40; ++packing) {  // some mebibytes: written more than once
    for (const Name code : names) {
      if (random() % 3 == 0) continue;
      for (auto left = 1 + random() % 3; left > 0; --left) {
        expected[code].push_back(part_of(packing, random() % 9'000, static_cast<char>('a' + code % 26)));
        ASSERT_TRUE(parts.add(code, expected[code].back()));
      }
    }
    parts.end_packing();
  }
  if (GetParam()) {
    EXPECT_GT(std::filesystem::file_size(path()), 1u << 20);
  }
  ASSERT_EQ(parts.names(), names);
  names.push_back(30);  // of which there are none
  for (const Name code : names) {
    std::vector<EncodedPostings> read;
    ASSERT_TRUE(parts.read(code, [&](EncodedPostings part) -> Result<void> {
      read.push_back(std::move(part));
      return {};
    }));
    const std::vector<EncodedPostings>& all = expected[code];
    ASSERT_EQ(read.size(), all.size());
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(read[i].ref, all[i].ref);
      EXPECT_EQ(read[i].bytes, all[i].bytes);
      bytes += all[i].bytes.size();
    }
    EXPECT_GE(parts.bytes(code), bytes);
  }
}

TEST_P(Packing, AnErrorOfWhoTakesThemEndsTheReading) {
  PackedParts parts(path());
  for (std::uint32_t packing = 0; packing < 3; ++packing) {
    ASSERT_TRUE(parts.add(5, part_of(packing, 10, 'x')));
    parts.end_packing();
  }
  int taken = 0;
  const auto ended = parts.read(5, [&](EncodedPostings) -> Result<void> {
    return ++taken == 2 ? Result<void>(unavailable("enough")) : Result<void>();
  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "enough");
  EXPECT_EQ(taken, 2);
}

INSTANTIATE_TEST_SUITE_P(Scratch, Packing, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "InAFile" : "InMemory"; });

// A load cut off leaves no file behind.
TEST(PackingFiles, GoWithWhatTheyAreOf) {
  const std::string path = testing::TempDir() + "packed-parts-that-go";
  {
    PackedParts parts(path);
    ASSERT_TRUE(parts.add(1, part_of(0, 2u << 20, 'x')));
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace chartline::engine
