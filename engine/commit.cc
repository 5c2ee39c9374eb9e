// Group commit. The first writer to find no leader leads: it takes everything that waits, writes one log record for all of
// it, syncs once, publishes it to the delta, wakes the others, and hands the lead to the first who queued meanwhile. Where nobody
// sleeps for the first, the shard's own thread leads: whoever goes on after it has queued has other things to do.
#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/thread_pool.h"
#include "engine/shard.h"
#include "engine/shard_waiting.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

constexpr std::size_t group_bytes_max = 8u << 20;  // of encoded changes in one log record
constexpr std::size_t deferred_bytes_max =
    4u << 20;  // of audit that nobody waits for; beyond it whoever brings more waits

}  // namespace

// Whoever shuts the door does so before it looks who is inside, and whoever comes in says so before it looks at the door: one of
// them sees the other, without a lock.
Shard::Admission::Admission(Shard& shard, Brings what) : shard_(shard) {
  const auto has_room = [&] {
    return what == Brings::audit || shard.delta_bytes() < shard.setup_.options.delta_bytes_max;
  };
  ++shard.admitted_;
  granted_ = !shard.shut_ && has_room();
  if (granted_) return;
  leave();
  std::unique_lock queue(shard.queue_mutex_);
  const auto patience = std::chrono::milliseconds(shard.setup_.options.write_wait_ms);
  granted_ =
      shard.changed_.wait_for(queue, patience, [&] { return shard.failed_ || (shard.paused_ == 0 && has_room()); });
  if (granted_) ++shard.admitted_;
}

Shard::Admission::~Admission() {
  if (granted_) leave();
}

void Shard::Admission::leave() {
  if (--shard_.admitted_ > 0 || !shard_.shut_) return;
  std::lock_guard queue(shard_.queue_mutex_);
  shard_.changed_.notify_all();
}

Error Shard::full() {
  return busy("folding does not keep up, or the store stands still for a backup or a load: try again");
}

Shard::Pause::Pause(Shard& shard) : shard_(shard), fold_(shard.fold_mutex_) {
  std::unique_lock queue(shard.queue_mutex_);
  ++shard.paused_;
  shard.shut_ = true;
  shard.changed_.wait(queue, [&] { return shard.admitted_ == 0; });
}

Shard::Pause::~Pause() {
  std::lock_guard queue(shard_.queue_mutex_);
  --shard_.paused_;
  shard_.shut_ = shard_.paused_ > 0 || shard_.failed_;
  shard_.changed_.notify_all();
}

void Shard::fail(const Error& why) {
  std::lock_guard queue(queue_mutex_);
  if (!failed_) failure_ = why.message;
  failed_ = shut_ = true;
  changed_.notify_all();
}

Result<std::uint64_t> Shard::commit(CommitRequest& request) {
  if (!setup_.lease) return unavailable("the store was opened read-only");
  const Admission admission(*this, request.changes.empty() ? Admission::Brings::audit : Admission::Brings::records);
  if (!admission.granted()) return full();
  Waiting me(request);
  enqueue(me);
  return await(me);
}

Result<void> Shard::audit_later(std::vector<SealedEntry> entries) {
  if (!writable()) return unavailable("the store is closed to writes");
  const auto full = [&] {
    std::lock_guard lock(deferred_mutex_);
    return deferred_bytes_ > deferred_bytes_max;
  };
  if (full()) TRY(flush_audit());
  std::lock_guard lock(deferred_mutex_);
  for (SealedEntry& entry : entries) {
    deferred_bytes_ += entry.content.size();
    deferred_.push_back(std::move(entry));
  }
  return {};
}

Result<void> Shard::flush_audit() {
  {
    std::lock_guard lock(deferred_mutex_);
    if (deferred_.empty()) return {};
  }
  CommitRequest nothing;
  TRY(commit(nothing));
  return {};
}

Result<void> Shard::flush_audit_paused() {
  std::vector<SealedEntry> deferred;
  {
    std::lock_guard lock(deferred_mutex_);
    deferred.swap(deferred_);
    deferred_bytes_ = 0;
  }
  if (deferred.empty()) return {};
  std::vector<const SealedEntry*> entries;
  for (const SealedEntry& entry : deferred) entries.push_back(&entry);
  Batch batch;
  audit_->append(entries, batch);
  TRY(setup_.tables->write(batch, true));
  audit_->committed();
  return {};
}

Result<void> Shard::commit_queued(std::vector<SealedEntry> entries, const std::function<Result<void>()>& act) {
  if (!setup_.lease) return unavailable("the store was opened read-only");
  const Admission admission(*this);
  if (!admission.granted()) return full();
  {
    std::lock_guard lock(deferred_mutex_);  // a group takes all that is queued, or nothing of it
    TRY(act());
    for (SealedEntry& entry : entries) {
      deferred_bytes_ += entry.content.size();
      deferred_.push_back(std::move(entry));
    }
  }
  CommitRequest nothing;
  Waiting me(nothing);
  enqueue(me);
  TRY(await(me));
  return {};
}

Result<void> Shard::start_leader() {
  std::lock_guard queue(queue_mutex_);
  if (leader_.joinable()) return {};
  try {
    leader_ = std::thread([this] {
      while (leader_wakes_.await() == Waiting::lead) lead();
    });
  } catch (const std::system_error&) {
    return unavailable("the system gives no more threads");
  }
  return {};
}

void Shard::end_leader() {
  { const Pause all_are_called(*this); }
  if (leader_.joinable()) leader_wakes_.tell(Waiting::done), leader_.join();
}

void Shard::enqueue(Waiting& me) {
  std::unique_lock queue(queue_mutex_);
  const bool opens = queue_.empty() || queue_.back()->encoded_bytes + me.encoded_bytes > group_bytes_max;
  me.group = opens ? std::make_shared<Group>() : queue_.back();
  me.group->join(me);
  if (opens) queue_.push_back(me.group);
  me.group->encoded_bytes += me.encoded_bytes;
  if (leading_) return;
  leading_ = true;
  Signal& turn = me.signal ? *me.signal : leader_wakes_;
  queue.unlock();
  turn.tell(Waiting::lead);
}

Result<std::uint64_t> Shard::await(Waiting& me) {
  const RightOfWay::Claim claim(*setup_.way);
  if (me.signal->await() == Waiting::lead) lead();
  if (me.error) return std::move(*me.error);
  return me.commit;
}

// Its caller is the first of the group at the front of the queue, or stands for it. Nobody is woken under the queue's lock: who wakes
// would wait for that next.
void Shard::lead() {
  std::unique_lock queue(queue_mutex_);
  const std::shared_ptr<Group> group = std::move(queue_.front());
  queue_.pop_front();
  const std::optional<std::string> failed = failed_ ? std::optional(failure_) : std::nullopt;
  queue.unlock();
  const Result<void> written =
      failed ? Result<void>(unavailable("the store is closed to writes since an error: " + *failed))
             : ThreadPool::without_exceptions([&] { return write_group(group->members); });
  if (!written) {
    fail(written.error());  // a write whose outcome is unknown is never tried again: the next open decides from the disk
    for (Waiting* one : group->members) one->error = written.error();
  }
  queue.lock();
  const std::shared_ptr<Group> next = queue_.empty() ? nullptr : queue_.front();
  Signal* const turn =
      next && next->leader() ? next->leader() : &leader_wakes_;  // more may join, but a signal does not move
  leading_ = next != nullptr;
  queue.unlock();
  if (next) turn->tell(Waiting::lead);
  const Signal* const own = group->leader();
  for (Waiting* one : group->members)
    if (one->called)
      std::exchange(one->called, nullptr)();  // and may be gone, as may whoever is told: that comes later
  for (Signal& signal : group->signals)
    if (&signal != own) signal.tell(Waiting::done);
}

Result<void> Shard::write_group(std::vector<Waiting*>& group) {
  std::vector<Bytes> changes;
  names_->take_pending(changes);
  std::uint64_t identity_position = 0;
  const bool first = setup_.number == 0;
  std::vector<SealedEntry> deferred;
  {
    std::lock_guard lock(deferred_mutex_);
    if (first) setup_.identity->take_pending(changes, identity_position);
    deferred.swap(deferred_);
    deferred_bytes_ = 0;
  }
  for (Waiting* one : group)
    for (Bytes& change : one->request->changes) changes.push_back(std::move(change));
  Batch batch;
  append_audit(deferred, group, batch);
  if (changes.empty()) {
    for (Waiting* one : group) one->commit = commit_;
    if (batch.empty()) return {};
    TRY(setup_.tables->write(batch, true));
    audit_->committed();
    return {};
  }
  const std::uint64_t commit = commit_ + 1;
  const Micros recorded = std::max(setup_.options.clock->now(), last_recorded_ + 1);
  const bool audited = !batch.empty();
  batch.put(Table::changes, stored::change_key(commit), stored::encode_record(commit, recorded, changes));
  TRY(setup_.tables->write(batch, true));
  if (audited) audit_->committed();
  // Identity first: whoever sees the commit must find its identifiers committed, a fold above all.
  if (first) setup_.identity->committed(identity_position, recorded);
  publish(group, commit, recorded);
  return {};
}

// What nobody waits for first, then each waiter's in turn.
void Shard::append_audit(const std::vector<SealedEntry>& deferred, std::vector<Waiting*>& group, Batch& batch) {
  std::vector<const SealedEntry*> entries;
  for (const SealedEntry& entry : deferred) entries.push_back(&entry);
  for (Waiting* one : group)
    for (const SealedEntry& entry : one->request->audit) entries.push_back(&entry);
  if (entries.empty()) return;
  std::uint64_t next = audit_->append(entries, batch) + deferred.size();
  for (Waiting* one : group) one->request->audit_first = next, next += one->request->audit.size();
}

std::shared_ptr<Segment> Shard::active_segment() const {
  std::lock_guard present(present_mutex_);
  return segments_.back();
}

void Shard::publish(std::vector<Waiting*>& group, std::uint64_t commit, Micros recorded) {
  for (Waiting* one : group) {
    CommitRequest& request = *one->request;
    for (DeltaPut& put : request.puts) {
      put.commit = commit, put.recorded = recorded;
      for (stored::Row& row : put.added) row.recorded = recorded;
    }
    one->commit = commit;
  }
  // What is published is seen once the commit is the present one: readers begin meanwhile, and see what was before.
  std::lock_guard publishing(publish_mutex_);
  const std::shared_ptr<Segment> active = active_segment();
  for (Waiting* one : group) {
    if (one->request->puts.empty()) continue;
    delta_bytes_ += one->request->bytes;
    active->publish(one->request->puts, std::move(one->request->memory), one->request->bytes);
  }
  std::lock_guard present(present_mutex_);
  for (Waiting* one : group) {
    for (auto& [name, value] : one->request->metas) metas_[name] = {commit, value};
  }
  if (oldest_unfolded_ == 0) oldest_unfolded_ = setup_.options.clock->now();
  commit_ = commit;
  last_recorded_ = recorded;
}

}  // namespace chartline::engine
