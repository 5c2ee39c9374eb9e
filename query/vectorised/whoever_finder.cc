#include "query/vectorised/whoever_finder.h"

#include <algorithm>

#include "base/check.h"

namespace chartline::query::vectorised {

FoundTogether::FoundTogether(const Question& question) {
  for (std::uint32_t shard = 0; shard < question.shares.size(); ++shard) {
    OfShard& made = shards_.emplace_back(OfShard{.ranges_left = question.shares[shard].size() - 1});
    made.found.start(0, (question.view.patients(shard) + block_patients - 1) / block_patients * block_patients);
  }
}

std::optional<std::int64_t> FoundTogether::add(std::uint32_t shard, Candidates& found) {
  const std::lock_guard lock(mutex_);
  OfShard& into = shards_[shard];
  into.found.add_those_of(found);
  return --into.ranges_left == 0 ? std::optional(into.found.count()) : std::nullopt;
}

Result<void> WhoeverFinder::find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) {
  TRY(know_changed(range));
  Watch watch = started();
  const bool share = !question_->shares.empty();
  const LeafRange of = share ? share_of_codes(0, range) : leaf_range(0, range);
  candidates_.start(of.first_block * block_patients, (of.last_block + 1) * block_patients);
  std::vector<PatientId> odd;
  const std::uint64_t events = TRY(reader_.find_whoever(of, question_->hold, stop, candidates_, odd));
  check(!share || odd.empty(), "codes are shared where nobody is odd");
  if (!share) each_apart(range.shard, range.first, range.past, [&](PatientId id) { odd.push_back(id); });
  std::ranges::sort(odd);
  odd.erase(std::unique(odd.begin(), odd.end()), odd.end());
  for (const PatientId id : odd) candidates_.remove(id);
  const std::int64_t count =
      share ? together_->add(range.shard, candidates_).value_or(0) : TRY(count_seen(range.shard, stop));
  if (count > 0) into.front().add({}, 0, count, 1);
  note(&Actuals::read_us, watch);
  if (actuals_) {
    Actuals::OfLeaf& leaf = actuals_->of_leaf.front();
    leaf.postings += reader_.postings(), leaf.events += events, actuals_->odd += odd.size();
  }
  const auto always = [](std::size_t) { return true; };
  for (const PatientId id : odd) TRY(ask_about({range.shard, id}, stop, outlet, into, always));
  note(&Actuals::reference_us, watch);
  return stop.check();
}

Result<std::int64_t> WhoeverFinder::count_seen(std::uint32_t shard, Stop& stop) {
  if (!view_.grant()) return candidates_.count();
  std::int64_t count = 0;
  for (Batch batch; candidates_.next(batch);) {
    TRY(stop.check());
    count += std::ranges::count_if(batch.some, [&](PatientId id) { return view_.sees({shard, id}); });
  }
  return count;
}

}  // namespace chartline::query::vectorised
