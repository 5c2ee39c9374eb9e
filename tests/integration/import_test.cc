// Every data set into a store and out again: nothing is lost, nothing is made up, the same again changes nothing, and
// the way in does not show.
#include <gtest/gtest.h>

#include "engine/maintenance.h"
#include "tests/integration/data_set.h"
#include "tests/integration/delivered.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

using engine::ImportOptions;

std::string content(ScratchStore& store) { return hex(must(engine::content_hash(*store, false))); }
std::string content_and_history(ScratchStore& store) {
  return content(store) + " " + hex(must(engine::content_hash(*store, true)));
}

// What a deep check finds: nothing.
std::string findings(ScratchStore& store) {
  std::string all;
  const engine::CheckReport report = must(engine::check(*store, {.deep = true, .progress = {}}));
  for (const std::string& finding : report.findings) all += finding + "\n";
  EXPECT_EQ(report.events, store->stats().events);
  return all;
}

// Row by row: each is a record or a reject, and each record is taken or refused.
void expect_all_counted(const Imported& imported) {
  const auto& [read, stored, delivered, delivered_terms, terms, refused, seconds] = imported;
  EXPECT_EQ(read.rows, read.records + read.rejected);
  EXPECT_EQ(read.records, delivered);
  EXPECT_EQ(stored.records + stored.rejected, delivered);
  EXPECT_EQ(stored.created + stored.unchanged + stored.superseded + stored.hidden, stored.records);
  EXPECT_EQ(refused.size(), stored.rejected);
  EXPECT_EQ(read.duplicates, stored.equal_rows);
}

// Two ways in count the same; what only a bulk load can tell is left out.
void expect_equal(const engine::ImportCounts& a, const engine::ImportCounts& b) {
  EXPECT_EQ(a.records, b.records);
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.unchanged, b.unchanged);
  EXPECT_EQ(a.superseded, b.superseded);
  EXPECT_EQ(a.hidden, b.hidden);
  EXPECT_EQ(a.rejected, b.rejected);
  EXPECT_EQ(a.equal_rows, b.equal_rows);
  EXPECT_EQ(a.clashes, b.clashes);
}

class EverySet : public testing::TestWithParam<DataSet> {
 protected:
  void SetUp() override {
    if (!GetParam().present()) GTEST_SKIP() << absent;
  }
  Imported import(ScratchStore& store, ImportOptions::Path path, const Seen& seen = {}) {
    return import_into(*store, GetParam().format, paths_of(GetParam(), scratch_), {.path = path}, seen);
  }

  exchange::ScratchFolder scratch_;
};

TEST_P(EverySet, ComesOutAsItWentIn) {
  ScratchStore store(Where::folder);
  Delivered delivered;
  const Imported first =
      import(store, ImportOptions::Path::bulk, [&](const record::Record& record) { return delivered.add(record); });
  RecordProperty("import_ms", static_cast<int>(first.seconds * 1000));
  expect_all_counted(first);
  EXPECT_TRUE(first.stored.bulk);
  EXPECT_GT(first.read.rows, 0u);
  if (GetParam().rows > 0) {
    EXPECT_EQ(first.read.rows, GetParam().rows);
  }
  EXPECT_EQ(first.refused, std::vector<std::string>());
  EXPECT_EQ(first.stored.events, first.read.events);
  EXPECT_EQ(first.terms.concepts, first.delivered_terms.distinct().concepts);
  EXPECT_EQ(first.terms.links, first.delivered_terms.distinct().links);
  EXPECT_EQ(first.stored.created + first.stored.hidden, delivered.rows_without_id() + delivered.records_with_id());

  const Facts facts = delivered.facts();
  EXPECT_EQ(store->stats().events, facts.size());
  EXPECT_TRUE(facts_of(store->view()) == facts);
  const std::string hash = content_and_history(store);

  // The same again, this time through the log.
  const Imported second = import(store, ImportOptions::Path::automatic);
  expect_all_counted(second);
  EXPECT_FALSE(second.stored.bulk);
  EXPECT_EQ(second.terms.concepts + second.terms.links, 0u);
  if (first.stored.superseded == 0) {
    EXPECT_EQ(second.stored.unchanged, second.stored.records);
  }
  EXPECT_EQ(content(store), hash.substr(0, hash.find(' ')));
  EXPECT_EQ(store->stats().events, facts.size());

  const std::string after = content_and_history(store);
  EXPECT_EQ(findings(store), "");
  must(store->fold());
  EXPECT_EQ(content_and_history(store), after);
  must(store->compact());
  EXPECT_EQ(content_and_history(store), after);
  EXPECT_EQ(findings(store), "");
  store.open();
  EXPECT_EQ(content_and_history(store), after);
  EXPECT_EQ(first.delivered_terms.missing_in(*store), 0u);
  EXPECT_TRUE(facts_of(store->view()) == facts);
}

// One reading feeds all: what differs is the way in, the number of shards and where the store lies.
TEST_P(EverySet, IsTheSameByEveryWayIn) {
  ScratchStore bulk(Where::memory), bulk_of_eight(Where::folder, 8), log(Where::memory), log_of_eight(Where::memory, 8);
  std::vector<std::unique_ptr<engine::Import>> others;
  others.push_back(must(engine::Import::begin(*bulk_of_eight, {.path = ImportOptions::Path::bulk})));
  others.push_back(must(engine::Import::begin(*log, {.path = ImportOptions::Path::log})));
  others.push_back(must(engine::Import::begin(*log_of_eight, {.path = ImportOptions::Path::log})));
  const Imported first = import(bulk, ImportOptions::Path::bulk, [&](const record::Record& record) -> Result<void> {
    for (const auto& other : others) TRY(other->add(record));
    return {};
  });
  for (const auto& other : others) expect_equal(must(other->finish()), first.stored);

  const std::string hash = content(bulk);
  const Facts facts = facts_of(bulk->view());
  EXPECT_EQ(bulk->stats().events, facts.size());
  for (ScratchStore* other : {&bulk_of_eight, &log, &log_of_eight}) {
    EXPECT_EQ(content(*other), hash);
    must((*other)->fold());
    other->open();
    EXPECT_EQ(content(*other), hash);
    EXPECT_EQ((*other)->stats().events, facts.size());
    EXPECT_TRUE(facts_of((*other)->view()) == facts);
    EXPECT_EQ(findings(*other), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Import, EverySet, testing::ValuesIn(data_sets()),
                         [](const auto& with) { return with.param.name; });

}  // namespace
}  // namespace chartline::integration
