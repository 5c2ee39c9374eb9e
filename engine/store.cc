#include "engine/store.h"

#include <algorithm>
#include <random>

#include "engine/decoded_cache.h"
#include "engine/erase_parts.h"
#include "engine/store_parts.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::uint32_t shards_max = 4096;
constexpr auto keeper_pace = std::chrono::milliseconds(100);
constexpr int note_every =
    10;  // turns of the keeper: the last second of acknowledged commits may go unnoticed if the log loses its tail

std::uint64_t random_u64() {
  static std::mutex mutex;
  static std::random_device device;
  std::lock_guard lock(mutex);
  return (std::uint64_t{device()} << 32) ^ device();
}

// What a bulk load that was cut off has left: every key of every table, but for the audit log, which only grows, and
// terminology, which may have been loaded before it.
Result<void> empty(Tables& tables) {
  for (int each = 0; each < table_count; ++each) {
    const auto table = static_cast<Table>(each);
    if (table == Table::audit || table == Table::terminology) continue;
    Batch batch;
    TRY(tables.scan(table, {}, {}, nullptr, [&](BytesView key, BytesView) {
      batch.erase(table, Bytes(key));
      return true;
    }));
    if (!batch.empty()) TRY(tables.write(batch, true));
  }
  return {};
}

// Views may outlive the store: the tables they read keep the lease, and the backend, until the last one is gone.
std::shared_ptr<Tables> with_lease(std::shared_ptr<Backend> backend, std::shared_ptr<const Lease> lease,
                                   std::unique_ptr<Tables> tables) {
  struct Held {
    std::shared_ptr<Backend> backend;
    std::shared_ptr<const Lease> lease;
    std::unique_ptr<Tables> tables;  // destroyed first
  };
  auto held = std::make_shared<Held>(Held{std::move(backend), std::move(lease), std::move(tables)});
  return {held, held->tables.get()};
}

std::string shard_place(std::uint32_t shard) { return "shard " + std::to_string(shard) + ": "; }

}  // namespace

std::string_view name(Outcome::What what) {
  switch (what) {
    case Outcome::What::created: return "created";
    case Outcome::What::unchanged: return "unchanged";
    case Outcome::What::superseded: return "superseded";
    case Outcome::What::hidden: return "hidden";
    case Outcome::What::rejected: return "rejected";
  }
  return "unknown";
}

Bytes encode(const StoreDescription& description) {
  Bytes out;
  Writer w(out);
  w.varint(description.format), w.text(description.id), w.varint(description.shards), w.text(description.zone),
      w.u64(description.secret), w.varint(format_draft);
  return out;
}

Result<StoreDescription> decode_description(BytesView bytes) {
  Reader in(bytes);
  StoreDescription description;
  description.format = static_cast<std::uint32_t>(in.varint());
  if (in.ok() && description.format > format_version)
    return unsupported("the store has format " + std::to_string(description.format) +
                       "; this program reads up to format " + std::to_string(format_version) +
                       ": use a newer chartline");
  description.id = in.text();
  description.shards = static_cast<std::uint32_t>(in.varint());
  description.zone = in.text();
  description.secret = in.u64();
  const std::uint64_t draft = in.done() ? 1 : in.varint();  // the first was not told
  if (!in.done() || description.format == 0 || description.shards == 0 || description.shards > shards_max)
    return corrupt("catalogue: the store's description is not well formed");
  if (draft != format_draft)
    return unsupported("the store has draft " + std::to_string(draft) + " of format " +
                       std::to_string(description.format) + "; this program reads draft " +
                       std::to_string(format_draft) + ": no release has fixed the format, so import the sources again");
  return description;
}

Result<StoreDescription> read_description(Backend& backend) {
  const std::optional<Bytes> bytes = TRY(backend.catalogue().get(description_entry));
  if (!bytes) return not_found("there is no store here: make one with chartline init");
  return decode_description(*bytes);
}

Result<void> Store::init(Backend& backend, const InitOptions& options) {
  if (options.shards == 0 || options.shards > shards_max)
    return invalid_request("a store has 1 to " + std::to_string(shards_max) + " shards, not " +
                           std::to_string(options.shards));
  TRY(record::Zone::find(options.zone));
  StoreDescription description;
  description.id = hex({random_u64(), random_u64()});
  description.shards = options.shards;
  description.zone = options.zone;
  description.secret = random_u64();
  auto set = backend.catalogue().set(description_entry, std::nullopt, encode(description));
  if (!set && set.error().fault == Fault::conflict) return conflict("there is a store here already");
  TRY(set);
  for (std::uint32_t number = 0; number < options.shards; ++number) {  // so that readers find every shard
    const std::unique_ptr<Lease> lease = TRY(backend.acquire(number, 0));
    TRY(backend.open(number, lease.get(), {}));
  }
  return {};
}

Result<void> Store::init(const std::string& folder, const InitOptions& options) {
  if (options.shards == 0 || options.shards > shards_max)
    return invalid_request("a store has 1 to " + std::to_string(shards_max) + " shards, not " +
                           std::to_string(options.shards));
  TRY(record::Zone::find(options.zone));
  const std::unique_ptr<Backend> backend = TRY(local_backend(folder, true));
  return init(*backend, options);
}

Result<std::unique_ptr<Store>> Store::open(const std::string& folder, const StoreOptions& options) {
  return open(std::shared_ptr<Backend>(TRY(local_backend(folder, false))), options);
}

Result<std::unique_ptr<Store>> Store::open(std::shared_ptr<Backend> backend, const StoreOptions& options) {
  auto parts = std::make_unique<Parts>();
  parts->backend = backend;
  parts->options = options;
  if (!parts->options.clock) parts->options.clock = &parts->system_clock;
  parts->description = TRY(read_description(*backend));
  const std::uint32_t shards = parts->description.shards;
  parts->cache = std::make_shared<DecodedCache>(options.decoded_cache_bytes);

  StoreOptions each = parts->options;  // bounds are for the whole store
  each.delta_bytes_max = std::max<std::uint64_t>(options.delta_bytes_max / shards, 1u << 20);
  each.fold_bytes_max =
      std::min(options.fold_bytes_max, each.delta_bytes_max * 3 / 8);  // the rest is room for what comes during a fold
  TablesOptions tables_options;
  tables_options.cache_bytes = options.block_cache_bytes / shards;
  tables_options.write_buffer_bytes = options.write_buffer_bytes / shards;
  tables_options.read_only = options.read_only;
  tables_options.direct_reads = options.direct_reads;
  const std::optional<Bytes> bulk = TRY(backend->catalogue().get(bulk_marker));
  const bool cut_off = bulk && *bulk == "started";
  if (cut_off && options.read_only)
    return unavailable("a bulk load was cut off: open the store for writing once, to clear what it left");
  for (std::uint32_t number = 0; number < shards; ++number) {
    Shard::Setup setup;
    setup.number = number;
    setup.backend = backend;
    std::shared_ptr<Lease> lease;
    if (!options.read_only) lease = TRY(backend->acquire(number, options.lease_wait_ms));
    setup.note = TRY(backend->read_note(number, position_note));
    auto tables = backend->open(number, lease.get(), tables_options);
    if (!tables) return Error{tables.error().fault, shard_place(number) + tables.error().message};
    setup.tables = with_lease(backend, lease, std::move(tables).value());
    setup.lease = std::move(lease);
    if (cut_off) {
      TRY(empty(*setup.tables));
      if (setup.note) {  // it may tell of the load
        setup.note = without_commits(*setup.note);
        TRY(backend->write_note(number, position_note, *setup.note));
      }
    }
    setup.cache = parts->cache;
    setup.way = parts->way;
    if (number == 0)
      parts->identity = std::make_shared<Identity>(setup.tables, parts->cache, parts->description.secret, shards);
    setup.identity = parts->identity;
    setup.options = each;
    parts->shards.push_back(TRY(Shard::open(std::move(setup))));
  }
  if (cut_off) TRY(backend->catalogue().set(bulk_marker, bulk, "cleared"));
  std::unique_ptr<Store> store(new Store(std::move(parts)));
  if (options.read_only) {
    if (TRY(erasure_is_due(*backend)))
      return unavailable("an erasure was cut off: open the store for writing once, to complete it");
    return store;
  }
  (void)backend->sweep_scratch();  // what an import that was killed has left may hold anybody's record
  TRY(complete_erasure(*store));
  if (options.scrub_bytes_per_second > 0)
    store->parts_->scrubber =
        std::make_unique<Scrubber>(store->parts_->shards, *store->parts_->options.clock, options.scrub_bytes_per_second);
  store->parts_->keeper = std::thread([p = store->parts_.get()] { p->keep(); });
  return store;
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

Store::Parts::~Parts() {
  {
    std::lock_guard lock(keeper_mutex);
    closing = true;
  }
  keeper_wakes.notify_all();
  if (keeper.joinable()) keeper.join();
  for (const auto& shard : shards)
    if (shard->writable()) (void)shard->flush_audit();   // nobody waits for it: what fails now was never promised
  for (const auto& shard : shards) shard->end_leader();  // who is called asks other shards too
  scrubber = nullptr;
  helpers = nullptr;
  shards.clear();
}

void Store::Parts::keep() {
  std::unique_lock lock(keeper_mutex);
  for (int turn = 1; !closing; ++turn) {
    keeper_wakes.wait_for(lock, keeper_pace, [&] { return closing; });
    lock.unlock();
    answers.pass();
    for (const auto& shard : shards) {
      (void)shard->flush_audit();
      if (options.fold_in_background && shard->fold_due())
        (void)shard->fold();  // a failure closes the shard to writes and is seen there
      if (turn % note_every == 0 && shard->writable()) (void)shard->write_position_note();
    }
    lock.lock();
  }
}

View Store::view() { return view_as_of(INT64_MAX); }

View Store::view_as_of(Micros instant) {
  auto view = std::make_shared<ViewParts>();
  view->as_of = instant;
  view->identity = parts_->identity;
  if (!parts_->options.read_only) view->way = parts_->way;
  for (const auto& shard : parts_->shards) {
    ShardMoment& moment = view->shards.emplace_back(shard->moment());
    moment.patients = parts_->identity->patients(moment.shard);
  }
  view->links_as_of = std::min(instant, parts_->shards.front()->last_recorded());
  return View(std::move(view));
}

Result<ThreadPool*> Store::helpers() {
  constexpr std::size_t offered_max = 4096;  // more than all who read at once offer
  const std::lock_guard lock(parts_->helpers_mutex);
  if (!parts_->helpers) parts_->helpers = TRY(ThreadPool::start({.queued_max = offered_max}));
  return parts_->helpers.get();
}

Result<void> Store::fold() {
  for (const auto& shard : parts_->shards) TRY(shard->fold());
  return {};
}

Result<void> Store::compact() {
  for (const auto& shard : parts_->shards) TRY(shard->tables()->compact());
  return {};
}

Result<void> Store::set_meta(std::string_view name, std::string_view value, const AuditEntry* audit) {
  if (name.empty() || name.size() > 1024) return invalid_request("the name of a stored value has 1 to 1,024 bytes");
  const std::string key = "named/" + std::string(name);
  CommitRequest request;
  stored::encode(stored::SetMeta{key, value}, request.changes.emplace_back());
  request.metas.emplace_back(key, std::string(value));
  if (audit) request.audit = seal_entries(*audit, parts_->options.clock->now());
  TRY(parts_->shards.front()->commit(request));
  return {};
}

Result<std::optional<Bytes>> Store::meta(std::string_view name) {
  const std::string key = "named/" + std::string(name);
  Shard& first = *parts_->shards.front();
  if (auto unfolded = first.unfolded_meta(key)) return unfolded->empty() ? std::nullopt : unfolded;
  Pinned value;
  if (!TRY(first.tables()->get(Table::meta, key, nullptr, value))) return std::optional<Bytes>();
  return std::optional(Bytes(TRY(stored::unseal(value.bytes(), "meta: a named value"))));
}

namespace {

Result<PatientRef> known(const Identity& identity, const record::Identifier& identifier) {
  const std::optional<PatientRef> patient = TRY(identity.find(identifier));
  if (!patient) return not_found("no patient has one of the identifiers given");
  return *patient;
}

std::vector<SealedEntry> linking(const AuditEntry* audit, PatientRef one, PatientRef other, Clock& clock) {
  if (!audit) return {};
  AuditEntry entry = *audit;
  entry.patients = {one, other};
  return seal_entries(entry, clock.now());
}

}  // namespace

// The link and its entry are queued together, and one group takes both.
Result<void> Store::link(const record::Identifier& a, const record::Identifier& b, const AuditEntry* audit) {
  const PatientRef one = TRY(known(*parts_->identity, a)), other = TRY(known(*parts_->identity, b));
  if (one == other) return invalid_request("both identifiers name the same patient: there is nothing to link");
  if (parts_->options.read_only) return unavailable("the store was opened read-only");
  return parts_->shards.front()->commit_queued(linking(audit, one, other, *parts_->options.clock), [&]() -> Result<void> {
    TRY(parts_->identity->link(one, other, true));
    return {};
  });
}

Result<void> Store::unlink(const record::Identifier& a, const record::Identifier& b, const AuditEntry* audit) {
  const PatientRef one = TRY(known(*parts_->identity, a)), other = TRY(known(*parts_->identity, b));
  if (parts_->options.read_only) return unavailable("the store was opened read-only");
  return parts_->shards.front()->commit_queued(linking(audit, one, other, *parts_->options.clock), [&]() -> Result<void> {
    if (TRY(parts_->identity->link(one, other, false))) return {};
    return not_found("the two patients are not linked to each other directly");
  });
}

StoreStats Store::stats() {
  StoreStats stats;
  stats.shards = static_cast<std::uint32_t>(parts_->shards.size());
  for (const auto& shard : parts_->shards) {
    const ShardState state = shard->state();
    stats.patients += parts_->identity->patients(shard->moment().shard);
    stats.events += state.events, stats.past_events += state.past_events;
    stats.codes += shard->names().size(stored::Dictionary::code);
    stats.unfolded_commits += shard->unfolded_commits(), stats.delta_bytes += shard->delta_bytes();
    for (const TableStats& table : shard->tables()->stats()) {
      auto at = std::find_if(stats.tables.begin(), stats.tables.end(),
                             [&](const TableStats& sum) { return sum.table == table.table; });
      if (at == stats.tables.end()) stats.tables.push_back(table);
      else at->keys += table.keys, at->file_bytes += table.file_bytes;
    }
  }
  if (parts_->scrubber)
    stats.last_scrub = parts_->scrubber->last_finished(), stats.damaged_shards = parts_->scrubber->damaged_shards();
  const DecodedCache& cache = *parts_->cache;
  stats.decoded_cache_hits = cache.hits(), stats.decoded_cache_misses = cache.misses(),
  stats.decoded_cache_bytes = cache.bytes();
  return stats;
}

const std::string& Store::zone() const { return parts_->description.zone; }

bool Store::read_only() const {
  for (const auto& shard : parts_->shards)
    if (!shard->writable()) return true;
  return false;
}

}  // namespace chartline::engine
