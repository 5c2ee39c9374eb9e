#include "engine/identity.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>

#include "base/hash.h"

namespace chartline::engine {
namespace {

// identity  'v' hash:u64be              -> { system, value, shard, id }*   every identifier whose value has this keyed hash
//           'p' shard:u32be id:u32be    -> { system, value }*              the identifiers of one patient, in order of arrival
//           'l' place:u64be             -> a, b, linked, recorded          the link log, from place 0
//           's'                         -> shards, patients of each, links the counters
Bytes forward_key(std::uint64_t hash) {
  Bytes key;
  Writer w(key);
  w.u8('v'), w.u64be(hash);
  return key;
}
Bytes reverse_key(PatientRef patient) {
  Bytes key;
  Writer w(key);
  w.u8('p'), w.u32be(patient.shard), w.u32be(patient.id);
  return key;
}
Bytes link_key(std::uint64_t place) {
  Bytes key;
  Writer w(key);
  w.u8('l'), w.u64be(place);
  return key;
}
const Bytes state_key = "s";

struct Named {
  std::string system, value;
  PatientRef patient;
  std::uint64_t position = 0;
};

struct LinkEntry {
  PatientRef a, b;
  bool linked = true;
  bool committed = false;
  Micros recorded = 0;
  std::uint64_t position = 0;
};

// Values end with the low half of their own XXH3, like everything the engine stores.
void seal(Bytes& value) { Writer(value).u32(static_cast<std::uint32_t>(hash64(value))); }
Result<BytesView> unseal(BytesView value) {
  if (value.size() < 4) return corrupt("identity: a value is too short");
  const BytesView body = value.substr(0, value.size() - 4);
  if (Reader(value.substr(body.size())).u32() != static_cast<std::uint32_t>(hash64(body)))
    return corrupt("identity: the checksum of a value differs");
  return body;
}

Result<std::vector<Named>> decode_forward(BytesView sealed) {
  Reader in(TRY(unseal(sealed)));
  std::vector<Named> entries;
  while (in.ok() && in.left() > 0) {
    Named entry;
    entry.system = in.text(), entry.value = in.text();
    entry.patient.shard = static_cast<std::uint32_t>(in.varint()), entry.patient.id = static_cast<std::uint32_t>(in.varint());
    entries.push_back(std::move(entry));
  }
  if (!in.ok()) return corrupt("identity: an entry is cut short");
  return entries;
}

Bytes encode_forward(const std::vector<Named>& entries) {
  Bytes value;
  Writer w(value);
  for (const Named& entry : entries) w.text(entry.system), w.text(entry.value), w.varint(entry.patient.shard), w.varint(entry.patient.id);
  seal(value);
  return value;
}

using NameList = std::vector<std::pair<std::string, std::string>>;
Result<NameList> decode_reverse(BytesView sealed) {
  Reader in(TRY(unseal(sealed)));
  NameList names;
  while (in.ok() && in.left() > 0) {
    const BytesView system = in.text();
    names.emplace_back(system, in.text());
  }
  if (!in.ok()) return corrupt("identity: a list of identifiers is cut short");
  return names;
}

Bytes encode_reverse(const NameList& names) {
  Bytes value;
  Writer w(value);
  for (const auto& [system, text] : names) w.text(system), w.text(text);
  seal(value);
  return value;
}

}  // namespace

struct Identity::Parts {
  std::shared_ptr<Tables> tables;
  std::uint64_t secret;
  mutable std::shared_mutex mutex;

  std::vector<std::uint32_t> patients;  // ids given, per shard
  std::uint64_t people = 0;             // over all shards: the next person's stable number

  std::unordered_map<std::uint64_t, std::vector<Named>> named;        // by hash: what is not folded yet
  std::map<PatientRef, std::vector<std::uint64_t>> named_of;          // hashes of a patient's unfolded identifiers, in order
  std::vector<LinkEntry> links;
  std::uint64_t links_folded = 0;
  mutable std::map<PatientRef, std::vector<PatientRef>> groups;       // of the committed links, for the present
  bool any_link = false;

  std::vector<Bytes> pending;           // encoded, not yet drained into a group
  std::uint64_t position = 0;           // of the newest change
  std::uint64_t committed = 0;
  std::uint64_t drained = 0;

  std::uint64_t hash(std::string_view value) const { return keyed_hash64(value, secret); }

  Result<std::vector<Named>> lookup(std::string_view value) const;    // memory and table, without the lock
  PatientRef new_patient();
  void add(PatientRef patient, const record::Identifier& identifier, std::uint64_t at);
  void regroup();
  std::map<PatientRef, std::vector<PatientRef>> groups_of(Micros as_of) const;
};

Identity::Identity(std::shared_ptr<Tables> tables, std::uint64_t secret, std::uint32_t shards) : parts_(std::make_unique<Parts>()) {
  parts_->tables = std::move(tables);
  parts_->secret = secret;
  parts_->patients.assign(shards, 0);
}

Identity::~Identity() = default;

Result<void> Identity::load() {
  std::unique_lock lock(parts_->mutex);
  Pinned value;
  if (!TRY(parts_->tables->get(Table::identity, state_key, nullptr, value))) return {};
  Reader in(TRY(unseal(value.bytes())));
  if (in.varint() != parts_->patients.size()) return corrupt("identity: the number of shards differs");
  parts_->people = 0;
  for (std::uint32_t& count : parts_->patients) count = static_cast<std::uint32_t>(in.varint()), parts_->people += count;
  const std::uint64_t links = in.varint();
  if (!in.done()) return corrupt("identity: the counters are not well formed");
  for (std::uint64_t place = 0; place < links; ++place) {
    if (!TRY(parts_->tables->get(Table::identity, link_key(place), nullptr, value)))
      return corrupt("identity: an entry of the link log is missing");
    Reader entry(TRY(unseal(value.bytes())));
    LinkEntry link;
    link.a.shard = entry.u32(), link.a.id = entry.u32(), link.b.shard = entry.u32(), link.b.id = entry.u32();
    link.linked = entry.u8() != 0, link.recorded = static_cast<Micros>(entry.u64()), link.committed = true;
    if (!entry.done()) return corrupt("identity: an entry of the link log is not well formed");
    parts_->links.push_back(link);
  }
  parts_->links_folded = links;
  parts_->regroup();
  return {};
}

Result<std::vector<Named>> Identity::Parts::lookup(std::string_view value) const {
  std::vector<Named> found;
  const std::uint64_t h = hash(value);
  if (auto at = named.find(h); at != named.end())
    for (const Named& entry : at->second)
      if (entry.value == value) found.push_back(entry);
  Pinned stored;
  if (TRY(tables->get(Table::identity, forward_key(h), nullptr, stored))) {
    for (Named& entry : TRY(decode_forward(stored.bytes()))) {
      if (entry.value != value) continue;  // a hash is never trusted: the value decides
      const bool known = std::any_of(found.begin(), found.end(), [&](const Named& n) { return n.system == entry.system; });
      if (!known) found.push_back(std::move(entry));
    }
  }
  return found;
}

PatientRef Identity::Parts::new_patient() {
  Bytes number;
  Writer(number).u64(people++);
  const auto shard = static_cast<std::uint32_t>(keyed_hash64(number, secret) % patients.size());
  return {shard, patients[shard]++};
}

void Identity::Parts::add(PatientRef patient, const record::Identifier& identifier, std::uint64_t at) {
  const std::uint64_t h = hash(identifier.value);
  named[h].push_back({std::string(identifier.system), std::string(identifier.value), patient, at});
  named_of[patient].push_back(h);
}

Result<Identity::Resolved> Identity::resolve(std::span<const record::Identifier> identifiers) {
  Parts& p = *parts_;
  const auto look = [&](std::vector<std::optional<PatientRef>>& who) -> Result<void> {
    who.clear();
    for (const record::Identifier& identifier : identifiers) {
      std::optional<PatientRef> match;
      for (const Named& entry : TRY(p.lookup(identifier.value)))
        if (entry.system == identifier.system) match = entry.patient;
      who.push_back(match);
    }
    return {};
  };
  std::vector<std::optional<PatientRef>> who;
  {
    std::shared_lock lock(p.mutex);
    TRY(look(who));
    if (std::all_of(who.begin(), who.end(), [&](const auto& match) { return match && *match == *who.front(); }))
      return Resolved{*who.front(), p.position, false, false};
  }
  std::unique_lock lock(p.mutex);
  TRY(look(who));  // another writer may have been here between the locks
  std::optional<PatientRef> patient;
  for (const auto& match : who)
    if (match && !patient) patient = match;
  Resolved resolved{patient ? *patient : p.new_patient(), 0, !patient, false};
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    if (who[i]) {
      const auto group = p.groups.find(resolved.patient);
      const bool same_person = *who[i] == resolved.patient ||
                               (group != p.groups.end() && std::binary_search(group->second.begin(), group->second.end(), *who[i]));
      if (!same_person) resolved.clash = true;
      continue;
    }
    const bool repeated = std::any_of(identifiers.begin(), identifiers.begin() + static_cast<std::ptrdiff_t>(i), [&](const auto& earlier) {
      return earlier.system == identifiers[i].system && earlier.value == identifiers[i].value;
    });
    if (repeated || identifiers[i].value.empty()) continue;
    p.add(resolved.patient, identifiers[i], ++p.position);
    stored::encode(stored::Identify{resolved.patient, identifiers[i].system, identifiers[i].value}, p.pending.emplace_back());
  }
  resolved.position = p.position;
  return resolved;
}

Result<std::optional<PatientRef>> Identity::find(const record::Identifier& identifier) const {
  std::shared_lock lock(parts_->mutex);
  for (const Named& entry : TRY(parts_->lookup(identifier.value)))
    if (entry.system == identifier.system) return std::optional(entry.patient);
  return std::optional<PatientRef>();
}

Result<std::vector<Identity::Match>> Identity::find_value(std::string_view value) const {
  std::shared_lock lock(parts_->mutex);
  std::vector<Match> matches;
  for (Named& entry : TRY(parts_->lookup(value))) matches.push_back({std::move(entry.system), entry.patient});
  return matches;
}

Result<std::vector<record::Identifier>> Identity::identifiers(PatientRef patient, record::Arena& into) const {
  std::shared_lock lock(parts_->mutex);
  std::vector<record::Identifier> list;
  const auto add = [&](std::string_view system, std::string_view value) {
    const bool known = std::any_of(list.begin(), list.end(), [&](const auto& i) { return i.system == system && i.value == value; });
    if (!known) list.push_back({into.text(system), into.text(value)});
  };
  Pinned stored;
  if (TRY(parts_->tables->get(Table::identity, reverse_key(patient), nullptr, stored)))
    for (const auto& [system, value] : TRY(decode_reverse(stored.bytes()))) add(system, value);
  if (auto at = parts_->named_of.find(patient); at != parts_->named_of.end())
    for (const std::uint64_t hash : at->second)
      for (const Named& entry : parts_->named.at(hash))
        if (entry.patient == patient) add(entry.system, entry.value);
  return list;
}

Result<bool> Identity::link(PatientRef a, PatientRef b, bool linked) {
  std::unique_lock lock(parts_->mutex);
  if (b < a) std::swap(a, b);
  bool now = false;
  for (const LinkEntry& entry : parts_->links)
    if (entry.a == a && entry.b == b) now = entry.linked;
  if (now == linked) return false;
  parts_->links.push_back({a, b, linked, false, 0, ++parts_->position});
  stored::encode(stored::Link{a, b, linked}, parts_->pending.emplace_back());
  return true;
}

// Connected components of the edges that stand at an instant.
std::map<PatientRef, std::vector<PatientRef>> Identity::Parts::groups_of(Micros as_of) const {
  std::set<std::pair<PatientRef, PatientRef>> edges;
  for (const LinkEntry& entry : links) {
    if (!entry.committed || entry.recorded > as_of) continue;
    if (entry.linked) edges.insert({entry.a, entry.b});
    else edges.erase({entry.a, entry.b});
  }
  std::map<PatientRef, PatientRef> least;  // union-find, each pointing towards the least of its group
  const auto root = [&](PatientRef at) {
    for (auto next = least.find(at); next != least.end() && next->second != at; next = least.find(at)) at = next->second;
    return at;
  };
  for (const auto& [a, b] : edges) {
    const PatientRef x = root(a), y = root(b);
    least.try_emplace(x, x), least.try_emplace(y, y), least.try_emplace(a, x), least.try_emplace(b, y);
    if (x != y) least[std::max(x, y)] = std::min(x, y);
  }
  std::map<PatientRef, std::vector<PatientRef>> members;
  for (const auto& [patient, up] : least) members[root(patient)].push_back(patient);
  std::map<PatientRef, std::vector<PatientRef>> by_patient;
  for (const auto& [first, group] : members)
    for (const PatientRef& patient : group) by_patient[patient] = group;
  return by_patient;
}

void Identity::Parts::regroup() {
  groups = groups_of(INT64_MAX);
  any_link = !links.empty();
}

std::vector<PatientRef> Identity::linked(PatientRef patient, Micros as_of) const {
  std::shared_lock lock(parts_->mutex);
  if (!parts_->any_link) return {patient};
  const bool newest = parts_->links.back().committed && parts_->links.back().recorded <= as_of;
  const auto groups = newest ? std::map<PatientRef, std::vector<PatientRef>>{} : parts_->groups_of(as_of);
  const auto& of = newest ? parts_->groups : groups;
  const auto at = of.find(patient);
  return at == of.end() ? std::vector<PatientRef>{patient} : at->second;
}

std::vector<std::vector<PatientRef>> Identity::persons(Micros as_of) const {
  std::shared_lock lock(parts_->mutex);
  std::vector<std::vector<PatientRef>> groups;
  for (const auto& [patient, group] : parts_->groups_of(as_of))
    if (group.front() == patient) groups.push_back(group);
  return groups;
}

std::uint32_t Identity::patients(std::uint32_t shard) const {
  std::shared_lock lock(parts_->mutex);
  return parts_->patients[shard];
}

std::uint64_t Identity::position() const {
  std::shared_lock lock(parts_->mutex);
  return parts_->position;
}

std::uint64_t Identity::committed_position() const {
  std::shared_lock lock(parts_->mutex);
  return parts_->committed;
}

bool Identity::durable(std::uint64_t position) const {
  std::shared_lock lock(parts_->mutex);
  return position <= parts_->committed;
}

void Identity::take_pending(std::vector<Bytes>& encoded, std::uint64_t& position) {
  std::unique_lock lock(parts_->mutex);
  for (Bytes& change : parts_->pending) encoded.push_back(std::move(change));
  parts_->pending.clear();
  position = parts_->drained = parts_->position;
}

void Identity::committed(std::uint64_t position, Micros recorded) {
  std::unique_lock lock(parts_->mutex);
  bool linked = false;
  for (auto entry = parts_->links.rbegin(); entry != parts_->links.rend() && entry->position > parts_->committed; ++entry)
    if (!entry->committed && entry->position <= position) entry->committed = linked = true, entry->recorded = recorded;
  parts_->committed = std::max(parts_->committed, position);
  if (linked) parts_->regroup();
}

Result<void> Identity::learn(const stored::Identify& change) {
  std::unique_lock lock(parts_->mutex);
  Parts& p = *parts_;
  if (change.patient.shard >= p.patients.size()) return corrupt("changes: an identifier names a shard that does not exist");
  for (const Named& entry : TRY(p.lookup(change.value)))
    if (entry.system == change.system) return {};
  if (change.patient.id >= p.patients[change.patient.shard]) {
    p.people += change.patient.id + 1 - p.patients[change.patient.shard];
    p.patients[change.patient.shard] = change.patient.id + 1;
  }
  p.add(change.patient, {change.system, change.value}, ++p.position);
  p.committed = p.drained = p.position;
  return {};
}

Result<void> Identity::learn(const stored::Link& change, Micros recorded) {
  std::unique_lock lock(parts_->mutex);
  for (const LinkEntry& entry : parts_->links)  // a fold may reach further than the watermark it was made for
    if (entry.a == change.a && entry.b == change.b && entry.linked == change.linked && entry.recorded == recorded) return {};
  parts_->links.push_back({change.a, change.b, change.linked, true, recorded, ++parts_->position});
  parts_->committed = parts_->drained = parts_->position;
  parts_->regroup();
  return {};
}

Result<void> Identity::fold(std::uint64_t position, Batch& batch) {
  std::shared_lock lock(parts_->mutex);
  const Parts& p = *parts_;
  Pinned stored;
  for (const auto& [hash, entries] : p.named) {
    std::vector<Named> all;
    if (TRY(p.tables->get(Table::identity, forward_key(hash), nullptr, stored))) all = TRY(decode_forward(stored.bytes()));
    const std::size_t before = all.size();
    for (const Named& entry : entries)
      if (entry.position <= position) all.push_back(entry);
    if (all.size() > before) batch.put(Table::identity, forward_key(hash), encode_forward(all));
  }
  for (const auto& [patient, hashes] : p.named_of) {
    NameList names;
    if (TRY(p.tables->get(Table::identity, reverse_key(patient), nullptr, stored))) names = TRY(decode_reverse(stored.bytes()));
    const std::size_t before = names.size();
    for (const std::uint64_t hash : hashes)
      for (const Named& entry : p.named.at(hash))
        if (entry.patient == patient && entry.position <= position) {
          const std::pair name(entry.system, entry.value);
          if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    if (names.size() > before) batch.put(Table::identity, reverse_key(patient), encode_reverse(names));
  }
  std::uint64_t place = p.links_folded;
  for (; place < p.links.size() && p.links[place].committed && p.links[place].position <= position; ++place) {
    const LinkEntry& link = p.links[place];
    Bytes value;
    Writer w(value);
    w.u32(link.a.shard), w.u32(link.a.id), w.u32(link.b.shard), w.u32(link.b.id);
    w.u8(link.linked), w.u64(static_cast<std::uint64_t>(link.recorded));
    seal(value);
    batch.put(Table::identity, link_key(place), std::move(value));
  }
  Bytes counters;
  Writer w(counters);
  w.varint(p.patients.size());
  for (const std::uint32_t count : p.patients) w.varint(count);
  w.varint(place);
  seal(counters);
  batch.put(Table::identity, state_key, std::move(counters));
  return {};
}

void Identity::folded(std::uint64_t position) {
  std::unique_lock lock(parts_->mutex);
  Parts& p = *parts_;
  for (auto at = p.named.begin(); at != p.named.end();) {
    std::erase_if(at->second, [&](const Named& entry) { return entry.position <= position; });
    at = at->second.empty() ? p.named.erase(at) : std::next(at);
  }
  for (auto at = p.named_of.begin(); at != p.named_of.end();) {
    std::erase_if(at->second, [&](std::uint64_t hash) {
      const auto left = p.named.find(hash);
      if (left == p.named.end()) return true;
      return std::none_of(left->second.begin(), left->second.end(), [&](const Named& entry) { return entry.patient == at->first; });
    });
    at = at->second.empty() ? p.named_of.erase(at) : std::next(at);
  }
  while (p.links_folded < p.links.size() && p.links[p.links_folded].committed && p.links[p.links_folded].position <= position)
    ++p.links_folded;
}

Result<void> Identity::forget(PatientRef patient, Batch& batch) {
  std::unique_lock lock(parts_->mutex);
  Parts& p = *parts_;
  Pinned stored;
  std::set<std::uint64_t> hashes;
  if (TRY(p.tables->get(Table::identity, reverse_key(patient), nullptr, stored)))
    for (const auto& [system, value] : TRY(decode_reverse(stored.bytes()))) hashes.insert(p.hash(value));
  if (auto at = p.named_of.find(patient); at != p.named_of.end()) {
    for (const std::uint64_t hash : at->second) {
      std::erase_if(p.named[hash], [&](const Named& entry) { return entry.patient == patient; });
      if (p.named[hash].empty()) p.named.erase(hash);
    }
    p.named_of.erase(at);
  }
  for (const std::uint64_t hash : hashes) {
    if (!TRY(p.tables->get(Table::identity, forward_key(hash), nullptr, stored))) continue;
    std::vector<Named> left = TRY(decode_forward(stored.bytes()));
    std::erase_if(left, [&](const Named& entry) { return entry.patient == patient; });
    if (left.empty()) batch.erase(Table::identity, forward_key(hash));
    else batch.put(Table::identity, forward_key(hash), encode_forward(left));
  }
  batch.erase(Table::identity, reverse_key(patient));
  return {};
}

}  // namespace chartline::engine
