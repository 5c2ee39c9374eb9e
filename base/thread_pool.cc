#include "base/thread_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/check.h"

namespace chartline {

struct ThreadPool::Parts {
  explicit Parts(std::size_t most) : queued_max(most) {}

  void work() {
    own = this;
    for (;;) {
      std::unique_lock lock(mutex);
      filled.wait(lock, [&] { return closing || !queue.empty(); });
      if (queue.empty()) return;
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
    }
    filled.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  // Takes the task unless the queue is full.
  bool offer(std::packaged_task<void()>& task) {
    {
      std::lock_guard lock(mutex);
      check(!closing, "a task comes before the pool ends");
      if (queue.size() >= queued_max) return false;
      queue.push_back(std::move(task));
    }
    filled.notify_one();
    return true;
  }

  void wait_for_room() {
    std::unique_lock lock(mutex);
    emptied.wait(lock, [&] { return queue.size() < queued_max; });
  }

  static thread_local const Parts* own;  // the pool whose thread this is

  const std::size_t queued_max;
  std::mutex mutex;
  std::condition_variable filled;   // a task came, or the pool ends
  std::condition_variable emptied;  // a task was taken
  std::deque<std::packaged_task<void()>> queue;
  bool closing = false;
  std::vector<std::thread> threads;
};

thread_local const ThreadPool::Parts* ThreadPool::Parts::own = nullptr;

Result<std::unique_ptr<ThreadPool>> ThreadPool::start(const Options& options) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned wanted = options.threads > 0 ? options.threads : cores;
  // Made before its threads, so that those which did start are ended when one does not.
  std::unique_ptr<ThreadPool> pool(new ThreadPool(std::make_unique<Parts>(std::max<std::size_t>(1, options.queued_max))));
  try {
    for (unsigned i = 0; i < wanted; ++i)
      pool->parts_->threads.emplace_back([parts = pool->parts_.get()] { parts->work(); });
  } catch (const std::system_error&) {
    return unavailable("the system gives only " + std::to_string(pool->threads()) + " of " + std::to_string(wanted) +
                       " threads");
  }
  return pool;
}

ThreadPool::ThreadPool(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ThreadPool::~ThreadPool() { parts_->close(); }

unsigned ThreadPool::threads() const { return static_cast<unsigned>(parts_->threads.size()); }

void ThreadPool::run_soon(std::packaged_task<void()> task) {
  while (!parts_->offer(task)) {
    if (Parts::own == parts_.get()) return task();
    parts_->wait_for_room();
  }
}

bool ThreadPool::offer(std::function<void()> task) {
  std::packaged_task<void()> offered(std::move(task));
  return parts_->offer(offered);
}

Error ThreadPool::error_of_current_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return busy("memory ran out within a task");
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
  for (std::size_t i = 1; i < range_count && i <= threads(); ++i) {
    std::packaged_task<void()> helper(help);
    if (!parts_->offer(helper)) break;
  }
  help();
  return ranges->wait();
}

}  // namespace chartline
