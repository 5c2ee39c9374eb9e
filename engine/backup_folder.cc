#include "engine/backup_folder.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <set>
#include <system_error>

#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 4u << 20;
constexpr const char* manifest_ending = ".manifest";
constexpr const char* aside_ending = ".new";
constexpr std::uint64_t lock_wait_ms = 2'000;

void write(Writer& w, const Hash128& hash) { w.u64(hash.low), w.u64(hash.high); }
Hash128 read_hash(Reader& in) {
  Hash128 hash;
  hash.low = in.u64(), hash.high = in.u64();
  return hash;
}

// Reads a file of `most` bytes in pieces; `piece` gets each, with its place.
Result<FileDigest> read_pieces(const std::string& path, std::uint64_t most, const PieceRead& read,
                               const std::function<Result<void>(BytesView, std::uint64_t)>& piece) {
  const OpenFile file = TRY(open_to_read(path));
  ::posix_fadvise(file.descriptor(), 0, 0,
                  POSIX_FADV_DONTNEED);  // what is verified comes from the disk where that is possible
  FileDigest digest;
  Bytes hashes;
  Writer w(hashes);
  for (;;) {
    const Bytes bytes = TRY(read_at(file, piece_bytes, digest.bytes, path));
    if (bytes.empty()) break;
    if (bytes.size() > most - digest.bytes)
      return corrupt(path + " is damaged: it has more than its " + std::to_string(most) + " bytes");
    TRY(piece(bytes, digest.bytes));
    write(w, hash128(bytes));
    digest.bytes += bytes.size();
    TRY(read(bytes.size()));
  }
  digest.hash = hash128(hashes);
  return digest;
}

// The names in a folder, sorted.
Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  fs::directory_iterator each(folder, failed);
  for (; !failed && each != fs::directory_iterator(); each.increment(failed))
    names.push_back(each->path().filename().string());
  if (failed) return disk_error(failed.value(), "read the folder", folder);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::uint64_t BackupManifest::bytes() const {
  std::uint64_t sum = 0;
  for (const BackupFile& file : files) sum += file.bytes;
  return sum;
}

Bytes encode(const BackupManifest& manifest) {
  Bytes bytes(1, static_cast<char>(stored::format_version));
  Writer w(bytes);
  w.text(manifest.name), w.u64(static_cast<std::uint64_t>(manifest.taken)), w.text(encode(manifest.description));
  w.varint(manifest.position.size());
  for (std::size_t shard = 0; shard < manifest.position.size(); ++shard)
    w.varint(manifest.position[shard]), w.varint(manifest.patients[shard]);
  write(w, manifest.content), write(w, manifest.history);
  w.varint(manifest.erasures.size());
  for (const std::uint64_t token : manifest.erasures) w.u64(token);
  w.varint(manifest.files.size());
  for (const BackupFile& file : manifest.files)
    w.varint(file.shard), w.text(file.name), w.varint(file.bytes), write(w, file.hash);
  stored::seal(bytes);
  return bytes;
}

Result<BackupManifest> decode_manifest(BytesView bytes) {
  Reader in(TRY(stored::unseal(bytes, "manifest")));
  BackupManifest manifest;
  manifest.name = in.text(), manifest.taken = static_cast<Micros>(in.u64());
  const BytesView description = in.text();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left)
    manifest.position.push_back(in.varint()), manifest.patients.push_back(static_cast<std::uint32_t>(in.varint()));
  manifest.content = read_hash(in), manifest.history = read_hash(in);
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) manifest.erasures.push_back(in.u64());
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    BackupFile& file = manifest.files.emplace_back();
    file.shard = static_cast<std::uint32_t>(in.varint()), file.name = in.text(), file.bytes = in.varint(),
    file.hash = read_hash(in);
    if (file.name.empty() || file.name.find('/') != std::string::npos || file.shard >= manifest.position.size())
      in.fail();
  }
  if (!in.done()) return stored::wrong_bytes("manifest");
  manifest.description = TRY(decode_description(description));
  if (manifest.description.shards != manifest.position.size()) return stored::wrong_bytes("manifest");
  return manifest;
}

Result<FileDigest> digest_of(const std::string& path, std::uint64_t bytes, const PieceRead& read) {
  return read_pieces(path, bytes, read, [](BytesView, std::uint64_t) { return Result<void>(); });
}

Result<FileDigest> copy_file(const std::string& from, const std::string& to, std::uint64_t bytes, const PieceRead& read) {
  const OpenFile copy = TRY(open_file(to, O_WRONLY | O_CREAT | O_TRUNC));
  const FileDigest digest = TRY(
      read_pieces(from, bytes, read, [&](BytesView piece, std::uint64_t at) { return write_at(copy, piece, at, to); }));
  TRY(sync_data(copy, to));
  return digest;
}

Result<void> check_same(const FileDigest& digest, const BackupFile& file, const std::string& path) {
  if (digest.bytes != file.bytes)
    return corrupt(path + " is damaged: it has " + std::to_string(digest.bytes) + " of its " +
                   std::to_string(file.bytes) + " bytes");
  if (digest.hash != file.hash) return corrupt(path + " is damaged: its content is not what was backed up");
  return {};
}

Result<BackupFolder> BackupFolder::open_for(const std::string& folder, const std::string& store_id) {
  std::error_code failed;
  const std::string path = fs::absolute(folder, failed).lexically_normal().string();
  if (failed) return disk_error(failed.value(), "look at", folder);
  TRY(make_folders(path));
  const auto id = TRY(read_whole(path + "/store-id", line_file_bytes_max));
  if (id && *id != store_id) return conflict("the folder " + path + " holds backups of another store");
  for (const std::string& name : id ? std::vector<std::string>() : TRY(names_in(path)))
    if (name != "lock" && name != "files" && name != "backups" && name != "erasures" && !name.ends_with(aside_ending))
      return conflict("the folder " + path + " is not empty, and holds no backups: give one that is empty, or absent");
  BackupFolder backups(path, store_id);
  backups.lock_ = TRY(open_file(path + "/lock", O_RDWR | O_CREAT));
  if (!TRY(lock_file(backups.lock_, lock_wait_ms, path + "/lock")))
    return busy("another backup is being made in " + path);
  if (!id) {
    TRY(sync_folder(parent_folder(path)));  // whoever made it
    TRY(make_folder(path + "/files"));
    TRY(make_folder(path + "/backups"));
    TRY(write_durably(path + "/erasures", encode(Ledger())));
    TRY(write_durably(path + "/store-id", store_id));  // last: it says that the rest is there
  }
  TRY(backups.sweep());
  return backups;
}

Result<BackupFolder> BackupFolder::open(const std::string& folder) {
  const auto id = TRY(read_whole(folder + "/store-id", line_file_bytes_max));
  if (!id) return not_found("there are no backups in " + folder);
  return BackupFolder(folder, *id);
}

std::string BackupFolder::file_path(const BackupFile& file) const {
  return path_ + "/files/" + hex(file.hash) + "-" + std::to_string(file.bytes);
}

Result<std::vector<BackupManifest>> BackupFolder::manifests() const {
  std::vector<BackupManifest> all;
  for (const std::string& name : TRY(names_in(path_ + "/backups")))
    if (name.ends_with(manifest_ending))
      all.push_back(TRY(manifest(name.substr(0, name.size() - std::string_view(manifest_ending).size()))));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.taken < b.taken; });
  return all;
}

Result<BackupManifest> BackupFolder::manifest(const std::string& name) const {
  if (name.empty() || name.find('/') != std::string::npos)
    return invalid_request("the name of a backup is its time, as restore --list shows it");
  const auto bytes = TRY(read_whole(manifest_path(name), listing_file_bytes_max));
  if (!bytes) return not_found("there is no backup " + name + " in " + path_ + ": restore --list shows those that are");
  auto manifest = decode_manifest(*bytes);
  if (!manifest) return Error{manifest.error().fault, manifest_path(name) + ": " + manifest.error().message};
  if (manifest->name != name || manifest->description.id != store_id_)
    return corrupt(manifest_path(name) + " is of another backup");
  return manifest;
}

Result<void> BackupFolder::publish(const BackupManifest& manifest) {
  const Bytes bytes = encode(manifest);
  if (bytes.size() > listing_file_bytes_max)  // it could not be read again
    return unsupported("the store has more files than a backup can name");
  TRY(sync_folder(path_ + "/files"));
  return write_durably(manifest_path(manifest.name), bytes);
}

std::string BackupFolder::free_name(Micros now) const {
  const std::string time = fmt::format("{:%Y-%m-%dT%H%M%SZ}", fmt::gmtime(static_cast<std::time_t>(now / 1'000'000)));
  std::error_code ignored;
  std::string name = time;
  for (int again = 2; fs::exists(manifest_path(name), ignored); ++again) name = fmt::format("{}-{:02}", time, again);
  return name;
}

Result<bool> BackupFolder::keep(const std::string& from, const BackupFile& file, const PieceRead& read) {
  const std::string path = file_path(file), aside = path + aside_ending;
  std::error_code failed;
  const auto nothing = [](std::uint64_t) { return Result<void>(); };
  const auto there = digest_of(path, file.bytes, read);
  if (there && check_same(*there, file, path)) return false;
  if (!there && there.error().fault != Fault::not_found && there.error().fault != Fault::corrupt) return there.error();
  TRY(check_same(TRY(copy_file(from, aside, file.bytes, read)), file, from));
  const auto again = digest_of(aside, file.bytes, nothing);
  if (!again && again.error().fault != Fault::corrupt) return again.error();
  if (!again || !check_same(*again, file, aside))
    return corrupt(aside + " was not written as it was given: the disk of the backup is not to be trusted");
  fs::rename(aside, path, failed);
  if (failed) return disk_error(failed.value(), "rename to", path);
  return true;
}

Result<Ledger> BackupFolder::ledger() const {
  const auto bytes = TRY(read_whole(path_ + "/erasures", listing_file_bytes_max));
  if (!bytes) return corrupt(path_ + "/erasures is missing: what was erased since the backup is not known");
  auto ledger = decode_ledger(*bytes);
  if (!ledger) return Error{ledger.error().fault, path_ + "/erasures: " + ledger.error().message};
  return ledger;
}

Result<void> BackupFolder::add_to_ledger(const Ledger& more) {
  Ledger all = TRY(ledger());
  const std::size_t before = all.size();
  merge(all, more);
  return all.size() == before ? Result<void>() : write_durably(path_ + "/erasures", encode(all));
}

// Files that no manifest names, and what was being written. A manifest that cannot be read may name any: then all stay.
Result<void> BackupFolder::sweep() {
  const auto all = manifests();
  std::set<std::string> named;
  if (all)
    for (const BackupManifest& manifest : *all)
      for (const BackupFile& file : manifest.files) named.insert(file_path(file));
  for (const std::string& folder : {path_ + "/files", path_ + "/backups"})
    for (const std::string& name : TRY(names_in(folder))) {
      const std::string path = folder + "/" + name;
      const bool unnamed = all && folder.ends_with("/files") && !named.contains(path);
      std::error_code failed;
      if (unnamed || name.ends_with(aside_ending)) fs::remove(path, failed);
      if (failed) return disk_error(failed.value(), "remove", path);
    }
  return {};
}

}  // namespace chartline::engine
