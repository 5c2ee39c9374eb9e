// Store::write and write_together: validate, find whose each record is, and hand each shard its part. A batch id makes a retry
// safe: its answer is logged with the records and comes back instead of a second write.
#include <algorithm>
#include <deque>
#include <map>
#include <new>
#include <set>

#include "engine/audit/store_audit.h"
#include "engine/store_parts.h"
#include "formats/record/validate.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::size_t batch_id_bytes_max = 256;

// One shard's part of a batch's answer: of how many records, and for each of the shard's its place and outcome.
Bytes encode_answer(std::span<const Outcome> outcomes, std::span<const std::size_t> places) {
  Bytes out;
  Writer w(out);
  w.varint(outcomes.size());
  for (const std::size_t place : places) {
    const Outcome& outcome = outcomes[place];
    w.varint(place);
    w.u8(static_cast<std::uint8_t>(outcome.what)), w.varint(outcome.patient.shard), w.varint(outcome.patient.id),
        w.varint(outcome.number);
    w.u8(static_cast<std::uint8_t>(outcome.fault)), w.text(outcome.reason);
  }
  return out;
}

// Into the outcomes it knows; `answered` marks them.
Result<void> decode_answer(BytesView bytes, std::span<Outcome> outcomes, std::vector<bool>& answered) {
  Reader in(bytes);
  if (in.varint() != outcomes.size()) return conflict("the batch id was used before for other records");
  while (in.ok() && in.left() > 0) {
    const std::uint64_t place = in.varint();
    if (place >= outcomes.size()) return corrupt("meta: the answer of a batch is not well formed");
    Outcome& outcome = outcomes[place];
    outcome.what = static_cast<Outcome::What>(in.u8());
    outcome.patient.shard = static_cast<std::uint32_t>(in.varint()),
    outcome.patient.id = static_cast<PatientId>(in.varint());
    outcome.number = static_cast<std::uint32_t>(in.varint());
    outcome.fault = static_cast<Fault>(in.u8());
    outcome.reason = in.text();
    answered[place] = true;
  }
  if (!in.ok()) return corrupt("meta: the answer of a batch is not well formed");
  return {};
}

Result<std::optional<Bytes>> stored_answer(Shard& shard, const std::string& key) {
  if (auto unfolded = shard.unfolded_meta(key)) return unfolded;
  Pinned value;
  if (!TRY(shard.tables()->get(Table::meta, key, nullptr, value))) return std::optional<Bytes>();
  return std::optional(Bytes(TRY(stored::unseal(value.bytes(), "meta: the answer of a batch"))));
}

Result<bool> is_known(const Identity& identity, std::span<const record::Identifier> identifiers) {
  for (const record::Identifier& identifier : identifiers)
    if (TRY(identity.find(identifier))) return true;
  return false;
}

}  // namespace

// One batch id is written by one caller at a time: the second waits and finds the first one's answer.
class BatchTurn {
 public:
  explicit BatchTurn(Store::Parts& parts) : parts_(parts) {}
  ~BatchTurn() {
    if (id_.empty()) return;
    std::lock_guard lock(parts_.batches_mutex);
    parts_.batches.erase(id_);
    parts_.batch_done.notify_all();
  }
  BatchTurn(const BatchTurn&) = delete;
  BatchTurn& operator=(const BatchTurn&) = delete;

  void wait_for(const std::string& id) {
    if (id.empty()) return;
    std::unique_lock lock(parts_.batches_mutex);
    parts_.batch_done.wait(lock, [&] { return !parts_.batches.contains(id); });
    parts_.batches.insert(id_ = id);
  }
  // False where another has it. Who holds turns must not wait for more of them: two who do might wait for each other.
  bool take(const std::string& id) {
    if (id.empty()) return true;
    std::lock_guard lock(parts_.batches_mutex);
    if (!parts_.batches.insert(id).second) return false;
    id_ = id;
    return true;
  }

 private:
  Store::Parts& parts_;
  std::string id_;  // "" while it holds none
};

// One write on its way: begin(), then the parts() of it written, shard after shard, then finish().
class WriteOnItsWay {
 public:
  WriteOnItsWay(Store::Parts& parts, const WriteRequest& request)
      : parts_(parts),
        records_(request.records),
        options_(request.options),
        audit_(options_.audit),
        turn_(parts),
        key_(std::string(batch_meta_prefix) + options_.batch_id) {}

  BatchTurn& turn() { return turn_; }
  const std::string& batch_id() const { return options_.batch_id; }

  // Finds whose each record is, once it has its turn.
  void begin() {
    if (const Result<void> begun = find_patients(); !begun) fail(begun.error());
  }
  void fail(Error error) { failed_ = std::move(error); }
  // Shards that take a part of it, unless it has failed or is answered already.
  std::vector<std::uint32_t> shards() const {
    std::vector<std::uint32_t> numbers;
    if (!failed_)
      for (const auto& entry : by_shard_) numbers.push_back(entry.first);
    return numbers;
  }
  bool takes(std::uint32_t shard) const { return !failed_ && by_shard_.contains(shard); }
  // Whether who a patient of it is has still to be made durable by the first shard.
  bool waits_for_identity() const {
    const bool elsewhere = by_shard_.empty() || by_shard_.begin()->first != 0 || by_shard_.size() > 1;
    return !failed_ && !answered_whole_ && elsewhere && !parts_.identity->durable(identity_position_);
  }
  ShardWrite part(std::uint32_t shard);
  bool is_to_be_entered() const { return audit_.is_to_be_entered(); }

  Result<Written> finish(Store& store) {
    if (!failed_ && !answered_whole_)
      for (const auto& shard : parts_.shards) written_.position.push_back(shard->last_commit());
    const Result<Written> written = failed_ ? Result<Written>(std::move(*failed_)) : Result<Written>(std::move(written_));
    TRY(audit_.finish(store, written));
    return written;
  }

 private:
  Result<void> find_patients();
  Result<void> find_patient(std::size_t i);
  void refuse_all();
  void reject(std::size_t i, const Error& why) {
    written_.outcomes[i] = {Outcome::What::rejected, {}, 0, why.fault, why.message};
  }

  Store::Parts& parts_;
  const std::span<const record::Record> records_;
  const WriteOptions& options_;
  WriteAudit audit_;
  BatchTurn turn_;
  const std::string key_;

  Written written_;
  std::vector<bool> answered_;   // by an earlier write of the same batch id
  bool answered_whole_ = false;  // nothing is left to be done
  std::map<std::uint32_t, std::vector<std::size_t>> by_shard_;
  std::uint64_t identity_position_ = 0;
  std::optional<Error> failed_;
};

void WriteOnItsWay::refuse_all() {
  for (Outcome& outcome : written_.outcomes)
    if (outcome.reason.empty())
      outcome = {Outcome::What::rejected, {}, 0, Fault::conflict, "another record of the same write was rejected"};
  by_shard_.clear();
  answered_whole_ = true;
}

Result<void> WriteOnItsWay::find_patients() {
  if (parts_.options.read_only) return unavailable("the store was opened read-only");
  if (options_.batch_id.size() > batch_id_bytes_max) return invalid_request("a batch id has at most 256 bytes");
  written_.outcomes.resize(records_.size());
  answered_.resize(records_.size(), false);
  if (!options_.batch_id.empty())
    for (const auto& shard : parts_.shards)
      if (const std::optional<Bytes> answer = TRY(stored_answer(*shard, key_)))
        TRY(decode_answer(*answer, written_.outcomes, answered_));
  written_.repeated = !options_.batch_id.empty() && !records_.empty() &&
                      std::find(answered_.begin(), answered_.end(), false) == answered_.end();

  bool refused = false;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (answered_[i]) continue;
    if (const Result<void> valid = record::validate(records_[i]); !valid) reject(i, valid.error()), refused = true;
  }
  if (refused && options_.all_or_nothing) return refuse_all(), Result<void>();

  for (std::size_t i = 0; i < records_.size() && !answered_whole_; ++i)
    if (!answered_[i]) TRY(find_patient(i));
  if (options_.all_or_nothing && by_shard_.size() > 1)
    return unsupported("all or nothing was asked for, but the patients lie on " + std::to_string(by_shard_.size()) +
                       " shards");
  return {};
}

Result<void> WriteOnItsWay::find_patient(std::size_t i) {
  Outcome& outcome = written_.outcomes[i];
  const record::Record& record = records_[i];
  // A version is demanded of a record of somebody unknown: nobody is made up for that.
  if (outcome.reason.empty() && record.demand == record::Record::Demand::version &&
      !TRY(is_known(*parts_.identity, record.identifiers))) {
    reject(i, conflict("the record is not known, so it has not the version demanded"));
    if (options_.all_or_nothing) return refuse_all(), Result<void>();
  }
  if (!outcome.reason.empty()) {
    if (!options_.batch_id.empty()) by_shard_[0].push_back(i);  // so that a retry gets the same answer
    return {};
  }
  const Identity::Resolved who = TRY(parts_.identity->resolve(record.identifiers));
  outcome.patient = who.patient;
  if (who.clash) ++written_.clashes;
  identity_position_ = std::max(identity_position_, who.position);
  by_shard_[who.patient.shard].push_back(i);
  return {};
}

ShardWrite WriteOnItsWay::part(std::uint32_t shard) {
  const std::vector<std::size_t>& places = by_shard_.at(shard);
  ShardWrite part;
  part.all_or_nothing = options_.all_or_nothing;
  for (const std::size_t place : places)
    if (written_.outcomes[place].reason.empty())
      part.items.push_back({&records_[place], written_.outcomes[place].patient.id, &written_.outcomes[place]});
  if (!options_.batch_id.empty())
    part.answer = [this, &places] { return std::vector{std::pair(key_, encode_answer(written_.outcomes, places))}; };
  if (audit_)
    part.audit = [this, &places] { return audit_.of(written_.outcomes, places, parts_.options.clock->now()); };
  return part;
}

namespace {

// Who a patient is must be durable before an event of theirs is, and the first shard keeps who they are.
void make_identity_durable(Store::Parts& parts, std::span<WriteOnItsWay* const> writes) {
  if (std::ranges::none_of(writes, [](const WriteOnItsWay* one) { return one->waits_for_identity(); })) return;
  CommitRequest barrier;
  const Result<std::uint64_t> durable = parts.shards.front()->commit(barrier);
  if (durable) return;
  for (WriteOnItsWay* one : writes)
    if (one->waits_for_identity()) one->fail(durable.error());
}

// Those of one shard.
struct PartsOfShard {
  PartsOfShard(std::uint32_t number, std::span<WriteOnItsWay* const> writes) {
    for (WriteOnItsWay* one : writes)
      if (one->takes(number)) taking.push_back(one), parts.push_back(one->part(number));
  }
  void tell(const Result<void>& written) {
    for (std::size_t i = 0; i < taking.size(); ++i) {
      if (parts[i].failed) taking[i]->fail(std::move(*parts[i].failed));
      else if (!written) taking[i]->fail(written.error());
    }
  }
  std::vector<WriteOnItsWay*> taking;
  std::vector<ShardWrite> parts;
};

// Of writes that have their turns: the shards, in order, that take some of them.
std::set<std::uint32_t> begin_all(Store::Parts& parts, std::span<WriteOnItsWay* const> writes) {
  std::set<std::uint32_t> shards;
  for (WriteOnItsWay* one : writes) {
    one->begin();
    for (const std::uint32_t shard : one->shards()) shards.insert(shard);
  }
  make_identity_durable(parts, writes);
  return shards;
}

void write_to(Store::Parts& parts, std::uint32_t shard, std::span<WriteOnItsWay* const> writes) {
  PartsOfShard part(shard, writes);
  part.tell(parts.shards[shard]->write(part.parts));
}

}  // namespace

// Those whose batch ids nobody is writing are done together, the others after them, one by one.
class Store::Together final : public WritesDone {
 public:
  Together(Store& store, std::span<const WriteRequest> requests) : store_(store), requests_(requests) {
    for (const WriteRequest& request : requests) {
      WriteOnItsWay& one = writes_.emplace_back(*store.parts_, request);
      const bool taken = one.turn().take(one.batch_id());
      places_.push_back(taken ? &one : nullptr);
      if (taken) together_.push_back(&one);
      else writes_.pop_back();
    }
  }

  std::span<WriteOnItsWay* const> together() const { return together_; }

  bool waits() const override {
    return together_.size() < requests_.size() ||
           std::ranges::any_of(together_, [](const WriteOnItsWay* one) { return one->is_to_be_entered(); });
  }
  std::vector<Result<Written>> answers() override {
    std::vector<std::optional<Result<Written>>> answers(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (places_[i]) answers[i] = places_[i]->finish(store_);
    writes_.clear();  // others may wait for their turns
    std::vector<Result<Written>> all;
    for (std::size_t i = 0; i < answers.size(); ++i)
      all.push_back(answers[i] ? std::move(*answers[i]) : store_.write(requests_[i].records, requests_[i].options));
    return all;
  }

 private:
  Store& store_;
  const std::span<const WriteRequest> requests_;
  std::deque<WriteOnItsWay> writes_;
  std::vector<WriteOnItsWay*> places_;  // of each request; null: another is writing its batch id
  std::vector<WriteOnItsWay*> together_;
};

Result<Written> Store::write(std::span<const record::Record> records, const WriteOptions& options) {
  const WriteRequest request{records, options};
  WriteOnItsWay write(*parts_, request);
  write.turn().wait_for(options.batch_id);
  WriteOnItsWay* const one = &write;
  for (const std::uint32_t shard : begin_all(*parts_, {&one, 1})) write_to(*parts_, shard, {&one, 1});
  return write.finish(*this);
}

std::vector<Result<Written>> Store::write_together(std::span<const WriteRequest> requests) {
  Together all(*this, requests);
  for (const std::uint32_t shard : begin_all(*parts_, all.together())) write_to(*parts_, shard, all.together());
  return all.answers();
}

// Who waits at the door of one shard must have nothing under way in another, which a backup would wait for: so only the last shard
// is not waited for.
void Store::write_together(std::span<const WriteRequest> requests, OnDone done) {
  const auto all = std::make_shared<Together>(*this, requests);
  const std::span<WriteOnItsWay* const> together = all->together();
  std::set<std::uint32_t> shards = begin_all(*parts_, together);
  if (shards.empty()) return done(all);
  const std::uint32_t last = *shards.rbegin();
  shards.erase(last);
  for (const std::uint32_t shard : shards) write_to(*parts_, shard, together);
  const auto part = std::make_shared<PartsOfShard>(last, together);
  parts_->shards[last]->write(part->parts, [all, part, done = std::move(done)](const Result<void>& written) {
    try {
      part->tell(written);
    } catch (const std::bad_alloc&) {
      return done(nullptr);
    }
    done(all);
  });
}

}  // namespace chartline::engine
