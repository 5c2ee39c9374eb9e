// What an auditor reads: filters, the report of one patient, verification, proofs that hold elsewhere.
#include "engine/audit/trail.h"

#include <gtest/gtest.h>

#include "engine/audit/merkle.h"
#include "engine/audit/proof.h"
#include "engine/import.h"
#include "tests/engine_audit/made_log.h"

namespace chartline::engine {
namespace {

std::vector<std::string> who_of(Store& store, const AuditFilter& filter) {
  std::vector<std::string> all;
  EXPECT_TRUE(read_audit(store, filter, [&](const AuditRecord& record) -> Result<void> {
    all.push_back(record.entry.who);
    return {};
  }));
  return all;
}

using Names = std::vector<std::string>;

struct Ward {
  Ward() {
    Store& store = made.open();
    AuditEntry a = reading({0, 1}, "a"), b = reading({0, 2}, "b"), c = writing("c"), d = reading({0, 1}, "d");
    a.break_glass = true;
    b.outcome = AuditOutcome::denied, b.fault = Fault::denied;
    d.patients.clear(), d.everyone = true, d.act = Act::export_rows;
    a.at = 10, b.at = 20, c.at = 30, d.at = 40;
    const std::vector<AuditEntry> all{a, b, c, d};
    EXPECT_TRUE(store.audit(all));
  }
  MadeStore made;
};

TEST(AuditTrail, IsReadByWhatIsAskedFor) {
  Ward ward;
  Store& store = ward.made.store();
  EXPECT_EQ(who_of(store, {}), (Names{"a", "b", "c", "d"}));
  EXPECT_EQ(who_of(store, {.who = "b"}), Names{"b"});
  EXPECT_EQ(who_of(store, {.act = Act::write}), Names{"c"});
  EXPECT_EQ(who_of(store, {.outcome = AuditOutcome::denied}), Names{"b"});
  EXPECT_EQ(who_of(store, {.only_break_glass = true}), Names{"a"});
  EXPECT_EQ(who_of(store, {.from = 20, .past = 40}), (Names{"b", "c"}));
  EXPECT_EQ(who_of(store, {.first = 3}), (Names{"c", "d"}));
  EXPECT_EQ(who_of(store, {.shard = 1}), Names{});
  EXPECT_EQ(who_of(store, {.patients = {{0, 1}}}), (Names{"a", "d"})) << "by name, or among everyone";
  EXPECT_EQ(read_audit(store, {}, [](const AuditRecord&) -> Result<void> { return denied("enough"); }).error().message,
            "enough");
}

TEST(AuditTrail, ReportsWhoSawAPersonWhoeverOfTheLinkedTheyNamed) {
  MadeStore made(3);
  Store& store = made.open();
  record::Arena room;
  std::vector<record::Record> records;
  for (int person = 0; person < 12; ++person)
    records.push_back(note_about("p" + std::to_string(person), std::to_string(person), room));
  ASSERT_TRUE(store.write(records, {}));
  ASSERT_TRUE(store.link({"test", "p1"}, {"test", "p7"}));
  Micros at = 100;
  for (const std::string person : {"p7", "p3", "p1", "p7"}) {
    AuditEntry entry = reading(store.view().find("test|" + person).value().value(), person);
    entry.at = at -= 10;
    ASSERT_TRUE(store.audit({&entry, 1}));
  }
  Names who;
  const auto report = audit_report(store, store.view().find("test|p1").value().value()).value();
  for (const AuditRecord& record : report) who.push_back(record.entry.who);
  EXPECT_EQ(who, (Names{"p7", "p1", "p7"})) << "the earliest first";
}

TEST(AuditTrail, StopsAtAnEntryThatIsNotWhatWasWritten) {
  Ward ward;
  Store& store = ward.made.store();
  Batch batch;
  batch.erase(Table::audit, audit_key(3));
  ASSERT_TRUE(store.parts().shards[0]->tables()->write(batch, true));
  EXPECT_EQ(read_audit(store, {}, [](const AuditRecord&) { return Result<void>(); }).error().message,
            "audit: shard 0, entry 3: it is absent");
  EXPECT_EQ(verify_audit(store).value().findings, Names{"audit: shard 0, entry 3: it is absent"});
}

TEST(AuditTrail, OfADamagedLogIsRefused) {
  Ward ward;
  Batch batch;
  batch.erase(Table::audit, audit_key(4));
  ASSERT_TRUE(ward.made.store().parts().shards[0]->tables()->write(batch, true));
  Store& store = ward.made.open(true);
  EXPECT_EQ(read_audit(store, {}, [](const AuditRecord&) { return Result<void>(); }).error().fault, Fault::corrupt);
  EXPECT_EQ(prove_entry(store, 0, 1).error().fault, Fault::corrupt);
  EXPECT_FALSE(verify_audit(store).value().findings.empty());
}

TEST(AuditTrail, VerifiesAgainstHeadsOfThisStoreAlone) {
  Ward ward;
  Store& store = ward.made.store();
  AuditHead head = store.audit_heads().front();
  const AuditVerification sound = verify_audit(store, {&head, 1}).value();
  EXPECT_EQ(sound.entries, 4u);
  EXPECT_EQ(sound.heads, std::vector<AuditHead>{head});
  AuditHead wrong = head;
  wrong.root[0] ^= 1;
  EXPECT_EQ(verify_audit(store, {&wrong, 1}).value().findings,
            Names{"audit: shard 0: its first 4 entries are not those of the kept head"});
  wrong = head, wrong.shard = 1;
  EXPECT_EQ(verify_audit(store, {&wrong, 1}).error().fault, Fault::invalid_request);
  wrong = head, wrong.store = "another";
  EXPECT_EQ(verify_audit(store, {&wrong, 1}).error().fault, Fault::invalid_request);
  read_often(store, 1100);
  EXPECT_EQ(verify_audit(store, {}, [](std::uint64_t, std::uint64_t) { return false; }).error().message, "cancelled");
}

TEST(AuditProofs, HoldWithoutTheStore) {
  MadeStore made;
  Store& store = made.open();
  std::vector<AuditHead> heads;
  for (int more = 0; more < 12; ++more) read_often(store, 3), heads.push_back(store.audit_heads().front());
  for (const AuditHead& head : heads)
    for (std::uint64_t number = 1; number <= head.size; number += 2) {
      const AuditProof proof = prove_entry(store, 0, number, head).value();
      const AuditProof sent = parse_audit_proof(text(proof)).value();
      EXPECT_EQ(text(sent), text(proof));
      const auto record = verify_proof(sent).value();
      ASSERT_TRUE(record);
      EXPECT_EQ(record->number, number);
      EXPECT_EQ(record->entry.patients,
                std::vector<PatientRef>{PatientRef(0, static_cast<std::uint32_t>((number - 1) % 3))});
    }
  for (const AuditHead& older : heads)
    for (const AuditHead& head : heads) {
      const auto proof = prove_growth(store, older, head);
      EXPECT_EQ(proof.has_value(), older.size <= head.size);
      if (!proof) continue;
      const AuditProof sent = parse_audit_proof(text(AuditProof(*proof))).value();
      EXPECT_EQ(verify_proof(sent).value().has_value(), false);
    }
}

TEST(AuditProofs, OfWhatIsNotSoAreRefused) {
  MadeStore made;
  Store& store = made.open();
  read_often(store, 9);
  const AuditHead head = store.audit_heads().front();
  AuditInclusion entry = prove_entry(store, 0, 5).value();
  entry.number = 6;
  EXPECT_EQ(verify_proof(entry).error().fault, Fault::conflict);
  entry.number = 5, entry.content[3] ^= 1;
  EXPECT_FALSE(verify_proof(entry));
  read_often(store, 4);
  AuditGrowth growth = prove_growth(store, head).value();
  growth.older.shard = 1;
  EXPECT_EQ(verify_proof(growth).error().fault, Fault::conflict);
  growth.older = head, growth.older.root[4] ^= 1;
  EXPECT_EQ(verify_proof(growth).error().fault, Fault::conflict);
  EXPECT_EQ(prove_growth(store, growth.older).error().fault, Fault::conflict) << "the log never had this head";
  EXPECT_EQ(prove_entry(store, 0, 14).error().fault, Fault::not_found);
  EXPECT_EQ(prove_entry(store, 0, 0).error().fault, Fault::not_found);
  EXPECT_EQ(prove_entry(store, 7, 1).error().fault, Fault::not_found);
  EXPECT_EQ(prove_entry(store, 0, 10, head).error().fault, Fault::not_found) << "it came after this head";
  AuditHead other = head;
  other.store = "another";
  EXPECT_EQ(prove_entry(store, 0, 1, other).error().fault, Fault::invalid_request);
  other = head, other.size = 99;
  EXPECT_EQ(prove_growth(store, other).error().fault, Fault::conflict);
  const AuditHead none{head.store, 0, 0, empty_root()};
  EXPECT_EQ(prove_growth(store, none).error().fault, Fault::invalid_request);
}

TEST(AuditProofs, ThatAreNoneAreRefused) {
  MadeStore made;
  Store& store = made.open();
  read_often(store, 3);
  const std::string sound = text(AuditProof(prove_entry(store, 0, 2).value()));
  ASSERT_TRUE(parse_audit_proof(sound));
  const std::string head = "chartline-audit-proof 1\nhead " + text(store.audit_heads().front()) + "\n";
  for (const std::string& wrong : Names{"", "x", head, head + "entry x 00\n", head + "entry 1 0\n",
                                        head + "entry 1 0g\n", head + "path 12\n", head + "nothing\n", sound + sound,
                                        sound + "entry 1 00\n", head + "older x\n", "chartline-audit-proof 1\nhead x\n"})
    EXPECT_EQ(parse_audit_proof(wrong).error().fault, Fault::invalid_request) << wrong;
  EXPECT_EQ(verify_proof(parse_audit_proof(head + "entry 1 00\n").value()).error().fault, Fault::corrupt);
}

TEST(AuditOfAnImport, TellsOfItsBeginningAndItsEnd) {
  for (const auto path : {ImportOptions::Path::log, ImportOptions::Path::bulk}) {
    MadeStore made;
    Store& store = made.open();
    ImportOptions options;
    options.path = path;
    options.audit = writing("operator");
    options.audit->act = Act::import, options.audit->text = "clinic.csv";
    record::Arena room;
    auto import = Import::begin(store, options).value();
    for (int person = 0; person < 5; ++person)
      ASSERT_TRUE(import->add(note_about(std::to_string(person), std::to_string(person), room)));
    ASSERT_TRUE(import->finish());
    import.reset();
    const auto entries = entries_of(store);
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].entry.outcome, AuditOutcome::begun);
    EXPECT_EQ(entries[1].entry.outcome, AuditOutcome::done);
    EXPECT_EQ(entries[1].entry.rows, 5u);
    EXPECT_EQ(entries[1].entry.text, "clinic.csv");
    (void)Import::begin(store, options.path == ImportOptions::Path::log ? options : ImportOptions{}).value();
    EXPECT_EQ(entries_of(store).size(), path == ImportOptions::Path::log ? 3u : 2u) << "begun, and never ended";
  }
}

}  // namespace
}  // namespace chartline::engine
