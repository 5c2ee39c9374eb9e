#include "engine/ledger.h"

#include <algorithm>

#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

// ledger  := version:u8 { token:u64 count:varint { low:u64 high:u64 }* }* checksum:u32
// backups := version:u8 { folder:text name:text count:varint { patients:varint }* }* checksum:u32
constexpr const char* ledger_entry = "erasures";
constexpr const char* backups_entry = "backups";

Bytes begun() { return Bytes(1, static_cast<char>(stored::format_version)); }

Result<void> replace(Backend& backend, const char* name, const Bytes& value) {
  return backend.catalogue().set(name, TRY(backend.catalogue().get(name)), value);
}

}  // namespace

Bytes encode(const Ledger& ledger) {
  Bytes bytes = begun();
  Writer w(bytes);
  for (const ErasureEntry& entry : ledger) {
    w.u64(entry.token), w.varint(entry.identifiers.size());
    for (const Hash128& hash : entry.identifiers) w.u64(hash.low), w.u64(hash.high);
  }
  stored::seal(bytes);
  return bytes;
}

Result<Ledger> decode_ledger(BytesView bytes) {
  Reader in(TRY(stored::unseal(bytes, "ledger of erasures")));
  Ledger ledger;
  while (in.ok() && in.left() > 0) {
    ErasureEntry& entry = ledger.emplace_back();
    entry.token = in.u64();
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
      Hash128& hash = entry.identifiers.emplace_back();
      hash.low = in.u64(), hash.high = in.u64();
    }
  }
  if (!in.done()) return stored::wrong_bytes("ledger of erasures");
  return ledger;
}

Hash128 ledger_hash(std::uint64_t secret, const record::Identifier& identifier) {
  Bytes bytes;
  Writer w(bytes);
  w.u64(secret), w.text(identifier.system), w.text(identifier.value);
  return hash128(bytes);
}

void merge(Ledger& ledger, const Ledger& more) {
  for (const ErasureEntry& entry : more) {
    const bool known =
        std::any_of(ledger.begin(), ledger.end(), [&](const ErasureEntry& one) { return one.token == entry.token; });
    if (!known) ledger.push_back(entry);
  }
}

Result<Ledger> read_ledger(Backend& backend) {
  const auto bytes = TRY(backend.catalogue().get(ledger_entry));
  return bytes ? decode_ledger(*bytes) : Result<Ledger>(Ledger());
}

Result<void> write_ledger(Backend& backend, const Ledger& ledger) {
  return replace(backend, ledger_entry, encode(ledger));
}

Result<std::vector<KnownBackup>> known_backups(Backend& backend) {
  std::vector<KnownBackup> backups;
  const auto bytes = TRY(backend.catalogue().get(backups_entry));
  if (!bytes) return backups;
  Reader in(TRY(stored::unseal(*bytes, "list of backups")));
  while (in.ok() && in.left() > 0) {
    KnownBackup& backup = backups.emplace_back();
    backup.folder = in.text(), backup.name = in.text();
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left)
      backup.patients.push_back(static_cast<std::uint32_t>(in.varint()));
  }
  if (!in.done()) return stored::wrong_bytes("list of backups");
  return backups;
}

Result<void> write_known_backups(Backend& backend, const std::vector<KnownBackup>& backups) {
  Bytes bytes = begun();
  Writer w(bytes);
  for (const KnownBackup& backup : backups) {
    w.text(backup.folder), w.text(backup.name), w.varint(backup.patients.size());
    for (const std::uint32_t count : backup.patients) w.varint(count);
  }
  stored::seal(bytes);
  return replace(backend, backups_entry, bytes);
}

}  // namespace chartline::engine
