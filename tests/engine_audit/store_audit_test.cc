// What the store's doings leave in the audit log.
#include <gtest/gtest.h>

#include <thread>

#include "engine/maintenance.h"
#include "tests/engine_audit/made_log.h"

namespace chartline::engine {
namespace {

TEST(StoreAudit, ReturnsOnceTheEntriesAreDurable) {
  MadeStore made;
  Store& store = made.open();
  const std::vector<AuditEntry> two{reading({0, 1}), reading({0, 2}, "nurse")};
  const AuditPosition first = store.audit(two).value();
  EXPECT_EQ(first.first, 1u);
  EXPECT_EQ(first.count, 2u);
  EXPECT_EQ(store.audit(two).value().first, 3u);
  made.disk->crash();
  made.clock.advance(1);
  const auto entries = entries_of(made.open());
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[1].entry.who, "nurse");
  EXPECT_EQ(entries[1].entry.at, 1'700'000'000'000'000);
  EXPECT_EQ(entries[1].entry.patients, (std::vector<PatientRef>{{0, 2}}));
  EXPECT_EQ(made.store().view().position().front(), 0u) << "a read is no change: the feed is as it was";
}

TEST(StoreAudit, GoesOnWhereItEnded) {
  MadeStore made;
  std::uint64_t written = 0;
  for (const std::uint64_t more : {1, 2, 5, 13, 40}) {
    read_often(made.open(), more);
    written += more;
    const AuditHead head = made.store().audit_heads().front();
    EXPECT_EQ(head.size, written);
    EXPECT_EQ(made.open().audit_heads().front(), head);
  }
  EXPECT_EQ(entries_of(made.store()).size(), written);
}

TEST(StoreAudit, OfAWriteStandsInTheBatchOfItsRecords) {
  MadeStore made;
  Store& store = made.open();
  record::Arena room;
  const std::vector<record::Record> records{note_about("a", "1", room), note_about("b", "2", room)};
  WriteOptions options;
  options.audit = writing();
  const Written written = store.write(records, options).value();
  const auto entries = entries_of(store);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].entry.patients,
            (std::vector<PatientRef>{written.outcomes[0].patient, written.outcomes[1].patient}));
  EXPECT_EQ(entries[0].entry.rows, 2u);
  EXPECT_EQ(entries[0].entry.outcome, AuditOutcome::done);
  EXPECT_EQ(store.view().position().front(), 1u);
}

TEST(StoreAudit, OfAWriteOverShardsNamesInEachItsOwn) {
  MadeStore made(4);
  Store& store = made.open();
  record::Arena room;
  std::vector<record::Record> records;
  for (int person = 0; person < 40; ++person)
    records.push_back(note_about(std::to_string(person), std::to_string(person), room));
  WriteOptions options;
  options.audit = writing();
  const Written written = store.write(records, options).value();
  std::uint64_t rows = 0;
  for (std::uint32_t shard = 0; shard < 4; ++shard) {
    const auto entries = entries_of(store, shard);
    ASSERT_EQ(entries.size(), 1u);
    rows += entries[0].entry.rows;
    for (const PatientRef patient : entries[0].entry.patients) EXPECT_EQ(patient.shard, shard);
  }
  EXPECT_EQ(rows, 40u);
}

TEST(StoreAudit, TellsOfARetryThatNothingWasDone) {
  MadeStore made;
  Store& store = made.open();
  record::Arena room;
  const std::vector<record::Record> records{note_about("a", "1", room)};
  WriteOptions options;
  options.batch_id = "b1", options.audit = writing();
  ASSERT_FALSE(store.write(records, options).value().repeated);
  const auto position = store.view().position();
  ASSERT_TRUE(store.write(records, options).value().repeated);
  EXPECT_EQ(store.view().position(), position);
  const auto entries = entries_of(store);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_FALSE(entries[0].entry.repeated);
  EXPECT_TRUE(entries[1].entry.repeated);
  EXPECT_EQ(entries[1].entry.patients, entries[0].entry.patients);
}

TEST(StoreAudit, TellsOfAWriteThatWasRefused) {
  MadeStore made;
  Store& store = made.open();
  record::Arena room;
  record::Record wrong = note_about("a", "1", room);
  wrong.demand = record::Record::Demand::version, wrong.demanded_version = "7";
  WriteOptions options;
  options.audit = writing(), options.all_or_nothing = true;
  ASSERT_EQ(store.write({&wrong, 1}, options).value().outcomes[0].what, Outcome::What::rejected);
  options.batch_id = std::string(300, 'x');
  ASSERT_FALSE(store.write({&wrong, 1}, options));
  options.batch_id.clear(), options.all_or_nothing = false;
  ASSERT_TRUE(store.write({}, options));
  const auto entries = entries_of(store);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].entry.outcome, AuditOutcome::failed);
  EXPECT_EQ(entries[0].entry.fault, Fault::conflict);
  EXPECT_EQ(entries[1].entry.fault, Fault::invalid_request);
  EXPECT_EQ(entries[2].entry.outcome, AuditOutcome::done) << "nothing was asked, and nothing refused";
}

TEST(StoreAudit, OfLinksAndValuesTravelsWithThem) {
  MadeStore made;
  Store& store = made.open();
  record::Arena room;
  const std::vector<record::Record> records{note_about("a", "1", room), note_about("b", "2", room)};
  const Written written = store.write(records, {}).value();
  AuditEntry entry = writing("clerk");
  entry.act = Act::link;
  const record::Identifier a{"test", "a"}, b{"test", "b"};
  ASSERT_TRUE(store.link(a, b, &entry));
  entry.act = Act::unlink;
  ASSERT_TRUE(store.unlink(a, b, &entry));
  ASSERT_FALSE(store.unlink(a, b, &entry)) << "and what failed leaves nothing";
  entry.act = Act::set_value, entry.text = "codes/x";
  ASSERT_TRUE(store.set_meta("codes/x", "1", &entry));
  ASSERT_TRUE(store.set_meta("codes/y", "1"));
  const auto entries = entries_of(store);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].entry.act, Act::link);
  EXPECT_EQ(entries[0].entry.patients.size(), 2u);
  EXPECT_EQ(entries[1].entry.act, Act::unlink);
  EXPECT_EQ(entries[2].entry.text, "codes/x");
}

TEST(StoreAudit, LaterIsWrittenWithTheNextGroup) {
  MadeStore made;
  Store& store = made.open();
  const AuditEntry later = reading({0, 1}, "later");
  EXPECT_EQ(store.audit({&later, 1}, AuditWait::later).value().first, 0u);
  record::Arena room;
  const std::vector<record::Record> records{note_about("a", "1", room)};
  ASSERT_TRUE(store.write(records, {}));
  EXPECT_EQ(entries_of(store).size(), 1u);
  EXPECT_EQ(store.audit({&later, 1}, AuditWait::later).value().first, 0u);
  const AuditEntry now = reading({0, 1}, "now");
  EXPECT_EQ(store.audit({&now, 1}).value().first, 3u);
}

TEST(StoreAudit, LaterIsWithinATenthOfASecondOrTwo) {
  MadeStore made;
  Store& store = made.open();
  const AuditEntry later = reading({0, 1});
  ASSERT_TRUE(store.audit({&later, 1}, AuditWait::later));
  for (int waited = 0; store.audit_heads().front().size == 0 && waited < 600; ++waited)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(entries_of(store).size(), 1u);
}

TEST(StoreAudit, LaterIsWrittenAtTheClose) {
  MadeStore made;
  const AuditEntry later = reading({0, 1});
  ASSERT_TRUE(made.open().audit({&later, 1}, AuditWait::later));
  EXPECT_EQ(entries_of(made.open()).size(), 1u);
}

TEST(StoreAudit, LaterIsBoundedInMemory) {
  MadeStore made;
  Store& store = made.open();
  AuditEntry later = reading({0, 1});
  later.text = std::string(60'000, 'x');
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(store.audit({&later, 1}, AuditWait::later));
  EXPECT_GE(store.audit_heads().front().size, 60u);
}

// An erasure takes longer than anybody waits: what is refused then is not entered, and what was taken is.
TEST(StoreAudit, LaterIsEnteredOrRefused) {
  MadeStore made;
  record::Arena room;
  const std::vector<record::Record> records{note_about("a", "1", room)};
  const auto store = Store::open(std::shared_ptr<Backend>(memory_backend(made.disk)), {.write_wait_ms = 10}).value();
  ASSERT_TRUE(store->write(records, {}));
  AuditEntry later = reading({0, 1});
  later.text = std::string(60'000, 'x');
  std::size_t taken = 0, refused = 0;
  ASSERT_TRUE(erase(*store, records[0].identifiers[0], [&](std::uint64_t, std::uint64_t) {
    for (int i = 0; refused == 0 && i < 100; ++i) ++(store->audit({&later, 1}, AuditWait::later) ? taken : refused);
    return true;
  }));
  EXPECT_EQ(refused, 1u);
  const AuditEntry last = reading({0, 1}, "last");
  EXPECT_EQ(store->audit({&last, 1}).value().first, taken + 1);
}

TEST(StoreAudit, FromManyThreadsLosesNothing) {
  MadeStore made(2);
  Store& store = made.open();
  constexpr int threads = 8, each = 60;
  std::vector<std::thread> all;
  for (int thread = 0; thread < threads; ++thread)
    all.emplace_back([&, thread] {
      record::Arena room;
      for (int i = 0; i < each; ++i) {
        const std::string name = std::to_string(thread) + "/" + std::to_string(i);
        const AuditEntry read = reading({static_cast<std::uint32_t>(i % 2), 1}, name);
        WriteOptions options;
        options.audit = writing(name);
        const std::vector<record::Record> records{note_about(name, name, room)};
        EXPECT_TRUE(store.audit({&read, 1}, i % 3 == 0 ? AuditWait::later : AuditWait::durable));
        EXPECT_TRUE(store.write(records, options));
      }
    });
  for (std::thread& thread : all) thread.join();
  made.open();
  std::size_t entries = 0;
  for (std::uint32_t shard = 0; shard < 2; ++shard) entries += entries_of(made.store(), shard).size();
  EXPECT_EQ(entries, 2u * threads * each);
}

TEST(StoreAudit, IsRefusedWhereItCannotBeWritten) {
  MadeStore made;
  made.open();
  const AuditEntry entry = reading({0, 1}), nowhere = reading({5, 1});
  EXPECT_EQ(made.store().audit({&nowhere, 1}).error().fault, Fault::invalid_request);
  EXPECT_EQ(made.store().audit({}).value().count, 0u);
  EXPECT_EQ(made.open(true).audit({&entry, 1}).error().fault, Fault::unavailable);
  made.open();
  made.faults->add({.operation = Operation::write});
  EXPECT_EQ(made.store().audit({&entry, 1}).error().fault, Fault::unavailable);
  EXPECT_EQ(made.store().audit({&entry, 1}).error().fault, Fault::unavailable) << "closed until it is opened again";
  EXPECT_EQ(made.store().audit({&entry, 1}, AuditWait::later).error().fault, Fault::unavailable);
  EXPECT_EQ(made.open().audit({&entry, 1}).value().first, 1u);
}

}  // namespace
}  // namespace chartline::engine
