#include "engine/terminology_tables.h"

#include "engine/store_parts.h"

namespace chartline::engine {

Tables& terminology_tables(Store& store) { return *store.parts().shards.front()->tables(); }

Result<std::vector<std::pair<std::string, VersionRecord>>> read_versions(Tables& tables) {
  std::vector<std::pair<std::string, VersionRecord>> versions;
  std::optional<Error> failed;
  TRY(tables.scan(Table::terminology, "v", "w", nullptr, [&](BytesView key, BytesView value) {
    auto version = decode_version(value);
    if (!version) return failed = version.error(), false;
    versions.emplace_back(key.substr(1), std::move(*version));
    return true;
  }));
  if (failed) return *failed;
  return versions;
}

Result<void> read_group(Tables& tables, BytesView group, Ends& into) {
  Pinned value;
  if (!TRY(tables.get(Table::terminology, link_chunk_key(group, 0), nullptr, value))) return {};
  const LinkChunk first = TRY(decode_link_chunk(value.bytes(), true));
  std::uint64_t count = first.ends.size();
  for (const LinkEnd& end : first.ends) into[{end.system, end.code}] = end.distance;
  for (std::uint32_t number = 1; number < first.chunks; ++number) {
    if (!TRY(tables.get(Table::terminology, link_chunk_key(group, number), nullptr, value)))
      return corrupt("terminology: a part of a code's links is absent");
    const LinkChunk chunk = TRY(decode_link_chunk(value.bytes(), false));
    count += chunk.ends.size();
    for (const LinkEnd& end : chunk.ends) into[{end.system, end.code}] = end.distance;
  }
  if (count != first.count) return corrupt("terminology: a code has another number of links than it counts");
  return {};
}

Result<LoadRecord> read_load(Tables& tables, std::uint32_t part) {
  Pinned value;
  if (!TRY(tables.get(Table::terminology, loaded_key(part), nullptr, value))) return LoadRecord();
  return decode_load(value.bytes());
}

}  // namespace chartline::engine
