#include "engine/last_changes.h"

#include <algorithm>
#include <optional>

#include "engine/decoded_cache.h"
#include "formats/stored/keys.h"
#include "formats/stored/postings.h"

namespace chartline::engine {

Result<std::shared_ptr<const LastChanges>> read_last_changes(const ShardMoment& shard, std::uint32_t block) {
  const DecodedCache::Key key = shard.cache->settled(
      {.sort = DecodedCache::Sort::last_changes, .shard = shard.shard, .owner = block, .run = shard.base->serial});
  if (auto known = shard.cache->find<LastChanges>(key)) return known;
  const PatientId first = block * stored::block_patients, past = std::min(first + stored::block_patients, shard.patients);
  std::vector<Bytes> keys;
  for (PatientId patient = first; patient < past; ++patient) keys.push_back(stored::head_key(patient));
  std::vector<std::optional<Bytes>> heads;
  TRY(shard.tables->get_many(Table::timeline, keys, shard.base->snapshot.get(), heads));
  auto changes = std::make_shared<LastChanges>();
  for (const std::optional<Bytes>& head : heads) {
    changes->of.push_back(head ? TRY(decode_head(shard, *head)).last_change : INT64_MIN);
    changes->latest = std::max(changes->latest, changes->of.back());
  }
  shard.cache->keep(key, std::shared_ptr<const LastChanges>(changes), changes->bytes());
  return std::shared_ptr<const LastChanges>(std::move(changes));
}

}  // namespace chartline::engine
