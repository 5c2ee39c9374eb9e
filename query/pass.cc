#include "query/pass.h"

#include <algorithm>
#include <utility>

#include "query/team.h"

namespace chartline::query {
namespace {

constexpr Micros progress_every = 100'000;
constexpr std::size_t waiting_bytes_usual_max = 64u << 20;

std::string seconds(std::uint64_t milliseconds) {
  return milliseconds % 1000 ? std::to_string(milliseconds) + " ms" : std::to_string(milliseconds / 1000) + " s";
}

std::string mebibytes(std::uint64_t bytes) {
  return bytes < 1 << 20 ? std::to_string(bytes) + " bytes" : std::to_string(bytes >> 20) + " MiB";
}

std::vector<PatientRange> ranges_of(const engine::View& view, const Executors& executors) {
  std::vector<PatientRange> ranges;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    const std::uint32_t past = view.patients(shard);
    for (std::uint32_t first = 0, end = 0; first < past; first = end) {
      end = first + std::min(ranges.empty() ? executors.first_patients : executors.range_patients, past - first);
      if (view.seen(shard, first, end) > 0) ranges.push_back({.shard = shard, .first = first, .past = end});
    }
  }
  return ranges;
}

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
  if (options_.memory_bytes_max == 0 || bytes + waiting_bytes_ <= options_.memory_bytes_max) return {};
  return unavailable("the query's results need more memory than its limit of " + mebibytes(options_.memory_bytes_max) +
                     ": group by less, or ask for fewer rows");
}

std::size_t Limits::waiting_bytes_max() const {
  const std::size_t max = options_.memory_bytes_max;
  return max ? std::min(waiting_bytes_usual_max, max / 4) : waiting_bytes_usual_max;
}

Result<void> Pass::run(const Executors& executors, std::size_t statements, const Take& take) {
  std::vector<PatientRange> ranges = ranges_of(view_, executors);
  Progress progress;
  const auto seen = [&](const PatientRange& range) { return view_.seen(range.shard, range.first, range.past); };
  for (const PatientRange& range : ranges) progress.of += seen(range);
  SystemClock clock;
  Micros told = 0;
  std::size_t left = ranges.size();
  const auto range_done = [&](const PatientRange& range) {
    --left;
    progress.patients += seen(range);
    if (!options_.progress || (left > 0 && clock.now() - told < progress_every)) return;
    told = clock.now();
    options_.progress(progress);
  };
  const auto team = std::make_shared<Team>(std::move(ranges), executors, statements, limits_, threads_.count - 1);
  return team->lead(threads_.helpers, {.part = take, .range_done = range_done});
}

}  // namespace chartline::query
