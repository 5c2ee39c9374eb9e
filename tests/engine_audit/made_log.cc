#include "tests/engine_audit/made_log.h"

#include <gtest/gtest.h>

namespace chartline::engine {

MadeStore::MadeStore(std::uint32_t shards) {
  const auto backend = memory_backend(disk);
  EXPECT_TRUE(Store::init(*backend, {.shards = shards, .zone = "UTC"}));
}

Result<std::unique_ptr<Store>> MadeStore::try_open(bool read_only) {
  store_.reset();
  StoreOptions options;
  options.clock = &clock;
  options.fold_in_background = false;
  options.read_only = read_only;
  return Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), faults)), options);
}

Store& MadeStore::open(bool read_only) {
  auto opened = try_open(read_only);
  EXPECT_TRUE(opened) << opened.error().message;
  store_ = std::move(opened).value();
  return *store_;
}

record::Record note_about(const std::string& person, const std::string& id, record::Arena& arena) {
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"local", "note", {}};
  event.start = record::day_time(18'000);
  event.value.form = record::Value::Form::text, event.value.text = arena.text("said " + id);
  event.source = {"clinic", "notes"};
  event.record = arena.text(id);
  record::Record said;
  const record::Identifier identifier{"test", arena.text(person)};
  said.identifiers = arena.array(std::vector{identifier});
  said.events = arena.array(std::vector{event});
  return said;
}

AuditEntry reading(PatientRef patient, const std::string& who) {
  AuditEntry entry;
  entry.act = Act::read_timeline;
  entry.who = who, entry.role = "clinician", entry.purpose = "direct care", entry.rows = 3;
  entry.patients = {patient};
  return entry;
}

AuditEntry writing(const std::string& who) {
  AuditEntry entry;
  entry.act = Act::write;
  entry.who = who, entry.role = "source system";
  return entry;
}

std::vector<AuditRecord> entries_of(Store& store, std::uint32_t shard) {
  std::vector<AuditRecord> entries;
  const AuditLog& log = store.parts().shards[shard]->audit_log();
  for (std::uint64_t number = 1; number <= log.head().size; ++number) {
    auto entry = log.entry(number);
    EXPECT_TRUE(entry) << entry.error().message;
    if (entry) entries.push_back(std::move(entry).value());
  }
  return entries;
}

void read_often(Store& store, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const AuditEntry entry = reading({0, static_cast<stored::PatientId>(i % 7)}, "reader " + std::to_string(i));
    const auto position = store.audit({&entry, 1});
    EXPECT_TRUE(position) << position.error().message;
  }
}

}  // namespace chartline::engine
