// An import and a reading of the feed, straight on the store.
#include <algorithm>
#include <mutex>

#include "cli/folder_source.h"
#include "engine/about_store.h"
#include "engine/code_mapper.h"

namespace chartline::cli {
namespace {

using engine::CodeMapper;
using engine::FeedEntry;
using engine::TerminologyLoad;
using engine::TerminologyReader;

// What --map looks in; nothing without it.
Result<std::optional<TerminologyReader>> maps_of(engine::Store& store, bool map_codes) {
  if (!map_codes) return std::optional<TerminologyReader>();
  auto terminology = TRY(TerminologyReader::open(store, ""));
  if (terminology.empty()) return invalid_request("--map: no terminology is loaded yet; import it first");
  return std::optional(std::move(terminology));
}

// Adds what codes map to, on one thread.
class Mapping {
 public:
  explicit Mapping(const std::optional<TerminologyReader>& maps) {
    if (maps) mapper_.emplace(*maps);
  }
  template <typename To>
  Result<void> add(To& to, const record::PlainEvents& events) {
    if (!mapper_) return to.add(events);
    return record::for_each_record(events, [&](const record::Record& record) { return add(to, record); });
  }
  template <typename To>
  Result<void> add(To& to, const record::Record& record) {
    if (!mapper_) return to.add(record);
    room_.clear();
    return to.add(TRY(mapper_->mapped(record, room_)));
  }

 private:
  std::optional<CodeMapper> mapper_;
  record::Arena room_;
};

class FolderImport final : public ImportSession {
 public:
  FolderImport(engine::Store& store, std::string source, std::unique_ptr<engine::Import> import,
               std::optional<TerminologyReader> maps)
      : store_(store), source_(std::move(source)), import_(std::move(import)), maps_(std::move(maps)), mapping_(maps_) {}

  void on_refused(Refused refused) override {
    import_->on_refused([refused = std::move(refused)](const record::Record& record, const Error& why) {
      refused(record.events.empty() ? std::string_view() : record.events.front().record, why);
    });
  }
  Result<void> add(const record::Record& record) override { return mapping_.add(*import_, record); }
  Result<void> add(const record::Concept& entry) override { return load(entry); }
  Result<void> add(const record::ConceptLink& link) override { return load(link); }
  std::unique_ptr<Part> part() override {
    auto part = import_->part();
    if (!part) return nullptr;
    return std::make_unique<FolderPart>(std::move(part), maps_);
  }
  Result<Imported> finish() override {
    Imported done;
    done.records = TRY(import_->finish());
    if (terminology_) done.terminology = TRY(terminology_->finish());
    return done;
  }

 private:
  // What one thread reads of a file, straight into its part of the import.
  class FolderPart final : public Part {
   public:
    FolderPart(std::unique_ptr<engine::Import::Part> part, const std::optional<TerminologyReader>& maps)
        : part_(std::move(part)), mapping_(maps) {}
    Result<void> add(const record::Record& record) override { return mapping_.add(*part_, record); }
    Result<void> add(const record::PlainEvents& events) override { return mapping_.add(*part_, events); }

   private:
    std::unique_ptr<engine::Import::Part> part_;
    Mapping mapping_;
  };

  // A terminology load begins with the first entry.
  template <typename Entry>
  Result<void> load(const Entry& entry) {
    const std::lock_guard lock(mutex_);
    if (!terminology_) terminology_ = TRY(TerminologyLoad::begin(store_, source_));
    return terminology_->add(entry);
  }

  engine::Store& store_;
  const std::string source_;
  std::unique_ptr<engine::Import> import_;
  const std::optional<TerminologyReader> maps_;
  Mapping mapping_;
  std::mutex mutex_;
  std::unique_ptr<TerminologyLoad> terminology_;
};

// The feed, read in steps so that memory stays bounded.
class FolderChanges final : public ChangeReader {
 public:
  FolderChanges(engine::Store& store, const std::optional<Position>& since) : store_(store), view_(store.view()) {
    if (since) position_ = *since;
  }

  Result<std::vector<ChangeRow>> next() override {
    constexpr std::size_t commits_at_once = 256;  // of each shard
    room_.clear();
    const auto entries = TRY(store_.changes(position_, commits_at_once, room_));
    if (position_.empty()) position_ = engine::position_before(entries, view_.position());
    std::vector<ChangeRow> rows;
    for (const FeedEntry& entry : entries) {
      ChangeRow row;
      row.shard = entry.shard, row.commit = entry.commit, row.recorded = entry.recorded, row.what = entry.what;
      row.patient = TRY(name_of(entry.patient));
      row.removed = entry.removed, row.added = entry.added, row.identifier = entry.identifier;
      if (entry.what == FeedEntry::What::link || entry.what == FeedEntry::What::unlink)
        row.other = TRY(name_of(entry.other));
      rows.push_back(row);
      position_[entry.shard] = std::max(position_[entry.shard], entry.commit);
    }
    return rows;
  }
  const Position& position() const override { return position_; }

 private:
  Result<record::Identifier> name_of(engine::PatientRef patient) {
    const auto identifiers = TRY(view_.identifiers(patient, room_));
    return identifiers.empty() ? record::Identifier{} : identifiers.front();
  }

  engine::Store& store_;
  const engine::View view_;
  Position position_;
  record::Arena room_;
};

}  // namespace

Result<std::unique_ptr<ImportSession>> folder_import(engine::Store& store, const ImportAsked& asked,
                                                     const OwnAudit& audit) {
  auto import = TRY(engine::Import::begin(store, {.memory_bytes = asked.memory_bytes,
                                                  .threads = asked.threads,
                                                  .audit = audit.of_change(engine::Act::import, asked.source)}));
  auto maps = TRY(maps_of(store, asked.map_codes));
  return std::unique_ptr<ImportSession>(
      std::make_unique<FolderImport>(store, asked.source, std::move(import), std::move(maps)));
}

std::unique_ptr<ChangeReader> folder_changes(engine::Store& store, const std::optional<Position>& since) {
  return std::make_unique<FolderChanges>(store, since);
}

}  // namespace chartline::cli
