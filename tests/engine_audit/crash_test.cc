// The machine stops, or a write fails, at every step: afterwards an act and its entry are both there, or neither is.
#include <gtest/gtest.h>

#include <set>

#include "tests/engine_audit/made_log.h"

namespace chartline::engine {
namespace {

// Which of people 0..n-1 are known, against those whom the log says were written.
void expect_both_or_neither(Store& store, int people) {
  std::set<PatientRef> written;
  for (std::uint32_t shard = 0; shard < store.view().shards(); ++shard)
    for (const AuditRecord& record : entries_of(store, shard))
      written.insert(record.entry.patients.begin(), record.entry.patients.end());
  std::set<PatientRef> known;
  const View view = store.view();
  for (int person = 0; person < people; ++person) {
    const auto patient = view.find("test|" + std::to_string(person)).value();
    if (patient && !view.timeline(*patient, {}).value().empty()) known.insert(*patient);
  }
  EXPECT_EQ(written, known);
}

TEST(AuditCrash, AtEveryWriteLeavesBothOrNeither) {
  constexpr int people = 12;
  for (const Effect effect : {Effect::fail, Effect::fail_after})
    for (const std::uint32_t shards : {1u, 3u})
      for (std::uint64_t step = 1; step <= 3 * people; ++step) {
        MadeStore made(shards);
        Store& store = made.open();
        made.faults->add({.operation = Operation::write, .nth = step, .effect = effect});
        record::Arena room;
        int answered = 0;
        for (int person = 0; person < people; ++person) {
          WriteOptions options;
          options.audit = writing();
          const std::vector<record::Record> records{note_about(std::to_string(person), std::to_string(person), room)};
          answered += store.write(records, options).has_value();
          if (person % 4 == 3) (void)store.fold();
        }
        made.faults->clear();
        made.disk->crash_at_random(step);
        expect_both_or_neither(made.open(), people);
        std::size_t entries = 0;
        for (std::uint32_t shard = 0; shard < shards; ++shard) entries += entries_of(made.store(), shard).size();
        EXPECT_GE(entries, static_cast<std::size_t>(answered)) << "what was acknowledged is there";
      }
}

TEST(AuditCrash, KeepsALinkAndItsEntryTogether) {
  for (const Effect effect : {Effect::fail, Effect::fail_after})
    for (std::uint64_t step = 1; step <= 4; ++step) {
      MadeStore made;
      record::Arena room;
      const std::vector<record::Record> records{note_about("a", "1", room), note_about("b", "2", room)};
      ASSERT_TRUE(made.open().write(records, {}));
      made.faults->add({.operation = Operation::write, .nth = step, .effect = effect});
      AuditEntry entry = writing("clerk");
      entry.act = Act::link;
      (void)made.store().link({"test", "a"}, {"test", "b"}, &entry);
      made.faults->clear();
      made.disk->crash();
      Store& store = made.open();
      const auto a = store.view().find("test|a").value().value();
      EXPECT_EQ(store.view().linked(a).size() == 2, entries_of(store).size() == 1);
    }
}

// The note beside the shard says how far the log went, so that a tail that is gone is missed.
TEST(AuditCrash, ALostTailIsNoticed) {
  MadeStore made;
  read_often(made.open(), 20);
  const AuditHead head = made.store().audit_heads().front();
  ASSERT_TRUE(made.store().parts().shards[0]->write_position_note());
  made.close();
  {  // the last entry goes, and the head is made to fit: as if the batch had never been
    const auto backend = memory_backend(made.disk);
    const auto lease = backend->acquire(0, 0).value();
    const auto tables = backend->open(0, lease.get(), {}).value();
    const auto log = AuditLog::open(std::shared_ptr<Tables>(tables.get(), [](Tables*) {}), 0).value();
    Batch batch;
    batch.erase(Table::audit, audit_key(20));
    batch.put(Table::audit, Bytes(audit_head_key), encode(LogHead{19, log->root_of(19).value()}));
    ASSERT_TRUE(tables->write(batch, true));
  }
  const auto opened = made.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::corrupt);
  EXPECT_EQ(opened.error().message, "audit: shard 0: the log ends at entry 19, but there was an entry 20");
  EXPECT_FALSE(made.try_open()) << "and again: a failed open must not take the note back";
  const auto reader = made.try_open(true);
  ASSERT_TRUE(reader) << "whoever only reads may look at what is left";
  EXPECT_EQ((*reader)->audit_heads().front().size, 19u);
}

TEST(AuditCrash, ALostTailOfTheChangesIsNoticedAgainAndAgain) {
  MadeStore made;
  record::Arena room;
  for (int person = 0; person < 5; ++person) {
    const std::vector<record::Record> records{note_about(std::to_string(person), std::to_string(person), room)};
    if (person == 0) made.open();
    ASSERT_TRUE(made.store().write(records, {}));
  }
  made.close();
  {
    const auto backend = memory_backend(made.disk);
    const auto lease = backend->acquire(0, 0).value();
    const auto tables = backend->open(0, lease.get(), {}).value();
    Bytes last;
    Writer(last).u64be(5);
    Batch batch;
    batch.erase(Table::changes, last);
    ASSERT_TRUE(tables->write(batch, true));
  }
  EXPECT_EQ(made.try_open().error().fault, Fault::corrupt);
  EXPECT_EQ(made.try_open().error().fault, Fault::corrupt);
}

}  // namespace
}  // namespace chartline::engine
