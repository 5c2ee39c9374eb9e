#include "engine/moment.h"

#include <atomic>
#include <string>

#include "formats/stored/keys.h"

namespace chartline::engine {

std::uint64_t Base::next_serial() {
  static std::atomic<std::uint64_t> serial{0};
  return ++serial;
}

Result<stored::Head> read_head(const ShardMoment& shard, PatientId patient) {
  Pinned value;
  if (!TRY(shard.tables->get(Table::timeline, stored::head_key(patient), shard.base->snapshot.get(), value))) return stored::Head();
  return decode_head(shard, value.bytes());
}

Result<stored::Head> decode_head(const ShardMoment& shard, BytesView bytes) {
  Result<stored::Head> head = stored::decode_head(bytes);
  if (!head) return Error{head.error().fault, "timeline: shard " + std::to_string(shard.shard) + ", a head: " + head.error().message};
  return head;
}

}  // namespace chartline::engine
