// A backup holds the audit log, and a restored store goes on with it.
#include <gtest/gtest.h>

#include "engine/audit/trail.h"
#include "tests/engine_audit/made_log.h"
#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

TEST(AuditAndBackups, ARestoredStoreGoesOnWithTheLog) {
  TestFolder folder;
  FixedClock clock(1'700'000'000'000'000);
  AuditHead at_backup;
  {
    const auto store = make_store(folder.path("care"), 2, clock);
    // So many that somebody is in the first shard: which one a person comes to is drawn anew for each store.
    tell(*store, clock, {.seed = 7, .people = 60, .writes = 60});
    read_often(*store, 25);
    at_backup = store->audit_heads().front();
    ASSERT_TRUE(backup(*store, folder.path("backups")));
    read_often(*store, 5);
    // Erased after the backup: the restore erases again, and says so in the log.
    ASSERT_TRUE(erase(*store, store->view().identifiers({0, 0}, *std::make_unique<record::Arena>()).value().front()));
  }
  const RestoreReport report =
      restore(folder.path("backups"), folder.path("again"), {.name = {}, .verify = true, .progress = {}}).value();
  EXPECT_EQ(report.erased_again, 1u);
  const auto store = open_store(folder.path("again"), clock);
  const AuditVerification verified = verify_audit(*store, {&at_backup, 1}).value();
  EXPECT_EQ(verified.findings, std::vector<std::string>());
  EXPECT_EQ(verified.heads.front().size, 26u);
  EXPECT_EQ(entries_of(*store).back().entry.act, Act::erase);
  for (const AuditRecord& record : entries_of(*store))
    for (const PatientRef patient : record.entry.patients) EXPECT_NE(patient, (PatientRef{0, 0}));
  EXPECT_EQ(first_finding(*store), "");
}

}  // namespace
}  // namespace chartline::engine
