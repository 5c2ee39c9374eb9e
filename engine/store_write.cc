// Store::write: validate, find whose each record is, and hand each shard its part. A batch id makes a retry safe: its
// answer is logged with the records and comes back instead of a second write.
#include <algorithm>
#include <map>

#include "engine/audit/store_audit.h"
#include "engine/store_parts.h"
#include "engine/validate.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

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

Written refuse_all(Written written) {
  for (Outcome& outcome : written.outcomes)
    if (outcome.reason.empty())
      outcome = {Outcome::What::rejected, {}, 0, Fault::conflict, "another record of the same write was rejected"};
  return written;
}

}  // namespace

// One batch id is written by one caller at a time: the second waits and finds the first one's answer.
class BatchTurn {
 public:
  BatchTurn(Store::Parts& parts, const std::string& id) : parts_(parts), id_(id) {
    if (id_.empty()) return;
    std::unique_lock lock(parts_.batches_mutex);
    parts_.batch_done.wait(lock, [&] { return !parts_.batches.contains(id_); });
    parts_.batches.insert(id_);
  }
  ~BatchTurn() {
    if (id_.empty()) return;
    std::lock_guard lock(parts_.batches_mutex);
    parts_.batches.erase(id_);
    parts_.batch_done.notify_all();
  }
  BatchTurn(const BatchTurn&) = delete;
  BatchTurn& operator=(const BatchTurn&) = delete;

 private:
  Store::Parts& parts_;
  const std::string id_;
};

namespace {

Result<Written> write_records(Store::Parts& parts, std::span<const record::Record> records, const WriteOptions& options,
                              WriteAudit& audit) {
  if (parts.options.read_only) return unavailable("the store was opened read-only");
  if (options.batch_id.size() > batch_id_bytes_max) return invalid_request("a batch id has at most 256 bytes");
  const BatchTurn turn(parts, options.batch_id);
  const std::string key = std::string(batch_meta_prefix) + options.batch_id;

  Written written;
  written.outcomes.resize(records.size());
  std::vector<bool> answered(records.size(), false);
  if (!options.batch_id.empty())
    for (const auto& shard : parts.shards)
      if (const std::optional<Bytes> answer = TRY(stored_answer(*shard, key)))
        TRY(decode_answer(*answer, written.outcomes, answered));
  written.repeated = !options.batch_id.empty() && !records.empty() &&
                     std::find(answered.begin(), answered.end(), false) == answered.end();

  bool refused = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (answered[i]) continue;
    if (const Result<void> valid = validate(records[i]); !valid) {
      written.outcomes[i] = {Outcome::What::rejected, {}, 0, valid.error().fault, valid.error().message};
      refused = true;
    }
  }
  if (refused && options.all_or_nothing) return refuse_all(std::move(written));

  std::map<std::uint32_t, std::vector<std::size_t>> by_shard;
  std::uint64_t identity_position = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (answered[i]) continue;
    if (!written.outcomes[i].reason.empty()) {
      if (!options.batch_id.empty()) by_shard[0].push_back(i);  // so that a retry gets the same answer
      continue;
    }
    // A version is demanded of a record of somebody unknown: nobody is made up for that.
    if (records[i].demand == record::Record::Demand::version && !TRY(is_known(*parts.identity, records[i].identifiers))) {
      written.outcomes[i] = {Outcome::What::rejected,
                             {},
                             0,
                             Fault::conflict,
                             "the record is not known, so it has not the version demanded"};
      if (options.all_or_nothing) return refuse_all(std::move(written));
      if (!options.batch_id.empty()) by_shard[0].push_back(i);  // so that a retry gets the same answer
      continue;
    }
    const Identity::Resolved who = TRY(parts.identity->resolve(records[i].identifiers));
    written.outcomes[i].patient = who.patient;
    if (who.clash) ++written.clashes;
    identity_position = std::max(identity_position, who.position);
    by_shard[who.patient.shard].push_back(i);
  }
  if (options.all_or_nothing && by_shard.size() > 1)
    return unsupported("all or nothing was asked for, but the patients lie on " + std::to_string(by_shard.size()) +
                       " shards");

  // Who a patient is must be durable before an event of theirs is, and the first shard keeps who they are.
  const bool elsewhere = by_shard.empty() || by_shard.begin()->first != 0 || by_shard.size() > 1;
  if (elsewhere && !parts.identity->durable(identity_position)) {
    CommitRequest barrier;
    TRY(parts.shards.front()->commit(barrier));
  }

  for (const auto& entry : by_shard) {
    const std::vector<std::size_t>& places = entry.second;  // a binding of its own: clang 14 captures no structured one
    Shard& shard = *parts.shards[entry.first];
    std::vector<WriteItem> items;
    for (const std::size_t place : places)
      if (written.outcomes[place].reason.empty())
        items.push_back({&records[place], written.outcomes[place].patient.id, &written.outcomes[place]});
    const AnswerOf answer = [&]() -> std::vector<std::pair<std::string, std::string>> {
      if (options.batch_id.empty()) return {};
      return {{key, encode_answer(written.outcomes, places)}};
    };
    const AuditOf entries = [&] { return audit.of(written.outcomes, places, parts.options.clock->now()); };
    TRY(shard.write(items, options.all_or_nothing, answer, audit ? entries : AuditOf()));
  }
  for (const auto& shard : parts.shards) written.position.push_back(shard->last_commit());
  return written;
}

}  // namespace

Result<Written> Store::write(std::span<const record::Record> records, const WriteOptions& options) {
  WriteAudit audit(options.audit);
  Result<Written> written = write_records(*parts_, records, options, audit);
  TRY(audit.finish(*this, written));
  return written;
}

}  // namespace chartline::engine
