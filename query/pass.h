// One pass over the patients of a View: finders look through ranges of patients on several threads, and what they found is
// taken in the order of the patients, whoever was faster (query/team.h), in bounded memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "engine/view.h"
#include "query/finder.h"
#include "query/run.h"

namespace chartline::query {

// The limits of a run, from its beginning; shared by its threads.
class Limits final : public Stop {
 public:
  explicit Limits(const RunOptions& options);
  Result<void> check() override;                          // cancelled, out of time, or told to end
  Result<void> check_memory(std::size_t bytes) override;  // that the run holds, beside what is found and not taken yet
  void wait(std::ptrdiff_t bytes) {
    waiting_bytes_ += static_cast<std::size_t>(bytes);
  }  // more, or less, is not taken yet
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  std::size_t waiting_bytes_max() const;  // beyond it whoever found it waits
  void end() { ended_ = true; }           // everyone: something failed elsewhere

 private:
  const RunOptions& options_;
  SystemClock system_;
  Clock& clock_;
  Micros last_ = INT64_MAX;
  std::atomic<bool> ended_ = false;
  std::atomic<std::size_t> waiting_bytes_ = 0;
};

// Who looks: the thread that runs, and as many of a pool's as are free and allowed.
struct Threads {
  using Helpers = std::function<Result<ThreadPool*>()>;
  unsigned count = 1;  // at most, all together
  Helpers helpers{};   // asked for when there is work for them; empty: nobody else
};

class Pass {
 public:
  // `findings` is of patients that come after those of all calls before, or of the last of them: one for each statement of
  // the finders.
  using Take = std::function<Result<void>(std::vector<Findings>& findings)>;

  Pass(const engine::View& view, Threads threads, Limits& limits, const RunOptions& options)
      : view_(view), threads_(threads), limits_(limits), options_(options) {}
  Result<void> run(const Executors& executors, std::size_t statements, const Take& take);

 private:
  const engine::View& view_;
  const Threads threads_;
  Limits& limits_;
  const RunOptions& options_;
};

}  // namespace chartline::query
