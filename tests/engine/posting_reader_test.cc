#include "engine/posting_reader.h"

#include <gtest/gtest.h>

#include "tests/engine/made_moment.h"

namespace chartline::engine {
namespace {

struct Expected {
  PatientId patient;
  std::uint32_t number;
  std::uint32_t flags;
  friend auto operator<=>(const Expected&, const Expected&) = default;
};

std::vector<Expected> expected(const MadeMoment& made, Name code) {
  std::vector<Expected> found;
  for (const MadeMoment::Version& version : made.versions()) {
    const stored::Row& row = version.row;
    if (!made.is_current(row) || (row.code != code && std::ranges::count(row.translations, code) == 0)) continue;
    const std::uint32_t flags = stored::posting_flags(row) | (row.code == code ? 0u : std::uint32_t{stored::posting_translation});
    found.push_back({version.patient.id, row.number, flags});
  }
  std::ranges::sort(found);
  return found;
}

class PostingReaderTest : public testing::TestWithParam<int> {
 protected:
  std::uint64_t seed() const { return static_cast<std::uint64_t>(GetParam()); }
};

TEST_P(PostingReaderTest, AgreesWithTheRowsThemselves) {
  SCOPED_TRACE("seed " + std::to_string(seed()));
  MadeMoment made(seed(), 1, 30, 30);
  const View view = made.view();
  std::size_t all = 0;
  for (Name code = 0; code <= view.codes(0); ++code) {
    for (int again = 0; again < 2; ++again) {  // from the tables, then from the cache
      const auto merged = view.merged_postings(0, code, 0, 2);
      ASSERT_TRUE(merged) << merged.error().message;
      std::vector<Expected> found;
      for (const stored::Posting& posting : *merged) found.push_back({posting.patient, posting.number, posting.flags});
      EXPECT_TRUE(std::ranges::is_sorted(found, {}, &Expected::patient));
      std::ranges::sort(found);
      EXPECT_EQ(found, expected(made, code)) << "code " << code;
      all += found.size();
    }
  }
  EXPECT_GT(all, 0U);
}

TEST_P(PostingReaderTest, KeepsToTheBlocksAskedFor) {
  MadeMoment made(seed(), 1, 30, 30);
  for (Name code = 0; code <= made.names(0).size(stored::Dictionary::code); ++code) {
    const auto merged = made.view().merged_postings(0, code, 1, 2);
    ASSERT_TRUE(merged);
    EXPECT_TRUE(merged->empty());
  }
}

TEST_P(PostingReaderTest, ReportsEveryDamage) {
  MadeMoment whole(seed(), 1, 10, 20);
  std::vector<std::pair<Bytes, Bytes>> stored;
  ASSERT_TRUE(whole.tables(0).scan(Table::postings, "", "", nullptr, [&](BytesView key, BytesView value) {
    stored.emplace_back(key, value);
    return true;
  }));
  for (std::size_t i = 0; i < stored.size(); i += 1 + stored.size() / 20) {
    const auto& [key, value] = stored[i];
    for (const bool absent : {false, true}) {
      const std::optional<stored::PostingsKey> parsed = stored::parse_postings_key(key);
      ASSERT_TRUE(parsed);
      if (absent && parsed->directory) continue;
      MadeMoment made(seed(), 1, 10, 20);
      Bytes damaged = value;
      const std::uint64_t bit = whole.below(value.size() * 8);
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      Batch batch;
      if (absent) batch.erase(Table::postings, key);
      if (!absent) batch.put(Table::postings, key, damaged);
      ASSERT_TRUE(made.tables(0).write(batch, false));
      const auto merged = made.view().merged_postings(0, parsed->code, 0, 2);
      ASSERT_FALSE(merged) << "bit " << bit;
      EXPECT_TRUE(merged.error().fault == Fault::corrupt || merged.error().fault == Fault::unsupported);
      EXPECT_NE(merged.error().message.find("postings: shard 0"), std::string::npos) << merged.error().message;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PostingReaderTest, testing::Range(1, 9));

TEST(PostingReader, IsOfThePresent) {
  MadeMoment made(1, 1, 2, 10);
  EXPECT_EQ(made.view(5).postings(0, 1, 0, 0, stored::posting_field_all).error().fault, Fault::unsupported);
  EXPECT_EQ(made.view(5).directory(0, 1).error().fault, Fault::unsupported);
  EXPECT_EQ(made.view().postings(1, 1, 0, 0, stored::posting_field_all).error().fault, Fault::invalid_request);
  EXPECT_TRUE(made.view().directory(0, 99'999)->runs.empty());
}

}  // namespace
}  // namespace chartline::engine
