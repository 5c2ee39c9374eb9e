// Who may open a store with real records in it, and what they see: one writer, readers beside and after it, other
// processes, programs that are older than the store.
#include <gtest/gtest.h>

#include "engine/import.h"
#include "engine/maintenance.h"
#include "engine/store_parts.h"
#include "tests/integration/child.h"
#include "tests/integration/data_set.h"
#include "tests/integration/delivered.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

using engine::Store;
using engine::StoreOptions;

class Opening : public testing::Test {
 protected:
  void SetUp() override {
    const DataSet& sample = data_set("Sample");
    import_into(*store_, sample.format, {sample.path});
    facts_ = facts_of(store_->view());
    hash_ = must(engine::content_hash(*store_, false));
  }

  ScratchStore store_{Where::folder, 2};
  Facts facts_;
  Hash128 hash_;
};

TEST_F(Opening, OneWriterAtATime) {
  const auto second = Store::open(store_.folder(), {.lease_wait_ms = 50});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::unavailable);
  store_.close();
  EXPECT_TRUE(Store::open(store_.folder(), {.lease_wait_ms = 50}));
}

TEST_F(Opening, ReadersSeeWhatWasThereWhenTheyOpened) {
  const record::Event event{
      .kind = record::Kind::observation, .code = {"local", "late", {}}, .source = {"test", ""}, .record = "late/1"};
  const record::Identifier person{"test", "somebody"};
  const record::Record late{.identifiers = {&person, 1}, .events = {&event, 1}};
  auto beside = must(Store::open(store_.folder(), {.read_only = true}));
  must(store_->write({&late, 1}, {}));
  auto later = must(Store::open(store_.folder(), {.read_only = true}));
  EXPECT_TRUE(facts_of(beside->view()) == facts_);
  EXPECT_EQ(facts_of(later->view()).size(), facts_.size() + 1);  // logged, not yet folded
  must(store_->fold());
  must(store_->compact());
  EXPECT_TRUE(facts_of(beside->view()) == facts_);
  store_.close();
  EXPECT_TRUE(facts_of(beside->view()) == facts_);
}

TEST_F(Opening, ReadersCannotWrite) {
  store_.close();
  auto one = must(Store::open(store_.folder(), {.read_only = true}));
  auto other = must(Store::open(store_.folder(), {.read_only = true}));
  EXPECT_TRUE(one->read_only());
  EXPECT_EQ(must(engine::content_hash(*one, false)), hash_);
  EXPECT_EQ(must(engine::content_hash(*other, false)), hash_);
  EXPECT_EQ(one->write({}, {}).error().fault, Fault::unavailable);
  EXPECT_EQ(engine::Import::begin(*one, {}).error().fault, Fault::unavailable);
  EXPECT_EQ(one->link({"a", "b"}, {"c", "d"}).has_value(), false);
}

TEST_F(Opening, AnotherProcessReadsTheSame) {
  EXPECT_EQ(run_child({"hash", store_.folder()}).hash, hex(hash_));
  store_.close();
  EXPECT_EQ(run_child({"hash", store_.folder()}).hash, hex(hash_));
}

TEST_F(Opening, ANewerStoreIsRefusedByAnOlderProgram) {
  store_.close();
  const auto backend = must(engine::local_backend(store_.folder(), false));
  engine::StoreDescription description = must(engine::read_description(*backend));
  const auto present = must(backend->catalogue().get(engine::description_entry));
  description.format = engine::format_version + 1;
  must(backend->catalogue().set(engine::description_entry, present, engine::encode(description)));
  for (const bool read_only : {false, true}) {
    const auto opened = Store::open(store_.folder(), {.read_only = read_only});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, Fault::unsupported);
    EXPECT_NE(opened.error().message.find("newer"), std::string::npos) << opened.error().message;
  }
  // Nothing was touched: at its own version the store opens as it was.
  const auto newer = must(backend->catalogue().get(engine::description_entry));
  must(backend->catalogue().set(engine::description_entry, newer, *present));
  store_.open();
  EXPECT_EQ(must(engine::content_hash(*store_, false)), hash_);
}

// No release has fixed the format: what an earlier draft holds would be read as if it told what it does not.
TEST_F(Opening, AStoreOfAnotherDraftIsRefused) {
  store_.close();
  const auto backend = must(engine::local_backend(store_.folder(), false));
  const Bytes present = *must(backend->catalogue().get(engine::description_entry));
  Bytes first = present, next = present;
  first.pop_back();  // the first draft was not told
  next.back() = static_cast<char>(engine::format_draft + 1);
  Bytes before = present;
  for (const Bytes& other : {first, next}) {
    must(backend->catalogue().set(engine::description_entry, before, other));
    before = other;
    const auto opened = Store::open(store_.folder(), {.read_only = true});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, Fault::unsupported);
    EXPECT_NE(opened.error().message.find("import the sources again"), std::string::npos) << opened.error().message;
  }
}

}  // namespace
}  // namespace chartline::integration
