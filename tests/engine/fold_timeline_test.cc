#include <gtest/gtest.h>

#include <vector>

#include "engine/content.h"
#include "engine/dictionary.h"
#include "engine/fold.h"
#include "formats/stored/id_filter.h"

namespace chartline::engine {
namespace {

// Panels and documents have many events under one id.
TEST(FoldTimeline, FiltersOfRecordIdsAreAsLargeAsThereAreRecords) {
  const Dictionary names;
  std::vector<stored::Row> rows(600);
  const std::string_view ids[] = {"panel-1", "panel-2", "panel-3"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].number = static_cast<std::uint32_t>(i + 1);
    rows[i].start = record::day_time(static_cast<record::Day>(18'000 + i));
    rows[i].record = ids[i % 3];
  }
  std::uint64_t next_run = 1;
  const std::vector<EncodedRun> runs = encode_runs(rows, next_run, &names);
  ASSERT_FALSE(runs.empty());
  const std::vector<Hash128> keys = {record_key(rows[0], names), record_key(rows[1], names), record_key(rows[2], names)};
  for (const EncodedRun& run : runs) {
    EXPECT_EQ(run.ref.record_ids.size(), stored::make_id_filter(keys).size());
    for (const Hash128& key : keys) EXPECT_TRUE(stored::may_hold(run.ref.record_ids, key));
  }
}

}  // namespace
}  // namespace chartline::engine
