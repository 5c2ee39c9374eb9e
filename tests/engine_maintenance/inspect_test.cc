#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/identity_bytes.h"
#include "engine/terminology.h"
#include "formats/stored/keys.h"
#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Inspect : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = make_store(folder_.path("store"), 1, clock_);
    tell(*store_, clock_, {.seed = 71, .people = 6, .writes = 60});
    record::Arena arena;
    ASSERT_TRUE(store_->write(std::vector{said_of("p1", "an id", "words of a person", arena)}, {}));
    ASSERT_TRUE(store_->fold());
  }
  std::string key(Table table, const Bytes& key) {
    const auto text = inspect_key(*store_, 0, table, key);
    return text ? *text : "error: " + text.error().message;
  }

  FixedClock clock_{1'700'000'000'000'000};
  TestFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(Inspect, DrawsEveryKeyOfEveryTable) {
  std::size_t drawn = 0;
  for (int t = 0; t < table_count; ++t) {
    std::vector<Bytes> keys;
    ASSERT_TRUE(store_->parts().shards.front()->tables()->scan(
        static_cast<Table>(t), {}, {}, nullptr, [&](BytesView k, BytesView) { return keys.emplace_back(k), true; }));
    for (const Bytes& one : keys) {
      const std::string text = key(static_cast<Table>(t), one);
      EXPECT_THAT(text, Not(HasSubstr("error"))) << name(static_cast<Table>(t));
      EXPECT_THAT(text, Not(HasSubstr("words of a person")));
      ++drawn;
    }
  }
  EXPECT_GT(drawn, 50u);
  EXPECT_THAT(key(Table::timeline, stored::head_key(0)), HasSubstr("head:"));
  EXPECT_THAT(key(Table::changes, stored::change_key(1)), HasSubstr("commit 1"));
  EXPECT_THAT(key(Table::identity, Bytes(identity_counters_key)), HasSubstr("patients of each shard: 6"));
  EXPECT_THAT(key(Table::meta, "shard"), HasSubstr("next run"));
  EXPECT_THAT(key(Table::postings, stored::directory_key(1)), HasSubstr("directory:"));
  EXPECT_EQ(key(Table::meta, "absent"), "error: table meta of shard 0 has no such key");
  EXPECT_EQ(inspect_key(*store_, 7, Table::meta, "shard").error().fault, Fault::invalid_request);
}

TEST_F(Inspect, DrawsAPatientsRunsColumnByColumn) {
  const PatientRef patient = *store_->view().find("test|p1").value();
  const auto text = inspect_patient(*store_, patient);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("head of"));
  EXPECT_THAT(*text, HasSubstr("timeline run"));
  EXPECT_THAT(*text, HasSubstr("  code "));
  EXPECT_THAT(*text, HasSubstr("  details "));
  EXPECT_THAT(*text, Not(HasSubstr("unknown")));
  EXPECT_THAT(*text, Not(HasSubstr("words of a person")));
  EXPECT_EQ(inspect_patient(*store_, {0, 999}).error().fault, Fault::not_found);
}

TEST_F(Inspect, DrawsWhatTheStoreTakes) {
  ASSERT_TRUE(store_->compact());
  const std::string text = inspect_stats(*store_);
  EXPECT_THAT(text, HasSubstr("1 shard, 6 patients"));
  for (const char* table : {"timeline", "postings", "changes", "terminology"}) EXPECT_THAT(text, HasSubstr(table));
  EXPECT_THAT(text, HasSubstr("log of shard 0: commits 1 to"));
}

}  // namespace
}  // namespace chartline::engine
