#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/content.h"
#include "engine/dictionary.h"
#include "engine/fold.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "formats/stored/id_filter.h"
#include "formats/stored/keys.h"

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

// Folds events of one patient, so many each time; of each fold whether the head has a run, and the other keys of the timeline.
class Folds {
 public:
  Folds() {
    EXPECT_TRUE(Store::init(*memory_backend(disk_), {.shards = 1, .zone = "UTC"}));
    StoreOptions options;
    options.fold_in_background = false;
    store_ = Store::open(std::shared_ptr<Backend>(memory_backend(disk_)), options).value();
  }
  struct Left {
    bool in_head;
    std::size_t keys;
    friend bool operator==(const Left&, const Left&) = default;
  };
  Left fold(int events) {
    for (int i = 0; i < events; ++i, ++said_) {
      record::Event event;
      event.kind = record::Kind::observation;
      event.code = {"local", "c", {}};
      event.start = record::at_instant(Micros{1'600'000'000'000'000} + (said_ * 7919 % 1000) * 86'400'000'007);
      event.source = {"test", "feed"};
      const record::Identifier who{"test", "p"};
      record::Record record;
      record.identifiers = {&who, 1}, record.events = {&event, 1};
      EXPECT_TRUE(store_->write({&record, 1}, {}));
    }
    EXPECT_TRUE(store_->fold());
    const View view = store_->view();
    EXPECT_EQ(view.timeline(view.find("test|p").value().value(), {}).value().size(), static_cast<std::size_t>(said_));

    const std::unique_ptr<Backend> backend = memory_backend(disk_);
    const std::unique_ptr<Tables> tables = backend->open(0, nullptr, {.read_only = true}).value();
    Left left{false, 0};
    const auto visit = [&](BytesView key, BytesView value) {
      if (key == stored::head_key(0)) {
        const stored::Head head = stored::decode_head(value).value();
        left.in_head = head.runs[0].in_head;
        EXPECT_EQ(head.events, static_cast<std::uint32_t>(said_));
      } else {
        ++left.keys;
      }
      return true;
    };
    EXPECT_TRUE(tables->scan(Table::timeline, {}, {}, nullptr, visit));
    return left;
  }

 private:
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  std::unique_ptr<Store> store_;
  int said_ = 0;
};

TEST(FoldTimeline, LeavesAShortRunInTheHeadForAsLongAsItIsAlone) {
  const Folds::Left in_head{true, 0};
  Folds trickle;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(trickle.fold(1), in_head) << i;
  EXPECT_EQ(trickle.fold(1), (Folds::Left{false, 2})) << "beside a run of five, one event is a run of its own";

  Folds grows;
  EXPECT_EQ(grows.fold(2), in_head);
  EXPECT_EQ(grows.fold(8), in_head);
  EXPECT_EQ(grows.fold(300), (Folds::Left{false, 1})) << "too long";
  EXPECT_EQ(grows.fold(300), (Folds::Left{false, 1})) << "and stays where it is";
}

}  // namespace
}  // namespace chartline::engine
