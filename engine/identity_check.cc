// The identity table both ways: each identifier of a patient must be found by its value, and each that is found must stand
// in its patient's list.
#include <algorithm>

#include "engine/check_parts.h"
#include "engine/identity_bytes.h"

namespace chartline::engine {
namespace {

struct Checker {
  const ShardMoment& first;
  const std::uint64_t secret;
  std::span<const ShardMoment> shards;
  Findings& findings;
  Pinned value{};

  const Snapshot* at() const { return first.base->snapshot.get(); }
  std::string where() const { return place(Table::identity, first); }
  Result<bool> get(const Bytes& key) { return first.tables->get(Table::identity, key, at(), value); }

  bool given(PatientRef patient) const {
    return patient.shard < shards.size() && patient.id < shards[patient.shard].patients;
  }

  void check_list(PatientRef patient) {
    const Result<bool> found = get(identifiers_key(patient));
    if (!findings.sound(found) || !*found) return;
    const auto list = decode_identifiers(value.bytes());
    if (!list)
      return findings.add(where() + "the identifiers of a patient of shard " + std::to_string(patient.shard) + ": " +
                          list.error().message);
    for (const auto& [system, text] : *list) {
      if (!listed_forward(system, text, patient))
        findings.add(where() + "an identifier of a patient of shard " + std::to_string(patient.shard) +
                     " is not found by its value");
    }
  }

  bool listed_forward(const std::string& system, const std::string& text, PatientRef patient) {
    const Result<bool> found = get(identity_key(keyed_hash64(text, secret)));
    if (!findings.sound(found) || !*found) return false;
    const auto entries = decode_identity_entries(value.bytes());
    return entries && std::any_of(entries->begin(), entries->end(), [&](const IdentityEntry& entry) {
             return entry.system == system && entry.value == text && entry.patient == patient;
           });
  }

  void check_forward(BytesView key, BytesView bytes) {
    const auto entries = decode_identity_entries(bytes);
    if (!entries) return findings.add(where() + "entries of a value: " + entries.error().message);
    if (entries->empty()) findings.add(where() + "a value without entries");
    for (const IdentityEntry& entry : *entries) {
      if (identity_key(keyed_hash64(entry.value, secret)) != key)
        findings.add(where() + "an entry stands under the key of another value");
      if (!given(entry.patient)) {
        findings.add(where() + "an entry names a patient that was never given");
        continue;
      }
      const Result<bool> found = get(identifiers_key(entry.patient));
      if (!findings.sound(found)) continue;
      const auto list = *found ? decode_identifiers(value.bytes()) : Result<IdentifierList>(IdentifierList());
      if (list && std::find(list->begin(), list->end(), std::pair(entry.system, entry.value)) == list->end())
        findings.add(where() + "an entry is not in the list of its patient, of shard " +
                     std::to_string(entry.patient.shard));
    }
  }

  void check_key(BytesView key, BytesView bytes, std::uint64_t links) {
    Reader in(key.substr(1));
    switch (key.front()) {
      case 'v':
        return key.size() == 9 ? check_forward(key, bytes) : findings.add(where() + "a key that is none of ours");
      case 'p': {
        const std::uint32_t shard = in.u32be(), id = in.u32be();
        if (!in.done() || !given({shard, id})) findings.add(where() + "identifiers of a patient that was never given");
        return;
      }
      case 'l': {
        const std::uint64_t link = in.u64be();
        if (!in.done() || link >= links) findings.add(where() + "a link behind the end of the link log");
        return;
      }
      default:
        if (key != identity_counters_key) findings.add(where() + "a key that is none of ours");
    }
  }

  Result<void> run() {
    IdentityCounters counters;
    const Result<bool> found = get(Bytes(identity_counters_key));
    if (findings.sound(found) && *found) {
      auto decoded = decode_identity_counters(value.bytes());
      if (findings.sound(decoded)) counters = std::move(*decoded);
    }
    const bool folded = found && *found;
    if (folded && counters.patients.size() != shards.size())
      findings.add(where() + "the counters are of another number of shards");
    for (std::size_t i = 0; i < std::min(counters.patients.size(), shards.size()); ++i)
      if (counters.patients[i] > shards[i].patients)
        findings.add(where() + "the counters are ahead of shard " + std::to_string(i));
    std::set<std::pair<PatientRef, PatientRef>> linked;
    Micros before = INT64_MIN;
    for (std::uint64_t number = 0; number < counters.links; ++number) {
      const Result<bool> there = get(link_key(number));
      if (!findings.sound(there)) continue;
      if (!*there) {
        findings.add(where() + "entry " + std::to_string(number) + " of the link log is absent");
        continue;
      }
      const auto link = decode_link(value.bytes());
      if (!link)
        findings.add(where() + "entry " + std::to_string(number) + " of the link log: " + link.error().message);
      else if (!given(link->a) || !given(link->b))
        findings.add(where() + "entry " + std::to_string(number) +
                     " of the link log names a patient that was never given");
      if (!link) continue;
      // A pair is linked and unlinked in turn, and time does not go back: else an entry stands in the place of another.
      const std::pair pair(link->a, link->b);
      const bool in_turn = link->linked ? linked.insert(pair).second : linked.erase(pair) > 0;
      if (!in_turn || link->recorded < before)
        findings.add(where() + "entry " + std::to_string(number) +
                     " of the link log does not follow from those before it");
      before = link->recorded;
    }
    for (const ShardMoment& shard : shards)
      for (PatientId id = 0; id < shard.patients; ++id) {
        TRY(findings.step());
        check_list({shard.shard, id});
      }
    std::uint64_t keys = 0;
    findings.sound(first.tables->scan(Table::identity, {}, {}, at(), [&](BytesView key, BytesView bytes) {
      ++keys;
      if (key.empty()) findings.add(where() + "a key that is none of ours");
      else check_key(key, bytes, counters.links);
      return true;
    }));
    if (!folded && keys > 0) findings.add(where() + "the counters are absent");
    return {};
  }
};

}  // namespace

Result<void> check_identity(const ShardMoment& first, std::uint64_t secret, std::span<const ShardMoment> shards,
                            Findings& findings) {
  return Checker{first, secret, shards, findings}.run();
}

}  // namespace chartline::engine
