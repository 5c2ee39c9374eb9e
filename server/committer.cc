// While workers have as many groups as they may, what comes waits, and goes with the next.
#include "server/committer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/thread_pool.h"

namespace chartline::server {
namespace {

constexpr std::size_t group_bytes_max = 256u << 10;
constexpr std::size_t waiting_max = 4096;  // as for a lane of the workers

// What the library finds wrong with a message, it throws.
Result<engine::WriteRequest> made_out(HeldWrite& write) {
  Result<engine::WriteRequest> request = invalid_request("the batch is not as the schema says");
  (void)kj::runCatchingExceptions([&] { request = write.request(); });
  return request;
}

}  // namespace

// One for each processor, and one that waits for the disk.
Committer::Committer(engine::Store& store, Workers& workers)
    : store_(store), workers_(workers), groups_max_(static_cast<int>(cores()) + 1), tasks_(*this) {}

kj::Promise<engine::Written> Committer::write(std::unique_ptr<HeldWrite> one, std::size_t bytes) {
  if (bytes > group_bytes_max) {
    return workers_.run(Lane::write, [&store = store_, one = std::move(one)]() -> Result<engine::Written> {
      const engine::WriteRequest request = TRY(made_out(*one));
      return store.write(request.records, request.options);
    });
  }
  if (waiting_.size() >= waiting_max) return to_exception(busy("the server has too much to do: try again soon"));
  auto written = kj::newPromiseAndFulfiller<engine::Written>();
  waiting_.push_back({std::move(one), bytes, kj::mv(written.fulfiller)});
  begin_soon();
  return kj::mv(written.promise);
}

// Those that came in this turn of the loop go together.
void Committer::begin_soon() {
  if (beginning_ || groups_ == groups_max_) return;
  beginning_ = true;
  tasks_.add(kj::evalLast([this] {
    beginning_ = false;
    while (!waiting_.empty() && groups_ < groups_max_) begin_group();
  }));
}

void Committer::begin_group() {
  Writes writes;
  auto fulfillers = kj::heap<Fulfillers>();
  for (std::size_t bytes = 0; !waiting_.empty(); waiting_.pop_front()) {
    Waiting& next = waiting_.front();
    bytes += next.bytes;
    if (bytes > group_bytes_max && !writes.empty()) break;
    writes.push_back(std::move(next.write));
    fulfillers->push_back(kj::mv(next.written));
  }
  ++groups_;
  auto committed = workers_.run(Lane::write, [&store = store_, writes = std::move(writes)]() mutable -> Result<Answers> {
    return commit(store, writes);
  });
  const auto go_on = [this] {
    --groups_;
    if (!waiting_.empty()) begin_soon();
  };
  tasks_.add(committed
                 .then(
                     [&told = *fulfillers, go_on](Answers answers) {
                       for (std::size_t i = 0; i < answers.size(); ++i) {
                         if (answers[i]) told[i]->fulfill(std::move(*answers[i]));
                         else told[i]->reject(to_exception(answers[i].error()));
                       }
                       go_on();
                     },
                     [&told = *fulfillers, go_on](kj::Exception&& why) {
                       for (auto& one : told) one->reject(kj::cp(why));
                       go_on();
                     })
                 .attach(kj::mv(fulfillers)));
}

// By a worker. What cannot be made out is refused, and hinders none of the others.
Committer::Answers Committer::commit(engine::Store& store, Writes& writes) {
  std::vector<std::optional<Error>> refused(writes.size());
  std::vector<engine::WriteRequest> requests;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    Result<engine::WriteRequest> request = made_out(*writes[i]);
    if (request) requests.push_back(std::move(*request));
    else refused[i] = std::move(request).error();
  }
  std::vector<Result<engine::Written>> written = store.write_together(requests);
  Answers answers;
  auto next = written.begin();
  for (std::optional<Error>& why : refused) {
    if (why) answers.emplace_back(std::move(*why));
    else answers.push_back(std::move(*next++));
  }
  return answers;
}

}  // namespace chartline::server
