#include "engine/run_reader.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "engine/decoded_cache.h"
#include "formats/stored/keys.h"
#include "formats/stored/value_columns.h"

namespace chartline::engine {
namespace {

template <typename Test>
bool any_of(const stored::Column<std::uint32_t>& column, std::size_t count, Test test) {
  if (column.is_constant()) return test(column[0]);
  return std::any_of(column.values(), column.values() + count, test);
}

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

// Details of which the columns do not say that no row has them.
std::uint32_t details_of(const stored::RunColumns& columns, std::uint32_t fields) {
  constexpr auto has_text = [](std::uint32_t form) { return stored::form_of(form) == record::Value::Form::text; };
  std::uint32_t details = fields & stored::field_details;
  if (!columns.has_details) details &= stored::field_told;
  if (!columns.has_translations) details &= ~stored::field_translations;
  if (details & stored::field_text && !any_of(columns.value_form, columns.count, has_text))
    details &= ~stored::field_text;
  return details;
}

Result<void> decode(const RunPlace& place, const Bytes* fetched, std::uint32_t fields, DecodedRun& into) {
  const auto decoded = [&](const Result<void>& result) -> Result<void> {
    return result ? result : at(place, result.error().fault, result.error().message);
  };
  stored::RunColumns& columns = into.columns;
  into.fields = 0;
  Pinned value;
  if (!fetched) TRY(get_hot(place, value));
  TRY(decoded(stored::decode_hot(fetched ? BytesView(*fetched) : value.bytes(), fields, columns, place.ref.hot_checksum)));
  if (columns.count != place.ref.count) return at(place, Fault::corrupt, "its count differs from its head's");
  if (columns.has_details != (place.ref.details_checksum != 0))
    return at(place, Fault::corrupt, "its details differ from its head's");
  const std::uint32_t details = details_of(columns, fields);
  value.reset();
  if (details != 0) TRY(get_details(place, value));
  into.details.clear();
  if (details != 0)
    TRY(decoded(stored::decode_details(value.bytes(), details, columns, into.details, place.ref.details_checksum)));
  into.fields = fields;
  return {};
}

void keep(const RunPlace& place, std::shared_ptr<const DecodedRun> run) {
  const std::size_t bytes = run->bytes();
  place.shard->cache->keep(cache_key(place), std::move(run), bytes);
}

}  // namespace

stored::Row DecodedRun::row(std::size_t i, std::uint32_t wanted) const {
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
  details.fill(i, row, wanted);
  return row;
}

std::size_t DecodedRun::bytes() const { return sizeof *this + columns.bytes() + details.bytes(); }

Result<const DecodedRun*> read_run(const RunPlace& place, std::uint32_t fields, DecodedRun& room,
                                   std::shared_ptr<const DecodedRun>& held, const Bytes* fetched) {
  DecodedCache& cache = *place.shard->cache;
  const DecodedCache::Key key = cache_key(place);
  held = cache.find<DecodedRun>(key);
  if (held && held->has(fields)) return held.get();
  const std::uint32_t known = held ? held->fields : 0;
  held.reset();

  const bool is_kept = place.ref.count >= always_kept_rows && !place.shard->passing;
  if (known == 0 && !is_kept && !cache.admits(key, place.shard->passing)) {
    TRY(decode(place, fetched, fields, room));
    return &room;
  }
  auto run = std::make_shared<DecodedRun>();
  TRY(decode(place, fetched, fields | known, *run));
  held = run;
  keep(place, std::move(run));
  return held.get();
}

Result<std::shared_ptr<const DecodedRun>> read_whole(const RunPlace& place) {
  auto room = std::make_shared<DecodedRun>();
  std::shared_ptr<const DecodedRun> held;
  TRY(read_run(place, stored::field_all, *room, held));
  return held ? held : room;
}

}  // namespace chartline::engine
