#include "query/team.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace chartline::query {
namespace {

constexpr std::size_t ranges_ahead = 8;                                             // for each thread
constexpr std::size_t part_rows_min = 16, part_rows_most = 4096, row_bytes = 1024;  // about
constexpr std::size_t first_rows = 32;
constexpr auto look_up_every = std::chrono::milliseconds(20);  // at limits, while waiting

std::size_t bytes_of(std::span<const Findings> found) {
  std::size_t bytes = 0;
  for (const Findings& one : found) bytes += one.bytes();
  return bytes;
}

}  // namespace

// Gives on what was found of a range as soon as it is some rows: few at first, for somebody waits for the first row.
class Team::RangeOutlet final : public Outlet {
 public:
  RangeOutlet(Team& team, UnderWay& of, Who who) : team_(team), of_(of), who_(who) {}

  Result<void> give(std::span<Findings> found) override {
    std::size_t rows = 0;
    for (const Findings& one : found) rows += one.rows.size();
    if (rows < wanted_rows_) return {};
    wanted_rows_ = std::min(wanted_rows_ * 2, team_.part_rows_max_);
    return put(found);
  }
  Result<void> put(std::span<Findings> found) {
    std::vector<Findings> part(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) part[i] = std::exchange(found[i], Findings());
    return team_.put(of_, std::move(part), who_);
  }

 private:
  Team& team_;
  UnderWay& of_;
  const Who who_;
  std::size_t wanted_rows_ = std::min(first_rows, team_.part_rows_max_);
};

Team::Team(std::vector<PatientRange> ranges, const Executors& executors, std::size_t statements, Limits& limits,
           unsigned helpers_max)
    : ranges_(std::move(ranges)),
      executors_(executors),
      statements_(statements),
      limits_(limits),
      helpers_max_(helpers_max),
      part_rows_max_(std::clamp(limits.waiting_bytes_max() / row_bytes, part_rows_min, part_rows_most)) {}

// Whatever happens meanwhile, helpers use what the leader holds until close() has seen them leave.
Result<void> Team::lead(const Threads::Helpers& helpers, const Taker& taker) {
  taker_ = &taker;
  const Result<void> led = ThreadPool::without_exceptions([&] { return take_all(helpers); });
  if (!led) limits_.end();
  close();
  return led;
}

Result<void> Team::take_all(const Threads::Helpers& helpers) {
  // Whoever waits for the first row would have to compete with what is found ahead of it.
  bool may_help = helpers && !executors_.waited_for;
  while (taken_) {
    if (!take_ready()) break;
    if (std::exchange(may_help, helpers != nullptr)) taken_ = offer_helpers(helpers);
    if (!taken_) break;
    if (UnderWay* one = begin()) {
      look_through(*one, Who::leader);
      continue;
    }
    std::unique_lock lock(mutex_);
    if (under_way_.empty()) break;
    changed_.wait(lock, [&] { return under_way_.front().done || !under_way_.front().parts.empty(); });
  }
  return taken_;
}

// Nobody is started or woken for what the leader can do as well.
Result<void> Team::offer_helpers(const Threads::Helpers& helpers) {
  std::unique_lock lock(mutex_);
  while (helping_ + offered_ < helpers_max_ && next_ + offered_ + 1 < ranges_.size() && may_begin()) {
    ThreadPool* const pool = TRY(helpers());
    ++offered_;
    lock.unlock();
    const bool taken = pool->offer([team = shared_from_this()] { team->help(); });
    lock.lock();
    if (taken) continue;
    --offered_;
    break;
  }
  return {};
}

void Team::help() {
  {
    const std::lock_guard lock(mutex_);
    --offered_;
    if (closed_) return;
    ++helping_;
  }
  // A helper that cannot begin leaves what is left to the others.
  (void)ThreadPool::without_exceptions([&]() -> Result<void> {
    while (UnderWay* one = begin()) look_through(*one, Who::helper);
    return {};
  });
  const std::lock_guard lock(mutex_);
  --helping_;
  changed_.notify_all();
}

bool Team::may_begin() const {
  const bool is_much = limits_.waiting_bytes() > limits_.waiting_bytes_max();
  return under_way_.empty() || (under_way_.size() < ranges_ahead * (helpers_max_ + 1) && !is_much);
}

Team::UnderWay* Team::begin() {
  const std::lock_guard lock(mutex_);
  if (closed_ || next_ == ranges_.size() || !may_begin()) return nullptr;
  UnderWay& one = under_way_.emplace_back(UnderWay{.range = ranges_[next_]});
  ++next_;
  return &one;
}

void Team::look_through(UnderWay& one, Who who) {
  RangeOutlet outlet(*this, one, who);
  Result<void> outcome = ThreadPool::without_exceptions([&] { return find(one, outlet); });
  const std::lock_guard lock(mutex_);
  one.outcome = std::move(outcome);
  one.done = true;
  changed_.notify_all();
}

Result<void> Team::find(UnderWay& one, RangeOutlet& outlet) {
  std::unique_ptr<Finder> finder = TRY(free_finder());
  std::vector<Findings> findings(statements_);
  TRY(finder->find(one.range, limits_, outlet, findings));
  TRY(outlet.put(findings));
  const std::lock_guard lock(mutex_);
  finders_.push_back(std::move(finder));
  return {};
}

Result<std::unique_ptr<Finder>> Team::free_finder() {
  {
    const std::lock_guard lock(mutex_);
    if (!finders_.empty()) {
      std::unique_ptr<Finder> finder = std::move(finders_.back());
      finders_.pop_back();
      return finder;
    }
  }
  return executors_.make();
}

// The first range only while much is its own: it must not wait for those behind it.
bool Team::must_wait(const UnderWay& of) const {
  return (&of == &under_way_.front() ? of.bytes : limits_.waiting_bytes()) > limits_.waiting_bytes_max();
}

// The leader, who would wait for itself, takes what it can meanwhile.
Result<void> Team::put(UnderWay& of, std::vector<Findings> part, Who who) {
  const std::size_t bytes = bytes_of(part);
  std::unique_lock lock(mutex_);
  while (must_wait(of)) {
    TRY(limits_.check());
    if (who == Who::leader) {
      lock.unlock();
      TRY(take_ready());
      lock.lock();
      if (!must_wait(of)) break;
    }
    changed_.wait_for(lock, look_up_every);
  }
  of.parts.push_back(std::move(part));
  of.bytes += bytes;
  limits_.wait(static_cast<std::ptrdiff_t>(bytes));
  changed_.notify_all();
  lock.unlock();
  TRY(limits_.check_memory(0));
  return who == Who::leader ? take_ready() : Result<void>();
}

Result<void> Team::take_ready() {
  std::unique_lock lock(mutex_);
  while (taken_ && !under_way_.empty()) {
    UnderWay& first = under_way_.front();
    if (!first.parts.empty()) {
      std::vector<Findings> part = std::move(first.parts.front());
      const std::size_t bytes = bytes_of(part);
      first.parts.pop_front();
      first.bytes -= bytes;
      limits_.wait(-static_cast<std::ptrdiff_t>(bytes));
      lock.unlock();
      changed_.notify_all();
      taken_ = ThreadPool::without_exceptions([&] { return taker_->part(part); });
      lock.lock();
    } else if (first.done) {
      taken_ = std::move(first.outcome);
      if (!taken_) break;
      const PatientRange range = first.range;
      under_way_.pop_front();
      lock.unlock();
      changed_.notify_all();
      taker_->range_done(range);
      lock.lock();
    } else {
      break;
    }
  }
  return taken_;
}

// What is still under way uses what the leader holds.
void Team::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return helping_ == 0; });
  for (const UnderWay& one : under_way_) limits_.wait(-static_cast<std::ptrdiff_t>(one.bytes));
  under_way_.clear();
  finders_.clear();  // before what they were made of
}

}  // namespace chartline::query
