#include "engine/posting_reader.h"

#include <gtest/gtest.h>

#include <latch>
#include <limits>
#include <map>
#include <thread>

#include "tests/engine/made_moment.h"

namespace chartline::engine {
namespace {

struct Expected {
  PatientId patient;
  std::uint32_t number;
  std::uint32_t flags;
  record::Value::Form form = record::Value::Form::none;  // of an attribute
  Name value = 0;
  friend auto operator<=>(const Expected&, const Expected&) = default;
};

std::vector<Expected> expected(const MadeMoment& made, Name code) {
  std::vector<Expected> found;
  for (const MadeMoment::Version& version : made.versions()) {
    const stored::Row& row = version.row;
    for (const stored::RowAttribute& attribute : row.attributes)
      if (made.is_current(row) && stored::postings_of_attribute(attribute.name) == code)
        found.push_back({version.patient.id, row.number, 0, attribute.value.form, attribute.value.code});
    if (stored::is_of_attribute(code)) continue;
    if (!made.is_current(row) || (row.code != code && std::ranges::count(row.translations, code) == 0)) continue;
    const std::uint32_t flags =
        stored::posting_flags(row) | (row.code == code ? 0u : std::uint32_t{stored::posting_translation});
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
  std::size_t of_attributes = 0;
  for (const Name name : posting_names(made.names(0))) {
    for (int again = 0; again < 2; ++again) {  // from the tables, then from the cache
      const auto merged = view.merged_postings(0, name, 0, 2);
      ASSERT_TRUE(merged) << merged.error().message;
      std::vector<Expected> found;
      for (const stored::Posting& posting : *merged) {
        Expected& one = found.emplace_back(Expected{posting.patient, posting.number, posting.flags});
        if (stored::is_of_attribute(name)) one.form = posting.value.form, one.value = posting.value.code;
      }
      EXPECT_TRUE(std::ranges::is_sorted(found, {}, &Expected::patient));
      std::ranges::sort(found);
      EXPECT_EQ(found, expected(made, name)) << posting_name(name);
      (stored::is_of_attribute(name) ? of_attributes : all) += found.size();
    }
  }
  EXPECT_GT(all, 0U);
  EXPECT_GT(of_attributes, 0U);
}

TEST_P(PostingReaderTest, KeepsToTheBlocksAskedFor) {
  MadeMoment made(seed(), 1, 30, 30);
  for (Name code = 0; code <= made.names(0).size(stored::Dictionary::code); ++code) {
    const auto merged = made.view().merged_postings(0, code, 1, 2);
    ASSERT_TRUE(merged);
    EXPECT_TRUE(merged->empty());
  }
}

// The greatest number of a run, as it is written; none: minus infinity.
double greatest(const stored::PostingColumns& run) {
  double found = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < run.count; ++i)
    if (run.form_at(i) == record::Value::Form::number) found = std::max(found, run.number_at(i));
  return found;
}

TEST_P(PostingReaderTest, NamesTheRunsOfAllCodesAsThoseOfEach) {
  SCOPED_TRACE("seed " + std::to_string(seed()));
  MadeMoment made(seed(), 1, 30, 30);
  const View view = made.view();
  std::vector<Name> met;
  const auto named = view.all_postings(
      0, 0, 2, [](const RunFacts&) { return true; },
      [&](Name code, const PostingScan& scan) -> Result<void> {
        met.push_back(code);
        const PostingScan of_code = TRY(view.name_postings(0, code, 0, 2));
        EXPECT_EQ(scan.refs, of_code.refs);
        EXPECT_EQ(scan.removals, of_code.removals);
        EXPECT_EQ(scan.added.size(), of_code.added.size());
        EXPECT_EQ(scan.facts.size(), scan.refs.size());
        return {};
      });
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_TRUE(std::ranges::is_sorted(met));
  for (Name code = 0; code <= view.codes(0); ++code) {
    const PostingScan scan = *view.name_postings(0, code, 0, 2);
    EXPECT_EQ(std::ranges::count(met, code), scan.refs.size() + scan.added.size() > 0) << "code " << code;
  }
}

TEST_P(PostingReaderTest, PassesOverRunsThatAreKnownToHoldNothingWanted) {
  SCOPED_TRACE("seed " + std::to_string(seed()));
  MadeMoment made(seed(), 1, 30, 30);
  stored::PostingColumns columns;
  // Known from the second time on, where there is a cache; a later base takes over what the one before it knew.
  for (int time = 0; time < 3; ++time) {
    const View view = made.view();
    std::map<std::pair<Name, std::uint64_t>, double> read;
    std::size_t known = 0;
    const auto read_all = view.all_postings(
        0, 0, 2, [&](const RunFacts& run) { return known += run.known() != nullptr, true; },
        [&](Name code, const PostingScan& scan) -> Result<void> {
          for (std::size_t r = 0; r < scan.refs.size(); ++r) {
            TRY(view.posting_run(0, code, scan.refs[r], stored::posting_field_all, columns, {}, scan.facts[r]));
            const RunFacts::Facts* facts = scan.facts[r]->known();
            EXPECT_TRUE(facts);
            if (!facts) continue;
            EXPECT_EQ(facts->high, greatest(columns));
            std::uint32_t flags = 0, kinds = 0;
            for (std::size_t i = 0; i < columns.count; ++i) flags |= columns.flags[i], kinds |= 1u << columns.kind[i];
            EXPECT_EQ(facts->flags, flags);
            EXPECT_EQ(scan.facts[r]->kinds(), kinds);
            read[{code, scan.refs[r].run}] = facts->high;
          }
          return {};
        });
    ASSERT_TRUE(read_all) << read_all.error().message;
    if (time > 0) {
      EXPECT_TRUE(known == 0 || known == read.size()) << known;
    }
    for (const double bound : {50.0, 150.0, 190.0}) {
      std::size_t left = 0;
      const auto some = view.all_postings(
          0, 0, 2, [&](const RunFacts& run) { return !run.known() || run.known()->high > bound; },
          [&](Name code, const PostingScan& scan) -> Result<void> {
            for (const stored::PostingRun& run : scan.refs) {
              const double high = read.at({code, run.run});
              if (known > 0) {
                EXPECT_GT(high, bound);
              }
              left += high > bound;
            }
            return {};
          });
      ASSERT_TRUE(some) << some.error().message;
      EXPECT_EQ(left, static_cast<std::size_t>(
                          std::ranges::count_if(read, [&](const auto& one) { return one.second > bound; })));
    }
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
  EXPECT_TRUE(made.view().directory(0, 99'999).value()->runs.empty());
}

// Each reads runs of its own, for the first time of their base: afterwards all are known, or none where there is no cache.
TEST(PostingReader, ThreadsThatDrawAPageAtOnceNoteOnOne) {
  constexpr std::size_t threads = 4;
  int cached = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (int round = 0; round < 10; ++round) {
      MadeMoment made(seed, 1, 30, 30);
      const View view = made.view();
      std::latch ready(threads);
      const auto read = [&](std::size_t mine) {
        stored::PostingColumns columns;
        std::size_t met = 0;
        ready.arrive_and_wait();
        const auto read_mine = view.all_postings(
            0, 0, 2, [](const RunFacts&) { return true; },
            [&](Name code, const PostingScan& scan) -> Result<void> {
              for (std::size_t r = 0; r < scan.refs.size(); ++r) {
                if (met++ % threads == mine)
                  TRY(view.posting_run(0, code, scan.refs[r], stored::posting_field_all, columns, {}, scan.facts[r]));
              }
              return {};
            });
        EXPECT_TRUE(read_mine);
      };
      std::vector<std::thread> readers;
      for (std::size_t t = 0; t < threads; ++t) readers.emplace_back(read, t);
      for (std::thread& reader : readers) reader.join();
      std::size_t all = 0, known = 0;
      ASSERT_TRUE(view.all_postings(
          0, 0, 2, [](const RunFacts&) { return true; },
          [&](Name, const PostingScan& scan) -> Result<void> {
            for (const RunFacts* facts : scan.facts) ++all, known += facts->known() != nullptr;
            return {};
          }));
      EXPECT_TRUE(known == 0 || known == all) << known << " of " << all;
      cached += known > 0;
    }
  }
  EXPECT_GT(cached, 0);
}

}  // namespace
}  // namespace chartline::engine
