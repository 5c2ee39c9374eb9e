// A code's fold. What is new becomes one more generation of the code: a set of runs under one run number, and before it
// a run of removals if any. Reading pays for every generation, so they are merged as they grow: a generation is taken into the
// merge while those newer than it add up to a third of it, which rewrites each posting a logarithmic number of times.
#include <algorithm>
#include <map>
#include <string>

#include "engine/fold.h"
#include "formats/stored/keys.h"

namespace chartline::engine {

using stored::NarrowPosting;

namespace {

constexpr std::size_t postings_run_min = 16'384;  // split by blocks only above this
constexpr std::uint64_t merge_factor = 3;         // a generation is merged while the newer ones hold a third of it

struct Generation {
  std::uint64_t run = 0;
  std::uint64_t count = 0;  // postings and removals
};

// Newest first.
std::vector<Generation> generations(const stored::Directory& directory) {
  std::map<std::uint64_t, std::uint64_t, std::greater<>> counts;
  for (const stored::PostingRun& run : directory.runs) counts[run.run] += run.count;
  std::vector<Generation> list;
  for (const auto& [run, count] : counts) list.push_back({run, count});
  return list;
}

// Generations with this run number and newer ones are to be merged; 0: none.
std::uint64_t merge_from(const stored::Directory& directory) {
  const std::vector<Generation> list = generations(directory);
  std::uint64_t newer = 0;
  std::size_t taken = 0;
  for (const Generation& generation : list) {
    if (taken > 0 && generation.count > merge_factor * newer) break;
    newer += generation.count, ++taken;
  }
  return taken >= 2 ? list[taken - 1].run : 0;
}

Error damaged(const ShardMoment& base, const stored::PostingRun& run, const std::string& what) {
  return corrupt("postings: shard " + std::to_string(base.shard) + ", run " + std::to_string(run.run) + ": " + what);
}

Result<void> load(const ShardMoment& base, Name code, const stored::PostingRun& run, Pinned& bytes) {
  if (!TRY(base.tables->get(Table::postings, stored::postings_key(code, run.run, run.first_block),
                            base.base->snapshot.get(), bytes)))
    return damaged(base, run, "named by its directory, but absent");
  return {};
}

std::uint64_t count_patients(std::span<const NarrowPosting> sorted) {
  std::uint64_t patients = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) patients += i == 0 || sorted[i].patient != sorted[i - 1].patient;
  return patients;
}

struct Merged {
  std::vector<NarrowPosting> postings;
  std::vector<stored::Removal> removals;  // that may still hit older generations
};

// Reads every run from generation `from` on and applies the removals among them to what is older than they are.
Result<Merged> merge(const ShardMoment& base, Name code, const stored::Directory& directory, std::uint64_t from) {
  std::map<std::uint64_t, std::vector<stored::Removal>> removals;  // by generation
  Pinned bytes;
  for (const stored::PostingRun& run : directory.runs) {
    if (!run.removals || run.run < from) continue;
    TRY(load(base, code, run, bytes));
    auto pairs = stored::decode_removals(bytes.bytes(), run.checksum);
    if (!pairs) return damaged(base, run, pairs.error().message);
    if (pairs->size() != run.count) return damaged(base, run, "its count differs from its directory's");
    auto& all = removals[run.run];
    all.insert(all.end(), pairs->begin(), pairs->end());
  }
  Merged merged;
  stored::PostingColumns columns;
  for (const stored::PostingRun& run : directory.runs) {
    if (run.removals || run.run < from) continue;
    TRY(load(base, code, run, bytes));
    if (auto decoded = stored::decode_postings(bytes.bytes(), stored::posting_field_all, columns, run.checksum); !decoded)
      return damaged(base, run, decoded.error().message);
    if (columns.count != run.count) return damaged(base, run, "its count differs from its directory's");
    for (std::size_t i = 0; i < columns.count; ++i) {
      const NarrowPosting posting = stored::narrow(columns.at(i));
      bool gone = false;
      for (auto later = removals.upper_bound(run.run); later != removals.end() && !gone; ++later)
        gone = std::binary_search(later->second.begin(), later->second.end(),
                                  stored::Removal{posting.patient, posting.number});
      if (!gone) merged.postings.push_back(posting);
    }
  }
  for (auto& [run, pairs] : removals) merged.removals.insert(merged.removals.end(), pairs.begin(), pairs.end());
  std::sort(merged.removals.begin(), merged.removals.end());
  return merged;
}

// The removals first: they apply to generations with smaller numbers, not to the postings beside them.
void put_generation(Name code, std::span<const NarrowPosting> postings, std::span<const stored::Removal> removals,
                    std::uint64_t& next_run, stored::Directory& directory, Batch& batch) {
  if (!removals.empty()) {
    stored::PostingBytes packed = stored::encode_removals(removals);
    stored::PostingRun ref;
    ref.first_block = stored::block_of(removals.front().patient),
    ref.last_block = stored::block_of(removals.back().patient);
    ref.run = next_run++, ref.count = static_cast<std::uint32_t>(removals.size()), ref.removals = true;
    ref.checksum = packed.checksum, ref.bytes = static_cast<std::uint32_t>(packed.bytes.size());
    batch.put(Table::postings, stored::postings_key(code, ref.run, ref.first_block), std::move(packed.bytes));
    directory.runs.push_back(ref);
  }
  if (postings.empty()) return;
  for (EncodedPostings& part : encode_posting_runs(postings, next_run)) {
    batch.put(Table::postings, stored::postings_key(code, part.ref.run, part.ref.first_block), std::move(part.bytes));
    directory.runs.push_back(part.ref);
  }
  ++next_run;
}

}  // namespace

std::vector<EncodedPostings> encode_posting_runs(std::span<const NarrowPosting> sorted, std::uint64_t run) {
  std::vector<EncodedPostings> runs;
  for (std::size_t from = 0; from < sorted.size();) {
    std::size_t past = std::min(sorted.size(), from + postings_run_min);
    while (past < sorted.size() && stored::block_of(sorted[past].patient) == stored::block_of(sorted[past - 1].patient))
      ++past;
    if (sorted.size() - past < postings_run_min / 4 && sorted.size() - from < 2 * postings_run_min)
      past = sorted.size();
    const auto part = sorted.subspan(from, past - from);
    stored::PostingBytes packed = stored::encode_postings(part);
    EncodedPostings& encoded = runs.emplace_back();
    encoded.ref.first_block = stored::block_of(part.front().patient),
    encoded.ref.last_block = stored::block_of(part.back().patient);
    encoded.ref.run = run, encoded.ref.count = static_cast<std::uint32_t>(part.size());
    encoded.ref.checksum = packed.checksum, encoded.ref.bytes = static_cast<std::uint32_t>(packed.bytes.size());
    encoded.bytes = std::move(packed.bytes);
    from = past;
  }
  return runs;
}

namespace {

// What was removed and added becomes a new generation, together with those before it that it is time to merge.
Result<void> fold_code(const ShardMoment& base, Name code, CodeChanges& change, ShardState& state, Batch& batch) {
  Pinned bytes;
  std::sort(change.removed.begin(), change.removed.end());
  // They come patient by patient, each in the order of their events, which within a second is another one.
  if (!std::ranges::is_sorted(change.added, posting_before<NarrowPosting>))
    std::sort(change.added.begin(), change.added.end(), posting_before<NarrowPosting>);
  stored::Directory directory;
  if (TRY(base.tables->get(Table::postings, stored::directory_key(code), base.base->snapshot.get(), bytes)))
    directory = TRY(stored::decode_directory(bytes.bytes()));
  directory.events += change.added.size(),
      directory.events -= std::min<std::uint64_t>(directory.events, change.removed.size());

  // The new generation counts as one while deciding what to merge it with.
  stored::Directory with_new = directory;
  stored::PostingRun fresh;
  fresh.run = state.next_run;
  fresh.count = static_cast<std::uint32_t>(change.added.size() + change.removed.size());
  with_new.runs.push_back(fresh);
  const std::uint64_t from = merge_from(with_new);
  if (from == 0 || from == fresh.run) {
    directory.patients += count_patients(change.added);
    put_generation(code, change.added, change.removed, state.next_run, directory, batch);
  } else {
    Merged merged = TRY(merge(base, code, directory, from));
    std::erase_if(merged.postings, [&](const NarrowPosting& posting) {
      return std::binary_search(change.removed.begin(), change.removed.end(),
                                stored::Removal{posting.patient, posting.number});
    });
    std::vector<NarrowPosting> all = std::move(merged.postings);
    all.insert(all.end(), change.added.begin(), change.added.end());
    std::sort(all.begin(), all.end(), posting_before<NarrowPosting>);
    merged.removals.insert(merged.removals.end(), change.removed.begin(), change.removed.end());
    std::sort(merged.removals.begin(), merged.removals.end());
    bool older = false;
    std::erase_if(directory.runs, [&](const stored::PostingRun& run) {
      if (run.run < from) return older = true, false;
      batch.erase(Table::postings, stored::postings_key(code, run.run, run.first_block));
      return true;
    });
    if (!older) merged.removals.clear();  // nothing is left that they could hit
    directory.patients = older ? directory.patients + count_patients(change.added) : count_patients(all);
    put_generation(code, all, merged.removals, state.next_run, directory, batch);
  }
  std::sort(directory.runs.begin(), directory.runs.end(), [](const auto& a, const auto& b) {
    return a.first_block != b.first_block ? a.first_block < b.first_block : a.run < b.run;
  });
  if (directory.runs.empty()) batch.erase(Table::postings, stored::directory_key(code));
  else batch.put(Table::postings, stored::directory_key(code), stored::encode(directory));
  return {};
}

}  // namespace

Result<void> fold_postings(const ShardMoment& base, PostingChanges& changes, ShardState& state, Batch& batch) {
  std::vector<Name> codes;
  for (const auto& [code, change] : changes) codes.push_back(code);
  std::sort(codes.begin(), codes.end());
  for (const Name code : codes) TRY(fold_code(base, code, changes.at(code), state, batch));
  return {};
}

}  // namespace chartline::engine
