#include "engine/identity.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <shared_mutex>

#include "base/hash.h"
#include "engine/decoded_cache.h"
#include "engine/identity_bytes.h"
#include "engine/patient_links.h"
#include "engine/unfolded_names.h"

namespace chartline::engine {

using Names = std::vector<IdentityEntry>;  // that stand under one hash

namespace {

// By this key of theirs, and those with the same in order of arrival. Keys are sorted, not entries, of which each would be a miss of the
// processor's cache.
template <typename KeyOf>
std::vector<const UnfoldedNames::Entry*> ordered(std::span<const UnfoldedNames::Entry* const> arrived,
                                                 const KeyOf& key_of) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> places;
  places.reserve(arrived.size());
  for (const auto* entry : arrived) places.emplace_back(key_of(*entry), static_cast<std::uint32_t>(places.size()));
  std::ranges::sort(places);
  std::vector<const UnfoldedNames::Entry*> entries;
  entries.reserve(arrived.size());
  for (const auto& [key, place] : places) entries.push_back(arrived[place]);
  return entries;
}

}  // namespace

struct Identity::Parts {
  std::shared_ptr<Tables> tables;
  std::shared_ptr<DecodedCache> cache;
  // What the cache holds of the table is kept under how often a fold has changed it: counted by hash, so maybe more often.
  std::array<std::uint64_t, 4096> folds{};
  std::uint64_t& folds_of(std::uint64_t hash) { return folds[hash % folds.size()]; }
  std::uint64_t& folds_of(PatientRef patient) { return folds[(patient.id * 31 + patient.shard) % folds.size()]; }
  std::uint64_t folds_of(std::uint64_t hash) const { return folds[hash % folds.size()]; }
  std::uint64_t folds_of(PatientRef patient) const { return folds[(patient.id * 31 + patient.shard) % folds.size()]; }
  std::uint64_t secret;
  mutable std::shared_mutex mutex;

  std::vector<std::uint32_t> patients;  // ids given, per shard
  std::uint64_t people = 0;             // over all shards: the next person's stable number

  UnfoldedNames unfolded;
  PatientLinks links;
  bool nothing_folded = true;                  // the table is empty: a new store's, until its first fold or load
  std::vector<std::uint32_t> patients_folded;  // ids given as the table has it: who came later has nothing there

  std::set<PatientRef> erased;  // since this store was opened
  // Changed under the lock; whoever only asks whether there is anything takes none.
  std::atomic<bool> any_erased = false;
  std::atomic<bool> links_wait = false;     // until they are committed
  std::atomic<std::uint64_t> position = 0;  // of the newest change
  std::atomic<std::uint64_t> committed = 0;
  std::atomic<std::uint64_t> drained = 0;

  std::uint64_t hash(std::string_view value) const { return keyed_hash64(value, secret); }

  // -- without the lock
  // Never null. Kept in the cache if it is asked for again; or, for who writes to a patient and comes again soon, at once.
  enum class Keep : std::uint8_t { if_asked_again, if_known };
  Result<std::shared_ptr<const Names>> folded_names(std::uint64_t hash, Keep keep = Keep::if_asked_again) const;
  const std::shared_ptr<const Names> none = std::make_shared<const Names>();
  Result<std::shared_ptr<const IdentifierList>> folded_identifiers(PatientRef patient) const;
  // Calls `use` with system and patient of each entry of a value, of memory and table.
  template <typename Use>
  Result<void> lookup(std::string_view value, const Use& use) const;
  // Whom an identifier names, and what was read of the table for that, if anything: it holds until a fold or an erasure changes it.
  struct Looked {
    std::uint64_t hash = 0;
    std::shared_ptr<const Names> folded;
    std::uint64_t folds = 0;
    std::size_t erasures = 0;
    std::optional<PatientRef> who;
  };
  Result<void> look(std::span<const record::Identifier> identifiers, std::vector<Looked>& into) const;
  Result<std::optional<PatientRef>> find(std::string_view system, std::string_view value) const;
  PatientRef new_patient();
  Result<Resolved> resolve(std::span<const record::Identifier> identifiers, std::vector<Looked>& looked);  // under the lock
};

Identity::Identity(std::shared_ptr<Tables> tables, std::shared_ptr<DecodedCache> cache, std::uint64_t secret,
                   std::uint32_t shards)
    : parts_(std::make_unique<Parts>()) {
  parts_->tables = std::move(tables);
  parts_->cache = std::move(cache);
  parts_->secret = secret;
  parts_->patients.assign(shards, 0);
  parts_->patients_folded = parts_->patients;
}

Identity::~Identity() = default;

Result<void> Identity::load() {
  std::unique_lock lock(parts_->mutex);
  Pinned value;
  if (!TRY(parts_->tables->get(Table::identity, identity_counters_key, nullptr, value))) return {};
  parts_->nothing_folded = false;
  const IdentityCounters counters = TRY(decode_identity_counters(value.bytes()));
  if (counters.patients.size() != parts_->patients.size()) return corrupt("identity: the number of shards differs");
  parts_->patients = parts_->patients_folded = counters.patients;
  parts_->people = std::accumulate(counters.patients.begin(), counters.patients.end(), std::uint64_t{0});
  std::vector<LinkRecord> links;
  for (std::uint64_t place = 0; place < counters.links; ++place) {
    if (!TRY(parts_->tables->get(Table::identity, link_key(place), nullptr, value)))
      return corrupt("identity: an entry of the link log is missing");
    links.push_back(TRY(decode_link(value.bytes())));
  }
  parts_->links.load(links);
  return {};
}

// Reads happen under the lock: what was read before a patient was forgotten is in the cache before that is cleared; and what is
// read of a forgotten one afterwards, until the table has forgotten too, is not kept.
Result<std::shared_ptr<const Names>> Identity::Parts::folded_names(std::uint64_t hash, Keep keep) const {
  if (nothing_folded) return none;
  const DecodedCache::Key key{.sort = DecodedCache::Sort::names, .shard = 0, .owner = hash, .run = folds_of(hash)};
  if (auto known = cache->find<Names>(key)) return known;
  Pinned stored;
  // That nobody has a name is asked as often as who has it.
  const bool is_there = TRY(tables->get(Table::identity, identity_key(hash), nullptr, stored));
  auto names = std::make_shared<const Names>(is_there ? TRY(decode_identity_entries(stored.bytes())) : Names());
  if (std::ranges::any_of(*names, [&](const IdentityEntry& one) { return this->hash(one.value) != hash; }))
    return corrupt("identity: identifiers stand under a key that is not theirs");
  const auto is_erased = [this](const IdentityEntry& one) { return erased.contains(one.patient); };
  if (std::ranges::none_of(*names, is_erased) && ((keep == Keep::if_known && is_there) || cache->admits(key))) {
    std::size_t bytes = sizeof *names;
    for (const IdentityEntry& one : *names) bytes += sizeof one + one.system.capacity() + one.value.capacity();
    cache->keep(key, names, bytes);
  }
  return names;
}

Result<std::shared_ptr<const IdentifierList>> Identity::Parts::folded_identifiers(PatientRef patient) const {
  const DecodedCache::Key key{
      .sort = DecodedCache::Sort::identifiers, .shard = patient.shard, .owner = patient.id, .run = folds_of(patient)};
  if (auto known = cache->find<IdentifierList>(key)) return known;
  Pinned stored;
  if (!TRY(tables->get(Table::identity, identifiers_key(patient), nullptr, stored)))
    return std::shared_ptr<const IdentifierList>();
  auto list = std::make_shared<const IdentifierList>(TRY(decode_identifiers(stored.bytes())));
  if (!erased.contains(patient) && cache->admits(key)) {
    std::size_t bytes = sizeof *list;
    for (const auto& [system, value] : *list) bytes += sizeof list->front() + system.capacity() + value.capacity();
    cache->keep(key, list, bytes);
  }
  return list;
}

template <typename Use>
Result<void> Identity::Parts::lookup(std::string_view value, const Use& use) const {
  const std::uint64_t h = hash(value);
  const auto folded = TRY(folded_names(h));
  std::vector<std::string_view> systems;  // of those in memory
  unfolded.of_hash(h, [&](const UnfoldedNames::Entry& entry) {
    if (entry.value() == value) systems.push_back(entry.system()), use(entry.system(), entry.patient);
  });
  for (const IdentityEntry& entry : *folded)  // a hash is never trusted: the value decides
    if (entry.value == value && std::ranges::find(systems, entry.system) == systems.end())
      use(entry.system, entry.patient);
  return {};
}

Result<void> Identity::Parts::look(std::span<const record::Identifier> identifiers, std::vector<Looked>& into) const {
  into.resize(identifiers.size());
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    const auto is_it = [&](const IdentityEntry& entry) {
      return entry.value == identifiers[i].value && entry.system == identifiers[i].system;
    };
    Looked& one = into[i];
    one.who.reset();
    if (!one.folded) one.hash = hash(identifiers[i].value);
    unfolded.of_hash(one.hash, [&](const UnfoldedNames::Entry& entry) {
      if (entry.is(identifiers[i])) one.who = entry.patient;
    });
    if (one.who) continue;  // it names nobody else in the table
    if (!one.folded || one.folds != folds_of(one.hash) || one.erasures != erased.size())
      one.folded = TRY(folded_names(one.hash, Keep::if_known)), one.folds = folds_of(one.hash),
      one.erasures = erased.size();
    for (const IdentityEntry& entry : *one.folded)  // a hash is never trusted: the value decides
      if (is_it(entry)) one.who = entry.patient;
  }
  return {};
}

Result<std::optional<PatientRef>> Identity::Parts::find(std::string_view system, std::string_view value) const {
  std::optional<PatientRef> found;
  TRY(lookup(value, [&](std::string_view its_system, PatientRef patient) {
    if (its_system == system) found = patient;
  }));
  return found;
}

PatientRef Identity::Parts::new_patient() {
  Bytes number;
  Writer(number).u64(people++);
  const auto shard = static_cast<std::uint32_t>(keyed_hash64(number, secret) % patients.size());
  return {shard, patients[shard]++};
}

Result<Identity::Resolved> Identity::resolve(std::span<const record::Identifier> identifiers) {
  Parts& p = *parts_;
  std::vector<Parts::Looked> looked;
  {
    std::shared_lock lock(p.mutex);
    TRY(p.look(identifiers, looked));
    if (std::all_of(looked.begin(), looked.end(),
                    [&](const auto& one) { return one.who && *one.who == *looked.front().who; }))
      return Resolved{*looked.front().who, p.position, false, false};
  }
  std::unique_lock lock(p.mutex);
  return p.resolve(identifiers,
                   looked);  // another writer may have been here between the locks; the table is seldom asked again
}

Result<std::vector<PatientRef>> Identity::resolve_each(std::span<const record::Identifier> persons) {
  std::vector<PatientRef> patients;
  std::vector<Parts::Looked> looked;
  const std::unique_lock lock(parts_->mutex);
  for (const record::Identifier& person : persons) {
    looked.clear();
    patients.push_back(TRY(parts_->resolve({&person, 1}, looked)).patient);
  }
  return patients;
}

Result<Identity::Resolved> Identity::Parts::resolve(std::span<const record::Identifier> identifiers,
                                                    std::vector<Looked>& looked) {
  TRY(look(identifiers, looked));
  std::optional<PatientRef> patient;
  for (const auto& one : looked)
    if (one.who && !patient) patient = one.who;
  Resolved resolved{patient ? *patient : new_patient(), 0, !patient, false};
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    if (const std::optional<PatientRef>& who = looked[i].who) {
      if (!links.are_one(*who, resolved.patient)) resolved.clash = true;
      continue;
    }
    const bool repeated =
        std::any_of(identifiers.begin(), identifiers.begin() + static_cast<std::ptrdiff_t>(i), [&](const auto& earlier) {
          return earlier.system == identifiers[i].system && earlier.value == identifiers[i].value;
        });
    if (repeated || identifiers[i].value.empty()) continue;
    unfolded.add(resolved.patient, identifiers[i], looked[i].hash, ++position, looked[i].folded->empty());
  }
  resolved.position = position;
  return resolved;
}

Result<std::optional<PatientRef>> Identity::find(const record::Identifier& identifier) const {
  std::shared_lock lock(parts_->mutex);
  return parts_->find(identifier.system, identifier.value);
}

Result<std::vector<Identity::Match>> Identity::find_value(std::string_view value) const {
  std::shared_lock lock(parts_->mutex);
  std::vector<Match> matches;
  TRY(parts_->lookup(value, [&](std::string_view system, PatientRef patient) {
    matches.push_back({std::string(system), patient});
  }));
  return matches;
}

Result<std::vector<record::Identifier>> Identity::identifiers(PatientRef patient, record::Arena& into) const {
  std::shared_lock lock(parts_->mutex);
  std::vector<record::Identifier> list;
  const auto add = [&](std::string_view system, std::string_view value) {
    const bool known =
        std::any_of(list.begin(), list.end(), [&](const auto& i) { return i.system == system && i.value == value; });
    if (!known) list.push_back({into.text(system), into.text(value)});
  };
  if (const auto folded = TRY(parts_->folded_identifiers(patient)))
    for (const auto& [system, value] : *folded) add(system, value);
  parts_->unfolded.of_patient(patient, [&](const UnfoldedNames::Entry& entry) { add(entry.system(), entry.value()); });
  return list;
}

Result<bool> Identity::link(PatientRef a, PatientRef b, bool linked) {
  std::unique_lock lock(parts_->mutex);
  if (parts_->erased.contains(a) || parts_->erased.contains(b))
    return not_found("no patient has one of the identifiers given");
  if (!parts_->links.add(a, b, linked, parts_->position + 1)) return false;
  ++parts_->position;
  parts_->links_wait = true;
  return true;
}

std::vector<PatientRef> Identity::linked(PatientRef patient, Micros as_of) const {
  std::shared_lock lock(parts_->mutex);
  return parts_->links.person(patient, as_of);
}

std::vector<std::vector<PatientRef>> Identity::persons(Micros as_of) const {
  std::shared_lock lock(parts_->mutex);
  return parts_->links.persons(as_of);
}

std::uint32_t Identity::patients(std::uint32_t shard) const {
  std::shared_lock lock(parts_->mutex);
  return parts_->patients[shard];
}

std::uint64_t Identity::position() const { return parts_->position; }

std::uint64_t Identity::committed_position() const { return parts_->committed; }

bool Identity::durable(std::uint64_t position) const { return position <= parts_->committed; }

// Whoever waits in the group has queued before what it needs.
void Identity::take_pending(std::vector<Bytes>& encoded, std::uint64_t& position) {
  position = parts_->position;
  if (position == parts_->drained) return;
  const std::shared_lock lock(parts_->mutex);
  const auto append = [&](const auto& change) { stored::encode(change, encoded.emplace_back()); };
  auto links = parts_->links.after(parts_->drained);
  const auto links_before = [&](std::uint64_t at) {
    for (; !links.empty() && links.front().position < at; links = links.subspan(1)) {
      const LinkRecord& link = links.front().link;
      append(stored::Link{link.a, link.b, link.linked});
    }
  };
  parts_->unfolded.after(parts_->drained, [&](const UnfoldedNames::Entry& entry) {
    links_before(entry.position);
    append(stored::Identify{entry.patient, entry.system(), entry.value()});
  });
  links_before(UINT64_MAX);
  position = parts_->position;
  parts_->drained = position;
}

void Identity::committed(std::uint64_t position, Micros recorded) {
  if (position <= parts_->committed) return;
  if (!parts_->links_wait) {
    parts_->committed = position;
    return;
  }
  std::unique_lock lock(parts_->mutex);
  parts_->links_wait = parts_->links.commit(position, recorded);
  parts_->committed = position;
}

Result<void> Identity::learn(const stored::Identify& change) {
  std::unique_lock lock(parts_->mutex);
  Parts& p = *parts_;
  if (change.patient.shard >= p.patients.size())
    return corrupt("changes: an identifier names a shard that does not exist");
  if (TRY(p.find(change.system, change.value))) return {};
  if (change.patient.id >= p.patients[change.patient.shard]) {
    p.people += change.patient.id + 1 - p.patients[change.patient.shard];
    p.patients[change.patient.shard] = change.patient.id + 1;
  }
  p.unfolded.add(change.patient, {change.system, change.value}, p.hash(change.value), ++p.position, p.nothing_folded);
  p.committed = p.drained = p.position.load();
  return {};
}

Result<void> Identity::learn(const stored::Link& change, Micros recorded) {
  std::unique_lock lock(parts_->mutex);
  if (parts_->links.learn({change.a, change.b, change.linked, recorded}, parts_->position + 1))
    parts_->committed = parts_->drained = ++parts_->position;
  return {};
}

// What is folded stays where it is until it is let go by folded(), or by an erasure, beside which nobody folds: the lock is held to
// note it, and not while the table is read.
Result<void> Identity::fold(std::uint64_t position, const Put& put) {
  const Parts& p = *parts_;
  std::vector<const UnfoldedNames::Entry*> entries;
  std::vector<LinkRecord> links;
  IdentityCounters counters;
  bool nothing_folded = false;
  {
    const std::shared_lock lock(p.mutex);
    entries = p.unfolded.up_to(position);
    links = p.links.to_fold(position);
    counters = {p.patients, p.links.folded() + links.size()};
    nothing_folded = p.nothing_folded;
  }
  std::uint64_t place = counters.links - links.size();
  for (const LinkRecord& link : links) TRY(put(link_key(place++), encode_link(link)));

  const auto each_part = [&](const auto& same, const auto& use) -> Result<void> {
    for (std::size_t from = 0, past = 0; from < entries.size(); from = past) {
      while (past < entries.size() && same(*entries[from], *entries[past])) ++past;
      TRY(use(std::span(entries).subspan(from, past - from)));
    }
    return {};
  };
  using Part = std::span<const UnfoldedNames::Entry* const>;
  Pinned stored;
  entries =
      ordered(entries, [](const auto& entry) { return std::uint64_t{entry.patient.shard} << 32 | entry.patient.id; });
  TRY(each_part([](const auto& a, const auto& b) { return a.patient == b.patient; },
                [&](Part part) -> Result<void> {
                  const PatientRef patient = part.front()->patient;
                  IdentifierList names;
                  if (patient.id < p.patients_folded[patient.shard] &&
                      TRY(p.tables->get(Table::identity, identifiers_key(patient), nullptr, stored)))
                    names = TRY(decode_identifiers(stored.bytes()));
                  const std::size_t before = names.size();
                  for (const auto* entry : part) {
                    const std::pair name(std::string(entry->system()), std::string(entry->value()));
                    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
                  }
                  return names.size() > before ? put(identifiers_key(patient), encode_identifiers(names))
                                               : Result<void>();
                }));
  TRY(put(Bytes(identity_counters_key), encode_identity_counters(counters)));
  entries = ordered(entries, [](const auto& entry) { return entry.hash; });
  return each_part([](const auto& a, const auto& b) { return a.hash == b.hash; },
                   [&](Part part) -> Result<void> {
                     const std::uint64_t hash = part.front()->hash;
                     Names all;
                     if (!nothing_folded && !part.front()->first &&
                         TRY(p.tables->get(Table::identity, identity_key(hash), nullptr, stored)))
                       all = TRY(decode_identity_entries(stored.bytes()));
                     for (const auto* entry : part)
                       all.push_back({std::string(entry->system()), std::string(entry->value()), entry->patient});
                     return put(identity_key(hash), encode_identity_entries(all));
                   });
}

void Identity::folded(std::uint64_t position) {
  std::deque<UnfoldedNames::Entry> gone;  // freed without the lock
  std::unique_lock lock(parts_->mutex);
  Parts& p = *parts_;
  p.nothing_folded = false;
  p.patients_folded = p.patients;
  gone = p.unfolded.let_go(position);
  if (gone.size() > p.folds.size()) {  // so much that each count would change anyway
    for (std::uint64_t& folds : p.folds) ++folds;
  } else {
    for (const UnfoldedNames::Entry& entry : gone) ++p.folds_of(entry.hash), ++p.folds_of(entry.patient);
  }
  p.links.let_go(position);
}

Result<void> Identity::forget(PatientRef patient, Batch& batch) {
  std::unique_lock lock(parts_->mutex);
  Parts& p = *parts_;
  Pinned stored;
  std::set<std::uint64_t> hashes;
  if (TRY(p.tables->get(Table::identity, identifiers_key(patient), nullptr, stored)))
    for (const auto& [system, value] : TRY(decode_identifiers(stored.bytes()))) hashes.insert(p.hash(value));
  p.unfolded.forget(patient);
  for (const std::uint64_t hash : hashes) {
    if (!TRY(p.tables->get(Table::identity, identity_key(hash), nullptr, stored))) continue;
    Names left = TRY(decode_identity_entries(stored.bytes()));
    std::erase_if(left, [&](const IdentityEntry& entry) { return entry.patient == patient; });
    if (left.empty()) batch.erase(Table::identity, identity_key(hash));
    else batch.put(Table::identity, identity_key(hash), encode_identity_entries(left));
  }
  batch.erase(Table::identity, identifiers_key(patient));
  p.links.forget(patient, batch);
  batch.put(Table::identity, Bytes(identity_counters_key), encode_identity_counters({p.patients, p.links.folded()}));
  p.nothing_folded = false;
  p.erased.insert(patient);
  p.any_erased = true;
  return {};
}

bool Identity::erased(PatientRef patient) const {
  if (!parts_->any_erased) return false;
  std::shared_lock lock(parts_->mutex);
  return parts_->erased.contains(patient);
}

}  // namespace chartline::engine
