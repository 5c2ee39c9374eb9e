#include "engine/moment.h"

#include <atomic>
#include <string>

#include "engine/decoded_cache.h"
#include "engine/head_cache.h"
#include "formats/stored/keys.h"

namespace chartline::engine {

std::uint64_t Base::next_serial() {
  static std::atomic<std::uint64_t> serial{0};
  return ++serial;
}

namespace {

bool came_after(const Base& base, PatientId patient) { return patient >= base.heads_below; }

const std::shared_ptr<const stored::Head>& no_head() {
  static const auto none = std::make_shared<const stored::Head>();
  return none;
}

}  // namespace

Result<stored::Head> read_head(const ShardMoment& shard, PatientId patient) {
  Pinned value;
  if (came_after(*shard.base, patient)) return stored::Head();
  if (!TRY(shard.tables->get(Table::timeline, stored::head_key(patient), shard.base->snapshot.get(), value)))
    return stored::Head();
  return decode_head(shard, value.bytes());
}

namespace {

std::size_t bytes_of(const stored::Head& head) {
  std::size_t bytes =
      sizeof head + head.hot.capacity() + (head.runs.capacity() + head.history.capacity()) * sizeof(stored::RunRef);
  for (const stored::RunRef& run : head.runs) bytes += run.record_ids.capacity();
  return bytes;
}

// Who reads keeps the run decoded; its bytes would only stand beside that, where they are many.
std::shared_ptr<const stored::Head> to_keep(const std::shared_ptr<const stored::Head>& head) {
  if (head->hot.size() <= short_run_bytes) return head;
  auto kept = std::make_shared<stored::Head>(*head);
  kept->hot = {};
  return kept;
}

DecodedCache::Key cache_key(const ShardMoment& shard, PatientId patient) {
  return shard.cache->settled(
      {.sort = DecodedCache::Sort::head, .shard = shard.shard, .owner = patient, .run = shard.base->serial});
}

}  // namespace

Result<std::shared_ptr<const stored::Head>> cached_head(const ShardMoment& shard, PatientId patient) {
  const DecodedCache::Key key = cache_key(shard, patient);
  if (auto known = shard.cache->find<stored::Head>(key)) return known;
  auto head = std::make_shared<const stored::Head>(TRY(read_head(shard, patient)));
  if (shard.cache->admits(key, shard.passing)) {
    const auto kept = to_keep(head);
    shard.cache->keep(key, kept, bytes_of(*kept));
  }
  return std::shared_ptr<const stored::Head>(std::move(head));
}

Result<std::shared_ptr<const stored::Head>> head_to_write(const ShardMoment& shard, PatientId patient) {
  if (came_after(*shard.base, patient)) return no_head();
  const DecodedCache::Key key = cache_key(shard, patient);
  if (auto known = shard.cache->find<stored::Head>(key)) return known;
  auto head = to_keep(std::make_shared<const stored::Head>(TRY(read_head(shard, patient))));
  shard.cache->keep(key, head, bytes_of(*head));
  return head;
}

Result<std::shared_ptr<const stored::Head>> head_to_fold(const ShardMoment& shard, PatientId patient) {
  if (came_after(*shard.base, patient)) return no_head();
  if (auto known = shard.cache->take<stored::Head>(cache_key(shard, patient))) return known;
  return std::make_shared<const stored::Head>(TRY(read_head(shard, patient)));
}

void keep_head(const ShardMoment& shard, PatientId patient, std::uint64_t serial,
               std::shared_ptr<const stored::Head> head) {
  const DecodedCache::Key key{.sort = DecodedCache::Sort::head, .shard = shard.shard, .owner = patient, .run = serial};
  head = to_keep(head);
  const std::size_t bytes = bytes_of(*head);
  shard.cache->keep(key, std::move(head), bytes);
}

Result<bool> get_run(const ShardMoment& shard, PatientId patient, const stored::RunRef& ref, Pinned& value,
                     BytesView in_head) {
  if (ref.in_head && !in_head.empty()) return value.reset(), value.keep(in_head), true;
  if (!ref.in_head)
    return shard.tables->get(Table::timeline, stored::run_key(patient, ref.first, ref.run), shard.base->snapshot.get(),
                             value);
  stored::Head head = TRY(read_head(shard, patient));
  if (head.runs.empty() || head.runs[0].run != ref.run || head.hot.empty()) return false;
  return value.own(std::move(head.hot)), true;
}

Result<stored::Head> decode_head(const ShardMoment& shard, BytesView bytes) {
  Result<stored::Head> head = stored::decode_head(bytes);
  if (!head)
    return Error{head.error().fault,
                 "timeline: shard " + std::to_string(shard.shard) + ", a head: " + head.error().message};
  return head;
}

}  // namespace chartline::engine
