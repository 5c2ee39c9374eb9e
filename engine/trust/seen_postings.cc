#include "engine/trust/seen_postings.h"

#include <algorithm>
#include <utility>

namespace chartline::engine {

using stored::block_of;
using stored::block_patients;
using stored::PostingColumns;
using stored::PostingRun;

namespace {

std::uint32_t first_of(const PostingRun& run) { return run.first_block * block_patients; }

// Asks the set once for each block: postings come patient by patient.
class Asker {
 public:
  Asker(const PatientSet& set, std::uint32_t shard) : set_(set), shard_(shard) {}
  bool operator()(stored::PatientId patient) {
    if (!known_ || block_of(patient) != number_) {
      number_ = block_of(patient), known_ = true;
      block_ = set_.block(shard_, number_);
    }
    return block_[patient % block_patients];
  }

 private:
  const PatientSet& set_;
  std::uint32_t shard_, number_ = 0;
  bool known_ = false;
  PatientSet::Block block_;
};

}  // namespace

std::uint32_t SeenPostings::past(const PostingRun& run) const {
  const std::uint64_t end = (std::uint64_t{run.last_block} + 1) * block_patients;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(end, given_));
}

std::uint32_t SeenPostings::shown(const PostingRun& run) const {
  return whole_.count(shard_, first_of(run), past(run));
}
bool SeenPostings::shows_none(const PostingRun& run) const { return shown(run) == 0; }
bool SeenPostings::shows_all(const PostingRun& run) const {
  return first_of(run) < past(run) && shown(run) == past(run) - first_of(run);
}

PostingColumns SeenPostings::seen(const PostingColumns& run) const {
  Asker is_seen(whole_, shard_);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < run.count; ++i) {
    if (is_seen(run.patient[i])) rows.push_back(i);
  }
  return run.only(rows);
}

// Where nobody is seen there is no run.
void SeenPostings::drop_unseen_runs(PostingScan& scan) const {
  std::size_t left = 0;
  for (std::size_t r = 0; r < scan.refs.size(); ++r) {
    const bool empty = r < scan.runs.size() && scan.runs[r]->count == 0;
    if (empty || shows_none(scan.refs[r])) continue;
    if (left != r) {
      scan.refs[left] = scan.refs[r];
      scan.removals[left] = std::move(scan.removals[r]);
      if (r < scan.runs.size()) scan.runs[left] = std::move(scan.runs[r]);
      if (r < scan.facts.size()) scan.facts[left] = scan.facts[r];
    }
    ++left;
  }
  scan.refs.resize(left), scan.removals.resize(left);
  if (!scan.runs.empty()) scan.runs.resize(left);
  if (!scan.facts.empty()) scan.facts.resize(left);
}

void SeenPostings::narrow(PostingScan& scan) const {
  for (std::size_t r = 0; r < scan.runs.size(); ++r) {
    if (!shows_all(scan.refs[r])) scan.runs[r] = std::make_shared<const PostingColumns>(seen(*scan.runs[r]));
  }
  drop_unseen_runs(scan);
  for (std::size_t r = 0; r < scan.refs.size(); ++r) {
    Asker is_seen(whole_, shard_);
    std::erase_if(scan.removals[r], [&](const stored::Removal& removal) { return !is_seen(removal.patient); });
  }
  narrow(scan.added);
}

void SeenPostings::narrow(std::vector<stored::Posting>& postings) const {
  Asker is_seen(whole_, shard_);
  std::erase_if(postings, [&](const stored::Posting& posting) { return !is_seen(posting.patient); });
}

}  // namespace chartline::engine
