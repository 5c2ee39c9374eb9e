// A Store keeps the records of many patients, durably, and shows them at any moment.
//
//   Store::init("care", {.shards = 1});
//   auto store = TRY(Store::open("care", {}));
//   auto outcomes = TRY(store->write(records, {}));          // returns after fsync
//   View now = store->view();
//   auto patient = TRY(now.find("nhs|9434765919"));
//   Timeline timeline = TRY(now.timeline(*patient, {.from = day}));
//
// Thread safe. One process at a time holds a store open for writing (the lease); readers beside it open it read_only and
// see what was folded and logged when they opened.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/result.h"
#include "engine/audit/audit.h"
#include "engine/storage/backend.h"
#include "engine/view.h"
#include "formats/record/event.h"
#include "formats/record/terminology.h"

namespace chartline {
class ThreadPool;
}

namespace chartline::engine {

inline constexpr std::uint32_t format_version = 1;  // of everything stored; opens N and N-1, refuses what is newer
inline constexpr std::uint32_t format_draft = 2;    // of a format that no release has fixed: opens no other

struct InitOptions {
  std::uint32_t shards = 1;  // 1 to 4,096, for ever
  std::string zone = "UTC";  // of local times that come without an offset
};

struct StoreOptions {
  Clock* clock = nullptr;  // null: the system's
  bool read_only = false;
  std::uint64_t lease_wait_ms = 2000;
  // Memory, all shards together. The sum of these, and of the dictionaries, bounds the resident size.
  std::uint64_t block_cache_bytes = 640ull << 20;    // blocks of files; all postings of 100M events fit
  std::uint64_t decoded_cache_bytes = 128ull << 20;  // decoded runs, posting blocks, demographics
  std::uint64_t write_buffer_bytes = 64ull << 20;
  std::uint64_t delta_bytes_max = 256ull << 20;  // acknowledged, not yet folded; writers wait beyond it,
  std::uint64_t write_wait_ms = 30'000;          // at most so long, then `busy`
  std::uint64_t fold_delay_ms = 500;  // so long after a commit its fold begins; folds that take long come less often
  // So much of it is folded without delay: the later, the fewer times a patient is written.
  std::uint64_t fold_bytes_max = 96ull << 20;
  bool fold_in_background = true;                           // false: only fold() folds (tests)
  std::uint64_t changes_kept_ms = 7ull * 24 * 3600 * 1000;  // the feed reaches back at least so far
  std::uint64_t scrub_bytes_per_second =
      0;                      // reads all files against their checksums, once a day, in the background; 0: off
  bool direct_reads = false;  // past the page cache: measurements with a bounded cache
};

// What became of one record of a write.
struct Outcome {
  enum class What : std::uint8_t { created = 1, unchanged = 2, superseded = 3, hidden = 4, rejected = 5 };
  What what = What::rejected;
  PatientRef patient;
  std::uint32_t number = 0;  // of its first event
  Fault fault{};             // rejected: conflict (the demand failed) or invalid_request
  std::string reason;        // rejected
};
std::string_view name(Outcome::What what);

struct WriteOptions {
  std::string batch_id;  // safe retries: a batch id that was committed before returns its first answer
  bool all_or_nothing =
      false;  // one rejected record rejects all; refused (unsupported) where the patients lie on several shards
  // Who writes, and why: the entry of the audit log that goes into the batch of the records, with their patients, their
  // number and the outcome filled in. Where nothing is written (refused, a batch that was known) it is written alone.
  std::optional<AuditEntry> audit{};
};

struct Written {
  std::vector<Outcome> outcomes;        // one for each record, in order
  std::vector<std::uint64_t> position;  // commit per shard at which everything is visible
  bool repeated = false;                // the batch id was known: nothing was done now
  std::uint64_t clashes = 0;  // records whose identifiers name different patients: each went to the first one's
};

// One of several writes that are done together.
struct WriteRequest {
  std::span<const record::Record> records;
  WriteOptions options{};
};

// Writes that are done together, once all that is to be committed of them is on stable storage.
class WritesDone {
 public:
  virtual ~WritesDone() = default;
  // Whether answers() waits for the disk again: for the audit's entry of a write of which nothing was committed, or for a write whose
  // batch id another was writing.
  virtual bool waits() const = 0;
  // Once: one for each.
  virtual std::vector<Result<Written>> answers() = 0;
};

// One change of the feed. Text and rows borrow from the arena given to changes().
struct FeedEntry {
  std::uint32_t shard = 0;
  std::uint64_t commit = 0;
  Micros recorded = 0;
  PatientRef patient;
  enum class What : std::uint8_t { events, identifier, link, unlink, erased } what = What::events;
  std::span<const std::uint32_t> removed;
  std::span<const record::Event> added;
  record::Identifier identifier;
  PatientRef other;  // link, unlink
};

struct StoreStats {
  std::uint32_t shards = 0;
  std::uint64_t patients = 0, codes = 0;
  std::uint64_t events = 0, past_events = 0;  // folded ones
  std::uint64_t unfolded_commits = 0, delta_bytes = 0;
  std::uint64_t decoded_cache_hits = 0, decoded_cache_misses = 0, decoded_cache_bytes = 0;
  std::vector<TableStats> tables;    // summed over shards
  Micros last_scrub = 0;             // when a round of the background scrub last ended; 0: none has
  std::uint64_t damaged_shards = 0;  // that it found
};

class Store {
 public:
  static Result<void> init(const std::string& folder, const InitOptions& options);
  static Result<std::unique_ptr<Store>> open(const std::string& folder, const StoreOptions& options);
  // Over any backend (tests, embedding). init with a backend writes its catalogue.
  static Result<void> init(Backend& backend, const InitOptions& options);
  static Result<std::unique_ptr<Store>> open(std::shared_ptr<Backend> backend, const StoreOptions& options);
  ~Store();  // closes; what was acknowledged is safe without it

  // -- writing: each returns after what it did is on stable storage
  Result<Written> write(std::span<const record::Record> records, const WriteOptions& options);
  // Writes of several callers, by one thread: each is decided for itself, in this order, and fails for itself; they share one
  // commit, and with it one sync. An answer for each.
  std::vector<Result<Written>> write_together(std::span<const WriteRequest> requests);
  // The same for who goes on once they are decided and queued; only from one shard to the next it waits. `done` is called once, by
  // whoever commits, who does nothing else meanwhile: it waits for nothing, and throws nothing. Null where memory ran out. Where this
  // throws it is not called. The requests stay for as long as what is given to it, which is gone before the store is.
  using OnDone = std::function<void(std::shared_ptr<WritesDone>)>;
  void write_together(std::span<const WriteRequest> requests, OnDone done);
  // Two patients are one person from now on; unlink takes exactly that back. not_found where one is unknown; linking twice changes nothing.
  // An entry of the audit log travels in the batch of what it tells of, with the patients filled in; what fails leaves none.
  Result<void> link(const record::Identifier& a, const record::Identifier& b, const AuditEntry* audit = nullptr);
  Result<void> unlink(const record::Identifier& a, const record::Identifier& b, const AuditEntry* audit = nullptr);
  Result<void> set_meta(std::string_view name, std::string_view value, const AuditEntry* audit = nullptr);  // "" removes
  Result<std::optional<Bytes>> meta(std::string_view name);

  // -- reading
  View view();
  View view_as_of(Micros instant);
  // Changes after `since` (a commit per shard; empty: from the oldest kept), in commit order per shard, at most `limit` commits a shard.
  // not_found where the feed no longer reaches back so far.
  Result<std::vector<FeedEntry>> changes(std::span<const std::uint64_t> since, std::size_t limit, record::Arena& into);

  // -- audit (engine/audit/audit.h): what was read, denied, or failed
  // In the next commit group of the shard of the first patient named, all entries together, in order.
  Result<AuditPosition> audit(std::span<const AuditEntry> entries, AuditWait wait = AuditWait::durable);
  std::vector<AuditHead> audit_heads() const;  // one for each shard

  // -- housekeeping
  Result<void> fold();  // everything acknowledged so far
  Result<void> compact();
  StoreStats stats();
  // Threads that help whoever reads much at once, one for each core; all who read this store share them. Started when they
  // are first asked for.
  Result<ThreadPool*> helpers();
  const std::string& zone() const;
  bool read_only() const;  // opened so, or closed to writes after an I/O error

  struct Parts;
  class Together;
  Parts& parts() { return *parts_; }  // for the other files of engine/

 private:
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::engine
