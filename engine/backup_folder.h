// A folder of backups of one store. Files lie under the hash of their content, once, however many backups hold them.
//
//   FOLDER/store-id                the store's id, 32 hex digits: backups of another store are refused
//   FOLDER/lock                    held while a backup is being made
//   FOLDER/files/HASH-SIZE         a file of some backup
//   FOLDER/backups/NAME.manifest   what one backup is made of; renamed into place last, so that there is no half of one
//   FOLDER/erasures                the ledger (see ledger.h)
//
//   manifest := version:u8 name:text taken:u64 description:text shards:varint { position:varint patients:varint }* content history
//               erasures:varint { token:u64 }* files:varint { shard:varint name:text bytes:varint hash }* checksum:u32
//
// `content`, `history` and `hash` are 16 bytes, the low half first. The hash of a file is the XXH3-128 of the XXH3-128 of its
// pieces of 4 MiB.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/ledger.h"
#include "engine/storage/disk.h"

namespace chartline::engine {

struct BackupFile {
  std::uint32_t shard = 0;
  std::string name;
  std::uint64_t bytes = 0;
  Hash128 hash;
};

struct BackupManifest {
  std::string name;
  Micros taken = 0;
  StoreDescription description;
  std::vector<std::uint64_t> position;  // per shard
  std::vector<std::uint32_t> patients;  // ids given, per shard
  Hash128 content, history;             // hashes at that moment
  std::vector<std::uint64_t> erasures;  // tokens of those done before: the backup does not hold them
  std::vector<BackupFile> files;
  std::uint64_t bytes() const;
};
Bytes encode(const BackupManifest& manifest);
Result<BackupManifest> decode_manifest(BytesView bytes);

// Called with the bytes of each piece read; an error ends the work and comes back.
using PieceRead = std::function<Result<void>(std::uint64_t bytes)>;
struct FileDigest {
  std::uint64_t bytes = 0;
  Hash128 hash;
};
// Of a file that should have `bytes`: corrupt as soon as more come, so that one without end is not read on.
Result<FileDigest> digest_of(const std::string& path, std::uint64_t bytes, const PieceRead& read);
// A synced copy, and the digest of what was read; likewise.
Result<FileDigest> copy_file(const std::string& from, const std::string& to, std::uint64_t bytes, const PieceRead& read);
// corrupt where it is not the file that was backed up.
Result<void> check_same(const FileDigest& digest, const BackupFile& file, const std::string& path);

class BackupFolder {
 public:
  // For writing: made where it is absent, locked, leftovers of backups that were cut off swept away.
  static Result<BackupFolder> open_for(const std::string& folder, const std::string& store_id);
  // For reading: not_found where the folder holds no backups.
  static Result<BackupFolder> open(const std::string& folder);

  const std::string& path() const { return path_; }
  const std::string& store_id() const { return store_id_; }
  std::string file_path(const BackupFile& file) const;
  Result<std::vector<BackupManifest>> manifests() const;           // the oldest first
  Result<BackupManifest> manifest(const std::string& name) const;  // not_found, corrupt
  Result<void> publish(const BackupManifest& manifest);            // name given by free_name
  std::string free_name(Micros now) const;
  // True where the file was not there yet, or had turned bad. On return it is there, and was read back.
  Result<bool> keep(const std::string& from, const BackupFile& file, const PieceRead& read);

  Result<Ledger> ledger() const;  // corrupt where absent: it is made with the folder
  Result<void> add_to_ledger(const Ledger& more);

 private:
  BackupFolder(std::string path, std::string store_id) : path_(std::move(path)), store_id_(std::move(store_id)) {}
  Result<void> sweep();
  std::string manifest_path(const std::string& name) const { return path_ + "/backups/" + name + ".manifest"; }

  std::string path_, store_id_;
  OpenFile lock_;
};

}  // namespace chartline::engine
