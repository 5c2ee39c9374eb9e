// Terminology is written beside the log, straight into its table: it is no patient's, and a load that is cut off is loaded
// again. A part becomes visible when its version names it; parts that nobody names are swept by the next load.
#include "engine/terminology.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/check_parts.h"
#include "engine/store_parts.h"
#include "engine/terminology_bytes.h"
#include "engine/terminology_tables.h"

namespace chartline::engine {
namespace {

constexpr std::string_view version_default = "default";
constexpr std::size_t version_bytes_max = 256;
constexpr std::size_t batch_bytes_max = 8u << 20;
constexpr std::size_t bytes_per_end = 32;  // of a link held until its group is written, beside its text

// Of "" the one loaded last.
Result<VersionRecord> find_version(Tables& tables, std::string_view name) {
  if (!name.empty()) {
    Pinned value;
    if (!TRY(tables.get(Table::terminology, version_key(name), nullptr, value)))
      return not_found("no terminology was loaded under this version");
    return decode_version(value.bytes());
  }
  auto versions = TRY(read_versions(tables));
  const auto newest = std::max_element(versions.begin(), versions.end(),
                                       [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
  if (newest == versions.end()) return not_found("no terminology was loaded into this store");
  return std::move(newest->second);
}

class Load final : public TerminologyLoad {
 public:
  Load(Store& store, std::string version)
      : store_(store), tables_(terminology_tables(store)), version_(std::move(version)) {}
  ~Load() override {
    if (part_.part == 0) return;
    std::lock_guard lock(store_.parts().terminology_mutex);
    store_.parts().terminology_loads.erase(part_.part);
  }

  // Takes a new part, and sweeps those that loads which never finished have left.
  Result<void> begin() {
    std::lock_guard lock(store_.parts().terminology_mutex);
    TerminologyCounters counters = TRY(read_counters());
    std::set<std::uint32_t> named = store_.parts().terminology_loads;
    for (const auto& [name, version] : TRY(read_versions(tables_))) {
      for (const TerminologyPart& part : version.parts) named.insert(part.part);
      if (name == version_)
        for (const TerminologyPart& part : version.parts) older_.push_back(part.part);
    }
    TRY(sweep(named));
    part_.part = counters.next_part++;
    store_.parts().terminology_loads.insert(part_.part);
    return write_counters(counters);
  }

  Result<void> add(const record::Concept& entry) override {
    if (entry.code.empty() || entry.code.system.empty())
      return invalid_request("a concept needs a code and its system");
    const Bytes key = concept_key(part_.part, entry.code);
    if (!concepts_.contains(key)) {
      if (!TRY(known(key))) {
        ++part_.concept_keys;
        bool before = false;
        for (const std::uint32_t part : older_) before = before || TRY(known(concept_key(part, entry.code)));
        if (!before) ++counts_.concepts;
      }
      held_ += key.size();
    }
    Bytes& value = concepts_[key];
    value = encode(entry);
    held_ += value.size();
    // So that a concept id finds its code. One way only, and no link that anybody stated: it is not counted.
    if (!entry.omop_id.empty() && entry.code.system != "omop")
      hold(false, record::Relation::stands_for, {"omop", entry.omop_id, {}}, entry.code, 1);
    return held_ < batch_bytes_max ? Result<void>() : flush();
  }

  Result<void> add(const record::ConceptLink& link) override {
    if (link.relation == record::Relation::stands_for)
      return invalid_request("concepts say themselves what they stand for");
    for (const record::Code* code : {&link.from, &link.to})
      if (code->empty() || code->system.empty()) return invalid_request("a link needs two codes and their systems");
    lists_all_ = lists_all_ || (link.relation == record::Relation::is_a && link.distance > 1);
    hold(false, link.relation, link.from, link.to, link.distance);
    hold(true, link.relation, link.to, link.from, link.distance);
    return held_ < batch_bytes_max ? Result<void>() : flush();
  }

  Result<Counts> finish() override {
    TRY(flush());
    std::lock_guard lock(store_.parts().terminology_mutex);
    TerminologyCounters counters = TRY(read_counters());
    VersionRecord version;
    Pinned value;
    if (TRY(tables_.get(Table::terminology, version_key(version_), nullptr, value)))
      version = TRY(decode_version(value.bytes()));
    else ++counters.versions;
    version.order = counters.next_order++;
    version.concepts += counts_.concepts, version.links += counts_.links;
    version.parts.push_back(part_);
    Batch batch;
    batch.put(Table::terminology, loaded_key(part_.part),
              encode(LoadRecord{store_.parts().options.clock->now(), lists_all_}));
    batch.put(Table::terminology, version_key(version_), encode(version));
    batch.put(Table::terminology, Bytes(terminology_counters_key), encode(counters));
    TRY(tables_.write(batch, true));
    return counts_;
  }

 private:
  Result<TerminologyCounters> read_counters() {
    Pinned value;
    if (!TRY(tables_.get(Table::terminology, terminology_counters_key, nullptr, value))) return TerminologyCounters();
    return decode_terminology_counters(value.bytes());
  }
  Result<void> write_counters(const TerminologyCounters& counters) {
    Batch batch;
    batch.put(Table::terminology, Bytes(terminology_counters_key), encode(counters));
    return tables_.write(batch, true);
  }
  Result<bool> known(const Bytes& key) {
    Pinned value;
    return tables_.get(Table::terminology, key, nullptr, value);
  }

  Result<void> sweep(const std::set<std::uint32_t>& named) {
    Batch batch;
    TRY(tables_.scan(Table::terminology, {}, {}, nullptr, [&](BytesView key, BytesView) {
      char kind = 0;
      std::uint32_t part = 0;
      if (parse_terminology_key(key, kind, part) && !named.contains(part)) batch.erase(Table::terminology, Bytes(key));
      return batch.bytes() < batch_bytes_max;  // the next load sweeps on
    }));
    return batch.empty() ? Result<void>() : tables_.write(batch, false);
  }

  void hold(bool inverse, record::Relation relation, const record::Code& under, const record::Code& end,
            std::uint32_t distance) {
    Bytes group = link_group_key(part_.part, inverse, relation, under);
    held_ += end.system.size() + end.code.size() + bytes_per_end;
    auto [at, is_new] = links_.try_emplace(std::move(group));
    if (is_new) held_ += at->first.size();
    at->second.insert_or_assign({std::string(end.system), std::string(end.code)}, distance);
  }

  // The new ends of each group become its next chunk; ends that older parts or chunks have are not counted again.
  Result<void> flush() {
    Batch batch;
    for (auto& [key, value] : concepts_) batch.put(Table::terminology, key, std::move(value));
    for (auto& [group, ends] : links_) TRY(put_group(group, ends, batch));
    TRY(tables_.write(batch, false));
    concepts_.clear(), links_.clear(), held_ = 0;
    return {};
  }

  Result<void> put_group(const Bytes& group, const Ends& ends, Batch& batch) {
    Ends before;
    for (const std::uint32_t part : older_) TRY(read_group(tables_, in_part(group, part), before));
    Ends own;
    TRY(read_group(tables_, group, own));
    const std::size_t side = 1 + sizeof(std::uint32_t);
    const bool counted = group[side] == 0 && group[side + 1] != static_cast<char>(record::Relation::stands_for);
    LinkChunk fresh;
    for (const auto& [code, distance] : ends) {
      const auto known_here = own.find(code);
      if (known_here != own.end() && known_here->second == distance) continue;
      if (counted && known_here == own.end() && !before.contains(code)) ++counts_.links;
      fresh.ends.push_back({code.first, code.second, distance});
    }
    if (fresh.ends.empty()) return {};
    ++part_.link_keys;
    if (own.empty()) {
      fresh.count = fresh.ends.size();
      batch.put(Table::terminology, link_chunk_key(group, 0), encode(fresh, true));
      return {};
    }
    Pinned value;
    if (!TRY(tables_.get(Table::terminology, link_chunk_key(group, 0), nullptr, value)))
      return corrupt("terminology: a code's links are absent");
    LinkChunk first = TRY(decode_link_chunk(value.bytes(), true));
    batch.put(Table::terminology, link_chunk_key(group, first.chunks++), encode(fresh, false));
    first.count += fresh.ends.size();
    batch.put(Table::terminology, link_chunk_key(group, 0), encode(first, true));
    return {};
  }

  static Bytes in_part(const Bytes& group, std::uint32_t part) {
    Bytes key = group.substr(0, 1);
    Writer(key).u32be(part);
    return key.append(group, 1 + sizeof part, Bytes::npos);
  }

  Store& store_;
  Tables& tables_;
  const std::string version_;
  TerminologyPart part_;
  std::vector<std::uint32_t> older_;  // parts of the version that were there before
  Counts counts_;
  std::map<Bytes, Bytes> concepts_;
  std::map<Bytes, Ends> links_;
  std::size_t held_ = 0;
  bool lists_all_ = false;  // ancestors beyond parents
};

}  // namespace

Result<std::unique_ptr<TerminologyLoad>> TerminologyLoad::begin(Store& store, std::string_view version) {
  if (store.parts().options.read_only) return unavailable("the store was opened read-only");
  if (version.size() > version_bytes_max)
    return invalid_request("the name of a terminology version has at most 256 bytes");
  auto load = std::make_unique<Load>(store, std::string(version.empty() ? version_default : version));
  TRY(load->begin());
  return std::unique_ptr<TerminologyLoad>(std::move(load));
}

Result<std::vector<TerminologyVersion>> terminology_versions(Store& store) {
  std::vector<TerminologyVersion> versions;
  for (const auto& [name, version] : TRY(read_versions(terminology_tables(store))))
    versions.push_back({name, name + "@" + std::to_string(version.parts.back().part), version.concepts, version.links});
  return versions;
}

Result<std::optional<record::Concept>> find_concept(Store& store, std::string_view version, const record::Code& code,
                                                    record::Arena& room) {
  Tables& tables = terminology_tables(store);
  const VersionRecord found = TRY(find_version(tables, version));
  Pinned value;
  for (auto part = found.parts.rbegin(); part != found.parts.rend(); ++part) {
    if (!TRY(tables.get(Table::terminology, concept_key(part->part, code), nullptr, value))) continue;
    record::Concept entry = TRY(decode_concept(room.text(value.bytes())));
    entry.code.system = room.text(code.system), entry.code.code = room.text(code.code);
    return std::optional(entry);
  }
  return std::optional<record::Concept>();
}

Result<std::vector<record::ConceptLink>> concept_links(Store& store, std::string_view version, record::Relation relation,
                                                       const record::Code& code, bool inverse, record::Arena& room) {
  Tables& tables = terminology_tables(store);
  const VersionRecord found = TRY(find_version(tables, version));
  Ends ends;
  for (const TerminologyPart& part : found.parts)
    TRY(read_group(tables, link_group_key(part.part, inverse, relation, code), ends));
  const record::Code here{room.text(code.system), room.text(code.code), {}};
  std::vector<record::ConceptLink> links;
  for (const auto& [name, distance] : ends) {
    const record::Code there{room.text(name.first), room.text(name.second), {}};
    links.push_back({relation, inverse ? there : here, inverse ? here : there, distance});
  }
  return links;
}

Result<void> check_terminology(const ShardMoment& first, Findings& findings) {
  const std::string where = place(Table::terminology, first);
  std::map<std::uint32_t, TerminologyPart> seen;
  std::set<std::uint32_t> loaded;  // parts of which it is told when
  std::vector<VersionRecord> versions;
  std::uint64_t versions_counted = 0;
  const SnapshotPtr now = first.tables->snapshot();  // loads are no part of a fold
  findings.sound(first.tables->scan(Table::terminology, {}, {}, now.get(), [&](BytesView key, BytesView value) {
    char kind = 0;
    std::uint32_t part = 0;
    if (parse_terminology_key(key, kind, part)) {
      if (kind == 't') return loaded.insert(part), findings.sound(decode_load(value)), true;
      kind == 'c' ? ++seen[part].concept_keys : ++seen[part].link_keys;
      const bool first_chunk = kind == 'l' && is_first_chunk(key);
      if (kind == 'c') findings.sound(decode_concept(value));
      else findings.sound(decode_link_chunk(value, first_chunk));
    } else if (key.starts_with("v")) {
      auto version = decode_version(value);
      if (findings.sound(version)) versions.push_back(std::move(*version));
    } else if (key == terminology_counters_key) {
      const auto counters = decode_terminology_counters(value);
      if (findings.sound(counters)) versions_counted = counters->versions;
    } else {
      findings.add(where + "a key that is none of ours");
    }
    return true;
  }));
  if (versions.size() != versions_counted)
    findings.add(where + std::to_string(versions.size()) + " versions are there, " + std::to_string(versions_counted) +
                 " are counted");
  for (const VersionRecord& version : versions)
    for (const TerminologyPart& part : version.parts) {
      if (!loaded.contains(part.part))
        findings.add(where + "when part " + std::to_string(part.part) + " was loaded is not told");
      const TerminologyPart& found = seen[part.part];
      if (found.concept_keys != part.concept_keys || found.link_keys != part.link_keys)
        findings.add(where + "part " + std::to_string(part.part) + " holds " + std::to_string(found.concept_keys) +
                     " concepts and " + std::to_string(found.link_keys) + " groups of links, its version names " +
                     std::to_string(part.concept_keys) + " and " + std::to_string(part.link_keys));
    }
  return {};
}

}  // namespace chartline::engine
