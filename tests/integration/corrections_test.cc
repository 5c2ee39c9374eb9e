// A second import corrects what a first one said: both moments stay readable, whatever becomes of the store in between.
#include <gtest/gtest.h>

#include "base/clock.h"
#include "engine/maintenance.h"
#include "tests/integration/data_set.h"
#include "tests/integration/delivered.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

using engine::ImportOptions;

constexpr Micros hour = 3600 * record::micros_per_second;
constexpr Micros start = 1'790'000'000 * record::micros_per_second;

// Of every ten records with an id one has another value, one another code, one was entered in error.
record::Record corrected(const record::Record& record, std::size_t place, record::Arena& arena) {
  record::Record copied = copy(record, arena);
  std::vector<record::Event> events(copied.events.begin(), copied.events.end());
  for (record::Event& event : events) {
    if (event.record.empty()) continue;
    if (place % 10 == 0) event.value = {.form = record::Value::Form::text, .text = "corrected"};
    if (place % 10 == 1) event.code = {"local", "corrected", {}};
    if (place % 10 == 2) event.status = record::Status::entered_in_error;
  }
  copied.events = arena.array(events);
  return copied;
}

class Corrections : public testing::TestWithParam<DataSet> {};

TEST_P(Corrections, LeaveWhatWasSaidBeforeReadable) {
  const DataSet& set = GetParam();
  if (!set.present()) GTEST_SKIP() << absent;
  for (const auto path : {ImportOptions::Path::bulk, ImportOptions::Path::log}) {
    FixedClock clock(start);
    ScratchStore store(Where::folder, 2, {.clock = &clock});
    record::Arena arena;
    std::vector<record::Record> corrections;
    Delivered before, after;
    import_into(*store, set.format, {set.path}, {.path = path}, [&](const record::Record& record) -> Result<void> {
      corrections.push_back(corrected(record, corrections.size(), arena));
      TRY(after.add(corrections.back()));
      return before.add(record);
    });
    clock.advance(hour);
    const auto import = must(engine::Import::begin(*store, {}));
    for (const record::Record& record : corrections) must(import->add(record));
    const engine::ImportCounts counts = must(import->finish());
    EXPECT_GT(counts.superseded, 0u);
    EXPECT_GT(counts.hidden, 0u);
    EXPECT_EQ(counts.superseded + counts.hidden + counts.unchanged, counts.records);

    for (const char* state : {"in the log", "folded", "compacted and opened again"}) {
      SCOPED_TRACE(state);
      if (std::string_view(state) == "folded") must(store->fold());
      if (std::string_view(state).starts_with("compacted")) must(store->compact()), store.open();
      EXPECT_TRUE(facts_of(store->view_as_of(start - 1)).empty());
      EXPECT_TRUE(facts_of(store->view_as_of(start + hour / 2)) == before.facts());
      EXPECT_TRUE(facts_of(store->view_as_of(start + 2 * hour)) == after.facts());
      EXPECT_TRUE(facts_of(store->view()) == after.facts());
      EXPECT_EQ(must(engine::check(*store, {.deep = true, .progress = {}})).findings, std::vector<std::string>());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Import, Corrections,
                         testing::Values(data_set("Sample"), data_set("SyntheaCsv"), data_set("OmopNewJersey")),
                         [](const auto& with) { return with.param.name; });

}  // namespace
}  // namespace chartline::integration
