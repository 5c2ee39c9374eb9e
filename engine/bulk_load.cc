// Steps: 1 cut the patients into ranges, one thread each; 2 for each patient decide, order, encode, and write its runs and
// head; 3 gather postings by code: those that make a run of their own are packed when a range ends, all whenever memory says so; 4 join
// what is packed with what still waits, and write every code's runs and directory; 5 take all files in, shard by shard, with the state that makes them visible. A marker in the catalogue spans step 5, so that a store
// whose load was cut off there is emptied again when it is next opened.
#include "engine/bulk_load.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <iterator>
#include <map>
#include <optional>

#include "base/thread_pool.h"
#include "engine/bulk_patient.h"
#include "engine/bulk_plain.h"
#include "engine/demographics.h"
#include "engine/fold.h"
#include "engine/packed_parts.h"
#include "engine/sorted_files.h"
#include "engine/waiting_postings.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

// How many postings wait in a thread before they are packed: as many as a share of the memory holds, within these.
constexpr std::size_t waiting_least = 20'000, waiting_most = 100'000'000;
constexpr std::size_t waiting_bytes = 32;  // of one, with room in pieces that are not full
// Postings of a code that are a run of their own; fewer wait, or are packed anew at the end, with others.
constexpr std::size_t own_run = 8'192;
constexpr std::size_t packed_at_once = 16'384;        // postings of a code
constexpr std::size_t run_in_head_max = 2'048;        // bytes: who asks for heads alone reads them too
constexpr std::uint64_t joined_bytes_max = 4u << 20;  // of packed postings, joined at once
constexpr std::uint64_t packed_posting_bytes = 6;     // about

// Packs the postings of one code, which come by patient, some runs at a time; counts them.
class CodePacker {
 public:
  void add(const stored::NarrowPosting& posting) {
    if (some_.size() >= packed_at_once && stored::block_of(some_.back().patient) != stored::block_of(posting.patient))
      flush();
    count(posting.patient);
    some_.push_back(posting);
  }
  void flush() {
    constexpr auto before = posting_before<stored::NarrowPosting>;
    if (!std::is_sorted(some_.begin(), some_.end(), before)) std::sort(some_.begin(), some_.end(), before);
    for (EncodedPostings& run : encode_posting_runs(some_, 1)) runs_.push_back(std::move(run));
    some_.clear();
  }
  // A run that is packed already, behind all that came.
  void add(EncodedPostings run, const stored::PostingColumns& of_run) {
    flush();
    for (std::size_t i = 0; i < of_run.count; ++i) count(of_run.patient[i]);
    runs_.push_back(std::move(run));
  }
  std::vector<EncodedPostings> take_runs() {
    flush();
    return std::exchange(runs_, {});
  }
  std::uint64_t events() const { return events_; }
  std::uint64_t patients() const { return patients_; }

 private:
  void count(PatientId patient) {
    if (events_++ == 0 || patient != last_) last_ = patient, ++patients_;
  }
  std::vector<stored::NarrowPosting> some_;
  std::vector<EncodedPostings> runs_;
  std::uint64_t events_ = 0, patients_ = 0;
  PatientId last_ = 0;
};

// The postings of one range of patients in one shard: what is packed, and what came behind it.
struct RangePostings {
  RangePostings(std::string path, PostingRoom& room) : parts(std::move(path)), waiting(room) {}

  // The codes of which at least so many wait.
  Result<void> pack(std::size_t least) {
    bool any = false;
    for (const Name code : waiting.names()) {
      if (waiting.count(code) < least) continue;
      CodePacker packer;
      waiting.each(code, [&](const stored::NarrowPosting& posting) { packer.add(posting); });
      waiting.clear(code);
      for (const EncodedPostings& run : packer.take_runs()) TRY(parts.add(code, run));
      any = true;
    }
    if (any) parts.end_packing();
    return {};
  }
  std::vector<Name> names() const {
    std::vector<Name> all;
    std::ranges::set_union(parts.names(), waiting.names(), std::back_inserter(all));
    return all;
  }
  std::uint64_t bytes(Name code) const { return parts.bytes(code) + waiting.count(code) * packed_posting_bytes; }

  PackedParts parts;
  WaitingPostings waiting;
};

// What a thread has gathered of all its ranges.
struct Gathered {
  PostingRoom room;
  std::vector<RangePostings*> postings;
};

// What one thread makes of one range of patients in one shard.
struct RangeFiles {
  SortedFiles timeline, details, history, originals;
};

struct Range {
  std::map<std::uint32_t, RangeFiles> files;
  std::map<std::uint32_t, RangePostings> postings;  // by shard
  std::map<std::uint32_t, std::map<PatientId, Demographics>> demographics;
  std::map<std::uint32_t, ShardState> states;
  ImportCounts counts;
  Micros last_recorded = 0;
};

class RangeLoad {
 public:
  RangeLoad(Store::Parts& store, Micros recorded, std::size_t number, std::size_t waiting_max, Gathered& gathered,
            Range& into)
      : store_(store), recorded_(recorded), number_(number), waiting_max_(waiting_max), gathered_(gathered), into_(into) {}

  Result<void> run(const RowSorter& rows, std::uint64_t first, std::uint64_t past) {
    RowSorter::Stream stream = TRY(RowSorter::Stream::open(rows, first, past));
    RowSorter::Sorted sorted;
    PlainPatient plain(rows, recorded_);
    PatientRef patient;
    std::uint64_t block = ~std::uint64_t{0};
    while (TRY(stream.next(patient, sorted))) {
      // Between blocks if that is soon, so that few parts share a block.
      const std::uint64_t now = std::uint64_t{patient.shard} << 32 | stored::block_of(patient.id);
      const bool new_block = now != block;
      if (gathered_.room.waiting >= (new_block ? waiting_max_ / 8 * 7 : waiting_max_) || (new_block && within_block_)) {
        for (RangePostings* postings : gathered_.postings) TRY(postings->pack(0));
        within_block_ = !new_block;
      }
      if (now >> 32 != block >> 32) postings_ = &postings_of(patient.shard);
      block = now;
      if (TRY(plain.decide(sorted, store_.shards[patient.shard]->names(), into_.counts))) {
        TRY(load(patient, plain));
      } else {
        TRY(rows.unpack(sorted));
        TRY(load(patient, sorted));
      }
    }
    for (auto& [shard, made] : into_.files)
      for (SortedFiles* all : {&made.timeline, &made.details, &made.history, &made.originals}) TRY(all->finish());
    for (auto& [shard, postings] : into_.postings) TRY(postings.pack(own_run));
    return {};
  }

 private:
  Result<void> load(PatientRef who, RowSorter::Sorted& sorted) {
    Shard& shard = *store_.shards[who.shard];
    Tables& tables = *shard.tables();
    const Dictionary& names = shard.names();
    RangeFiles& files = into_.files[who.shard];
    ShardState& state = into_.states[who.shard];
    BulkPatient patient = decide_all(sorted, names, recorded_, into_.counts);
    into_.last_recorded = std::max(into_.last_recorded, patient.last_recorded);

    stored::Head head;
    head.last_number = patient.last_number;
    head.events = static_cast<std::uint32_t>(patient.rows.size());
    head.past_events = static_cast<std::uint32_t>(patient.past.size());
    head.last_change = patient.last_recorded;
    head.content = patient.content, head.past_content = patient.past_content;
    // Run numbers need only be new to the patient; small ones keep heads small.
    std::uint64_t next_run = 1;
    std::vector<EncodedRun> runs = encode_runs(patient.rows, next_run, &names);
    const std::vector<EncodedRun> past = encode_runs(patient.past, next_run);
    for (const EncodedRun& run : past) head.history.push_back(run.ref);
    TRY(put_timeline(who, head, runs));
    for (const EncodedRun& run : past) {
      TRY(files.history.put(tables, Table::history, stored::history_key(who.id, run.ref.run, false), run.bytes.hot));
      if (!run.bytes.details.empty())
        TRY(files.history.put(tables, Table::history, stored::history_key(who.id, run.ref.run, true), run.bytes.details));
    }
    for (const auto& [number, original] : patient.originals)
      TRY(files.originals.put(tables, Table::originals, stored::original_key(who.id, number),
                              stored::sealed_copy(original)));

    for (const stored::Row& row : patient.rows)
      for_each_posting(stored::narrow_posting_of(who.id, row), row,
                       [&](Name code, const stored::NarrowPosting& posting) { postings_->waiting.add(code, posting); });
    state.events += head.events, state.past_events += head.past_events;
    state.next_run = std::max(state.next_run, next_run);
    if (patient.demographics) into_.demographics[who.shard][who.id] = demographics_of(patient.rows, names);
    return {};
  }

  // Nothing of theirs is past, and no record has an id.
  Result<void> load(PatientRef who, const PlainPatient& patient) {
    const stored::MixedRows rows = patient.rows();
    stored::Head head;
    head.last_number = head.events = static_cast<std::uint32_t>(rows.size());
    head.last_change = recorded_;
    head.content = patient.content();
    std::uint64_t next_run = 1;
    std::vector<EncodedRun> runs = encode_runs(rows, next_run);
    TRY(put_timeline(who, head, runs));
    constexpr std::size_t ahead = 6;
    WaitingPostings& waiting = postings_->waiting;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i + ahead < rows.size()) waiting.foresee(rows[i + ahead].plain.code);
      const auto number = static_cast<std::uint32_t>(i + 1);
      if (const stored::MixedRow& row = rows[i]; !row.is_whole())
        waiting.add_plain(row.plain.code, stored::narrow_posting_of(who.id, row.plain, rows.sort(i), number),
                          row.plain.sort);
      else
        for_each_posting(stored::narrow_posting_of(who.id, rows.row(i)), rows.row(i),
                         [&](Name code, const stored::NarrowPosting& posting) { waiting.add(code, posting); });
    }
    into_.last_recorded = std::max(into_.last_recorded, recorded_);
    ShardState& state = into_.states[who.shard];
    state.events += head.events;
    state.next_run = std::max(state.next_run, next_run);
    if (patient.has_demographics()) into_.demographics[who.shard][who.id] = patient.demographics();
    return {};
  }

  // The one run of who has one stands in the head, where it is short: one key less, and one read less.
  Result<void> put_timeline(PatientRef who, stored::Head& head, std::vector<EncodedRun>& runs) {
    Tables& tables = *store_.shards[who.shard]->tables();
    RangeFiles& files = into_.files[who.shard];
    for (EncodedRun& run : runs) {
      run.ref.in_head = runs.size() == 1 && run.bytes.hot.size() <= run_in_head_max;
      head.runs.push_back(run.ref);
      if (run.ref.in_head) head.hot = std::move(run.bytes.hot);
    }
    TRY(files.timeline.put(tables, Table::timeline, stored::head_key(who.id), stored::encode(head)));
    for (const EncodedRun& run : runs) {
      if (!run.ref.in_head)
        TRY(files.timeline.put(tables, Table::timeline, stored::run_key(who.id, run.ref.first, run.ref.run),
                               run.bytes.hot));
      if (!run.bytes.details.empty())
        TRY(files.details.put(tables, Table::details, stored::details_key(who.id, run.ref.run), run.bytes.details));
    }
    return {};
  }

  RangePostings& postings_of(std::uint32_t shard) {
    const std::string& scratch = store_.backend->scratch_folder();
    const std::string path = "/postings-" + std::to_string(number_) + "-" + std::to_string(shard);
    RangePostings& postings =
        into_.postings.try_emplace(shard, scratch.empty() ? "" : scratch + path, gathered_.room).first->second;
    gathered_.postings.push_back(&postings);
    return postings;
  }

  Store::Parts& store_;
  const Micros recorded_;
  const std::size_t number_;
  const std::size_t waiting_max_;
  Gathered& gathered_;
  Range& into_;
  RangePostings* postings_ = nullptr;  // of the shard at hand
  bool within_block_ = false;          // the block at hand has been packed in part
};

struct Joined {
  Name name = 0;
  stored::Directory directory;
  std::vector<EncodedPostings> runs;
};

// One code, from all ranges. Parts that share a block become one run, and short ones with what waits too, so that a rare code is one run for many
// blocks.
class Join {
 public:
  Result<Joined> run(std::span<const RangePostings* const> ranges, Name code) {
    std::optional<EncodedPostings> last;  // taken when it is known what follows
    bool parted = true;                   // the last one and what stands before it
    for (const RangePostings* range : ranges) {
      TRY(range->parts.read(code, [&](EncodedPostings next) -> Result<void> {
        const bool parted_next = !last || last->ref.last_block < next.ref.first_block;
        if (last) TRY(take(std::move(*last), parted, parted_next));
        last = std::move(next), parted = parted_next;
        return {};
      }));
      // What waits came behind what is packed of its range, perhaps of the same block.
      if (last && range->waiting.count(code) > 0) {
        TRY(take(std::move(*last), parted, false));
        last.reset();
      }
      range->waiting.each(code, [&](const stored::NarrowPosting& posting) { packer_.add(posting); });
    }
    if (last) TRY(take(std::move(*last), parted, true));
    Joined joined{.name = code, .directory = {}, .runs = {}};
    joined.runs = packer_.take_runs();
    joined.directory.events = packer_.events(), joined.directory.patients = packer_.patients();
    for (const EncodedPostings& run : joined.runs) joined.directory.runs.push_back(run.ref);
    return joined;
  }

 private:
  // `before`, `behind`: it shares no block with what stands there.
  Result<void> take(EncodedPostings part, bool before, bool behind) {
    const bool whole = before && behind && part.ref.count >= own_run;
    TRY(stored::decode_postings(part.bytes, whole ? stored::posting_field_patient : stored::posting_field_all, columns_,
                                part.ref.checksum));
    if (whole) {
      packer_.add(std::move(part), columns_);
      return {};
    }
    for (std::size_t i = 0; i < columns_.count; ++i) packer_.add(stored::narrow(columns_.at(i)));
    return {};
  }

  CodePacker packer_;
  stored::PostingColumns columns_;
};

// Every code's runs and directory of one shard, in key order. While some codes are written, the next ones are joined.
class PostingsFile {
 public:
  PostingsFile(Tables& tables, std::span<const RangePostings* const> ranges, ThreadPool& pool)
      : tables_(tables), ranges_(ranges), pool_(pool) {}
  ~PostingsFile() {
    if (writing_.valid()) writing_.wait();
  }
  PostingsFile(const PostingsFile&) = delete;
  PostingsFile& operator=(const PostingsFile&) = delete;

  Result<SortedFiles> write() {
    std::vector<Name> names;
    for (const RangePostings* range : ranges_) {
      std::vector<Name> before = std::exchange(names, {});
      std::ranges::set_union(before, range->names(), std::back_inserter(names));
    }
    for (std::size_t next = 0; next < names.size();) {
      const std::size_t first = next;
      for (std::uint64_t bytes = 0; next < names.size() && bytes < joined_bytes_max; ++next)
        for (const RangePostings* range : ranges_) bytes += range->bytes(names[next]);
      auto joined = std::make_shared<std::vector<Joined>>(next - first);
      TRY(pool_.parallel_for(joined->size(), 1, [&](std::size_t from, std::size_t past) -> Result<void> {
        for (std::size_t i = from; i < past; ++i) (*joined)[i] = TRY(Join().run(ranges_, names[first + i]));
        return {};
      }));
      if (writing_.valid()) TRY(writing_.get());
      writing_ = pool_.submit([this, joined] { return put(*joined); });
    }
    if (writing_.valid()) TRY(writing_.get());
    TRY(files_.finish());
    return std::move(files_);
  }

 private:
  Result<void> put(const std::vector<Joined>& some) {
    for (const Joined& joined : some) {
      const Name name = joined.name;
      if (!joined.runs.empty())
        TRY(files_.put(tables_, Table::postings, stored::directory_key(name), stored::encode(joined.directory)));
      for (const EncodedPostings& run : joined.runs)
        TRY(files_.put(tables_, Table::postings, stored::postings_key(name, run.ref.run, run.ref.first_block), run.bytes));
    }
    return {};
  }

  Tables& tables_;
  const std::span<const RangePostings* const> ranges_;
  ThreadPool& pool_;
  SortedFiles files_;
  std::future<Result<void>> writing_;
};

// Who everyone is fills files as well: through the log it would be written twice. What a table that is not empty may hold
// already goes into the batch.
Result<SortedFiles> write_identity(Store::Parts& store, Tables& tables, Batch& batch) {
  bool empty = true;
  TRY(tables.scan(Table::identity, "", "", nullptr, [&](BytesView, BytesView) { return empty = false; }));
  SortedFiles files;
  TRY(store.identity->fold(store.identity->position(), [&](Bytes key, Bytes value) -> Result<void> {
    if (empty) return files.put(tables, Table::identity, key, value);
    batch.put(Table::identity, std::move(key), std::move(value));
    return {};
  }));
  TRY(files.finish());
  return files;
}

// One shard's files, taken in; then the names, demographics and state that make them visible, synced.
Result<void> take_in(Store::Parts& store, std::uint32_t number, std::vector<Range>& ranges, Micros last_recorded,
                     ThreadPool& pool) {
  Shard& shard = *store.shards[number];
  Tables& tables = *shard.tables();
  std::vector<std::unique_ptr<SortedFile>> files;
  std::vector<const RangePostings*> postings;
  std::map<PatientId, Demographics> who;
  ShardState state;
  for (Range& range : ranges) {
    RangeFiles& made = range.files[number];
    for (SortedFiles* all : {&made.timeline, &made.details, &made.history, &made.originals}) all->move_to(files);
    if (const auto parts = range.postings.find(number); parts != range.postings.end())
      postings.push_back(&parts->second);
    who.merge(range.demographics[number]);
    const ShardState& part = range.states[number];
    state.events += part.events, state.past_events += part.past_events,
        state.next_run = std::max(state.next_run, part.next_run + 1);
  }
  Batch batch;
  // Who everyone is is written by one thread, while the others join postings.
  std::future<Result<SortedFiles>> identity;
  if (number == 0) identity = pool.submit([&] { return write_identity(store, tables, batch); });
  Result<SortedFiles> joined = PostingsFile(tables, postings, pool).write();
  if (identity.valid()) TRY(identity.get()).move_to(files);
  TRY(std::move(joined)).move_to(files);
  for (Range& range : ranges) range.postings.erase(number);
  fold_names(shard.names(), state, batch);
  TRY(fold_demographics(shard.moment(), who, batch));
  // Commit 1 is the load itself; it has no log record, so the feed begins behind it.
  state.watermark = 1, state.log_first = 2, state.last_recorded = last_recorded;
  return shard.adopt(state, std::move(batch), {}, files);
}

}  // namespace

Result<void> bulk_load(Store::Parts& store, RowSorter& rows, unsigned threads, ImportCounts& counts) {
  const Micros recorded = store.options.clock->now();
  // More ranges than threads, so that none waits long for the last; as many at once as there are threads, since each holds postings.
  const std::vector<std::uint64_t> bounds = rows.cut(std::max(1u, threads));
  const std::size_t at_once = std::clamp<std::size_t>(threads, 1, bounds.size() - 1);
  const std::size_t waiting_max =
      std::clamp<std::size_t>(rows.memory_bytes() / 4 / at_once / waiting_bytes, waiting_least, waiting_most);
  std::vector<Gathered> gathered(at_once);  // outlives the ranges
  std::vector<Range> ranges(bounds.size() - 1);
  const std::unique_ptr<ThreadPool> pool = TRY(ThreadPool::start({.threads = std::max(1u, threads)}));
  std::atomic<std::size_t> next{0};
  TRY(pool->parallel_for(at_once, 1, [&](std::size_t thread, std::size_t) -> Result<void> {
    for (std::size_t i = next++; i < ranges.size(); i = next++)
      TRY(RangeLoad(store, recorded, i, waiting_max, gathered[thread], ranges[i]).run(rows, bounds[i], bounds[i + 1]));
    return {};
  }));
  rows.release();
  Micros last_recorded = recorded;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const ImportCounts& part = ranges[i].counts;
    counts.records += part.records, counts.events += part.events, counts.created += part.created,
        counts.unchanged += part.unchanged;
    counts.superseded += part.superseded, counts.hidden += part.hidden, counts.rejected += part.rejected;
    counts.equal_rows += part.equal_rows, counts.before_birth += part.before_birth,
        counts.after_death += part.after_death;
    last_recorded = std::max(last_recorded, ranges[i].last_recorded);
  }
  Catalogue& catalogue = store.backend->catalogue();
  TRY(catalogue.set(bulk_marker, TRY(catalogue.get(bulk_marker)), "started"));
  std::uint64_t position = 0;
  {
    std::vector<Bytes> drained;  // the identity goes to its table below, not through the log
    store.identity->take_pending(drained, position);
  }
  store.identity->committed(position, recorded);
  for (std::uint32_t number = 0; number < store.shards.size(); ++number) {
    std::vector<Bytes> names;
    store.shards[number]->names().take_pending(names);
    TRY(take_in(store, number, ranges, last_recorded, *pool));
  }
  store.identity->folded(position);
  return catalogue.set(bulk_marker, "started", "done");
}

}  // namespace chartline::engine
