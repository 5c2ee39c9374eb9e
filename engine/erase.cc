// Legal erasure, while every shard holds its writers at the door:
//
//   1. fold        so that memory holds nothing that the tables do not
//   2. enter       the keyed hashes of the identifiers in the ledger, here and in every backup folder that can be reached
//   3. mark        the catalogue: from here on an erasure that is cut off is completed when the store is next opened
//   4. rewrite     posting runs and log records that hold the patient, and entries of the audit log that name them
//   5. remove      rows, history, originals, demographics and identity, with a log record that holds only the token
//   6. compact     to the bottom, logs rotated
//   7. look        through every file for the patient's bytes, temporary ones as well
//
// A View made before keeps what it holds alive: its snapshot. The mark then stays, and the next open compacts again.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>
#include <random>
#include <thread>

#include "engine/audit/entry_bytes.h"
#include "engine/backup_folder.h"
#include "engine/decoded_cache.h"
#include "engine/erase_parts.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

constexpr const char* mark_entry = "erasure";
constexpr auto pause_between_looks = std::chrono::milliseconds(100);
constexpr int looks_max = 20;  // files that nothing needs are deleted in the background: they have two seconds

// mark := shard:varint patient:varint token:u64 [entry:text audited:varint]; "" where none is under way
struct Mark {
  PatientRef patient;
  std::uint64_t token = 0;
  Bytes entry;                // content of the entry that is to join the audit log; "" for none
  std::uint64_t audited = 0;  // entries of that log before
};

Result<void> set_mark(Backend& backend, const std::optional<Mark>& mark) {
  Bytes value;
  Writer w(value);
  if (mark)
    w.varint(mark->patient.shard), w.varint(mark->patient.id), w.u64(mark->token), w.text(mark->entry),
        w.varint(mark->audited);
  return backend.catalogue().set(mark_entry, TRY(backend.catalogue().get(mark_entry)), value);
}

Result<std::optional<Mark>> read_mark(Backend& backend) {
  const auto value = TRY(backend.catalogue().get(mark_entry));
  if (!value || value->empty()) return std::optional<Mark>();
  Reader in(*value);
  Mark mark;
  mark.patient.shard = static_cast<std::uint32_t>(in.varint()), mark.patient.id = static_cast<PatientId>(in.varint()),
  mark.token = in.u64();
  if (in.left() > 0) mark.entry = in.text(), mark.audited = in.varint();
  if (!in.done()) return corrupt("catalogue: the mark of an erasure is not well formed");
  return std::optional(mark);
}

std::uint64_t random_token() {
  std::random_device device;
  return (std::uint64_t{device()} << 32 | device()) | 1;
}

bool is_word(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0; }

// The value stands in the text by itself. A short one, which may be any number, counts only as somebody's identifier is
// written: behind a bar or a quotation mark.
bool names(BytesView text, BytesView value) {
  constexpr std::size_t plain_length_min = 4;
  for (std::size_t at = text.find(value); at != text.npos; at = text.find(value, at + 1)) {
    const char before = at > 0 ? text[at - 1] : ' ';
    const std::size_t end = at + value.size();
    if (is_word(before) || (end < text.size() && is_word(text[end]))) continue;
    if (value.size() >= plain_length_min || BytesView("|\"'").find(before) != BytesView::npos) return true;
  }
  return false;
}

// 1 to 7, on one patient.
class Erasure {
 public:
  // audited: where it is known already, of an erasure that was cut off.
  Erasure(Store& store, PatientRef patient, std::uint64_t token, const Progressed& progress,
          std::optional<SealedEntry> audit, std::optional<std::uint64_t> audited = {})
      : parts_(store.parts()), patient_(patient), progress_(progress), audit_(std::move(audit)) {
    report_.token = token;
    for (const auto& shard : parts_.shards) pauses_.push_back(std::make_unique<Shard::Pause>(*shard));
    audited_ = audited ? *audited : parts_.shards[patient_.shard]->audit_log().head().size;
  }

  Result<void> fold() {
    for (const auto& shard : parts_.shards) TRY(shard->fold_paused());
    return {};
  }

  Result<void> enter() {
    ErasureEntry entry;
    entry.token = report_.token;
    record::Arena room;
    for (const record::Identifier& identifier : TRY(parts_.identity->identifiers(patient_, room)))
      entry.identifiers.push_back(ledger_hash(parts_.description.secret, identifier));
    Ledger ledger = TRY(read_ledger(*parts_.backend));
    ledger.push_back(entry);
    TRY(write_ledger(*parts_.backend, ledger));
    std::string reached, unreached;  // the folder looked at last
    for (const KnownBackup& backup : TRY(known_backups(*parts_.backend))) {
      if (backup.patients.size() <= patient_.shard || backup.patients[patient_.shard] <= patient_.id) continue;
      if (backup.folder != reached && backup.folder != unreached)
        (enter_in(backup.folder, {entry}) ? reached : unreached) = backup.folder;
      const std::string name = backup.folder + "/" + backup.name;
      if (backup.folder != reached)
        report_.backups.push_back(name +
                                  " (not within reach: its ledger is brought up to date by the next backup into it)");
      else if (still_there(backup)) report_.backups.push_back(name);
    }
    return {};
  }

  // From the mark to the look.
  Result<ErasureReport> destroy() {
    Shard& shard = *parts_.shards[patient_.shard];
    TRY(set_mark(*parts_.backend, Mark{patient_, report_.token, audit_ ? audit_->content : Bytes(), audited_}));
    Needles needles;
    {
      const ShardMoment moment = shard.moment();
      Doomed doomed = TRY(gather(moment, *parts_.identity, patient_, report_));
      steps_ = doomed.codes.size() + fixed_steps;
      state_ = shard.state();
      const auto taken_away = [&]() -> Result<void> {
        TRY(rewrite(shard, moment, doomed));
        TRY(rewrite_audit());
        return remove(shard, moment);
      }();
      if (!taken_away) {
        // Folds go on meanwhile, from what the tables hold by now and not from what was replaced there. Where that fails too the tables
        // take no more writes, and so no fold.
        (void)shard.adopt(state_, Batch());
        return taken_away.error();
      }
      needles = std::move(doomed.needles);
    }
    TRY(compact());
    TRY(look(needles));
    if (report_.found_in.empty()) TRY(set_mark(*parts_.backend, std::nullopt));
    return std::move(report_);
  }

 private:
  static constexpr std::size_t fixed_steps = 5;

  // Nothing is asked back once the destruction has begun: it is completed whatever the answer.
  void step() {
    if (progress_) (void)progress_(++done_, steps_);
  }

  static bool enter_in(const std::string& folder, const Ledger& ledger) {
    auto backups = BackupFolder::open(folder);
    return backups && backups->add_to_ledger(ledger);
  }
  static bool still_there(const KnownBackup& backup) {
    const auto folder = BackupFolder::open(backup.folder);
    if (!folder) return true;
    const auto manifest = folder->manifest(backup.name);
    return manifest || manifest.error().fault != Fault::not_found;
  }

  Result<void> rewrite(Shard& shard, const ShardMoment& moment, const Doomed& doomed) {
    for (const auto& [code, events] : doomed.codes) {
      TRY(erase_postings(moment, code, events, patient_.id, state_));
      step();
    }
    TRY(erase_from_log(shard, patient_.shard, patient_, report_.token));
    if (patient_.shard != 0) TRY(erase_from_log(*parts_.shards.front(), 0, patient_, report_.token));
    step();
    return {};
  }

  // Whose patients they were is asked before the identity goes.
  Result<void> rewrite_audit() {
    record::Arena room;
    const std::vector<record::Identifier> known = TRY(parts_.identity->identifiers(patient_, room));
    const AuditErasure erasure{patient_, report_.token, [&](BytesView text) {
                                 return std::any_of(known.begin(), known.end(), [&](const record::Identifier& one) {
                                   return names(text, one.value);
                                 });
                               }};
    for (const auto& shard : parts_.shards)
      TRY(shard->flush_audit_paused());  // what nobody waits for may name them too
    for (const auto& shard : parts_.shards)
      if (TRY(shard->audit_log().erase(erasure))) renamed_.push_back(shard->tables().get());
    step();
    return {};
  }

  // An erasure that is completed after it was cut off may have left its entry already, and others theirs since.
  Result<std::span<const SealedEntry>> entry_for(const Shard& shard) const {
    std::span<const SealedEntry> entry;
    if (!audit_) return entry;
    for (std::uint64_t one = shard.audit_log().head().size; one > audited_; --one)
      if (TRY(shard.audit_log().node(0, one)) == audit_->leaf) return entry;
    return entry = {&*audit_, 1};
  }

  Result<void> remove(Shard& shard, const ShardMoment& moment) {
    const stored::Head head = TRY(read_head(moment, patient_.id));
    Batch batch;
    TRY(erase_rows(moment, patient_.id, batch, report_));
    ShardState state = state_;
    state.events -= head.events, state.past_events -= head.past_events;
    state.watermark = shard.last_commit() + 1;
    state.last_recorded = std::max(parts_.options.clock->now(), shard.last_recorded() + 1);
    Bytes erased;
    stored::encode(stored::Erase{patient_.id, report_.token}, erased);
    batch.put(Table::changes, stored::change_key(state.watermark),
              stored::encode_record(state.watermark, state.last_recorded, std::span(&erased, 1)));
    if (patient_.shard == 0) TRY(parts_.identity->forget(patient_, batch));
    TRY(shard.adopt(state, std::move(batch), TRY(entry_for(shard))));
    state_ = state;
    if (patient_.shard != 0) {
      Batch identity;
      TRY(parts_.identity->forget(patient_, identity));
      Shard& first = *parts_.shards.front();
      TRY(first.adopt(first.state(), std::move(identity)));
    }
    shard.forget_indexes();
    parts_.cache->clear();
    step();
    return {};
  }

  std::vector<Tables*> touched() const {
    std::vector<Tables*> tables{parts_.shards[patient_.shard]->tables().get()};
    if (patient_.shard != 0) tables.push_back(parts_.shards.front()->tables().get());
    for (Tables* one : renamed_)
      if (std::find(tables.begin(), tables.end(), one) == tables.end()) tables.push_back(one);
    return tables;
  }

  Result<void> compact() {
    const std::vector<Tables*> all = touched();
    for (Tables* tables : all) TRY(tables->compact());
    // Of the others the audit log alone: an erasure that was cut off no longer knows which of them it had changed.
    for (const auto& shard : parts_.shards) {
      Tables* tables = shard->tables().get();
      if (shard->audit_log().head().size == 0 || std::find(all.begin(), all.end(), tables) != all.end()) continue;
      TRY(tables->flush());
      TRY(tables->compact(Table::audit, {}, {}));
    }
    step();
    return {};
  }

  // What others say in the same words is no sign of the patient, so words that are still there are not looked for.
  Result<void> look(Needles& needles) {
    for (Tables* tables : touched())
      for (int table = 0; table < table_count; ++table)
        TRY(tables->scan(static_cast<Table>(table), {}, {}, nullptr, [&](BytesView key, BytesView value) {
          needles.drop_those_in(key), needles.drop_those_in(value);
          return true;
        }));
    for (int looks = 1;; ++looks) {
      report_.files_scanned = report_.bytes_scanned = 0;
      report_.found_in.clear(), report_.unsearched.clear();
      for (Tables* tables : touched()) TRY(search(TRY(tables->files()), needles));
      // What processes left that are gone is gone then; the living, such as an import, may hold what they were given.
      TRY(search(TRY(parts_.backend->sweep_scratch()), needles));
      if (report_.found_in.empty() || looks == looks_max) break;
      std::this_thread::sleep_for(pause_between_looks);
    }
    step();
    return {};
  }

  Result<void> search(const std::vector<std::string>& files, const Needles& needles) {
    report_.files_scanned += files.size();
    FilesSearched searched = TRY(search_files(files, needles));
    report_.bytes_scanned += searched.bytes_read;
    std::ranges::move(searched.holding, std::back_inserter(report_.found_in));
    std::ranges::move(searched.unsearched, std::back_inserter(report_.unsearched));
    return {};
  }

  Store::Parts& parts_;
  const PatientRef patient_;
  const Progressed& progress_;
  const std::optional<SealedEntry> audit_;
  std::uint64_t audited_ = 0;     // as in the mark
  std::vector<Tables*> renamed_;  // whose audit log named the patient
  std::vector<std::unique_ptr<Shard::Pause>> pauses_;
  ShardState state_;  // as the tables have it
  ErasureReport report_;
  std::uint64_t done_ = 0, steps_ = 0;
};

// What an erasure that was cut off, or that failed, has left to do.
Result<void> complete(Store& store) {
  const std::optional<Mark> mark = TRY(read_mark(*store.parts().backend));
  if (!mark) return {};
  if (mark->patient.shard >= store.parts().shards.size())
    return corrupt("catalogue: the mark of an erasure names a shard that does not exist");
  std::optional<SealedEntry> entry;
  if (!mark->entry.empty()) entry = TRY(sealed_again(mark->entry));
  const Progressed progress;
  Erasure erasure(store, mark->patient, mark->token, progress, std::move(entry), mark->audited);
  TRY(erasure.fold());
  TRY(erasure.destroy());
  return {};
}

}  // namespace

Result<ErasureReport> erase(Store& store, const record::Identifier& identifier, const Progressed& progress,
                            const AuditEntry* audit) {
  Store::Parts& parts = store.parts();
  if (parts.options.read_only) return unavailable("the store was opened read-only");
  std::lock_guard one(parts.maintenance_mutex);
  TRY(complete(store));  // there is one mark: that of an erasure that failed must not be lost
  const std::optional<PatientRef> patient = TRY(parts.identity->find(identifier));
  if (!patient) return not_found("no patient has the identifier given");
  const std::uint64_t token = random_token();
  std::optional<SealedEntry> entry;
  if (audit) entry = seal_erasure(*audit, token, parts.options.clock->now());
  Erasure erasure(store, *patient, token, progress, std::move(entry));
  TRY(erasure.fold());
  TRY(erasure.enter());
  return erasure.destroy();
}

Result<ErasureReport> erase_under(Store& store, PatientRef patient, std::uint64_t token, const Progressed& progress,
                                  const AuditEntry& audit) {
  Store::Parts& parts = store.parts();
  std::lock_guard one(parts.maintenance_mutex);
  TRY(complete(store));
  Erasure erasure(store, patient, token, progress, seal_erasure(audit, token, parts.options.clock->now()));
  TRY(erasure.fold());
  return erasure.destroy();
}

Result<bool> erasure_is_due(Backend& backend) { return TRY(read_mark(backend)).has_value(); }

Result<void> complete_erasure(Store& store) {
  std::lock_guard one(store.parts().maintenance_mutex);
  return complete(store);
}

}  // namespace chartline::engine
