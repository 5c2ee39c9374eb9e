#include "engine/import.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "engine/bulk_load.h"
#include "engine/content.h"
#include "engine/known_patients.h"
#include "engine/store_parts.h"
#include "formats/record/validate.h"

namespace chartline::engine {
namespace {

constexpr std::size_t group_records = 2000;
constexpr unsigned arrival_part_bits = 28;  // of an arrival: the part; below it the row within the part

class ImportBase;

// What the tables of plain events mean here, each entry looked up when it is first named.
struct PlainNames {
  struct OfShard {
    Name source = 0;
    std::vector<Name> codes;
    struct Sort {
      std::uint64_t key = 0;
      std::uint32_t number = 0;
    };
    std::array<Sort, 256> sorts{};
  };
  std::uint64_t number = 0;                    // of the tables
  std::vector<bool> fine_persons, fine_codes;  // whether a record may name them
  std::vector<std::optional<PatientRef>> patients;
  std::vector<std::unique_ptr<OfShard>> shards;
  bool can_be_plain(const record::PlainEvent& event) const {
    return fine_persons[event.person] && fine_codes[event.code];
  }
};

// Records of one part, into one lane of the sorter.
class SortingPart final : public Import::Part {
 public:
  SortingPart(ImportBase& import, std::uint64_t number);
  ~SortingPart() override;
  SortingPart(const SortingPart&) = delete;
  SortingPart& operator=(const SortingPart&) = delete;
  Result<void> add(const record::Record& record) override;
  Result<void> add(const record::PlainEvents& events) override;

 private:
  void look_at(const record::PlainEvents& plain);
  Result<void> find_patients(const record::PlainEvents& plain);
  bool add_plainly(const record::PlainEvents& plain, const record::PlainEvent& event);

  ImportBase& import_;
  RowSorter::Lane& lane_;
  KnownPatients patients_;
  record::Arena room_;
  std::unique_ptr<PlainNames> plain_names_;
  std::uint64_t arrival_;
  std::uint64_t clashes_ = 0;
};

class ImportBase : public Import {
 public:
  ImportBase(Store& store, const ImportOptions& options)
      : store_(store),
        options_(options),
        rows_(store.parts().backend->scratch_folder(), options.memory_bytes, options.threads) {}
  void on_refused(Refused refused) override { refused_ = std::move(refused); }
  Result<ImportCounts> finish() override {
    const ImportCounts counts = TRY(take_in());
    TRY(tell(store_, options_, AuditOutcome::done, counts.records));
    return counts;
  }

  static Result<void> tell(Store& store, const ImportOptions& options, AuditOutcome outcome, std::uint64_t records) {
    if (!options.audit) return {};
    AuditEntry entry = *options.audit;
    entry.outcome = outcome, entry.rows = records;
    TRY(store.audit({&entry, 1}));
    return {};
  }

 protected:
  virtual Result<ImportCounts> take_in() = 0;  // what finish() does; everything is durable, and writers are let in again
  friend class SortingPart;
  void refuse(const record::Record& record, const Error& why) {
    std::lock_guard lock(counts_mutex_);
    ++counts_.rejected;
    if (refused_) refused_(record, why);
  }
  // What a part gave back last: the next of its thread is told of the same tables.
  std::unique_ptr<PlainNames> take_plain_names() {
    std::lock_guard lock(counts_mutex_);
    if (plain_names_.empty()) return std::make_unique<PlainNames>();
    auto names = std::move(plain_names_.back());
    plain_names_.pop_back();
    return names;
  }
  // The part that takes what comes one by one; ended where others are asked for, so that order is kept.
  SortingPart& in_order() {
    if (!in_order_) in_order_ = std::make_unique<SortingPart>(*this, next_part_++);
    return *in_order_;
  }

  Store& store_;
  const ImportOptions options_;
  Refused refused_;
  std::mutex mutex_;         // of add() and part()
  std::mutex counts_mutex_;  // of the two below
  ImportCounts counts_;
  std::vector<std::unique_ptr<PlainNames>> plain_names_;
  RowSorter rows_;
  std::unique_ptr<SortingPart> in_order_;
  std::uint64_t next_part_ = 0;
};

SortingPart::SortingPart(ImportBase& import, std::uint64_t number)
    : import_(import),
      lane_(import.rows_.take_lane()),
      patients_(*import.store_.parts().identity),
      plain_names_(import.take_plain_names()),
      arrival_(number << (64 - arrival_part_bits)) {}

SortingPart::~SortingPart() {
  import_.rows_.give_back(lane_);
  std::lock_guard lock(import_.counts_mutex_);
  import_.plain_names_.push_back(std::move(plain_names_));
  import_.counts_.clashes += clashes_;
}

Result<void> SortingPart::add(const record::Record& record) {
  if (const Result<void> valid = record::validate(record); !valid)
    return import_.refuse(record, valid.error()), Result<void>();
  const Identity::Resolved who = TRY(patients_.resolve(record.identifiers));
  if (who.clash) ++clashes_;
  Dictionary& names = import_.store_.parts().shards[who.patient.shard]->names();
  for (const record::Event& event : record.events) {
    const bool first = &event == &record.events.front();
    TRY(import_.rows_.add(lane_, arrival_++, who.patient, to_row(event, names, room_), first,
                          first ? record.original : std::string_view()));
  }
  room_.clear();
  return {};
}

void SortingPart::look_at(const record::PlainEvents& plain) {
  if (plain_names_->number != plain.tables->number()) {
    *plain_names_ = {};
    plain_names_->number = plain.tables->number();
  }
  const auto persons = plain.tables->persons();
  const bool fine_source = std::max({plain.source.organisation.size(), plain.source.system.size(),
                                     plain.tables->person_system.size()}) <= record::identifier_bytes_max;
  while (plain_names_->fine_persons.size() < persons.size()) {
    const std::string_view person = persons[plain_names_->fine_persons.size()];
    plain_names_->fine_persons.push_back(fine_source && !person.empty() && person.size() <= record::identifier_bytes_max);
  }
  plain_names_->patients.resize(persons.size());
  const auto codes = plain.tables->codes();
  while (plain_names_->fine_codes.size() < codes.size()) {
    const record::Code& code = codes[plain_names_->fine_codes.size()];
    plain_names_->fine_codes.push_back(!code.system.empty() && !code.code.empty() &&
                                       std::max({code.system.size(), code.code.size(), code.display.size()}) <=
                                           record::name_bytes_max);
  }
}

// All whom plain events name and who are not known yet: threads that asked for each of them would wait for one another.
Result<void> SortingPart::find_patients(const record::PlainEvents& plain) {
  std::vector<std::uint32_t> unknown;
  std::vector<record::Identifier> identifiers;
  for (const record::PlainEvent& event : plain.events) {
    if (plain_names_->patients[event.person] || !plain_names_->can_be_plain(event)) continue;
    plain_names_->patients[event.person].emplace();
    unknown.push_back(event.person);
    identifiers.push_back({plain.tables->person_system, plain.tables->persons()[event.person]});
  }
  if (unknown.empty()) return {};
  const std::vector<PatientRef> patients = TRY(import_.store_.parts().identity->resolve_each(identifiers));
  for (std::size_t i = 0; i < unknown.size(); ++i) plain_names_->patients[unknown[i]] = patients[i];
  return {};
}

// False where only a whole record can say what becomes of it.
bool SortingPart::add_plainly(const record::PlainEvents& plain, const record::PlainEvent& event) {
  if (!plain_names_->can_be_plain(event)) return false;
  const std::optional<PatientRef>& patient = plain_names_->patients[event.person];
  const std::uint32_t shard = patient->shard;
  if (shard >= plain_names_->shards.size()) plain_names_->shards.resize(shard + 1);
  Dictionary& names = import_.store_.parts().shards[shard]->names();
  if (!plain_names_->shards[shard]) {
    plain_names_->shards[shard] = std::make_unique<PlainNames::OfShard>();
    plain_names_->shards[shard]->source = names.intern(plain.source);
  }
  PlainNames::OfShard& of = *plain_names_->shards[shard];
  if (event.code >= of.codes.size()) of.codes.resize(plain.tables->codes().size());
  Name& code = of.codes[event.code];
  if (code == 0) code = names.intern(plain.tables->codes()[event.code]);

  const std::uint64_t key = std::uint64_t{static_cast<std::uint16_t>(event.offset_minutes)} |
                            static_cast<std::uint64_t>(event.precision) << 16 |
                            static_cast<std::uint64_t>(event.kind) << 24 |
                            std::uint64_t{static_cast<std::uint8_t>(event.scale)} << 32 |
                            std::uint64_t{event.has_number} << 40 | std::uint64_t{1} << 63;
  PlainNames::OfShard::Sort& sort = of.sorts[key * 0x9e3779b97f4a7c15u >> 56];
  if (sort.key != key) {
    const auto number = import_.rows_.sorts().number(
        {.source = of.source,
         .offset_minutes = event.offset_minutes,
         .kind = event.kind,
         .precision = event.precision,
         .value_form = event.has_number ? record::Value::Form::number : record::Value::Form::none,
         .scale = event.scale});
    if (!number) return false;
    sort = {key, *number};
  }
  import_.rows_.add(lane_, arrival_++, *patient, {event.local, event.mantissa, code, sort.number});
  return true;
}

Result<void> SortingPart::add(const record::PlainEvents& plain) {
  TRY(import_.rows_.make_room(lane_));
  look_at(plain);
  TRY(find_patients(plain));
  for (const record::PlainEvent& event : plain.events) {
    if (add_plainly(plain, event)) continue;
    TRY(record::for_each_record({plain.source, plain.tables, {&event, 1}},
                                [&](const record::Record& record) { return add(record); }));
  }
  return {};
}

// Into an empty store. Nobody else writes meanwhile.
class BulkImport final : public ImportBase {
 public:
  BulkImport(Store& store, const ImportOptions& options) : ImportBase(store, options) {
    for (const auto& shard : store.parts().shards) pauses_.push_back(std::make_unique<Shard::Pause>(*shard));
  }

  Result<void> add(const record::Record& record) override {
    std::lock_guard lock(mutex_);
    return in_order().add(record);
  }

  std::unique_ptr<Part> part() override {
    std::lock_guard lock(mutex_);
    in_order_.reset();
    return std::make_unique<SortingPart>(*this, next_part_++);
  }

  Result<ImportCounts> take_in() override {
    std::lock_guard lock(mutex_);
    in_order_.reset();
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
    if (!record.events.empty() && record.events.front().record.empty()) return in_order().add(record);
    group_.push_back(record::copy(record, arena_));
    return group_.size() >= group_records ? write() : Result<void>();
  }

  std::unique_ptr<Part> part() override { return nullptr; }

  Result<ImportCounts> take_in() override {
    std::lock_guard lock(mutex_);
    TRY(write());
    in_order_.reset();
    TRY(rows_.finish());
    RowSorter::Stream stream = TRY(RowSorter::Stream::open(rows_, 0, ~std::uint64_t{0}));
    RowSorter::Sorted sorted;
    PatientRef patient;
    while (TRY(stream.next(patient, sorted))) {
      TRY(rows_.unpack(sorted));
      const Dictionary& names = store_.parts().shards[patient.shard]->names();
      counts_.equal_rows += give_places(sorted.rows, names);
      record::Arena room;
      const auto identifiers = TRY(store_.parts().identity->identifiers(patient, room));
      for (std::size_t i = 0; i < sorted.rows.size(); ++i) {
        record::Arena event_room;
        const record::Event event = to_event(sorted.rows[i], names, event_room);
        record::Record record;
        record.events = {&event, 1};
        record.original = sorted.originals[i];
        if (identifiers.empty()) {  // that is what an erasure leaves
          refuse(record, conflict("the patient was erased meanwhile"));
          continue;
        }
        record.identifiers = {identifiers.data(), 1};
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
  TRY(ImportBase::tell(store, options, AuditOutcome::begun, 0));
  if (options.path == ImportOptions::Path::log || !empty) return std::unique_ptr<Import>(new LogImport(store, options));
  return std::unique_ptr<Import>(new BulkImport(store, options));
}

}  // namespace chartline::engine
