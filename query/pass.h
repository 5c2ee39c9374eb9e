// One pass over the patients of a View: finders look through ranges of patients on several threads, and what they found is
// taken in the order of the patients, whoever was faster. Few ranges are under way at a time, so that memory stays bounded.
#pragma once

#include <atomic>
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
  Result<void> check() override;                 // cancelled, out of time, or told to end
  Result<void> check_memory(std::size_t bytes);  // that the run holds
  void end() { ended_ = true; }                  // everyone: something failed elsewhere

 private:
  const RunOptions& options_;
  SystemClock system_;
  Clock& clock_;
  Micros last_ = INT64_MAX;
  std::atomic<bool> ended_ = false;
};

class Pass {
 public:
  // `findings` is of patients that come after those of all calls before: one for each statement of the finders.
  using Take = std::function<Result<void>(std::vector<Findings>& findings)>;

  Pass(const engine::View& view, ThreadPool& pool, Limits& limits, const RunOptions& options)
      : view_(view), pool_(pool), limits_(limits), options_(options) {}
  Result<void> run(const Executors& executors, std::size_t statements, const Take& take);

 private:
  const engine::View& view_;
  ThreadPool& pool_;
  Limits& limits_;
  const RunOptions& options_;
};

}  // namespace chartline::query
