// From records to a commit request: names to numbers, what each record means for its patient, and the changes to log.
#include <algorithm>
#include <map>
#include <set>

#include "engine/content.h"
#include "engine/shard.h"
#include "engine/shard_waiting.h"

namespace chartline::engine {
namespace {

constexpr std::size_t index_bytes_per_stripe = 128u << 10;  // 32 MiB over all stripes of a shard

// Memory of one write: rows and what they borrow. Lives until the segment that holds its puts has been folded.
struct WriteMemory {
  record::Arena arena;
  std::size_t bytes = 0;
};

std::size_t text_bytes(const record::Event& event) {
  std::size_t bytes = sizeof(stored::Row) + event.record.size() + event.version.size() + event.encounter.size() +
                      event.source_person.size() + event.value.text.size() +
                      event.translations.size() * sizeof(stored::Name);
  for (const record::Attribute& attribute : event.attributes)
    bytes += sizeof(stored::RowAttribute) + attribute.value.text.size();
  return bytes;
}

// Rows without a record id that are equal within one write are several events, not one said twice.
class Ordinals {
 public:
  void give(PatientId patient, stored::Row& row, const Dictionary& names) {
    if (!row.record.empty()) return;
    std::uint32_t& taken = taken_[{patient, record_key(row, names)}];  // how many said the same with the same ordinal
    row.ordinal += taken++;
    for (; !seen_.insert({patient, record_key(row, names)}).second; ++taken) ++row.ordinal;
  }

 private:
  std::map<std::pair<PatientId, Hash128>, std::uint32_t> taken_;
  std::set<std::pair<PatientId, Hash128>> seen_;
};

struct Saying {
  std::span<stored::Row> rows;  // without numbers yet
  Said record;
};

Saying rows_of(const WriteItem& item, Dictionary& names, Ordinals& ordinals, WriteMemory& memory) {
  std::vector<stored::Row> made;
  made.reserve(item.record->events.size());
  for (const record::Event& event : item.record->events) {
    made.push_back(copy(to_row(event, names, memory.arena), memory.arena));
    memory.bytes += text_bytes(event);
    ordinals.give(item.patient, made.back(), names);
  }
  Saying saying{memory.arena.array(made), {}};
  const std::uint64_t original = stored::original_hash(item.record->original);
  for (stored::Row& row : saying.rows) row.original = original;
  saying.record = said(saying.rows, names, item.record->demand, item.record->demanded_version);
  return saying;
}

}  // namespace

Result<Shard::Stripe::Cached*> Shard::index_of(Stripe& stripe, PatientId patient) {
  const auto known = stripe.by_patient.find(patient);
  if (known != stripe.by_patient.end()) {
    stripe.newest_first.splice(stripe.newest_first.begin(), stripe.newest_first, known->second);
    return &*known->second;
  }
  PatientIndex index = TRY(PatientIndex::begin(moment(), patient));
  stripe.newest_first.push_front({patient, std::move(index), 0, 0});
  stripe.by_patient[patient] = stripe.newest_first.begin();
  count(stripe, stripe.newest_first.front());
  return &stripe.newest_first.front();
}

void Shard::count(Stripe& stripe, Stripe::Cached& cached) {
  stripe.bytes -= cached.bytes;
  cached.bytes = cached.index.bytes();
  stripe.bytes += cached.bytes;
}

// An index that writers in flight have changed is the only one that knows of them: it stays until they are published.
void Shard::trim(Stripe& stripe) {
  for (auto at = stripe.newest_first.end(); stripe.bytes > index_bytes_per_stripe && at != stripe.newest_first.begin();) {
    --at;
    if (at->in_flight > 0) continue;
    stripe.bytes -= at->bytes;
    stripe.by_patient.erase(at->patient);
    at = stripe.newest_first.erase(at);
  }
}

void Shard::forget_indexes() {
  for (Stripe& stripe : stripes_) {
    std::lock_guard lock(stripe.mutex);
    stripe.newest_first.clear(), stripe.by_patient.clear(), stripe.bytes = 0;
  }
}

Result<std::uint64_t> Shard::write(std::span<const WriteItem> items, bool all_or_nothing, const AnswerOf& answer,
                                   const AuditOf& audit) {
  if (!setup_.lease) return unavailable("the store was opened read-only");
  const Admission admission(*this);
  if (!admission.granted()) return full();
  auto memory = std::make_shared<WriteMemory>();
  CommitRequest request;
  request.memory = memory;

  // What a record says is made out before anybody else has to wait: of many records of one write most stripes are locked.
  Ordinals ordinals;
  std::vector<Saying> sayings;
  sayings.reserve(items.size());
  for (const WriteItem& item : items) sayings.push_back(rows_of(item, *names_, ordinals, *memory));

  const auto know = [this](const WriteItem& item, const Said& record) -> Result<Stripe::Cached*> {
    Stripe& stripe = stripe_of(item.patient);
    Stripe::Cached* cached = TRY(index_of(stripe, item.patient));
    if (!cached->index.falls_short(record)) return cached;
    TRY(cached->index.complete(moment(), item.patient));
    count(stripe, *cached);
    return cached;
  };
  // So is what is known of the patients, one stripe at a time. Should that be trimmed again before all are locked, it is looked up
  // anew; should it fail, it fails below.
  for (std::size_t i = 0; items.size() > 1 && i < items.size(); ++i) {
    const std::lock_guard lock(stripe_of(items[i].patient).mutex);
    (void)know(items[i], sayings[i].record);
  }

  std::vector<std::size_t> stripes;
  for (const WriteItem& item : items) stripes.push_back(item.patient % stripe_count);
  std::sort(stripes.begin(), stripes.end());
  stripes.erase(std::unique(stripes.begin(), stripes.end()), stripes.end());
  std::vector<std::unique_lock<std::mutex>> locks;
  for (const std::size_t stripe : stripes) locks.emplace_back(stripes_[stripe].mutex);

  std::vector<std::pair<PatientIndex*, Undo>> undo;
  std::vector<Stripe::Cached*> touched;
  // Of records that were known already nothing is published: what was looked up for them may go at once.
  const auto trim_all = [&] {
    for (const std::size_t stripe : stripes) trim(stripes_[stripe]);
  };
  const auto take_all_back = [&] {
    for (auto step = undo.rbegin(); step != undo.rend(); ++step) take_back(*step->first, step->second);
    for (Stripe::Cached* cached : touched) --cached->in_flight;
    trim_all();
  };

  bool refused = false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const WriteItem& item = items[i];
    const std::span<stored::Row> rows = sayings[i].rows;
    const Said& record = sayings[i].record;
    if (setup_.identity->erased({setup_.number, item.patient})) {  // while this write waited at the door
      *item.outcome = {Outcome::What::rejected,
                       {setup_.number, item.patient},
                       0,
                       Fault::conflict,
                       "the patient was erased meanwhile"};
      refused = true;
      if (all_or_nothing) break;
      continue;
    }
    auto cached = know(item, record);
    if (!cached) return take_all_back(), std::move(cached).error();
    PatientIndex& index = (*cached)->index;
    const Decision decision = decide(index, record);
    *item.outcome = {
        decision.what, {setup_.number, item.patient}, decision.first_number, decision.fault, decision.reason};
    if (decision.what == Outcome::What::rejected) {
      refused = true;
      if (all_or_nothing) break;
    }
    if (decision.what == Outcome::What::rejected || decision.what == Outcome::What::unchanged) continue;
    undo.emplace_back(&index, apply(index, record, decision));
    touched.push_back(*cached), ++(*cached)->in_flight;
    std::uint32_t number = decision.first_number;
    for (stored::Row& row : rows) row.number = number++;
    DeltaPut put;
    put.patient = item.patient;
    put.added = rows;
    put.removed = memory->arena.array(decision.removed);
    put.original = memory->arena.text(item.record->original);
    memory->bytes += put.original.size() + put.removed.size_bytes() + sizeof put;
    stored::encode(stored::Put{put.patient, put.removed, put.added, put.original, 0}, request.changes.emplace_back());
    request.puts.push_back(put);
  }
  if (refused && all_or_nothing) {
    take_all_back();
    for (const WriteItem& item : items)
      if (item.outcome->what != Outcome::What::rejected)
        *item.outcome = {Outcome::What::rejected, item.outcome->patient, 0, Fault::conflict,
                         "another record of the same write was rejected"};
    return last_commit();
  }
  request.bytes = memory->bytes;
  if (answer) request.metas = answer();
  if (audit) request.audit = audit();
  for (const auto& [name, value] : request.metas)
    stored::encode(stored::SetMeta{name, value}, request.changes.emplace_back());

  Waiting me(request);
  enqueue(me);
  trim_all();
  locks.clear();
  Result<std::uint64_t> committed = await(me);
  for (Stripe::Cached* cached : touched) {
    Stripe& stripe = stripe_of(cached->patient);
    std::lock_guard lock(stripe.mutex);
    --cached->in_flight;
    count(stripe, *cached);
    trim(stripe);
  }
  return committed;
}

}  // namespace chartline::engine
