#include "engine/terminology_reader.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "engine/terminology_tables.h"

namespace chartline::engine {
namespace {

using record::Relation;
using CodeNames = std::vector<CodeName>;

constexpr std::string_view between_pins = "; ";

// One version of a pin, up to a load of it.
struct PinnedVersion {
  std::string_view name;
  std::uint32_t last_part = UINT32_MAX;
};

// A version may have an @ in its name: what stands behind the last one is a load only where it is a number.
PinnedVersion parse_one(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos) return {text};
  std::uint32_t part = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at + 1, end, part);
  if (error != std::errc() || stop != end) return {text};
  return {text.substr(0, at), part};
}

std::vector<PinnedVersion> parse_pin(std::string_view pin) {
  std::vector<PinnedVersion> all;
  while (!pin.empty()) {
    const std::size_t end = std::min(pin.find(between_pins), pin.size());
    all.push_back(parse_one(pin.substr(0, end)));
    pin.remove_prefix(std::min(end + between_pins.size(), pin.size()));
  }
  return all;
}

// The first key behind all that begin with `prefix`; its last byte is a number or a letter of ours, never 0xff alone.
Bytes behind(Bytes prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

// Links within the system: a map that makes local codes kinds of its codes is no hierarchy of it. Concept ids are of all
// vocabularies.
Result<bool> links_within(Tables& tables, std::uint32_t part, std::string_view system) {
  const Bytes prefix = link_system_key(part, true, Relation::is_a, system);
  bool found = false;
  std::optional<Error> failed;
  TRY(tables.scan(Table::terminology, prefix, behind(prefix), nullptr, [&](BytesView key, BytesView value) {
    const auto chunk = decode_link_chunk(value, is_first_chunk(key));
    if (!chunk) return failed = chunk.error(), false;
    found =
        std::ranges::any_of(chunk->ends, [&](const LinkEnd& end) { return end.system == system || system == "omop"; });
    return !found;
  }));
  if (failed) return *failed;
  return found;
}

}  // namespace

Result<TerminologyReader> TerminologyReader::open(Store& store, std::string_view pin, Micros as_of) {
  Tables& tables = terminology_tables(store);
  const auto stored = TRY(read_versions(tables));
  const std::vector<PinnedVersion> wanted = parse_pin(pin);
  for (const PinnedVersion& one : wanted) {
    if (std::ranges::find(stored, one.name, [](const auto& version) -> std::string_view { return version.first; }) ==
        stored.end())
      return not_found("no terminology was loaded under the version `" + std::string(one.name) + "`");
  }
  std::vector<std::pair<std::string, Version>> seen;
  for (const auto& [name, record] : stored) {
    const auto one = std::ranges::find(wanted, std::string_view(name), &PinnedVersion::name);
    if (!wanted.empty() && one == wanted.end()) continue;
    Version version;
    for (const TerminologyPart& part : record.parts) {
      if (one != wanted.end() && part.part > one->last_part) continue;
      const LoadRecord load = TRY(read_load(tables, part.part));
      if (load.finished <= as_of) version.loads.push_back({part.part, load.lists_all});
    }
    if (!version.loads.empty()) seen.emplace_back(name, std::move(version));
  }
  std::string exact;
  for (const auto& [name, version] : seen) {
    if (!exact.empty()) exact += between_pins;
    exact += name + "@" + std::to_string(version.loads.back().part);
  }
  std::ranges::stable_sort(seen, std::greater(), [](const auto& one) { return one.second.loads.back().part; });
  std::vector<Version> versions;
  for (auto& [name, version] : seen) versions.push_back(std::move(version));
  return TerminologyReader(store, std::move(exact), std::move(versions));
}

Result<std::optional<std::size_t>> TerminologyReader::hierarchy_of(std::string_view system) const {
  if (const auto known = hierarchies_.find(system); known != hierarchies_.end()) return known->second;
  Tables& tables = terminology_tables(*store_);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < versions_.size() && !found; ++i)
    for (const Load& load : versions_[i].loads)
      if (!found && TRY(links_within(tables, load.part, system))) found = i;
  hierarchies_.emplace(system, found);
  return found;
}

Result<bool> TerminologyReader::has_hierarchy(std::string_view system) const {
  return TRY(hierarchy_of(system)).has_value();
}

// Every code that is reached by a link of a parent is asked for its own links in all loads; one that a load listed only in
// the others, because that load has told all that it has to say.
Result<CodeNames> TerminologyReader::descendants(std::string_view system, std::string_view code) const {
  const std::optional<std::size_t> version = TRY(hierarchy_of(system));
  if (!version) return CodeNames();
  Tables& tables = terminology_tables(*store_);
  const CodeName root{system, code};
  std::map<CodeName, bool> found = {{root, true}};  // and whether all loads are asked
  std::vector<std::pair<CodeName, bool>> waiting = {{root, true}};
  while (!waiting.empty()) {
    const auto [next, ask_all] = std::move(waiting.back());
    waiting.pop_back();
    for (const Load& load : versions_[*version].loads) {
      if (load.lists_all && !ask_all) continue;
      Ends below;
      TRY(read_group(tables, link_group_key(load.part, true, Relation::is_a, {next.first, next.second, {}}), below));
      for (const auto& [name, distance] : below) {
        const auto [known, is_new] = found.emplace(name, !load.lists_all);
        if (!is_new && (known->second || load.lists_all)) continue;
        known->second = !load.lists_all;
        waiting.emplace_back(name, !load.lists_all);
      }
    }
  }
  found.erase(root);
  CodeNames names;
  for (const auto& [name, asked] : found) names.push_back(name);
  return names;
}

Result<CodeNames> TerminologyReader::linked(Relation relation, const record::Code& code, bool inverse) const {
  Tables& tables = terminology_tables(*store_);
  Ends ends;
  for (const Version& version : versions_)
    for (const Load& load : version.loads)
      TRY(read_group(tables, link_group_key(load.part, inverse, relation, code), ends));
  CodeNames names;
  for (const auto& [name, distance] : ends) names.push_back(name);
  return names;
}

Result<CodeNames> TerminologyReader::mapping_to(std::string_view system, std::string_view code) const {
  CodeNames names = TRY(linked(Relation::maps_to, {system, code, {}}, true));
  for (CodeName& kind : TRY(linked(Relation::is_a, {system, code, {}}, true)))
    if (kind.first != system) names.push_back(std::move(kind));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}
Result<CodeNames> TerminologyReader::mapped_from(std::string_view system, std::string_view code) const {
  return linked(Relation::maps_to, {system, code, {}}, false);
}
Result<CodeNames> TerminologyReader::codes_of_concept(std::string_view omop_id) const {
  return linked(Relation::stands_for, {"omop", omop_id, {}}, false);
}

}  // namespace chartline::engine
