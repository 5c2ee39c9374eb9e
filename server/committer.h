// The Committer hands writes of sessions to the store. Small ones go in groups: one worker decides all writes of a group, which
// share one commit and one sync, so that no thread sleeps for each of them. A large one has a worker of its own.
#pragma once

#include <kj/async.h>

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
  Committer(engine::Store& store, Workers& workers) : store_(store), workers_(workers), tasks_(*this) {}

  // `bytes` is how large the write is. Resolves when it is on stable storage.
  kj::Promise<engine::Written> write(std::unique_ptr<HeldWrite> one, std::size_t bytes);

 private:
  using Writes = std::vector<std::unique_ptr<HeldWrite>>;
  using Answers = std::vector<Result<engine::Written>>;
  struct Group {
    Writes writes;
    std::vector<kj::Own<kj::PromiseFulfiller<engine::Written>>> waiting;
    std::size_t bytes = 0;
  };
  static Answers commit(engine::Store& store, Writes& writes);
  void begin_soon();
  void begin();
  void taskFailed(kj::Exception&&) override {}

  engine::Store& store_;
  Workers& workers_;
  Group next_;
  bool beginning_ = false;  // a group, at the end of this turn of the loop
  int under_way_ = 0;       // groups that workers have
  kj::TaskSet tasks_;
};

}  // namespace chartline::server
