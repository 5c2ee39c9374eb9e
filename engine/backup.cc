// backup():
//   1. verify      every file of every shard against its checksum
//   2. checkpoint  all shards at one moment, by links; writers wait for this alone
//   3. measure     the checkpoint is opened and hashed, so that what the manifest says is what the files hold
//   4. keep        files that the folder does not have yet; each is read back
//   5. publish     the manifest, renamed into place
// Cut off anywhere before the last step, it leaves earlier backups as they were, and bytes that the next one sweeps away.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/backup_folder.h"
#include "engine/maintenance.h"
#include "engine/storage/local_backend.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

class Checkpoint {
 public:
  explicit Checkpoint(std::string folder) : folder_(std::move(folder)) {}
  ~Checkpoint() {
    std::error_code ignored;  // what stays behind is swept with the scratch folder
    fs::remove_all(folder_, ignored);
  }

  // A store of its own, with the description of the one it is taken from.
  Result<void> take(Store& store, BackupManifest& manifest) {
    std::error_code failed;
    fs::remove_all(folder_, failed);
    const std::unique_ptr<Backend> backend = TRY(local_backend(folder_, true));
    TRY(backend->catalogue().set(description_entry, std::nullopt, encode(manifest.description)));
    Store::Parts& parts = store.parts();
    for (const auto& shard : parts.shards)
      TRY(shard->tables()->flush());  // so that there is little left to flush while writers wait
    std::vector<std::unique_ptr<Shard::Pause>> pauses;
    for (const auto& shard : parts.shards) pauses.push_back(std::make_unique<Shard::Pause>(*shard));
    const View view = store.view();
    manifest.position = view.position();
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
      manifest.patients.push_back(view.patients(shard));
      TRY(parts.shards[shard]->tables()->checkpoint(local_shard_folder(folder_, shard)));
    }
    return {};
  }

  Result<void> measure(BackupManifest& manifest, const Progressed& progress) {
    TRY(list(manifest));  // before it is opened: opening leaves files of its own
    StoreOptions options;
    options.read_only = true;
    const auto store = TRY(Store::open(folder_, options));
    const Progressed go_on =
        progress ? [&](std::uint64_t, std::uint64_t) { return progress(0, manifest.bytes()); } : Progressed();
    manifest.content = TRY(content_hash(*store, false, go_on));
    manifest.history = TRY(content_hash(*store, true, go_on));
    return {};
  }

  std::string path_of(const BackupFile& file) const {
    return local_shard_folder(folder_, file.shard) + "/" + file.name;
  }

 private:
  Result<void> list(BackupManifest& manifest) {
    for (std::uint32_t shard = 0; shard < manifest.position.size(); ++shard) {
      const std::string folder = local_shard_folder(folder_, shard);
      std::vector<BackupFile> files;
      std::error_code failed;
      fs::directory_iterator each(folder, failed);
      for (; !failed && each != fs::directory_iterator(); each.increment(failed)) {
        if (!each->is_regular_file(failed)) continue;
        files.push_back({shard, each->path().filename().string(), each->file_size(failed), {}});
      }
      if (failed) return disk_error(failed.value(), "read the folder", folder);
      std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
      manifest.files.insert(manifest.files.end(), files.begin(), files.end());
    }
    return {};
  }

  std::string folder_;
};

Result<void> verify(Store& store, const Progressed& progress) {
  bool cancelled = false;
  for (const auto& shard : store.parts().shards) {
    TRY(shard->tables()->verify_files(0, [&] { return cancelled = cancelled || (progress && !progress(0, 1)); }));
    if (cancelled) return unavailable("cancelled");
  }
  return {};
}

}  // namespace

Result<BackupReport> backup(Store& store, const std::string& folder, const Progressed& progress) {
  Store::Parts& parts = store.parts();
  if (parts.options.read_only) return unavailable("the store was opened read-only");
  std::lock_guard one(parts.maintenance_mutex);
  const std::string scratch = parts.backend->scratch_folder();
  if (scratch.empty()) return unsupported("a store that lives in memory has no backups");
  BackupFolder into = TRY(BackupFolder::open_for(folder, parts.description.id));
  const Ledger ledger = TRY(read_ledger(*parts.backend));
  TRY(into.add_to_ledger(ledger));
  TRY(verify(store, progress));

  BackupManifest manifest;
  manifest.taken = parts.options.clock->now();
  manifest.name = into.free_name(manifest.taken);
  manifest.description = parts.description;
  for (const ErasureEntry& entry : ledger) manifest.erasures.push_back(entry.token);
  Checkpoint checkpoint(scratch + "/backup");
  TRY(checkpoint.take(store, manifest));
  TRY(checkpoint.measure(manifest, progress));

  BackupReport report;
  std::uint64_t done = 0;
  const std::uint64_t of = 2 * manifest.bytes();  // each is read to be named, and again to be kept or compared
  const PieceRead read = [&](std::uint64_t bytes) {
    done += bytes;
    return !progress || progress(std::min(done, of), of) ? Result<void>() : unavailable("cancelled");
  };
  for (BackupFile& file : manifest.files) {
    const FileDigest digest = TRY(digest_of(checkpoint.path_of(file), file.bytes, read));
    file.bytes = digest.bytes, file.hash = digest.hash;
    const bool is_new = TRY(into.keep(checkpoint.path_of(file), file, read));
    report.new_files += is_new, report.new_bytes += is_new ? file.bytes : 0;
  }
  TRY(into.publish(manifest));

  auto known = TRY(known_backups(*parts.backend));
  known.push_back({into.path(), manifest.name, manifest.patients});
  TRY(write_known_backups(*parts.backend, known));
  report.name = manifest.name, report.position = manifest.position;
  report.files = manifest.files.size(), report.bytes = manifest.bytes();
  return report;
}

Result<std::vector<BackupEntry>> list_backups(const std::string& folder) {
  std::vector<BackupEntry> entries;
  for (const BackupManifest& manifest : TRY(TRY(BackupFolder::open(folder)).manifests()))
    entries.push_back({manifest.name, manifest.bytes(), manifest.position});
  return entries;
}

}  // namespace chartline::engine
