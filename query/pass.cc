#include "query/pass.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

namespace chartline::query {
namespace {

constexpr Micros progress_every = 100'000;
constexpr std::size_t ranges_ahead = 8;  // for each thread
constexpr std::size_t part_rows_min = 16, part_rows_max = 4096, row_bytes = 1024;  // about
constexpr std::size_t first_rows = 32;
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

// A range under way, and the parts of what is found in it, first to last.
struct UnderWay {
  PatientRange range;
  std::deque<std::vector<Findings>> parts{};
  std::size_t bytes = 0;  // of the parts
  bool is_first = false;  // of all that are under way
  bool done = false;      // `outcome` is there
  std::future<Result<void>> outcome{};
};

std::size_t bytes_of(std::span<const Findings> found) {
  std::size_t bytes = 0;
  for (const Findings& one : found) bytes += one.bytes();
  return bytes;
}

// Where finders of all ranges give what they find, and the pass takes it.
class Counter {
 public:
  explicit Counter(Limits& limits)
      : limits_(limits), part_rows_(std::clamp(limits.waiting_bytes_max() / row_bytes, part_rows_min, part_rows_max)) {}
  std::size_t part_rows() const { return part_rows_; }

  // Waits while too much is not taken yet: the first range only while it is its own.
  Result<void> put(UnderWay& of, std::vector<Findings> part) {
    const std::size_t bytes = bytes_of(part);
    std::unique_lock lock(mutex_);
    const auto is_much = [&] { return (of.is_first ? of.bytes : limits_.waiting_bytes()) > limits_.waiting_bytes_max(); };
    while (is_much()) {
      TRY(limits_.check());
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    of.parts.push_back(std::move(part));
    of.bytes += bytes;
    limits_.wait(static_cast<std::ptrdiff_t>(bytes));
    changed_.notify_all();
    return limits_.check_memory(0);
  }

  void end(UnderWay& of) {
    const std::lock_guard lock(mutex_);
    of.done = true;
    changed_.notify_all();
  }

  // Of the first range: the next part; nullopt where there are no more.
  std::optional<std::vector<Findings>> next(UnderWay& first) {
    std::unique_lock lock(mutex_);
    first.is_first = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !first.parts.empty() || first.done; });
    if (first.parts.empty()) return std::nullopt;
    std::vector<Findings> part = std::move(first.parts.front());
    first.parts.pop_front();
    return part;
  }

  void taken(UnderWay& first, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    first.bytes -= bytes;
    limits_.wait(-static_cast<std::ptrdiff_t>(bytes));
    changed_.notify_all();
  }

 private:
  Limits& limits_;
  const std::size_t part_rows_;
  std::mutex mutex_;
  std::condition_variable changed_;
};

class RangeOutlet final : public Outlet {
 public:
  RangeOutlet(Counter& counter, UnderWay& of) : counter_(counter), of_(of) {}
  ~RangeOutlet() override { counter_.end(of_); }
  RangeOutlet(const RangeOutlet&) = delete;
  RangeOutlet& operator=(const RangeOutlet&) = delete;

  Result<void> give(std::span<Findings> found) override {
    std::size_t rows = 0;
    for (const Findings& one : found) rows += one.rows.size();
    if (rows < wanted_rows_) return {};
    wanted_rows_ = std::min(wanted_rows_ * 2, counter_.part_rows());
    return put(found);
  }
  Result<void> put(std::span<Findings> found) {
    std::vector<Findings> part(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) part[i] = std::exchange(found[i], Findings());
    return counter_.put(of_, std::move(part));
  }

 private:
  Counter& counter_;
  UnderWay& of_;
  std::size_t wanted_rows_ = std::min(first_rows, counter_.part_rows());  // small at first: somebody waits for the first row
};

// Finders that nobody uses just now.
class Finders {
 public:
  explicit Finders(const Executors& executors) : executors_(executors) {}

  Result<void> find(UnderWay& under_way, std::size_t statements, Stop& stop, Counter& counter) {
    RangeOutlet outlet(counter, under_way);
    std::unique_ptr<Finder> finder = TRY(take());
    std::vector<Findings> findings(statements);
    TRY(finder->find(under_way.range, stop, outlet, findings));
    TRY(outlet.put(findings));
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(finder));
    return {};
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
  if (options_.memory_bytes_max == 0 || bytes + waiting_bytes_ <= options_.memory_bytes_max) return {};
  return unavailable("the query's results need more memory than its limit of " + mebibytes(options_.memory_bytes_max) +
                     ": group by less, or ask for fewer rows");
}

std::size_t Limits::waiting_bytes_max() const {
  const std::size_t max = options_.memory_bytes_max;
  return max ? std::min(waiting_bytes_usual_max, max / 4) : waiting_bytes_usual_max;
}

Result<void> Pass::run(const Executors& executors, std::size_t statements, const Take& take) {
  const std::vector<PatientRange> ranges = ranges_of(view_, executors);
  Progress progress;
  const auto seen = [&](const PatientRange& range) { return view_.seen(range.shard, range.first, range.past); };
  for (const PatientRange& range : ranges) progress.of += seen(range);
  Finders finders(executors);
  Counter counter(limits_);
  std::deque<UnderWay> under_way;  // first to last; never moved
  SystemClock clock;
  Micros told = 0;
  Result<void> outcome;
  std::size_t next = 0, taken = 0;
  while (taken < ranges.size() && outcome) {
    const auto may_begin = [&] {
      const bool is_much = limits_.waiting_bytes() > limits_.waiting_bytes_max();
      return under_way.empty() || (under_way.size() < ranges_ahead * pool_.threads() && !is_much);
    };
    while (next < ranges.size() && may_begin()) {
      UnderWay& one = under_way.emplace_back(UnderWay{.range = ranges[next++]});
      one.outcome = pool_.submit(
          [this, &finders, &one, &counter, statements] { return finders.find(one, statements, limits_, counter); });
    }
    UnderWay& first = under_way.front();
    if (std::optional<std::vector<Findings>> part = counter.next(first)) {
      counter.taken(first, bytes_of(*part));
      outcome = take(*part);
      continue;
    }
    outcome = first.outcome.get();
    under_way.pop_front();
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
  for (UnderWay& one : under_way) {
    (void)one.outcome.get();
    limits_.wait(-static_cast<std::ptrdiff_t>(one.bytes));
  }
  return outcome;
}

}  // namespace chartline::query
