// Steps: 1 cut the patients into ranges, one thread each; 2 for each patient decide, order, encode, and write its runs and
// head; 3 gather postings per code, packed whenever memory says so; 4 write every code's runs and directory; 5 take all
// files in, shard by shard, with the state that makes them visible. A marker in the catalogue spans step 5, so that a store
// whose load was cut off there is emptied again when it is next opened.
#include "engine/bulk_load.h"

#include <algorithm>
#include <map>

#include "base/thread_pool.h"
#include "engine/bulk_patient.h"
#include "engine/demographics.h"
#include "engine/fold.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::size_t postings_waiting_max = 400'000;  // per thread, before they are packed: about 40 MB
constexpr std::size_t short_run = 8'192;  // postings; codes with shorter packed parts are packed anew at the end

using PackedParts = std::map<Name, std::vector<EncodedPostings>>;  // of one shard, by ascending blocks

// What one thread makes of one range of patients in one shard.
struct RangeFiles {
  std::unique_ptr<SortedFile> timeline, details, history, originals;
};

struct Range {
  std::map<std::uint32_t, RangeFiles> files;
  std::map<std::uint32_t, PackedParts> postings;
  std::map<std::uint32_t, std::map<PatientId, Demographics>> demographics;
  std::map<std::uint32_t, ShardState> states;
  ImportCounts counts;
  Micros last_recorded = 0;
};

Result<void> put(std::unique_ptr<SortedFile>& file, Tables& tables, Table table, const Bytes& key, BytesView value) {
  if (!file) file = TRY(tables.sorted_file(table));
  return file->put(key, value);
}

class RangeLoad {
 public:
  RangeLoad(Store::Parts& store, Micros recorded, Range& into) : store_(store), recorded_(recorded), into_(into) {}

  Result<void> run(const RowSorter& rows, std::uint64_t first, std::uint64_t past) {
    RowSorter::Stream stream = TRY(RowSorter::Stream::open(rows, first, past));
    RowSorter::Sorted sorted;
    PatientRef patient;
    std::uint64_t block = ~std::uint64_t{0};
    while (TRY(stream.next(patient, sorted))) {
      const std::uint64_t now = std::uint64_t{patient.shard} << 32 | stored::block_of(patient.id);
      if (now != block && (waiting_ >= postings_waiting_max || now >> 32 != block >> 32)) pack();
      block = now, shard_ = patient.shard;
      TRY(load(patient, sorted));
    }
    pack();
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
    head.content = patient.content, head.past_content = patient.past_content;
    // Run numbers need only be new to the patient; small ones keep heads small.
    std::uint64_t next_run = 1;
    const std::vector<EncodedRun> runs = encode_runs(patient.rows, next_run), past = encode_runs(patient.past, next_run);
    for (const EncodedRun& run : runs) head.runs.push_back(run.ref);
    for (const EncodedRun& run : past) head.history.push_back(run.ref);
    TRY(put(files.timeline, tables, Table::timeline, stored::head_key(who.id), stored::encode(head)));
    for (const EncodedRun& run : runs) {
      TRY(put(files.timeline, tables, Table::timeline, stored::run_key(who.id, run.ref.first, run.ref.run),
              run.bytes.hot));
      if (!run.bytes.details.empty())
        TRY(put(files.details, tables, Table::details, stored::details_key(who.id, run.ref.run), run.bytes.details));
    }
    for (const EncodedRun& run : past) {
      TRY(put(files.history, tables, Table::history, stored::history_key(who.id, run.ref.run, false), run.bytes.hot));
      if (!run.bytes.details.empty())
        TRY(put(files.history, tables, Table::history, stored::history_key(who.id, run.ref.run, true), run.bytes.details));
    }
    for (const auto& [number, original] : patient.originals)
      TRY(put(files.originals, tables, Table::originals, stored::original_key(who.id, number), stored::sealed_copy(original)));

    for (const stored::Row& row : patient.rows)
      for_each_posting(who.id, row, [&](Name code, const stored::Posting& posting) {
        if (code >= postings_.size()) postings_.resize(std::size_t{code} * 2 + 1);
        postings_[code].push_back(posting);
        ++waiting_;
      });
    state.events += head.events, state.past_events += head.past_events;
    state.next_run = std::max(state.next_run, next_run);
    if (patient.demographics) into_.demographics[who.shard][who.id] = demographics_of(patient.rows, names);
    return {};
  }

  // What has been gathered so far, as runs. Only between blocks, so that no two runs of a code share a block.
  void pack() {
    for (Name code = 0; code < postings_.size(); ++code) {
      std::vector<stored::Posting>& postings = postings_[code];
      if (postings.empty()) continue;
      if (!std::is_sorted(postings.begin(), postings.end(), posting_before))
        std::sort(postings.begin(), postings.end(), posting_before);
      auto& parts = into_.postings[shard_][code];
      for (EncodedPostings& part : encode_posting_runs(postings, 1)) parts.push_back(std::move(part));
      postings.clear();
    }
    waiting_ = 0;
  }

  Store::Parts& store_;
  const Micros recorded_;
  Range& into_;
  std::vector<std::vector<stored::Posting>> postings_;  // by code
  std::size_t waiting_ = 0;
  std::uint32_t shard_ = 0;
};

// One code, packed: its parts of the ranges, short ones together again, so that a rare code is one run for many blocks.
Result<stored::Directory> join(std::vector<EncodedPostings>& parts) {
  stored::Directory directory;
  const bool any_short = parts.size() > 1 && std::any_of(parts.begin(), parts.end(),
                                                         [](const auto& part) { return part.ref.count < short_run; });
  std::vector<stored::Posting> all;
  stored::PostingColumns columns;
  PatientId last = 0;
  for (const EncodedPostings& part : parts) {
    TRY(stored::decode_postings(part.bytes, any_short ? stored::posting_field_all : stored::posting_field_patient,
                                columns, part.ref.checksum));
    for (std::size_t i = 0; i < columns.count; ++i) {
      if (any_short) all.push_back(columns.at(i));
      if (directory.events++ == 0 || columns.patient[i] != last) last = columns.patient[i], ++directory.patients;
    }
  }
  if (any_short) parts = encode_posting_runs(all, 1);
  for (const EncodedPostings& part : parts) directory.runs.push_back(part.ref);
  return directory;
}

// Every code's runs and directory of one shard, in key order.
Result<std::unique_ptr<SortedFile>> write_postings(Tables& tables, PackedParts& codes, ThreadPool& pool) {
  std::vector<std::pair<Name, std::vector<EncodedPostings>*>> list;
  for (auto& [code, parts] : codes) list.emplace_back(code, &parts);
  std::vector<stored::Directory> directories(list.size());
  TRY(pool.parallel_for(list.size(), 1, [&](std::size_t first, std::size_t past) -> Result<void> {
    for (std::size_t i = first; i < past; ++i) directories[i] = TRY(join(*list[i].second));
    return {};
  }));
  std::unique_ptr<SortedFile> file;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Name code = list[i].first;
    TRY(put(file, tables, Table::postings, stored::directory_key(code), stored::encode(directories[i])));
    for (const EncodedPostings& part : *list[i].second)
      TRY(put(file, tables, Table::postings, stored::postings_key(code, part.ref.run, part.ref.first_block), part.bytes));
  }
  return file;
}

Result<void> finish(std::unique_ptr<SortedFile> file, std::vector<std::unique_ptr<SortedFile>>& files) {
  if (!file) return {};
  TRY(file->finish());
  files.push_back(std::move(file));
  return {};
}

// One shard's files, taken in; then the names, demographics and state that make them visible, synced.
Result<void> take_in(Store::Parts& store, std::uint32_t number, std::vector<Range>& ranges, Micros last_recorded,
                     ThreadPool& pool) {
  Shard& shard = *store.shards[number];
  Tables& tables = *shard.tables();
  std::vector<std::unique_ptr<SortedFile>> files;
  PackedParts codes;
  std::map<PatientId, Demographics> who;
  ShardState state;
  for (Range& range : ranges) {
    RangeFiles& made = range.files[number];
    for (auto* file : {&made.timeline, &made.details, &made.history, &made.originals})
      TRY(finish(std::move(*file), files));
    for (auto& [code, parts] : range.postings[number])
      for (EncodedPostings& part : parts) codes[code].push_back(std::move(part));
    who.merge(range.demographics[number]);
    const ShardState& part = range.states[number];
    state.events += part.events, state.past_events += part.past_events,
        state.next_run = std::max(state.next_run, part.next_run + 1);
  }
  TRY(finish(TRY(write_postings(tables, codes, pool)), files));
  if (!files.empty()) TRY(tables.ingest(files));
  Batch batch;
  fold_names(shard.names(), state, batch);
  ShardMoment empty = shard.moment();
  TRY(fold_demographics(empty, who, batch));
  if (number == 0) TRY(store.identity->fold(store.identity->position(), batch));
  // Commit 1 is the load itself; it has no log record, so the feed begins behind it.
  state.watermark = 1, state.log_first = 2, state.last_recorded = last_recorded;
  return shard.adopt(state, std::move(batch));
}

}  // namespace

Result<void> bulk_load(Store::Parts& store, const RowSorter& rows, unsigned threads, ImportCounts& counts) {
  const Micros recorded = store.options.clock->now();
  const std::vector<std::uint64_t> bounds = rows.cut(std::max(1u, threads));
  std::vector<Range> ranges(bounds.size() - 1);
  const std::unique_ptr<ThreadPool> pool = TRY(ThreadPool::start({.threads = std::max(1u, threads)}));
  TRY(pool->parallel_for(ranges.size(), 1, [&](std::size_t first, std::size_t past) -> Result<void> {
    for (std::size_t i = first; i < past; ++i)
      TRY(RangeLoad(store, recorded, ranges[i]).run(rows, bounds[i], bounds[i + 1]));
    return {};
  }));
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
  std::vector<Bytes> drained;  // the identity goes to its table below, not through the log
  std::uint64_t position = 0;
  store.identity->take_pending(drained, position);
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
