// A patient is erased: the audit log keeps its entries, its root and its proofs, and nothing of the patient.
#include <gtest/gtest.h>

#include "engine/audit/proof.h"
#include "engine/audit/trail.h"
#include "tests/engine_audit/made_log.h"

namespace chartline::engine {
namespace {

const record::Identifier anna{"test", "anna-4711"};

// Anna and Bob are known, and have been looked at.
struct Hospital {
  explicit Hospital(std::uint32_t shards = 1) : made(shards) {
    Store& store = made.open();
    record::Arena room;
    std::vector<record::Record> records{note_about("anna-4711", "1", room)};
    for (int bob = 0; bob < 20; ++bob)
      records.push_back(note_about("bob-" + std::to_string(bob), "b" + std::to_string(bob), room));
    WriteOptions options;
    options.audit = writing();
    EXPECT_TRUE(store.write(records, options));
    patient = store.view().find("test|anna-4711").value().value();
    other = store.view().find("test|bob-1").value().value();
    AuditEntry alone = reading(patient, "dr.jones"), own = reading(patient, "anna"), both = reading(other, "nurse"),
               asked = reading(other, "clerk");
    alone.reason = "unconscious", alone.break_glass = true;
    own.role = "patient";
    both.patients = {other, patient};
    both.text = "list cohort ward";
    asked.text = "find anna-4711 and bob-1";
    for (const AuditEntry& entry : {alone, own, both, asked}) EXPECT_TRUE(store.audit({&entry, 1}));
  }
  ErasureReport erase(const AuditEntry* audit = nullptr) {
    return engine::erase(made.store(), anna, {}, audit).value();
  }

  // All there is to read of the log.
  std::vector<AuditRecord> all() {
    std::vector<AuditRecord> records;
    EXPECT_TRUE(read_audit(made.store(), {}, [&](const AuditRecord& record) -> Result<void> {
      records.push_back(record);
      return {};
    }));
    return records;
  }

  MadeStore made;
  PatientRef patient, other;
};

TEST(AuditOfAnErasure, LeavesATokenAndEveryProof) {
  for (const std::uint32_t shards : {1u, 4u}) {
    Hospital hospital(shards);
    Store& store = hospital.made.store();
    const std::vector<AuditHead> before = store.audit_heads();
    std::vector<AuditProof> proofs;
    for (const AuditHead& head : before)
      for (std::uint64_t number = 1; number <= head.size; ++number)
        proofs.push_back(prove_entry(store, head.shard, number).value());
    AuditEntry why = writing("officer");
    why.act = Act::erase, why.reason = "asked for by anna-4711";
    const ErasureReport report = hospital.erase(&why);

    const AuditVerification verified = verify_audit(store, before).value();
    EXPECT_EQ(verified.findings, std::vector<std::string>());
    for (const AuditProof& proof : proofs) EXPECT_TRUE(verify_proof(proof)) << "what was proved stays proved";

    std::size_t named = 0;
    for (const AuditRecord& record : hospital.all()) {
      for (const PatientRef one : record.entry.patients) EXPECT_NE(one, hospital.patient);
      for (const std::string* word : {&record.entry.who, &record.entry.text})
        EXPECT_EQ(word->find("anna"), std::string::npos);
      for (const std::uint64_t token : record.erased) EXPECT_EQ(token, report.token);
      named += !record.erased.empty();
      const AuditInclusion proof = prove_entry(store, record.shard, record.number).value();
      EXPECT_TRUE(verify_proof(proof));
      EXPECT_TRUE(record.entry.who != "dr.jones" || record.entry.reason.empty()) << "it told of her alone";
      if (record.entry.who == "nurse") {
        EXPECT_EQ(record.entry.text, "list cohort ward");
        EXPECT_EQ(record.entry.patients, std::vector<PatientRef>{hospital.other});
      }
      if (record.entry.who == "clerk") {
        EXPECT_EQ(record.entry.text, "");
        EXPECT_EQ(record.entry.patients, std::vector<PatientRef>{hospital.other});
      }
    }
    EXPECT_EQ(named, 6u) << "written, read alone, by herself, with another, asked for by name, erased";
    EXPECT_TRUE(check(store, {.deep = true, .progress = {}}).value().findings.empty());
  }
}

TEST(AuditOfAnErasure, StandsInTheBatchThatRemovesTheRecord) {
  AuditEntry why = writing("officer");
  why.act = Act::erase;
  for (const Effect effect : {Effect::fail, Effect::fail_after})
    for (std::uint64_t step = 1; step <= 8; ++step) {
      Hospital hospital;
      hospital.made.faults->add({.operation = Operation::write, .nth = step, .effect = effect});
      const auto report = erase(hospital.made.store(), anna, {}, &why);
      hospital.made.faults->clear();
      hospital.made.close();
      hospital.made.disk->crash();
      Store& store = hospital.made.open();  // and completes it, if it had begun
      std::size_t erasures = 0;
      for (const AuditRecord& record : hospital.all()) erasures += record.entry.act == Act::erase;
      const bool gone = !store.view().find("test|anna-4711").value().has_value();
      EXPECT_EQ(erasures, gone ? 1u : 0u) << "step " << step;
      EXPECT_TRUE(gone || !report);
      EXPECT_EQ(verify_audit(store).value().findings, std::vector<std::string>());
    }
}

// What nobody waited for, and what comes too late.
TEST(AuditOfAnErasure, ReachesEntriesThatAreYetToBeWritten) {
  Hospital hospital;
  Store& store = hospital.made.store();
  const AuditEntry later = reading(hospital.patient, "anna-4711");
  ASSERT_TRUE(store.audit({&later, 1}, AuditWait::later));
  hospital.erase();
  ASSERT_TRUE(store.audit({&later, 1}));
  for (const AuditRecord& record : hospital.all())
    for (const PatientRef one : record.entry.patients) EXPECT_NE(one, hospital.patient);
  EXPECT_EQ(verify_audit(store).value().findings, std::vector<std::string>());
}

// No more than the patient is meant.
TEST(AuditOfAnErasure, LeavesTextsThatOnlyLookLikeIt) {
  MadeStore made;
  Store& store = made.open();
  record::Arena room;
  const std::vector<record::Record> records{note_about("77", "1", room)};
  ASSERT_TRUE(store.write(records, {}));
  const std::vector<std::string> stay{"within 77 days", "value > 77", "x77", "'778'"};
  const std::vector<std::string> go{"patient test|77", "patient '77'", "\"77\""};
  for (const auto* texts : {&stay, &go})
    for (const std::string& text : *texts) {
      AuditEntry entry = writing();
      entry.text = text;
      ASSERT_TRUE(store.audit({&entry, 1}));
    }
  ASSERT_TRUE(erase(store, {"test", "77"}));
  std::vector<std::string> left;
  for (const AuditRecord& record : entries_of(store))
    if (!record.entry.text.empty()) left.push_back(record.entry.text);
  EXPECT_EQ(left, stay);
}

TEST(AuditOfAnErasure, IsRefusedOverADamagedLog) {
  Hospital hospital;
  Store& store = hospital.made.store();
  Batch batch;
  batch.put(Table::audit, audit_key(2), "damaged");
  ASSERT_TRUE(store.parts().shards[0]->tables()->write(batch, true));
  const auto report = erase(store, anna);
  EXPECT_EQ(report.error().fault, Fault::corrupt);
  EXPECT_TRUE(report.error().message.starts_with("audit: shard 0, entry 2: ")) << report.error().message;
}

}  // namespace
}  // namespace chartline::engine
