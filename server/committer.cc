// While groups are under way the next one gathers, until one of them is done or it has grown large.
#include "server/committer.h"

#include <optional>
#include <utility>

namespace chartline::server {
namespace {

// One is decided while another waits for the disk.
constexpr int groups_under_way_max = 2;
constexpr std::size_t small_bytes_max = 8u << 10;
constexpr std::size_t group_bytes_max = 256u << 10;

}  // namespace

kj::Promise<engine::Written> Committer::write(std::unique_ptr<HeldWrite> one, std::size_t bytes) {
  if (bytes > small_bytes_max) {
    return workers_.run(Lane::write, [&store = store_, one = std::move(one)]() -> Result<engine::Written> {
      const engine::WriteRequest request = TRY(one->request());
      return store.write(request.records, request.options);
    });
  }
  auto written = kj::newPromiseAndFulfiller<engine::Written>();
  next_.writes.push_back(std::move(one));
  next_.waiting.push_back(kj::mv(written.fulfiller));
  next_.bytes += bytes;
  if (under_way_ < groups_under_way_max) begin_soon();
  return kj::mv(written.promise);
}

// Those that came in this turn of the loop go together.
void Committer::begin_soon() {
  if (beginning_) return;
  beginning_ = true;
  tasks_.add(kj::evalLast([this] {
    beginning_ = false;
    begin();
  }));
}

void Committer::begin() {
  auto group = kj::heap<Group>(std::exchange(next_, Group{}));
  ++under_way_;
  auto committed = workers_.run(Lane::write, [&store = store_, writes = std::move(group->writes)]() mutable -> Result<Answers> {
    return commit(store, writes);
  });
  const auto go_on = [this] {
    --under_way_;
    if (!next_.writes.empty()) begin_soon();
  };
  auto& waiting = group->waiting;
  tasks_.add(committed
                 .then(
                     [&waiting, go_on](Answers answers) {
                       for (std::size_t i = 0; i < answers.size(); ++i) {
                         if (answers[i]) waiting[i]->fulfill(std::move(*answers[i]));
                         else waiting[i]->reject(to_exception(answers[i].error()));
                       }
                       go_on();
                     },
                     [&waiting, go_on](kj::Exception&& why) {
                       for (auto& one : waiting) one->reject(kj::cp(why));
                       go_on();
                     })
                 .attach(kj::mv(group)));
}

// By a worker. What cannot be made out is refused, and hinders none of the others.
Committer::Answers Committer::commit(engine::Store& store, Writes& writes) {
  std::vector<std::optional<Error>> refused(writes.size());
  std::vector<engine::WriteRequest> requests;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    Result<engine::WriteRequest> request = writes[i]->request();
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
