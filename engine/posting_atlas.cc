#include "engine/posting_atlas.h"

#include <algorithm>

#include "engine/decoded_cache.h"
#include "engine/posting_reader.h"

namespace chartline::engine {
namespace {

using stored::PostingRun;

// The page of a base; without one, that drawn last of whichever base.
DecodedCache::Key key_of(const ShardMoment& shard, std::uint32_t page, std::uint64_t serial) {
  return {.sort = DecodedCache::Sort::atlas, .shard = shard.shard, .owner = page, .run = serial};
}
constexpr std::uint64_t whichever = 0;

std::uint32_t codes_of(const ShardMoment& shard) { return shard.dictionary->size(stored::Dictionary::code); }

bool overlaps(const PostingRun& run, std::uint32_t first_block, std::uint32_t last_block) {
  return run.first_block <= last_block && run.last_block >= first_block;
}

// What the delta does to postings of some blocks, code by code.
class Delta {
 public:
  Delta(const ShardMoment& shard, std::uint32_t first_block, std::uint32_t last_block) : shard_(shard) {
    std::vector<stored::Removal> taken;
    for (const auto& segment : shard.segments) segment->removals(shard.commit, first_block, last_block, taken);
    takes_ = !taken.empty();
    adds_ = std::ranges::any_of(shard.segments,
                                [&](const auto& segment) { return segment->last_commit() > shard.base->watermark; });
  }
  bool touches(Name code) {
    if (takes_ || !adds_) return takes_;
    puts_.clear();
    for (const auto& segment : shard_.segments) segment->of_code(code, shard_.commit, puts_);
    return !puts_.empty();
  }

 private:
  const ShardMoment& shard_;
  bool takes_ = false;  // of whichever code
  bool adds_ = false;
  std::vector<const DeltaPut*> puts_{};
};

}  // namespace

Result<std::shared_ptr<const PostingAtlas>> PostingAtlas::page(const ShardMoment& shard, std::uint32_t page) {
  const DecodedCache::Key key = key_of(shard, page, shard.base->serial);
  if (auto known = shard.cache->find<PostingAtlas>(key)) return known;
  auto drawn = TRY(draw(shard, page));
  const std::size_t bytes = drawn->bytes();
  drawn = shard.cache->keep_first(key, std::move(drawn),
                                  bytes);  // two threads draw at once, and what each notes of runs is to be one's
  shard.cache->keep(key_of(shard, page, whichever), drawn, bytes);
  return drawn;
}

Result<std::shared_ptr<const PostingAtlas>> PostingAtlas::draw(const ShardMoment& shard, std::uint32_t page) {
  auto atlas = std::make_shared<PostingAtlas>();
  std::vector<PostingRun> all;
  const Name first = page * page_codes, past = std::min(codes_of(shard) + 1, first + page_codes);
  atlas->first_.reserve(past - first + std::size_t{1});
  for (Name code = first; code < past; ++code) {
    atlas->first_.push_back(static_cast<std::uint32_t>(all.size()));
    const auto directory = TRY(cached_directory(shard, code));
    all.insert(all.end(), directory->runs.begin(), directory->runs.end());
    atlas->sizes_.events += directory->events, atlas->sizes_.patients += directory->patients;
  }
  atlas->first_.push_back(static_cast<std::uint32_t>(all.size()));
  atlas->runs_ = std::make_unique<Run[]>(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) atlas->runs_[i].run = all[i];
  if (const auto older = shard.cache->find<PostingAtlas>(key_of(shard, page, whichever))) atlas->take_over(*older);
  return std::shared_ptr<const PostingAtlas>(std::move(atlas));
}

void PostingAtlas::take_over(const PostingAtlas& older) {
  const auto place = [](const PostingRun& run) { return std::pair(run.first_block, run.run); };
  for (std::size_t code = 0; code + 1 < first_.size(); ++code) {
    const std::span<const Run> before = older.runs(code);
    auto at = before.begin();
    for (const Run& one : runs(code)) {
      while (at != before.end() && place(at->run) < place(one.run)) ++at;
      if (at == before.end()) break;
      if (at->run != one.run) continue;
      if (const RunFacts::Facts* known = at->facts.known()) one.facts.note(*known);
      one.facts.note_kinds(at->facts.kinds());
    }
  }
}

std::size_t PostingAtlas::bytes() const {
  return sizeof *this + first_.capacity() * sizeof first_[0] + first_.back() * sizeof(Run);
}

Result<PostingSizes> sizes_of_all_postings(const ShardMoment& shard) {
  PostingSizes all;
  for (std::uint32_t number = 0; number <= codes_of(shard) / PostingAtlas::page_codes; ++number) {
    const PostingSizes page = TRY(PostingAtlas::page(shard, number))->sizes();
    all.events += page.events, all.patients += page.patients;
  }
  return all;
}

Result<void> name_all_postings(const ShardMoment& shard, std::uint32_t first_block, std::uint32_t last_block,
                               const View::WantsRun& wanted, const View::EachCode& each) {
  Delta delta(shard, first_block, last_block);
  PostingScan scan;
  std::shared_ptr<const PostingAtlas> page;
  for (Name code = 0; code <= codes_of(shard); ++code) {
    const Name place = code % PostingAtlas::page_codes;
    if (place == 0) page = TRY(PostingAtlas::page(shard, code / PostingAtlas::page_codes));
    const std::span<const PostingAtlas::Run> runs = page->runs(place);
    const bool removes = std::ranges::any_of(runs, [](const auto& one) { return one.run.removals; });
    // What the delta adds, and what it or a run of removals takes away, is found by the usual way.
    const bool usual = removes || delta.touches(code);
    if (usual) scan = TRY(name_postings(shard, code, first_block, last_block));
    if (!usual) scan.refs.clear(), scan.removals.clear(), scan.added.clear();
    scan.facts.clear();
    std::size_t named = 0, left = 0;
    for (const auto& [run, facts] : runs) {
      if (run.removals || !overlaps(run, first_block, last_block)) continue;
      const std::size_t of_all = named++;
      if (!wanted(facts)) continue;
      scan.facts.push_back(&facts);
      if (!usual) {
        scan.refs.push_back(run), scan.removals.emplace_back();
      } else if (left != of_all) {
        scan.refs[left] = scan.refs[of_all], scan.removals[left] = std::move(scan.removals[of_all]);
      }
      ++left;
    }
    scan.refs.resize(left), scan.removals.resize(left);
    if (!scan.refs.empty() || !scan.added.empty()) TRY(each(code, scan));
  }
  return {};
}

}  // namespace chartline::engine
