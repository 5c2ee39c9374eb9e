#include "server/workers.h"

#include <system_error>

#include "base/thread_pool.h"
#include "server/scheduling.h"

namespace chartline::server {

Result<std::unique_ptr<Workers>> Workers::start(const Options& options) {
  std::unique_ptr<Workers> workers(new Workers(options));
  const unsigned threads[lane_count] = {options.read_threads ? options.read_threads : cores(), options.write_threads,
                                        options.scan_threads, options.login_threads};
  try {
    for (int lane = 0; lane < lane_count; ++lane) {
      for (unsigned i = 0; i < threads[lane]; ++i)
        workers->threads_.emplace_back([&w = *workers, lane] { w.work(static_cast<Lane>(lane)); });
    }
  } catch (const std::system_error&) {
    return unavailable("the system gives no more threads");
  }
  return workers;
}

Workers::~Workers() { end(); }

void Workers::end() {
  for (Queue& queue : queues_) {
    const std::lock_guard lock(queue.mutex);
    queue.closed = true;
    queue.changed.notify_all();
  }
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

bool Workers::enqueue(Lane lane, std::unique_ptr<AnyTask> task) {
  Queue& queue = queues_[static_cast<int>(lane)];
  {
    const std::lock_guard lock(queue.mutex);
    const std::size_t most = lane == Lane::login ? options_.logins_waiting_max : options_.waiting_max;
    if (queue.closed || queue.tasks.size() >= most) return false;
    queue.tasks.push_back(std::move(task));
  }
  queue.changed.notify_one();
  return true;
}

std::size_t Workers::waiting(Lane lane) const {
  const Queue& queue = queues_[static_cast<int>(lane)];
  const std::lock_guard lock(queue.mutex);
  return queue.tasks.size();
}

void Workers::work(Lane lane) {
  const bool is_long = lane == Lane::scan || lane == Lane::login;
  is_long ? yield_to_others() : run_in_short_turns();
  Queue& queue = queues_[static_cast<int>(lane)];
  std::unique_lock lock(queue.mutex);
  while (true) {
    queue.changed.wait(lock, [&] { return queue.closed || !queue.tasks.empty(); });
    if (queue.tasks.empty()) return;
    std::unique_ptr<AnyTask> task = std::move(queue.tasks.front());
    queue.tasks.pop_front();
    lock.unlock();
    task->run();
    task.reset();
    lock.lock();
  }
}

}  // namespace chartline::server
