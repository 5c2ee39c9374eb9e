// From records to a commit request: names to numbers, what each record means for its patient, and the changes to log.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/content.h"
#include "engine/shard.h"
#include "engine/shard_waiting.h"

namespace chartline::engine {
namespace {

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

void Shard::forget_indexes() {
  for (PatientIndexes& stripe : stripes_) {
    std::lock_guard lock(stripe.mutex);
    stripe.clear();
  }
}

// Writes that are decided together: what they say, and what is to be committed of them.
struct Shard::Writing {
  explicit Writing(Shard& of) : shard(of), admission(of) { request.memory = memory; }
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  void say(const ShardWrite& write);
  // What is known of a patient, enough for the record.
  Result<PatientIndexes::Held*> know(const WriteItem& item, const Said& record);
  void know_all(std::span<const ShardWrite> writes);
  void lock_all(std::span<const ShardWrite> writes);
  // The next of the writes: into the request, unless all of it is refused.
  Result<void> decide(ShardWrite& write);
  Result<void> decide_items(ShardWrite& write, std::span<const Saying> says, bool& refused);
  Result<void> decide_all(std::span<ShardWrite> writes);
  Result<void> commit();
  void trim_all();

  Shard& shard;
  const Admission admission;
  std::shared_ptr<WriteMemory> memory = std::make_shared<WriteMemory>();
  CommitRequest request;
  std::vector<Saying> sayings;  // of all items of all writes
  std::size_t decided = 0;      // of them
  bool any = false;             // write is to be committed
  bool queued = false;
  std::vector<std::size_t> stripes;
  std::vector<std::unique_lock<std::mutex>> locks;
  std::vector<std::pair<PatientIndex*, Undo>> undo;  // of the write that is being decided
  std::vector<PatientIndexes::Held*> touched;
  std::optional<RightOfWay::Claim> claim;  // where nobody sleeps for it
  std::optional<Waiting> waiting;
};

void Shard::Writing::say(const ShardWrite& write) {
  Ordinals ordinals;
  for (const WriteItem& item : write.items) sayings.push_back(rows_of(item, *shard.names_, ordinals, *memory));
}

Result<PatientIndexes::Held*> Shard::Writing::know(const WriteItem& item, const Said& record) {
  PatientIndexes& stripe = shard.stripe_of(item.patient);
  PatientIndexes::Held* cached = stripe.find(item.patient);
  if (!cached) cached = &stripe.add(item.patient, TRY(PatientIndex::begin(shard.moment(), item.patient)));
  if (cached->index.surely_suffices(record)) return cached;
  const ShardMoment moment = shard.moment();
  if (!TRY(cached->index.falls_short(moment, item.patient, record))) return cached;
  TRY(cached->index.complete(moment, item.patient));
  stripe.count(*cached);
  return cached;
}

// One stripe at a time. Should what is known be trimmed again before all are locked, it is looked up anew; should looking it up
// fail, it fails when it is needed.
void Shard::Writing::know_all(std::span<const ShardWrite> writes) {
  if (sayings.size() < 2) return;
  std::size_t next = 0;
  for (const ShardWrite& write : writes) {
    for (const WriteItem& item : write.items) {
      const std::lock_guard lock(shard.stripe_of(item.patient).mutex);
      (void)know(item, sayings[next++].record);
    }
  }
}

void Shard::Writing::lock_all(std::span<const ShardWrite> writes) {
  for (const ShardWrite& write : writes)
    for (const WriteItem& item : write.items) stripes.push_back(item.patient % stripe_count);
  std::sort(stripes.begin(), stripes.end());
  stripes.erase(std::unique(stripes.begin(), stripes.end()), stripes.end());
  for (const std::size_t stripe : stripes) locks.emplace_back(shard.stripes_[stripe].mutex);
}

// Of records that were known already nothing is published: what was looked up for them may go at once.
void Shard::Writing::trim_all() {
  for (const std::size_t stripe : stripes) shard.stripes_[stripe].trim();
}

Result<void> Shard::Writing::decide_items(ShardWrite& write, std::span<const Saying> says, bool& refused) {
  for (std::size_t i = 0; i < write.items.size(); ++i) {
    const WriteItem& item = write.items[i];
    const Said& record = says[i].record;
    const PatientRef patient{shard.setup_.number, item.patient};
    if (shard.setup_.identity->erased(patient)) {  // while this write waited at the door
      *item.outcome = {Outcome::What::rejected, patient, 0, Fault::conflict, "the patient was erased meanwhile"};
      refused = true;
      if (write.all_or_nothing) return {};
      continue;
    }
    PatientIndexes::Held* cached = TRY(know(item, record));
    const Decision decision = engine::decide(cached->index, record);
    *item.outcome = {decision.what, patient, decision.first_number, decision.fault, decision.reason};
    if (decision.what == Outcome::What::rejected) {
      refused = true;
      if (write.all_or_nothing) return {};
    }
    if (decision.what == Outcome::What::rejected || decision.what == Outcome::What::unchanged) continue;
    touched.push_back(cached), ++cached->in_flight;
    undo.emplace_back(&cached->index, apply(cached->index, record, decision));
    shard.stripe_of(item.patient).count(*cached);
    std::uint32_t number = decision.first_number;
    for (stored::Row& row : says[i].rows) row.number = number++;
    DeltaPut put;
    put.patient = item.patient;
    put.added = says[i].rows;
    put.removed = memory->arena.array(decision.removed);
    put.original = memory->arena.text(item.record->original);
    memory->bytes += put.original.size() + put.removed.size_bytes() + sizeof put;
    stored::encode(stored::Put{put.patient, put.removed, put.added, put.original, 0}, request.changes.emplace_back());
    request.puts.push_back(put);
  }
  return {};
}

Result<void> Shard::Writing::decide(ShardWrite& write) {
  const std::span<const Saying> says = std::span(sayings).subspan(decided, write.items.size());
  decided += write.items.size();
  undo.clear();
  const std::size_t changes = request.changes.size(), puts = request.puts.size(), patients = touched.size();
  bool refused = false;
  const Result<void> done = decide_items(write, says, refused);
  if (done && !(refused && write.all_or_nothing)) {
    any = true;
    if (write.answer) {
      for (auto& [name, value] : write.answer()) {
        stored::encode(stored::SetMeta{name, value}, request.changes.emplace_back());
        request.metas.emplace_back(std::move(name), std::move(value));
      }
    }
    if (write.audit)
      for (SealedEntry& entry : write.audit()) request.audit.push_back(std::move(entry));
    return {};
  }
  for (auto step = undo.rbegin(); step != undo.rend(); ++step) take_back(*step->first, step->second);
  for (std::size_t i = patients; i < touched.size(); ++i) --touched[i]->in_flight;
  request.changes.resize(changes), request.puts.resize(puts), touched.resize(patients);
  TRY(done);
  for (const WriteItem& item : write.items)
    if (item.outcome->what != Outcome::What::rejected)
      *item.outcome = {Outcome::What::rejected, item.outcome->patient, 0, Fault::conflict,
                       "another record of the same write was rejected"};
  return {};
}

// What records say, and most of what is known of their patients, is made out before anybody else has to wait: of many records
// most stripes are locked.
Result<void> Shard::Writing::decide_all(std::span<ShardWrite> writes) {
  if (!admission.granted()) return full();
  for (const ShardWrite& write : writes) say(write);
  know_all(writes);
  lock_all(writes);
  for (ShardWrite& write : writes)
    if (Result<void> done = decide(write); !done) write.failed = std::move(done).error();
  request.bytes = memory->bytes;
  return {};
}

Result<void> Shard::Writing::commit() {
  Waiting me(request);
  if (any) shard.enqueue(me), queued = true;
  trim_all();
  locks.clear();
  if (!any) return {};
  TRY(shard.await(me));
  return {};
}

// Where memory ran out before it was queued, what was decided stands in indexes and will never be on disk: whoever came with it again
// would be told that it is known. No more than this thread is given to see it: it still holds the locks.
Shard::Writing::~Writing() {
  if (!touched.empty() && !queued) shard.fail(unavailable("memory ran out"));
  for (PatientIndexes::Held* cached : touched) --cached->in_flight;  // and may be gone
}

Result<void> Shard::write(std::span<ShardWrite> writes) {
  if (!setup_.lease) return unavailable("the store was opened read-only");
  Writing writing(*this);
  TRY(writing.decide_all(writes));
  return writing.commit();
}

void Shard::write(std::span<ShardWrite> writes, OnWritten written) {
  if (!setup_.lease) return written(unavailable("the store was opened read-only"));
  if (const Result<void> started = start_leader(); !started) return written(started);
  std::vector<std::unique_lock<std::mutex>> locks;  // until it is queued: then it may be gone
  auto writing = std::make_unique<Writing>(*this);
  if (const Result<void> decided = writing->decide_all(writes); !decided) return written(decided);
  writing->trim_all();
  if (!writing->any) return writing->locks.clear(), written({});
  Waiting& waiting = writing->waiting.emplace(writing->request);
  waiting.called = [one = writing.get(), written = std::move(written)] {
    const std::unique_ptr<Writing> ends(one);
    one->queued = true;
    std::optional<Error>& error = one->waiting->error;
    written(error ? Result<void>(std::move(*error)) : Result<void>());
  };
  writing->claim.emplace(*setup_.way);
  locks.swap(writing->locks);
  enqueue(waiting);
  (void)writing.release();
}

}  // namespace chartline::engine
