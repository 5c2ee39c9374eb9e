// The ledger of erasures, and where the store's backups lie. Both stand in the catalogue; the ledger is kept in every backup
// folder too, so that what was erased after a backup is erased again when it is restored.
//
// An entry holds no identifier: a random token, and a keyed hash of each identifier, which only the store's own secret gives.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.h"
#include "engine/store_parts.h"

namespace chartline::engine {

struct ErasureEntry {
  std::uint64_t token = 0;
  std::vector<Hash128> identifiers;
};
using Ledger = std::vector<ErasureEntry>;
Bytes encode(const Ledger& ledger);
Result<Ledger> decode_ledger(BytesView bytes);
Hash128 ledger_hash(std::uint64_t secret, const record::Identifier& identifier);
// Entries of `more` whose token is not there yet join.
void merge(Ledger& ledger, const Ledger& more);

Result<Ledger> read_ledger(Backend& backend);
Result<void> write_ledger(Backend& backend, const Ledger& ledger);

struct KnownBackup {
  std::string folder, name;
  std::vector<std::uint32_t> patients;  // ids given at the time, per shard: who may be in it
};
Result<std::vector<KnownBackup>> known_backups(Backend& backend);
Result<void> write_known_backups(Backend& backend, const std::vector<KnownBackup>& backups);

}  // namespace chartline::engine
