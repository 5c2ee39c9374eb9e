// The Committer hands writes of sessions to the store. They go in groups: one worker decides all writes of a group, so that no thread
// sleeps for each of them, and none waits for patients that another thread has locked; and it goes on to the next group while this one
// waits for the disk, so that all that was decided meanwhile shares the next commit and its sync. A large write has a worker of its own.
#pragma once

#include <kj/async.h>

#include <memory>
#include <span>
#include <unordered_map>
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
  ~Committer();

  // `bytes` is how large the write is. Resolves when it is on stable storage.
  kj::Promise<engine::Written> write(std::unique_ptr<HeldWrite> one, std::size_t bytes);

 private:
  class Line;
  struct Write {
    std::uint64_t number = 0;
    std::unique_ptr<HeldWrite> held;
    std::size_t bytes = 0;
  };
  using Answers = std::vector<Result<engine::Written>>;
  void hand_over();
  kj::Promise<void> tell_on();
  void answer(std::span<const std::uint64_t> numbers, Answers answers);
  void fail(std::span<const std::uint64_t> numbers, const kj::Exception& why);
  void taskFailed(kj::Exception&&) override {}

  engine::Store& store_;
  Workers& workers_;
  const std::shared_ptr<Line> line_;  // workers and the store hold it too
  std::vector<Write> coming_;         // in this turn of the loop
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, kj::Own<kj::PromiseFulfiller<engine::Written>>> told_;  // by numbers of writes
  kj::TaskSet tasks_;
};

}  // namespace chartline::server
