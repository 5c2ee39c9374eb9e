// restore(): the store is built in TO/restoring, erased from what was erased since, proved, and moved up, its catalogue last.
// Until then TO is no store, and a restore that was cut off leaves nothing that could be opened.
#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "engine/backup_folder.h"
#include "engine/erase_parts.h"
#include "engine/maintenance.h"
#include "engine/storage/local_backend.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

// The folder that is to become a store. What was begun in it is taken away again unless it is finished.
class Target {
 public:
  explicit Target(std::string to) : to_(std::move(to)), work_(to_ + "/restoring") {}
  ~Target() {
    std::error_code ignored;
    if (made_work_) fs::remove_all(work_, ignored);
    if (made_folder_ && !finished_) fs::remove(to_, ignored);
  }
  const std::string& work() const { return work_; }

  Result<void> begin() {
    std::error_code failed;
    const bool present = fs::exists(to_, failed);
    if (present && !fs::is_directory(to_, failed))
      return invalid_request(to_ + " is a file, not the folder of a store");
    // With a catalogue it is a store, whatever else was left in it.
    if (fs::exists(work_, failed) && !fs::exists(to_ + "/catalogue", failed))
      return conflict("a restore into " + to_ +
                      " was cut off, or is still under way: where none is, remove the folder " + to_ +
                      " and restore again");
    if (present && !fs::is_empty(to_, failed))
      return conflict("the folder " + to_ + " is not empty: give one that is empty, or absent");
    if (!present) TRY(make_folders(to_));
    made_folder_ = !present;
    made_work_ = true;
    return {};
  }

  Result<void> finish() {
    std::error_code failed;
    fs::remove_all(work_ + "/scratch", failed);
    std::vector<fs::path> entries;
    for (fs::directory_iterator each(work_, failed); !failed && each != fs::directory_iterator(); each.increment(failed))
      if (each->path().filename() != "catalogue") entries.push_back(each->path());
    if (failed) return disk_error(failed.value(), "read the folder", work_);
    for (const fs::path& entry : entries) TRY(move_up(entry));
    TRY(sync_folder(to_));
    finished_ = true;
    TRY(move_up(work_ + "/catalogue"));
    TRY(sync_folder(to_));
    return sync_folder(parent_folder(to_));
  }

 private:
  Result<void> move_up(const fs::path& entry) {
    std::error_code failed;
    const std::string path = to_ + "/" + entry.filename().string();
    fs::rename(entry, path, failed);
    return failed ? Result<void>(disk_error(failed.value(), "rename to", path)) : Result<void>();
  }

  std::string to_, work_;
  bool made_folder_ = false, made_work_ = false, finished_ = false;
};

Result<BackupManifest> choose(const BackupFolder& from, const std::string& name) {
  if (!name.empty()) return from.manifest(name);
  std::vector<BackupManifest> all = TRY(from.manifests());
  if (all.empty()) return not_found("there are no backups in " + from.path());
  return std::move(all.back());
}

Result<void> copy_files(const BackupFolder& from, const BackupManifest& manifest, const std::string& to,
                        const Progressed& progress) {
  std::uint64_t done = 0;
  const std::uint64_t of = manifest.bytes();
  const PieceRead read = [&](std::uint64_t bytes) {
    done += bytes;
    return !progress || progress(std::min(done, of), of) ? Result<void>() : unavailable("cancelled");
  };
  for (std::uint32_t shard = 0; shard < manifest.position.size(); ++shard)
    TRY(make_folder(local_shard_folder(to, shard)));
  for (const BackupFile& file : manifest.files) {
    const std::string source = from.file_path(file);
    const auto digest = copy_file(source, local_shard_folder(to, file.shard) + "/" + file.name, file.bytes, read);
    if (!digest && digest.error().fault == Fault::not_found)
      return corrupt(source + " is missing: the backup is not whole");
    if (!digest) return digest.error();
    TRY(check_same(*digest, file, source));
  }
  for (std::uint32_t shard = 0; shard < manifest.position.size(); ++shard)
    TRY(sync_folder(local_shard_folder(to, shard)));
  return {};
}

// Patients with an identifier that the ledger names.
Result<std::vector<PatientRef>> patients_of(Store& store, const ErasureEntry& entry) {
  const std::set<Hash128> named(entry.identifiers.begin(), entry.identifiers.end());
  const View view = store.view();
  std::vector<PatientRef> patients;
  record::Arena room;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
    for (PatientId id = 0; id < view.patients(shard); ++id) {
      room.clear();
      for (const record::Identifier& identifier : TRY(view.identifiers({shard, id}, room)))
        if (named.contains(ledger_hash(store.parts().description.secret, identifier))) {
          patients.push_back({shard, id});
          break;
        }
    }
  return patients;
}

Result<void> erase_again(Store& store, const BackupManifest& manifest, const Ledger& ledger, const Progressed& progress,
                         RestoreReport& into) {
  AuditEntry audit;  // who had asked for it stands in the log of the store that the backup was taken from
  audit.act = Act::erase, audit.role = "operator", audit.text = "erased again, as the ledger of the backups demands";
  for (const ErasureEntry& entry : ledger) {
    if (std::find(manifest.erasures.begin(), manifest.erasures.end(), entry.token) != manifest.erasures.end()) continue;
    for (const PatientRef& patient : TRY(patients_of(store, entry))) {
      const ErasureReport report = TRY(erase_under(store, patient, entry.token, progress, audit));
      if (!report.found_in.empty())
        return corrupt("a patient was to be erased again, but " + report.found_in.front() +
                       " still holds bytes of theirs");
      ++into.erased_again;
      into.all_searched = into.all_searched && report.unsearched.empty();
    }
  }
  return {};
}

Result<void> prove(Store& store, const BackupManifest& manifest, const RestoreReport& report,
                   const RestoreOptions& options) {
  const CheckReport sound = TRY(check(store, {.deep = true, .progress = options.progress}));
  if (!sound.findings.empty()) return corrupt("the restored store is not sound: " + sound.findings.front());
  if (report.erased_again > 0) return {};  // the content differs as it must
  const bool same =
      report.content == manifest.content && TRY(content_hash(store, true, options.progress)) == manifest.history;
  return same ? Result<void>() : corrupt("the restored store is sound, but its content is not what was backed up");
}

}  // namespace

Result<RestoreReport> restore(const std::string& folder, const std::string& to, const RestoreOptions& options) {
  const BackupFolder from = TRY(BackupFolder::open(folder));
  const BackupManifest manifest = TRY(choose(from, options.name));
  const Ledger ledger = TRY(from.ledger());
  Target target(to);
  TRY(target.begin());
  RestoreReport report;
  report.files = manifest.files.size(), report.bytes = manifest.bytes();
  {
    const std::shared_ptr<Backend> backend = TRY(local_backend(target.work(), true));
    TRY(copy_files(from, manifest, target.work(), options.progress));
    TRY(backend->catalogue().set(description_entry, std::nullopt, encode(manifest.description)));
    TRY(write_ledger(*backend, ledger));
    std::vector<KnownBackup> known;
    std::error_code failed;
    const std::string path = fs::absolute(folder, failed).lexically_normal().string();
    for (const BackupManifest& backup : TRY(from.manifests())) known.push_back({path, backup.name, backup.patients});
    TRY(write_known_backups(*backend, known));
    const auto store = TRY(Store::open(backend, {}));
    TRY(erase_again(*store, manifest, ledger, options.progress, report));
    report.content = TRY(content_hash(*store, false, options.progress));
    if (options.verify) TRY(prove(*store, manifest, report, options));
  }
  TRY(target.finish());
  return report;
}

}  // namespace chartline::engine
