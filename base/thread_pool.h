// ThreadPool: a fixed number of threads behind a bounded queue. Whoever submits faster than the threads work waits, so
// that neither memory nor delay grows without bound. Tasks return Results; an exception that leaves one becomes an
// Error and goes no further.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace chartline {

unsigned cores();  // that this thread may use: at least 1

class ThreadPool {
 public:
  struct Options {
    unsigned threads = 0;         // 0: one for each core
    std::size_t queued_max = 64;  // tasks that may wait; at least 1
  };

  // unavailable where the system gives no more threads.
  static Result<std::unique_ptr<ThreadPool>> start(const Options& options);

  ~ThreadPool();  // runs what is queued, then ends; nothing may be submitted any more
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned threads() const;

  // Queues a task that returns a Result, and gives the future of that Result. Waits while the queue is full; one of
  // the pool's own threads runs the task itself instead, since waiting for itself would never end.
  template <typename Task>
  auto submit(Task task) -> std::future<std::invoke_result_t<Task&>> {
    using Outcome = std::invoke_result_t<Task&>;
    std::packaged_task<Outcome()> guarded(
        [task = std::move(task)]() mutable -> Outcome { return without_exceptions([&] { return task(); }); });
    std::future<Outcome> outcome = guarded.get_future();
    run_soon(std::packaged_task<void()>(std::move(guarded)));
    return outcome;
  }

  // Queues a task unless the queue is full: for what may as well go undone.
  bool offer(std::function<void()> task);

  // The result of a call that returns one, here and now; an exception that leaves it becomes an Error.
  template <typename Call>
  static auto without_exceptions(const Call& call) -> std::invoke_result_t<const Call&> {
    try {
      return call();
    } catch (...) {
      return error_of_current_exception();
    }
  }

  // Calls work(first, past) for consecutive ranges of at most `range_max` numbers that make up [0, count), on the
  // calling thread and those of the pool that are free, and returns when no call is running any more. The result is the
  // one of a plain loop over the ranges: the error of the lowest range that failed; ranges after it may be left out.
  // May be called from within a task.
  using RangeWork = std::function<Result<void>(std::size_t first, std::size_t past)>;
  Result<void> parallel_for(std::size_t count, std::size_t range_max, const RangeWork& work);

 private:
  struct Parts;
  explicit ThreadPool(std::unique_ptr<Parts> parts);
  void run_soon(std::packaged_task<void()> task);
  static Error error_of_current_exception();

  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline
