// Shard: one part of the patients, with its own log, dictionary and tables.
//
//   write:   records -> rows -> decisions (under the patients' locks) -> commit group -> one synced log record -> delta
//   fold:    frozen delta -> runs, heads, postings, directories, names -> one atomic batch with the new watermark
//   open:    load names and state, replay the log after the watermark into the delta
//
// Lock order: patient stripes, then the commit queue, then publishing, then the present. Nothing is held while a group is synced.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/signal.h"
#include "engine/audit/audit_log.h"
#include "engine/identity.h"
#include "engine/moment.h"
#include "engine/patient_indexes.h"
#include "engine/storage/backend.h"
#include "engine/store.h"

namespace chartline::engine {

// What a writer hands to the log: encoded changes and the same as delta puts.
struct CommitRequest {
  std::vector<Bytes> changes;
  std::vector<DeltaPut> puts;
  std::shared_ptr<const void> memory;                      // what the puts borrow from
  std::size_t bytes = 0;                                   // of that memory
  std::vector<std::pair<std::string, std::string>> metas;  // the SetMeta among the changes
  std::vector<SealedEntry> audit;                          // written in the same batch
  std::uint64_t audit_first = 0;                           // number of the first of them, once committed
};

// One record of a write, its patient known.
struct WriteItem {
  const record::Record* record = nullptr;
  PatientId patient = 0;
  Outcome* outcome = nullptr;
};

// Named values to be kept with a write, made from its outcomes.
using AnswerOf = std::function<std::vector<std::pair<std::string, std::string>>()>;
// Entries of the audit log to be written with it, likewise.
using AuditOf = std::function<std::vector<SealedEntry>()>;

// A write's part in one shard.
struct ShardWrite {
  std::vector<WriteItem> items;
  bool all_or_nothing = false;
  // Asked once the outcomes are known; what they give is stored with the records. Neither is asked where all is refused.
  AnswerOf answer;
  AuditOf audit;
  std::optional<Error> failed;  // of this write alone: nothing of it was done
};

// Counters of the shard, kept in the meta table with the watermark.
struct ShardState {
  std::uint64_t watermark = 0;  // last commit folded
  std::uint64_t next_run = 1;
  std::uint64_t log_first = 1;  // oldest commit still in the log
  std::uint64_t events = 0;     // current
  std::uint64_t past_events = 0;
  std::array<std::uint32_t, stored::dictionary_count> names{};  // folded names of each dictionary
  Micros last_recorded = 0;
};
Bytes encode(const ShardState& state);
Result<ShardState> decode_shard_state(BytesView bytes);
inline constexpr std::string_view shard_state_key = "shard";
inline constexpr const char* position_note = "position";
// The note of a shard whose commits have been taken back, and whose audit log stays.
Bytes without_commits(BytesView note);
// Committed batch ids and their answers stand in the meta table under this prefix.
inline constexpr std::string_view batch_meta_prefix = "batch/";
Bytes names_page_key(stored::Dictionary which, std::uint32_t page);

class Shard {
 public:
  struct Setup {
    std::uint32_t number = 0;
    std::shared_ptr<Backend> backend;
    std::shared_ptr<const Lease> lease;  // null: read only
    std::shared_ptr<Tables> tables;      // keeps the lease for as long as anybody reads
    std::shared_ptr<DecodedCache> cache;
    std::shared_ptr<RightOfWay> way;     // of the store: those who wait for a commit claim it
    std::shared_ptr<Identity> identity;  // of the store; this shard logs its changes if it is the first
    std::optional<Bytes> note;  // the position note as it was before the tables were opened: a reader's may move on
    StoreOptions options;       // clock set
  };
  static Result<std::unique_ptr<Shard>> open(Setup setup);
  ~Shard();

  // Decides writes of this shard's patients, one after the other, and commits them together; outcomes are filled. Fails where
  // none of them was done.
  Result<void> write(std::span<ShardWrite> writes);
  // The same for who goes on once they are queued: `written` is called once, by whoever commits, who does nothing else meanwhile, or
  // at once where nothing is to be committed. It waits for nothing, and throws nothing. Where this throws it is not called.
  using OnWritten = std::function<void(const Result<void>&)>;
  void write(std::span<ShardWrite> writes, OnWritten written);
  // Waits until all of them are called, and lets the thread go that called them.
  void end_leader();
  // Commits as given. An empty request waits until everything queued before it is durable.
  Result<std::uint64_t> commit(CommitRequest& request);

  // Entries of the audit log that nobody waits for: written with the next group, or by the next flush_audit().
  Result<void> audit_later(std::vector<SealedEntry> entries);
  Result<void> flush_audit();
  Result<void> flush_audit_paused();  // for who holds a Pause
  // Does `act`, which queues something for the next group of this shard, and commits it with the entries: one batch has both.
  Result<void> commit_queued(std::vector<SealedEntry> entries, const std::function<Result<void>()>& act);
  const AuditLog& audit_log() const { return *audit_; }

  ShardMoment moment() const;
  std::optional<Bytes> unfolded_meta(const std::string& name) const;  // "" where removed
  // The log record of one commit, not_found where it has been let go.
  Result<void> log_record(std::uint64_t commit, Pinned& record) const;
  std::uint64_t log_first() const;
  std::uint64_t last_commit() const;
  Micros last_recorded() const;

  Result<void> fold();                 // everything published so far; one step at a time
  Result<void> write_position_note();  // last acknowledged commit and head of the audit log, beside the shard
  bool fold_due() const;
  std::uint64_t delta_bytes() const { return delta_bytes_; }
  std::uint64_t unfolded_commits() const;
  ShardState state() const;
  const std::shared_ptr<Tables>& tables() const { return setup_.tables; }
  Dictionary& names() { return *names_; }
  bool writable() const;

  // No commit starts or ends, and no fold, while this is held: backups and erasure.
  class Pause {
   public:
    explicit Pause(Shard& shard);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Shard& shard_;
    std::lock_guard<std::mutex> fold_;
  };

  // Erasure and bulk load: this batch and state make visible what it holds and, in a shard without events, the files that are taken
  // in. Caller holds a Pause. Entries of the audit log go with it.
  Result<void> adopt(const ShardState& state, Batch batch, std::span<const SealedEntry> audit = {},
                     std::span<const std::unique_ptr<SortedFile>> files = {});
  // Erasure and bulk load change patients under the writers: their cached indexes are dropped. Caller holds a Pause.
  void forget_indexes();
  Result<void> fold_paused();  // fold(), for who holds a Pause

 private:
  struct Waiting;
  struct Writing;
  struct Group;
  // A writer between the door and its answer; waits at the door while the shard is paused or the delta is full.
  class Admission {
   public:
    enum class Brings : std::uint8_t { records, audit };  // audit waits for no room in the delta
    explicit Admission(Shard& shard, Brings what = Brings::records);
    ~Admission();
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    bool granted() const { return granted_; }

   private:
    void leave();
    Shard& shard_;
    bool granted_;
  };
  static Error full();
  static constexpr std::size_t stripe_count = 256;

  explicit Shard(Setup setup);
  Result<void> load();
  Result<void> replay();
  Result<void> open_audit();
  Result<void> start_leader();
  void enqueue(Waiting& me);
  Result<std::uint64_t> await(Waiting& me);
  void lead();
  void fail(const Error& why);
  Result<void> write_group(std::vector<Waiting*>& group);
  PatientIndexes& stripe_of(PatientId patient) { return stripes_[patient % stripe_count]; }
  Result<void> fold_step();
  Result<void> trim_log(Batch& batch, ShardState& state);
  void append_audit(const std::vector<SealedEntry>& deferred, std::vector<Waiting*>& group, Batch& batch);
  void publish(std::vector<Waiting*>& group, std::uint64_t commit, Micros recorded);
  std::shared_ptr<Segment> active_segment() const;

  Setup setup_;
  std::shared_ptr<Dictionary> names_;
  std::array<PatientIndexes, stripe_count> stripes_;

  // the commit queue
  mutable std::mutex queue_mutex_;
  std::condition_variable changed_;           // paused, admitted, failed, or room in the delta
  std::deque<std::shared_ptr<Group>> queue_;  // more come to the last one for as long as it waits
  bool leading_ = false;
  std::thread leader_;  // where nobody sleeps for who would lead; from the first such one on
  Signal leader_wakes_;
  int paused_ = 0;
  bool failed_ = false;             // fail stop
  std::string failure_;             // what failed first
  std::atomic<bool> shut_ = false;  // paused or failed
  std::atomic<int> admitted_ = 0;   // changed without the lock

  // the present: what a moment is made of
  std::mutex publish_mutex_;  // held while a group is published, and while a fold takes what was
  mutable std::mutex present_mutex_;
  std::shared_ptr<const Base> base_;
  std::vector<std::shared_ptr<Segment>> segments_;
  std::atomic<std::uint64_t> delta_bytes_ = 0;  // of all segments
  std::uint64_t commit_ = 0;
  Micros last_recorded_ = 0;
  Micros fold_took_ = 0, fold_ended_ = 0;  // the last one
  Micros oldest_unfolded_ = 0;             // clock at the first publish into the active segment; 0 = empty
  std::map<std::string, std::pair<std::uint64_t, std::string>> metas_;  // unfolded: commit and value

  bool opened_ = false;  // whole: what it holds is what was acknowledged

  mutable std::mutex fold_mutex_;  // one fold at a time
  ShardState state_;               // guarded by present_mutex_
  std::uint64_t noted_commit_ = 0;

  std::unique_ptr<AuditLog> audit_;
  std::uint64_t noted_audit_ = 0;
  std::mutex deferred_mutex_;  // held while a group takes what is queued without a waiter
  std::vector<SealedEntry> deferred_;
  std::size_t deferred_bytes_ = 0;
};

}  // namespace chartline::engine
