#include "engine/run_reader.h"

#include <string>
#include <string_view>

#include "engine/decoded_cache.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

// Decoding so many rows costs more than a place in the cache: kept when first read.
constexpr std::uint32_t always_kept_rows = 1024;

Error at(const RunPlace& place, Fault fault, std::string_view what) {
  return {fault, (place.past ? "history: shard " : "timeline: shard ") + std::to_string(place.shard->shard) + ", run " +
                     std::to_string(place.ref.run) + ": " + std::string(what)};
}

DecodedCache::Key cache_key(const RunPlace& place) {
  return {.sort = place.past ? DecodedCache::Sort::past_run : DecodedCache::Sort::run,
          .shard = place.shard->shard,
          .owner = place.patient,
          .run = place.ref.run};
}

Result<void> get_hot(const RunPlace& place, Pinned& value) {
  const Snapshot* snapshot = place.shard->base->snapshot.get();
  Tables& tables = *place.shard->tables;
  const bool found = TRY(
      place.past ? tables.get(Table::history, stored::history_key(place.patient, place.ref.run, false), snapshot, value)
                 : get_run(*place.shard, place.patient, place.ref, value, place.in_head));
  if (!found) return at(place, Fault::corrupt, "named by its head, but absent");
  return {};
}

Result<void> get_details(const RunPlace& place, Pinned& value) {
  if (place.ref.details_checksum == 0) return {};
  const Snapshot* snapshot = place.shard->base->snapshot.get();
  Tables& tables = *place.shard->tables;
  const bool found = TRY(
      place.past ? tables.get(Table::history, stored::history_key(place.patient, place.ref.run, true), snapshot, value)
                 : tables.get(Table::details, stored::details_key(place.patient, place.ref.run), snapshot, value));
  if (!found) return at(place, Fault::corrupt, "its details are named by its head, but absent");
  return {};
}

Result<void> decode(const RunPlace& place, BytesView hot, std::uint32_t fields, stored::RunColumns& into) {
  const Result<void> decoded = stored::decode_hot(hot, fields, into, place.ref.hot_checksum);
  if (!decoded) return at(place, decoded.error().fault, decoded.error().message);
  if (into.count != place.ref.count) return at(place, Fault::corrupt, "its count differs from its head's");
  if (into.has_details != (place.ref.details_checksum != 0))
    return at(place, Fault::corrupt, "its details differ from its head's");
  return {};
}

void keep(const RunPlace& place, std::shared_ptr<const DecodedRun> run) {
  const std::size_t bytes = run->bytes();
  place.shard->cache->keep(cache_key(place), std::move(run), bytes);
}

}  // namespace

stored::Row hot_row(const stored::RunColumns& columns, std::size_t i) {
  stored::Row row;
  row.number = columns.number[i];
  row.kind = static_cast<record::Kind>(columns.kind[i]);
  row.status = static_cast<record::Status>(columns.status[i]);
  row.certainty = static_cast<record::Certainty>(columns.certainty[i]);
  row.author = static_cast<record::Author>(columns.author[i]);
  row.code = columns.code[i];
  row.source = columns.source[i];
  row.start = columns.start_at(i);
  row.end = columns.end_at(i);
  row.value = columns.value_at(i);
  return row;
}

stored::Row DecodedRun::row(std::size_t i) const {
  stored::Row row = hot_row(columns, i);
  details->fill(i, row);
  return row;
}

std::size_t DecodedRun::bytes() const {
  return sizeof *this + columns.bytes() + details_bytes.capacity() + (details ? details->bytes() : 0);
}

Result<const stored::RunColumns*> read_columns(const RunPlace& place, std::uint32_t fields, stored::RunColumns& room,
                                               std::shared_ptr<const DecodedRun>& held, const Bytes* fetched) {
  DecodedCache& cache = *place.shard->cache;
  const DecodedCache::Key key = cache_key(place);
  if (!held) held = cache.find<DecodedRun>(key);
  if (held && (held->fields & fields) == fields) return &held->columns;
  const std::uint32_t known = held ? held->fields : 0;
  held.reset();

  Pinned value;
  if (!fetched) TRY(get_hot(place, value));
  const BytesView hot = fetched ? BytesView(*fetched) : value.bytes();
  if (known == 0 && place.ref.count < always_kept_rows && !cache.admits(key)) {
    TRY(decode(place, hot, fields, room));
    return &room;
  }
  auto run = std::make_shared<DecodedRun>();
  run->fields = fields | known;
  TRY(decode(place, hot, run->fields, run->columns));
  held = run;
  keep(place, std::move(run));
  return &held->columns;
}

Result<std::shared_ptr<const DecodedRun>> read_whole(const RunPlace& place) {
  DecodedCache& cache = *place.shard->cache;
  if (auto known = cache.find<DecodedRun>(cache_key(place)); known && known->whole()) return known;
  auto run = std::make_shared<DecodedRun>();
  Pinned value;
  TRY(get_hot(place, value));
  TRY(decode(place, value.bytes(), stored::field_hot, run->columns));
  run->fields = stored::field_hot;
  value.reset();
  TRY(get_details(place, value));
  run->details_bytes = value.bytes();
  Result<stored::RunDetails> details =
      stored::decode_details(run->details_bytes, run->columns, place.ref.details_checksum);
  if (!details) return at(place, details.error().fault, details.error().message);
  run->details = std::move(details).value();
  if (place.ref.count >= always_kept_rows || cache.admits(cache_key(place))) keep(place, run);
  return std::shared_ptr<const DecodedRun>(std::move(run));
}

}  // namespace chartline::engine
