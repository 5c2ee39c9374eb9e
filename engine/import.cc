#include "engine/import.h"

#include <mutex>
#include <string>
#include <unordered_map>

#include "engine/bulk_load.h"
#include "engine/content.h"
#include "engine/store_parts.h"
#include "engine/validate.h"

namespace chartline::engine {
namespace {

constexpr std::size_t group_records = 2000;
constexpr std::size_t known_patients_max = 1u << 20;

// Whom identifiers name, remembered: imports say the same few again and again.
class KnownPatients {
 public:
  explicit KnownPatients(Identity& identity) : identity_(identity) {}

  Result<Identity::Resolved> resolve(std::span<const record::Identifier> identifiers) {
    if (identifiers.size() != 1) return identity_.resolve(identifiers);
    const record::Identifier& one = identifiers.front();
    if (one.system == last_system_ && one.value == last_value_) return last_;
    last_system_ = one.system, last_value_ = one.value;
    key_ = last_system_ + '\0' + last_value_;
    const auto known = known_.find(key_);
    if (known != known_.end()) return last_ = known->second;
    last_ = TRY(identity_.resolve(identifiers));
    if (known_.size() >= known_patients_max) known_.clear();
    known_.emplace(key_, last_);
    return last_;
  }

 private:
  Identity& identity_;
  std::unordered_map<std::string, Identity::Resolved> known_;
  std::string last_system_, last_value_, key_;
  Identity::Resolved last_{};
};

class ImportBase : public Import {
 public:
  ImportBase(Store& store, const ImportOptions& options)
      : store_(store), options_(options), patients_(*store.parts().identity), rows_(store.parts().backend->scratch_folder(), options.memory_bytes) {}
  void on_refused(Refused refused) override { refused_ = std::move(refused); }

 protected:
  void refuse(const record::Record& record, const Error& why) {
    ++counts_.rejected;
    if (refused_) refused_(record, why);
  }
  // Into the sorter, its names numbered.
  Result<void> sort(const record::Record& record) {
    const Identity::Resolved who = TRY(patients_.resolve(record.identifiers));
    if (who.clash) ++counts_.clashes;
    Dictionary& names = store_.parts().shards[who.patient.shard]->names();
    for (const record::Event& event : record.events) {
      const bool first = &event == &record.events.front();
      TRY(rows_.add(who.patient, to_row(event, names, room_), first, first ? record.original : std::string_view()));
    }
    room_.clear();
    return {};
  }

  Store& store_;
  const ImportOptions options_;
  Refused refused_;
  std::mutex mutex_;
  ImportCounts counts_;
  KnownPatients patients_;
  RowSorter rows_;
  record::Arena room_;
};

// Into an empty store. Nobody else writes meanwhile.
class BulkImport final : public ImportBase {
 public:
  BulkImport(Store& store, const ImportOptions& options) : ImportBase(store, options) {
    for (const auto& shard : store.parts().shards) pauses_.push_back(std::make_unique<Shard::Pause>(*shard));
  }

  Result<void> add(const record::Record& record) override {
    std::lock_guard lock(mutex_);
    if (const Result<void> valid = validate(record); !valid) return refuse(record, valid.error()), Result<void>();
    return sort(record);
  }

  Result<ImportCounts> finish() override {
    std::lock_guard lock(mutex_);
    counts_.bulk = true;
    TRY(rows_.finish());
    TRY(bulk_load(store_.parts(), rows_, options_.threads, counts_));
    for (const auto& shard : store_.parts().shards) shard->forget_indexes();
    pauses_.clear();
    return counts_;
  }

 private:
  std::vector<std::unique_ptr<Shard::Pause>> pauses_;
};

// Through the log: records with ids as they come, rows without at the end, sorted.
class LogImport final : public ImportBase {
 public:
  using ImportBase::ImportBase;

  Result<void> add(const record::Record& record) override {
    std::lock_guard lock(mutex_);
    if (!record.events.empty() && record.events.front().record.empty()) {
      if (const Result<void> valid = validate(record); !valid) return refuse(record, valid.error()), Result<void>();
      return sort(record);
    }
    group_.push_back(record::copy(record, arena_));
    return group_.size() >= group_records ? write() : Result<void>();
  }

  Result<ImportCounts> finish() override {
    std::lock_guard lock(mutex_);
    TRY(write());
    TRY(rows_.finish());
    RowSorter::Stream stream(rows_, 0, ~std::uint64_t{0});
    RowSorter::Sorted sorted;
    PatientRef patient;
    while (TRY(stream.next(patient, sorted))) {
      const Dictionary& names = store_.parts().shards[patient.shard]->names();
      counts_.equal_rows += give_places(sorted.rows, names);
      record::Arena room;
      const auto identifiers = TRY(store_.parts().identity->identifiers(patient, room));
      for (std::size_t i = 0; i < sorted.rows.size(); ++i) {
        record::Arena event_room;
        const record::Event event = to_event(sorted.rows[i], names, event_room);
        record::Record record;
        record.identifiers = {identifiers.data(), 1};
        record.events = {&event, 1};
        record.original = sorted.originals[i];
        group_.push_back(record::copy(record, arena_));
        if (group_.size() >= group_records) TRY(write());
      }
    }
    TRY(write());
    return counts_;
  }

 private:
  Result<void> write() {
    if (group_.empty()) return {};
    const Written written = TRY(store_.write(group_, {}));
    counts_.clashes += written.clashes;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      const Outcome& outcome = written.outcomes[i];
      switch (outcome.what) {
        case Outcome::What::created: ++counts_.created; break;
        case Outcome::What::unchanged: ++counts_.unchanged; break;
        case Outcome::What::superseded: ++counts_.superseded; break;
        case Outcome::What::hidden: ++counts_.hidden; break;
        case Outcome::What::rejected: refuse(group_[i], {outcome.fault, outcome.reason}); continue;
      }
      ++counts_.records;
      counts_.events += group_[i].events.size();
    }
    group_.clear();
    arena_.clear();
    return {};
  }

  record::Arena arena_;
  std::vector<record::Record> group_;
};

bool is_empty(Store::Parts& parts) {
  for (const auto& shard : parts.shards)
    if (shard->last_commit() != 0 || parts.identity->patients(shard->moment().shard) != 0) return false;
  return true;
}

}  // namespace

Result<std::unique_ptr<Import>> Import::begin(Store& store, const ImportOptions& options) {
  if (store.read_only()) return unavailable("the store cannot be written to");
  const bool empty = is_empty(store.parts());
  if (options.path == ImportOptions::Path::bulk && !empty) return conflict("a bulk load needs an empty store");
  if (options.path == ImportOptions::Path::log || !empty) return std::unique_ptr<Import>(new LogImport(store, options));
  return std::unique_ptr<Import>(new BulkImport(store, options));
}

}  // namespace chartline::engine
