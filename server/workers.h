// Workers: the threads on which the engine works, so that the loop of the wire never waits for a disk or a scan. Four lanes
// keep them out of each other's way:
//
//   read    a timeline, a lookup: microseconds, or one wait for a disk
//   write   waits for the disk to say that a commit is durable; many may wait at once, so that they share one sync
//   login   proving who somebody is, slow on purpose: few at once, so that nobody else waits for strangers
//   scan    cohort questions, extracts, hashes: at a lower priority of the processor, so that reads stay fast meanwhile
#pragma once

#include <kj/async.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "server/failure.h"

namespace chartline::server {

enum class Lane : std::uint8_t { read, write, scan, login };
inline constexpr int lane_count = 4;

class Workers {
 public:
  struct Options {
    unsigned read_threads = 0;  // 0: one for each core
    unsigned write_threads = 64;
    unsigned scan_threads = 4;
    unsigned login_threads = 2;
    std::size_t logins_waiting_max = 64;
    std::size_t waiting_max = 4096;  // of each lane; beyond it a call ends `busy`
  };
  // unavailable where the system gives no more threads.
  static Result<std::unique_ptr<Workers>> start(const Options& options);
  ~Workers();  // end()
  // Finishes what is queued, and takes nothing more: what is asked then ends `busy`.
  void end();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // `work` returns a Result; its value, or its failure, comes back on the thread that asks. A promise that is dropped leaves
  // the work running: what it uses must be its own.
  template <typename Work>
  auto run(Lane lane, Work work) -> kj::Promise<typename std::invoke_result_t<Work&>::value_type> {
    using Value = typename std::invoke_result_t<Work&>::value_type;
    auto pair = kj::newPromiseAndCrossThreadFulfiller<Value>();
    auto task = [work = std::move(work), fulfiller = std::make_shared<kj::Own<kj::CrossThreadPromiseFulfiller<Value>>>(
                                             kj::mv(pair.fulfiller))]() mutable {
      auto thrown = kj::runCatchingExceptions([&] {
        auto result = work();
        if (!result) return (*fulfiller)->reject(to_exception(result.error()));
        if constexpr (std::is_void_v<Value>) {
          (*fulfiller)->fulfill();
        } else {
          (*fulfiller)->fulfill(std::move(result).value());
        }
      });
      KJ_IF_MAYBE (exception, thrown) {
        (*fulfiller)->reject(kj::mv(*exception));
      }
    };
    if (!enqueue(lane, std::make_unique<Task<decltype(task)>>(std::move(task))))
      return to_exception(busy("the server has too much to do: try again soon"));
    return kj::mv(pair.promise);
  }

  std::size_t waiting(Lane lane) const;

 private:
  struct AnyTask {
    virtual ~AnyTask() = default;
    virtual void run() = 0;
  };
  template <typename Call>
  struct Task final : AnyTask {
    explicit Task(Call given) : call(std::move(given)) {}
    void run() override { call(); }
    Call call;
  };
  struct Queue {
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::unique_ptr<AnyTask>> tasks;
    bool closed = false;
  };

  explicit Workers(const Options& options) : options_(options) {}
  bool enqueue(Lane lane, std::unique_ptr<AnyTask> task);
  void work(Lane lane);

  const Options options_;
  Queue queues_[lane_count];
  std::vector<std::thread> threads_;
};

}  // namespace chartline::server
