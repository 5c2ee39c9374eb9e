// Postings of one code, or attribute, as of one moment: packed runs of the base, each verified against the code's directory, and what the
// delta adds and takes away.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/moment.h"
#include "engine/run_facts.h"
#include "engine/view.h"
#include "formats/stored/postings.h"

namespace chartline::engine {

// All names under which there may be postings, ascending: those of codes, then of attributes. And what one is called, by its number.
std::vector<Name> posting_names(const Dictionary& names);
std::string posting_name(Name name);

// Empty for a code without folded postings. Kept in the cache.
Result<std::shared_ptr<const stored::Directory>> cached_directory(const ShardMoment& shard, Name code);

// Blocks first to last, inclusive. `fields` is a mask of stored::PostingField.
Result<PostingScan> read_postings(const ShardMoment& shard, Name code, std::uint32_t first_block,
                                  std::uint32_t last_block, std::uint32_t fields);

// The same with its runs named, not decoded; and one of them decoded, past the cache unless it is short. Into `facts`, unless null, goes what
// is to be known of the run.
Result<PostingScan> name_postings(const ShardMoment& shard, Name code, std::uint32_t first_block,
                                  std::uint32_t last_block);
Result<void> read_posting_run(const ShardMoment& shard, Name code, const stored::PostingRun& run, std::uint32_t fields,
                              stored::PostingColumns& into, const View::MoreFields& more, RunFacts* facts);

// The same as plain postings, sorted by patient, instant (to the second) and event number.
Result<std::vector<stored::Posting>> merge_postings(const ShardMoment& shard, Name code, std::uint32_t first_block,
                                                    std::uint32_t last_block);

}  // namespace chartline::engine
