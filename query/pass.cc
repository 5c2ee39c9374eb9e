#include "query/pass.h"

#include <algorithm>
#include <deque>
#include <future>
#include <mutex>
#include <utility>

namespace chartline::query {
namespace {

constexpr Micros progress_every = 100'000;
constexpr std::size_t ranges_ahead = 8;  // for each thread

std::string seconds(std::uint64_t milliseconds) {
  return milliseconds % 1000 ? std::to_string(milliseconds) + " ms" : std::to_string(milliseconds / 1000) + " s";
}

std::string mebibytes(std::uint64_t bytes) {
  return bytes < 1 << 20 ? std::to_string(bytes) + " bytes" : std::to_string(bytes >> 20) + " MiB";
}

std::vector<PatientRange> ranges_of(const engine::View& view, std::uint32_t patients) {
  std::vector<PatientRange> ranges;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    const std::uint32_t past = view.patients(shard);
    for (std::uint32_t first = 0; first < past; first += patients) {
      const std::uint32_t end = first + std::min(patients, past - first);
      if (view.seen(shard, first, end) > 0) ranges.push_back({.shard = shard, .first = first, .past = end});
    }
  }
  return ranges;
}

// Finders that nobody uses just now.
class Finders {
 public:
  explicit Finders(const Executors& executors) : executors_(executors) {}

  Result<std::vector<Findings>> find(const PatientRange& range, std::size_t statements, Stop& stop) {
    std::unique_ptr<Finder> finder = TRY(take());
    std::vector<Findings> findings(statements);
    TRY(finder->find(range, stop, findings));
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(finder));
    return findings;
  }

 private:
  Result<std::unique_ptr<Finder>> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Finder> finder = std::move(free_.back());
        free_.pop_back();
        return finder;
      }
    }
    return executors_.make();
  }

  const Executors& executors_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Finder>> free_;
};

}  // namespace

Limits::Limits(const RunOptions& options) : options_(options), clock_(options.clock ? *options.clock : system_) {
  if (options.milliseconds_max) last_ = clock_.now() + static_cast<Micros>(options.milliseconds_max) * 1000;
}

Result<void> Limits::check() {
  if (ended_) return unavailable("the query ended early");
  if (options_.cancel && *options_.cancel) return unavailable("the query was cancelled");
  if (last_ != INT64_MAX && clock_.now() > last_)
    return unavailable("the query took longer than its limit of " + seconds(options_.milliseconds_max) +
                       " and was ended");
  return {};
}

Result<void> Limits::check_memory(std::size_t bytes) {
  if (options_.memory_bytes_max == 0 || bytes <= options_.memory_bytes_max) return {};
  return unavailable("the query's results need more memory than its limit of " + mebibytes(options_.memory_bytes_max) +
                     ": group by less, or ask for fewer rows");
}

Result<void> Pass::run(const Executors& executors, std::size_t statements, const Take& take) {
  using Found = Result<std::vector<Findings>>;
  const std::vector<PatientRange> ranges = ranges_of(view_, executors.range_patients);
  Progress progress;
  const auto seen = [&](const PatientRange& range) { return view_.seen(range.shard, range.first, range.past); };
  for (const PatientRange& range : ranges) progress.of += seen(range);
  Finders finders(executors);
  std::deque<std::future<Found>> under_way;
  SystemClock clock;
  Micros told = 0;
  Result<void> outcome;
  std::size_t next = 0, taken = 0;
  while (taken < ranges.size() && outcome) {
    while (next < ranges.size() && under_way.size() < ranges_ahead * pool_.threads()) {
      under_way.push_back(pool_.submit(
          [this, &finders, range = ranges[next], statements] { return finders.find(range, statements, limits_); }));
      ++next;
    }
    Found found = under_way.front().get();
    under_way.pop_front();
    outcome = found ? take(*found) : found.error();
    if (!outcome) break;
    progress.patients += seen(ranges[taken]);
    ++taken;
    if (options_.progress && (taken == ranges.size() || clock.now() - told >= progress_every)) {
      told = clock.now();
      options_.progress(progress);
    }
  }
  // What is still under way uses what stands here.
  if (!outcome) limits_.end();
  for (auto& one : under_way) (void)one.get();
  return outcome;
}

}  // namespace chartline::query
