// The Committer hands writes of sessions to the store. They go in groups: one worker decides all writes of a group, which share one
// commit and one sync, so that no thread sleeps for each of them, and none waits for patients that another thread has locked. A
// large one has a worker of its own.
#pragma once

#include <kj/async.h>

#include <deque>
#include <memory>
#include <vector>

#include "engine/store.h"
#include "server/workers.h"

namespace chartline::server {

// What a session writes, as it came; a worker makes out what it says.
class HeldWrite {
 public:
  virtual ~HeldWrite() = default;
  // Asked once, by a worker. What it gives borrows from this.
  virtual Result<engine::WriteRequest> request() = 0;
};

// For the loop's thread.
class Committer final : private kj::TaskSet::ErrorHandler {
 public:
  Committer(engine::Store& store, Workers& workers);

  // `bytes` is how large the write is. Resolves when it is on stable storage.
  kj::Promise<engine::Written> write(std::unique_ptr<HeldWrite> one, std::size_t bytes);

 private:
  using Writes = std::vector<std::unique_ptr<HeldWrite>>;
  using Answers = std::vector<Result<engine::Written>>;
  using Fulfillers = std::vector<kj::Own<kj::PromiseFulfiller<engine::Written>>>;
  struct Waiting {
    std::unique_ptr<HeldWrite> write;
    std::size_t bytes = 0;
    kj::Own<kj::PromiseFulfiller<engine::Written>> written;
  };
  static Answers commit(engine::Store& store, Writes& writes);
  void begin_soon();
  void begin_group();
  void taskFailed(kj::Exception&&) override {}

  engine::Store& store_;
  Workers& workers_;
  const int groups_max_;  // that workers have at the same time
  int groups_ = 0;
  std::deque<Waiting> waiting_;
  bool beginning_ = false;  // a group, at the end of this turn of the loop
  kj::TaskSet tasks_;
};

}  // namespace chartline::server
