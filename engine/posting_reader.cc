#include "engine/posting_reader.h"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

#include "engine/content.h"
#include "engine/decoded_cache.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

using stored::Posting;
using stored::PostingColumns;
using stored::PostingRun;
using stored::Removal;

// Runs of at most so many postings, which most codes have, take longer to be found in the table than to be decoded: they are kept, while there
// is room.
constexpr std::uint32_t kept_decoded_max = 256;

struct DecodedPostings {
  PostingColumns columns;
  std::uint32_t fields = 0;
};

Error at(const ShardMoment& shard, const PostingRun& run, Fault fault, const std::string& what) {
  return {fault, "postings: shard " + std::to_string(shard.shard) + ", run " + std::to_string(run.run) + ": " + what};
}

DecodedCache::Key cache_key(const ShardMoment& shard, Name code, const PostingRun& run) {
  const auto sort = run.removals ? DecodedCache::Sort::removals : DecodedCache::Sort::postings;
  return {.sort = sort, .shard = shard.shard, .owner = std::uint64_t{run.first_block} << 32 | code, .run = run.run};
}

Result<void> get_run(const ShardMoment& shard, Name code, const PostingRun& run, Pinned& value) {
  const Bytes key = stored::postings_key(code, run.run, run.first_block);
  if (TRY(shard.tables->get(Table::postings, key, shard.base->snapshot.get(), value))) return {};
  return at(shard, run, Fault::corrupt, "named by its directory, but absent");
}

void note_facts(const PostingColumns& run, std::uint32_t fields, RunFacts* facts) {
  if (facts && (fields & RunFacts::fields) == RunFacts::fields) facts->note(run);
  if (facts && (fields & stored::posting_field_kind)) facts->note_kinds(run);
}

Result<void> decode(const ShardMoment& shard, Name code, const PostingRun& run, std::uint32_t fields,
                    PostingColumns& into, const View::MoreFields& more = {}, RunFacts* facts = nullptr) {
  Pinned value;
  TRY(get_run(shard, code, run, value));
  const Result<void> whole = stored::decode_postings(value.bytes(), fields, into, run.checksum);
  if (!whole) return at(shard, run, whole.error().fault, whole.error().message);
  if (into.count != run.count) return at(shard, run, Fault::corrupt, "its count differs from its directory's");
  note_facts(into, fields, facts);
  const std::uint32_t wanted = more ? more(into) & ~fields : 0;
  if (wanted == 0) return {};
  const Result<void> rest = stored::decode_more_postings(value.bytes(), wanted, into);
  if (!rest) return at(shard, run, rest.error().fault, rest.error().message);
  return {};
}

using Decoded = std::shared_ptr<const DecodedPostings>;

// With these fields, out of what is in the cache of it, if anything is.
Result<std::shared_ptr<const PostingColumns>> with_fields(const ShardMoment& shard, Name code, const PostingRun& run,
                                                          std::uint32_t fields, Decoded known) {
  if (!known || (known->fields & fields) != fields) {
    auto decoded = std::make_shared<DecodedPostings>();
    decoded->fields = fields | (known ? known->fields : 0);
    TRY(decode(shard, code, run, decoded->fields, decoded->columns));
    known = decoded;
    shard.cache->keep(cache_key(shard, code, run), known, sizeof(DecodedPostings) + known->columns.bytes());
  }
  return std::shared_ptr<const PostingColumns>(known, &known->columns);
}

Decoded find_decoded(const ShardMoment& shard, Name code, const PostingRun& run) {
  return shard.cache->find<DecodedPostings>(cache_key(shard, code, run));
}

Result<std::shared_ptr<const PostingColumns>> read_columns(const ShardMoment& shard, Name code, const PostingRun& run,
                                                           std::uint32_t fields) {
  return with_fields(shard, code, run, fields, find_decoded(shard, code, run));
}

Result<std::shared_ptr<const std::vector<Removal>>> read_removals(const ShardMoment& shard, Name code,
                                                                  const PostingRun& run) {
  const DecodedCache::Key key = cache_key(shard, code, run);
  if (auto known = shard.cache->find<std::vector<Removal>>(key)) return known;
  Pinned value;
  TRY(get_run(shard, code, run, value));
  Result<std::vector<Removal>> decoded = stored::decode_removals(value.bytes(), run.checksum);
  if (!decoded) return at(shard, run, decoded.error().fault, decoded.error().message);
  if (decoded->size() != run.count) return at(shard, run, Fault::corrupt, "its count differs from its directory's");
  auto removals = std::make_shared<const std::vector<Removal>>(std::move(decoded).value());
  shard.cache->keep(key, removals, sizeof *removals + removals->capacity() * sizeof(Removal));
  return removals;
}

bool overlaps(const PostingRun& run, std::uint32_t first_block, std::uint32_t last_block) {
  return run.first_block <= last_block && run.last_block >= first_block;
}

struct Added {
  PatientId patient;
  const stored::Row* row;
};

const stored::RowAttribute* attribute_of(const stored::Row& row, Name postings) {
  const auto is_it = [postings](const stored::RowAttribute& one) {
    return stored::postings_of_attribute(one.name) == postings;
  };
  const auto found = std::ranges::find_if(row.attributes, is_it);
  return found == row.attributes.end() ? nullptr : &*found;
}

// Rows with the code, or attribute, that the delta adds to patients of these blocks and does not take away again, in order.
// `taken`: sorted.
std::vector<Posting> read_added(const ShardMoment& shard, Name code, std::uint32_t first_block,
                                std::uint32_t last_block, const std::vector<Removal>& taken) {
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_code(code, shard.commit, puts);
  const auto has_code = [code](const stored::Row& row) {
    if (stored::is_of_attribute(code)) return attribute_of(row, code) != nullptr;
    return row.code == code || std::ranges::count(row.translations, code) > 0;
  };
  std::vector<Added> added;
  for (const DeltaPut* put : puts) {
    const std::uint32_t block = stored::block_of(put->patient);
    if (put->commit <= shard.base->watermark || block < first_block || block > last_block) continue;
    for (const stored::Row& row : put->added) {
      if (has_code(row) && !std::ranges::binary_search(taken, Removal{put->patient, row.number}))
        added.push_back({put->patient, &row});
    }
  }
  std::ranges::sort(added, [&](const Added& a, const Added& b) {
    if (a.patient != b.patient) return a.patient < b.patient;
    if (before(*a.row, *b.row, *shard.dictionary)) return true;
    return !before(*b.row, *a.row, *shard.dictionary) && a.row->number < b.row->number;
  });
  std::vector<Posting> postings;
  postings.reserve(added.size());
  for (const Added& one : added) {
    if (stored::is_of_attribute(code)) {
      postings.push_back(stored::posting_of(one.patient, one.row->number, *attribute_of(*one.row, code)));
      continue;
    }
    Posting& posting = postings.emplace_back(stored::posting_of(one.patient, *one.row));
    if (one.row->code != code) posting.flags |= stored::posting_translation;
  }
  return postings;
}

std::int64_t second_of(const Posting& posting) {
  return std::int64_t{posting.day} * 86'400 + posting.second - std::int64_t{posting.offset} * 60;
}

}  // namespace

std::vector<Name> posting_names(const Dictionary& names) {
  std::vector<Name> all;
  for (Name code = 0; code <= names.size(stored::Dictionary::code); ++code) all.push_back(code);
  for (Name attribute = 1; attribute <= names.size(stored::Dictionary::attribute); ++attribute)
    all.push_back(stored::postings_of_attribute(attribute));
  return all;
}

std::string posting_name(Name name) {
  if (stored::is_of_attribute(name)) return "attribute " + std::to_string(name & ~stored::attribute_postings);
  return "code " + std::to_string(name);
}

// Of the base; asked for by every block of a scan.
Result<std::shared_ptr<const stored::Directory>> cached_directory(const ShardMoment& shard, Name code) {
  const DecodedCache::Key key = shard.cache->settled(
      {.sort = DecodedCache::Sort::directory, .shard = shard.shard, .owner = code, .run = shard.base->serial});
  if (auto known = shard.cache->find<stored::Directory>(key)) return known;
  Pinned value;
  auto directory = std::make_shared<stored::Directory>();
  if (TRY(shard.tables->get(Table::postings, stored::directory_key(code), shard.base->snapshot.get(), value))) {
    Result<stored::Directory> decoded = stored::decode_directory(value.bytes());
    if (!decoded) {
      return Error{decoded.error().fault, "postings: shard " + std::to_string(shard.shard) + ", directory of " +
                                              posting_name(code) + ": " + decoded.error().message};
    }
    *directory = std::move(decoded).value();
  }
  std::shared_ptr<const stored::Directory> kept = directory;
  shard.cache->keep(key, kept, sizeof *kept + kept->runs.capacity() * sizeof(PostingRun));
  return kept;
}

Result<void> read_posting_run(const ShardMoment& shard, Name code, const PostingRun& run, std::uint32_t fields,
                              PostingColumns& into, const View::MoreFields& more, RunFacts* facts) {
  Decoded known = run.count <= kept_decoded_max ? find_decoded(shard, code, run) : nullptr;
  const bool keeps = known || (run.count <= kept_decoded_max && shard.cache->admits(cache_key(shard, code, run), true));
  if (!keeps) return decode(shard, code, run, fields, into, more, facts);
  into.copy(*TRY(with_fields(shard, code, run, fields, std::move(known))));
  note_facts(into, fields, facts);
  if (const std::uint32_t wanted = more ? more(into) & ~fields : 0)
    into.copy(*TRY(read_columns(shard, code, run, fields | wanted)));
  return {};
}

Result<PostingScan> read_postings(const ShardMoment& shard, Name code, std::uint32_t first_block,
                                  std::uint32_t last_block, std::uint32_t fields) {
  PostingScan scan = TRY(name_postings(shard, code, first_block, last_block));
  for (const PostingRun& run : scan.refs) scan.runs.push_back(TRY(read_columns(shard, code, run, fields)));
  return scan;
}

Result<PostingScan> name_postings(const ShardMoment& shard, Name code, std::uint32_t first_block,
                                  std::uint32_t last_block) {
  const auto directory = TRY(cached_directory(shard, code));
  std::vector<Removal> taken;  // by the delta
  for (const auto& segment : shard.segments) segment->removals(shard.commit, first_block, last_block, taken);
  std::ranges::sort(taken);

  std::vector<std::pair<std::uint64_t, std::shared_ptr<const std::vector<Removal>>>> removals;  // of the base, with their run
  for (const PostingRun& run : directory->runs) {
    if (run.removals && overlaps(run, first_block, last_block))
      removals.emplace_back(run.run, TRY(read_removals(shard, code, run)));
  }
  PostingScan scan;
  for (const PostingRun& run : directory->runs) {
    if (run.removals || !overlaps(run, first_block, last_block)) continue;
    scan.refs.push_back(run);
    std::vector<Removal>& leave_out = scan.removals.emplace_back(taken);
    for (const auto& [later, pairs] : removals) {
      if (later > run.run) leave_out.insert(leave_out.end(), pairs->begin(), pairs->end());
    }
    if (leave_out.size() > taken.size()) std::ranges::sort(leave_out);
  }
  scan.added = read_added(shard, code, first_block, last_block, taken);
  return scan;
}

Result<std::vector<Posting>> merge_postings(const ShardMoment& shard, Name code, std::uint32_t first_block,
                                            std::uint32_t last_block) {
  PostingScan scan = TRY(read_postings(shard, code, first_block, last_block, stored::posting_field_all));
  std::vector<Posting> merged = std::move(scan.added);
  for (std::size_t r = 0; r < scan.runs.size(); ++r) {
    const PostingColumns& run = *scan.runs[r];
    for (std::size_t i = 0; i < run.count; ++i) {
      const std::uint32_t block = stored::block_of(run.patient[i]);
      if (block < first_block || block > last_block) continue;
      if (std::ranges::binary_search(scan.removals[r], Removal{run.patient[i], run.number[i]})) continue;
      merged.push_back(run.at(i));
    }
  }
  std::ranges::sort(merged, {}, [](const Posting& posting) {
    return std::tuple(posting.patient, second_of(posting), posting.number);
  });
  return merged;
}

}  // namespace chartline::engine
