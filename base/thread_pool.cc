#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/elsewhere.h"

namespace chartline {
namespace {

enum class Caller : std::uint8_t { waits, computes_on };

}  // namespace

struct ThreadPool::Parts {
  struct Worker {
    std::thread thread{};
    std::condition_variable called{};
    bool idle = false;
    Elsewhere elsewhere{};
  };

  explicit Parts(std::size_t most) : queued_max(most) {}

  void work(Worker& self) {
    own = this;
    for (;;) {
      std::unique_lock lock(mutex);
      if (queue.empty()) {
        if (closing) return;
        self.idle = true;
        idle.push_back(&self);
        self.called.wait(lock, [&] { return !self.idle; });
        lock.unlock();
        self.elsewhere.arrive();
        continue;
      }
      std::packaged_task<void()> task = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      emptied.notify_one();
      task();
    }
  }

  void close() {
    {
      std::lock_guard lock(mutex);
      closing = true;
      while (Worker* one = next_idle()) one->called.notify_one();
    }
    for (Worker& one : workers) one.thread.join();
  }

  // Takes the task unless the queue is full. Who computes on asks for a worker elsewhere.
  bool offer(std::packaged_task<void()>& task, Caller caller) {
    std::unique_lock lock(mutex);
    check(!closing, "a task comes before the pool ends");
    if (queue.size() >= queued_max) return false;
    queue.push_back(std::move(task));
    Worker* const one = next_idle();
    if (one && caller == Caller::computes_on) one->elsewhere.send(one->thread.native_handle());
    lock.unlock();
    if (one) one->called.notify_one();
    return true;
  }

  void wait_for_room() {
    std::unique_lock lock(mutex);
    emptied.wait(lock, [&] { return queue.size() < queued_max; });
  }

  void add_worker() {
    Worker& one = workers.emplace_back();
    try {
      one.thread = std::thread([this, &one] { work(one); });
    } catch (...) {
      workers.pop_back();
      throw;
    }
  }

  // The one that became idle last: its caches are the warmest.
  Worker* next_idle() {
    if (idle.empty()) return nullptr;
    Worker* one = idle.back();
    idle.pop_back();
    one->idle = false;
    return one;
  }

  static thread_local const Parts* own;  // the pool whose thread this is

  const std::size_t queued_max;
  std::mutex mutex;
  std::condition_variable emptied;  // a task was taken
  std::deque<std::packaged_task<void()>> queue;
  bool closing = false;
  std::deque<Worker> workers;  // never moved
  std::vector<Worker*> idle;
};

thread_local const ThreadPool::Parts* ThreadPool::Parts::own = nullptr;

// One system call. The library would read a file, of what the machine has.
unsigned cores() {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) == 0) return static_cast<unsigned>(CPU_COUNT(&usable));
  return std::max(1U, std::thread::hardware_concurrency());  // more than a set holds
}

Result<std::unique_ptr<ThreadPool>> ThreadPool::start(const Options& options) {
  const unsigned wanted = options.threads > 0 ? options.threads : cores();
  // Made before its threads, so that those which did start are ended when one does not.
  std::unique_ptr<ThreadPool> pool(new ThreadPool(std::make_unique<Parts>(std::max<std::size_t>(1, options.queued_max))));
  try {
    for (unsigned i = 0; i < wanted; ++i) pool->parts_->add_worker();
  } catch (const std::system_error&) {
    return unavailable("the system gives only " + std::to_string(pool->threads()) + " of " + std::to_string(wanted) +
                       " threads");
  }
  return pool;
}

ThreadPool::ThreadPool(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ThreadPool::~ThreadPool() { parts_->close(); }

unsigned ThreadPool::threads() const { return static_cast<unsigned>(parts_->workers.size()); }

void ThreadPool::run_soon(std::packaged_task<void()> task) {
  while (!parts_->offer(task, Caller::waits)) {
    if (Parts::own == parts_.get()) return task();
    parts_->wait_for_room();
  }
}

bool ThreadPool::offer(std::function<void()> task) {
  std::packaged_task<void()> offered(std::move(task));
  return parts_->offer(offered, Caller::computes_on);
}

Error ThreadPool::error_of_current_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return busy("memory ran out");  // short enough that it takes none
  } catch (...) {
    // Its text may come from a library and name a person: it is left out.
    return unavailable("a task ended with an exception");
  }
}

namespace {

// One parallel_for under way: hands out ranges in ascending order, and none after a failure. So every range below a
// failed one was handed out before it and runs to its end, and the lowest error is the one of a plain loop.
class Ranges {
 public:
  explicit Ranges(std::size_t count) : count_(count) {}

  std::optional<std::size_t> take() {
    std::lock_guard lock(mutex_);
    if (failed_ || next_ == count_) return std::nullopt;
    ++running_;
    return next_++;
  }

  void finish(std::size_t range, Result<void> outcome) {
    std::lock_guard lock(mutex_);
    if (!outcome && (!failed_ || range < *failed_)) {
      failed_ = range;
      outcome_ = std::move(outcome);
    }
    if (--running_ == 0) idle_.notify_all();
  }

  // To be called once take() has given nothing: from then on nothing new starts.
  Result<void> wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return running_ == 0; });
    return outcome_;
  }

 private:
  const std::size_t count_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::optional<std::size_t> failed_;
  Result<void> outcome_;
};

}  // namespace

Result<void> ThreadPool::parallel_for(std::size_t count, std::size_t range_max, const RangeWork& work) {
  if (count == 0) return {};
  const std::size_t step = std::max<std::size_t>(1, range_max);
  const std::size_t range_count = count / step + (count % step != 0);
  const auto ranges = std::make_shared<Ranges>(range_count);
  const auto help = [ranges, count, step, &work] {
    while (const std::optional<std::size_t> range = ranges->take()) {
      const std::size_t first = *range * step;
      const std::size_t past = first + std::min(step, count - first);
      ranges->finish(*range, without_exceptions([&] { return work(first, past); }));
    }
  };
  // Helpers are offered, not waited for: one that starts after the last range was taken touches only `ranges`, which it
  // owns with the others, so that a task may call this while every other thread is busy.
  try {
    for (std::size_t i = 1; i < range_count && i <= threads(); ++i) {
      std::packaged_task<void()> helper(help);
      if (!parts_->offer(helper, Caller::computes_on)) break;
    }
  } catch (const std::bad_alloc&) {
    // Then with those that were offered, which use what is the caller's: they must not be left alone.
  }
  help();
  return ranges->wait();
}

}  // namespace chartline
