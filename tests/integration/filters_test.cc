// Filtered reads of real timelines, judged by looking at every event of the whole timeline.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "tests/engine/event_words.h"
#include "tests/integration/data_set.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

using engine::PatientRef;
using engine::Timeline;
using engine::TimelineFilter;
using engine::View;

constexpr std::uint64_t seed = 20'261'123;

std::uint32_t bit(record::Kind kind) { return 1u << static_cast<unsigned>(kind); }

bool has_code(const record::Event& event, const record::Code& wanted) {
  const auto is = [&](const record::Code& code) {
    const bool prefix = wanted.code.ends_with('*');
    return code.system == wanted.system &&
           (prefix ? code.code.starts_with(wanted.code.substr(0, wanted.code.size() - 1)) : code.code == wanted.code);
  };
  return is(event.code) || std::any_of(event.translations.begin(), event.translations.end(), is);
}

bool said_by(const record::Event& event, const record::Source& wanted) {
  return (wanted.organisation.empty() || event.source.organisation == wanted.organisation) &&
         (wanted.system.empty() || event.source.system == wanted.system);
}

// All conditions but order, limit and cursor, the obvious way.
bool matches(const record::Event& event, const TimelineFilter& filter) {
  if ((filter.from || filter.to) && !event.start.known()) return false;
  if (filter.from && event.start.day() < *filter.from) return false;
  if (filter.to && event.start.day() > *filter.to) return false;
  if ((filter.kinds & bit(event.kind)) == 0) return false;
  if (!filter.include_hidden && event.status == record::Status::entered_in_error) return false;
  const auto code_matches = [&](const record::Code& code) { return has_code(event, code); };
  if (!filter.codes.empty() && std::none_of(filter.codes.begin(), filter.codes.end(), code_matches)) return false;
  const auto source_matches = [&](const record::Source& source) { return said_by(event, source); };
  return filter.sources.empty() || std::any_of(filter.sources.begin(), filter.sources.end(), source_matches);
}

std::vector<std::string> told(Timeline& timeline) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < timeline.size(); ++i) lines.push_back(words(must(timeline.event(i))));
  return lines;
}

std::vector<PatientRef> everyone(const View& view) {
  std::vector<PatientRef> patients;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) patients.push_back({shard, id});
  return patients;
}

class Filters : public testing::TestWithParam<DataSet> {
 protected:
  void SetUp() override {
    if (!GetParam().present()) GTEST_SKIP() << absent;
    // Half of the set stays in the log's delta, so that reads merge it with runs.
    store_ = std::make_unique<ScratchStore>(Where::memory, 2, engine::StoreOptions{.fold_in_background = false});
    const exchange::ScratchFolder scratch;
    std::size_t records = 0;
    import_into(**store_, GetParam().format, paths_of(GetParam(), scratch), {.path = engine::ImportOptions::Path::log},
                [&](const record::Record&) -> Result<void> {
                  if (++records % 3000 == 0 && records < fold_until_) TRY((*store_)->fold());
                  return {};
                });
    EXPECT_GT((*store_)->stats().unfolded_commits, 0u);
  }

  // Conditions that some event of the timeline meets, each with the chance of one in three.
  TimelineFilter any_filter(Timeline& whole) {
    TimelineFilter filter;
    const auto some = [&] { return must(whole.event(random_() % whole.size())); };
    const auto one_in = [&](unsigned n) { return random_() % n == 0; };
    if (one_in(3)) filter.from = some().start.day();
    if (one_in(3)) filter.to = some().start.day();
    if (one_in(3)) filter.kinds = bit(some().kind) | bit(some().kind);
    const auto event = some();
    if (one_in(3) && !event.code.empty()) filter.codes.push_back(event.code);
    if (const auto other = some(); one_in(4) && !other.code.empty()) filter.codes.push_back(prefix(other.code));
    if (one_in(6) && !event.translations.empty()) filter.codes = {event.translations.back()};
    if (one_in(4)) filter.sources.push_back(event.source);
    if (one_in(6)) filter.sources.push_back({"nobody", ""});
    if (one_in(6)) filter.sources.push_back({"", event.source.system});
    filter.backwards = one_in(2);
    filter.include_hidden = one_in(2);
    return filter;
  }

  record::Code prefix(const record::Code& code) {
    prefixes_.push_back(std::string(code.code.substr(0, 1 + random_() % code.code.size())) + "*");
    return {code.system, prefixes_.back(), {}};
  }

  static constexpr std::size_t fold_until_ = 8000;
  std::unique_ptr<ScratchStore> store_;
  std::mt19937_64 random_{seed};
  std::deque<std::string> prefixes_;
};

TEST_P(Filters, GiveWhatLookingAtEveryEventGives) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const View view = (*store_)->view();
  std::size_t found = 0;
  for (const PatientRef patient : everyone(view)) {
    Timeline whole = must(view.timeline(patient, {.include_hidden = true}));
    if (whole.empty()) continue;
    for (int round = 0; round < 12; ++round) {
      const TimelineFilter filter = any_filter(whole);
      std::vector<std::string> expected;
      for (std::size_t i = 0; i < whole.size(); ++i)
        if (const auto event = must(whole.event(i)); matches(event, filter)) expected.push_back(words(event));
      if (filter.backwards) std::reverse(expected.begin(), expected.end());
      Timeline filtered = must(view.timeline(patient, filter));
      ASSERT_EQ(told(filtered), expected);
      ASSERT_EQ(filtered.next(), "");
      found += expected.size();

      // In pages of any size: put together they are the whole.
      TimelineFilter paged = filter;
      paged.limit = 1 + random_() % (expected.size() + 2);
      std::vector<std::string> pages;
      do {
        Timeline page = must(view.timeline(patient, paged));
        ASSERT_LE(page.size(), paged.limit);
        for (std::string& line : told(page)) pages.push_back(std::move(line));
        paged.cursor = page.next();
      } while (!paged.cursor.empty());
      ASSERT_EQ(pages, expected);
    }
  }
  EXPECT_GT(found, 0u);
}

TEST_P(Filters, GiveManyAtOnceAsOneByOne) {
  const View view = (*store_)->view();
  std::vector<PatientRef> patients = everyone(view);
  std::shuffle(patients.begin(), patients.end(), random_);
  TimelineFilter filter;
  filter.kinds = bit(record::Kind::observation) | bit(record::Kind::condition);
  filter.limit = 200;
  std::size_t at = 0;
  must(view.timelines(patients, filter, stored::field_hot, [&](PatientRef patient, Timeline& timeline) -> Result<void> {
    EXPECT_EQ(patient, patients[at++]);
    Timeline alone = TRY(view.timeline(patient, filter));
    EXPECT_EQ(told(timeline), told(alone));
    EXPECT_EQ(timeline.next(), alone.next());
    return {};
  }));
  EXPECT_EQ(at, patients.size());
}

INSTANTIATE_TEST_SUITE_P(Reading, Filters,
                         testing::Values(data_set("Sample"), data_set("OmopNewJersey"), data_set("SyntheaCsv")),
                         [](const auto& with) { return with.param.name; });

}  // namespace
}  // namespace chartline::integration
