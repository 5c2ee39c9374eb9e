// The loop puts writes in a line; workers take groups from it, decide them and queue them for the log; whoever commits puts what is
// done aside for the loop, which is woken once for all that is there by then.
#include "server/committer.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/thread_pool.h"

namespace chartline::server {
namespace {

constexpr std::size_t group_bytes_max = 256u << 10;
// Few, so that the first of them are on their way to the disk while the others are decided.
constexpr std::size_t group_writes_max = 16;
constexpr std::size_t writes_for_each_worker = 64;  // that wait, before another one helps
constexpr std::size_t under_way_max = 4096;         // as wait for a lane of the workers

// What the library finds wrong with a message, it throws.
Result<engine::WriteRequest> made_out(HeldWrite& write) {
  Result<engine::WriteRequest> request = invalid_request("the batch is not as the schema says");
  (void)kj::runCatchingExceptions([&] { request = write.request(); });
  return request;
}

kj::Exception unknown_outcome() {
  return to_exception(unavailable("the server could not finish the write: its outcome is unknown"));
}

}  // namespace

class Committer::Line : public std::enable_shared_from_this<Line> {
 public:
  // Writes that are decided together.
  struct Group {
    std::vector<std::uint64_t> numbers;
    std::vector<std::unique_ptr<HeldWrite>> held;
    std::vector<engine::WriteRequest> requests;
    // Once it is done: one of them, or neither where memory ran out.
    std::shared_ptr<engine::WritesDone> waits;
    std::optional<Answers> answers;
    std::shared_ptr<Group> next;  // of those that are done
  };

  Line(engine::Store& store, unsigned workers_max) : store_(store), workers_max_(workers_max) {}

  // -- by the loop. True where one more worker is to decide().
  bool take(std::vector<Write> writes) {
    const std::lock_guard lock(mutex_);
    std::ranges::move(writes, std::back_inserter(waiting_));
    if (deciding_ == workers_max_ || waiting_.size() < deciding_ * writes_for_each_worker) return false;
    ++deciding_;
    return true;
  }
  // That worker has failed: what waits, unless another decides.
  std::vector<std::uint64_t> give_up() {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> numbers;
    if (--deciding_ > 0) return numbers;
    for (const Write& write : waiting_) numbers.push_back(write.number);
    waiting_.clear();
    return numbers;
  }
  // Resolves when there are groups that are done.
  kj::Promise<void> news() {
    auto news = kj::newPromiseAndCrossThreadFulfiller<void>();
    const std::lock_guard lock(mutex_);
    wakes_ = kj::mv(news.fulfiller);
    if (done_) wakes_->fulfill();
    return kj::mv(news.promise);
  }
  std::shared_ptr<Group> done() {
    const std::lock_guard lock(mutex_);
    return std::exchange(done_, nullptr);
  }

  // -- by a worker
  void decide() {
    while (const std::shared_ptr<Group> group = next()) {
      try {
        begin(*group);
      } catch (...) {
        tell(group);
      }
    }
  }

 private:
  // Null where nothing waits.
  std::shared_ptr<Group> next() {
    auto group = std::make_shared<Group>();
    group->numbers.reserve(group_writes_max), group->held.reserve(group_writes_max);
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return --deciding_, nullptr;
    for (std::size_t bytes = 0; !waiting_.empty() && group->held.size() < group_writes_max; waiting_.pop_front()) {
      Write& first = waiting_.front();
      bytes += first.bytes;
      if (bytes > group_bytes_max && !group->held.empty()) break;
      group->numbers.push_back(first.number), group->held.push_back(std::move(first.held));
    }
    return group;
  }

  // What cannot be made out is refused, and hinders none of the others.
  void begin(Group& all) {
    auto group = std::make_shared<Group>(), refused = std::make_shared<Group>();
    refused->answers.emplace();
    for (std::size_t i = 0; i < all.held.size(); ++i) {
      Result<engine::WriteRequest> request = made_out(*all.held[i]);
      Group& into = request ? *group : *refused;
      into.numbers.push_back(all.numbers[i]), into.held.push_back(std::move(all.held[i]));
      if (request) group->requests.push_back(std::move(*request));
      else refused->answers->push_back(std::move(request).error());
    }
    if (!refused->held.empty()) tell(refused);
    if (group->held.empty()) return;
    store_.write_together(group->requests, [line = shared_from_this(), group](std::shared_ptr<engine::WritesDone> writes) {
      line->finish(group, std::move(writes));
    });
  }

  // By whoever commits, who must not wait.
  void finish(const std::shared_ptr<Group>& group, std::shared_ptr<engine::WritesDone> writes) {
    if (writes && writes->waits()) {
      group->waits = std::move(writes);
    } else if (writes) {
      try {
        group->answers = writes->answers();
      } catch (...) {
      }
      writes = nullptr;
      group->requests.clear(), group->held.clear();
    }
    tell(group);
  }
  void tell(const std::shared_ptr<Group>& group) {
    const std::lock_guard lock(mutex_);
    const bool told = done_ != nullptr;
    group->next = std::exchange(done_, group);
    if (!told) wakes_->fulfill();
  }

  engine::Store& store_;
  const unsigned workers_max_;
  std::mutex mutex_;
  std::deque<Write> waiting_;
  unsigned deciding_ = 0;  // workers
  std::shared_ptr<Group> done_;
  kj::Own<kj::CrossThreadPromiseFulfiller<void>> wakes_;
};

// One worker for each processor, and one that waits for patients who are not in memory.
Committer::Committer(engine::Store& store, Workers& workers)
    : store_(store), workers_(workers), line_(std::make_shared<Line>(store, cores() + 1)), tasks_(*this) {
  tasks_.add(tell_on());
}

Committer::~Committer() = default;

kj::Promise<engine::Written> Committer::write(std::unique_ptr<HeldWrite> one, std::size_t bytes) {
  if (bytes > group_bytes_max) {
    return workers_.run(Lane::write, [&store = store_, one = std::move(one)]() -> Result<engine::Written> {
      const engine::WriteRequest request = TRY(made_out(*one));
      return store.write(request.records, request.options);
    });
  }
  if (told_.size() >= under_way_max) return to_exception(busy("the server has too much to do: try again soon"));
  auto written = kj::newPromiseAndFulfiller<engine::Written>();
  if (coming_.empty()) tasks_.add(kj::evalLast([this] { hand_over(); }));
  coming_.push_back({++last_, std::move(one), bytes});
  told_.emplace(last_, kj::mv(written.fulfiller));
  return kj::mv(written.promise);
}

void Committer::hand_over() {
  if (!line_->take(std::exchange(coming_, {}))) return;
  auto decided = workers_.run(Lane::write, [line = line_]() -> Result<void> { return line->decide(), Result<void>(); });
  tasks_.add(decided.catch_([this](kj::Exception&& why) { fail(line_->give_up(), why); }));
}

kj::Promise<void> Committer::tell_on() {
  return line_->news().then([this] {
    for (std::shared_ptr<Line::Group> group = line_->done(); group; group = std::move(group->next)) {
      if (group->answers) {
        answer(group->numbers, std::move(*group->answers));
      } else if (group->waits) {
        auto answers = workers_.run(Lane::write, [group]() -> Result<Answers> { return group->waits->answers(); });
        tasks_.add(answers.then([this, group](Answers all) { answer(group->numbers, std::move(all)); },
                                [this, group](kj::Exception&&) { fail(group->numbers, unknown_outcome()); }));
      } else {
        fail(group->numbers, unknown_outcome());
      }
    }
    return tell_on();
  });
}

void Committer::answer(std::span<const std::uint64_t> numbers, Answers answers) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto who = told_.extract(numbers[i]);
    if (!who) continue;
    if (answers[i]) who.mapped()->fulfill(std::move(*answers[i]));
    else who.mapped()->reject(to_exception(answers[i].error()));
  }
}

void Committer::fail(std::span<const std::uint64_t> numbers, const kj::Exception& why) {
  for (const std::uint64_t number : numbers)
    if (const auto who = told_.extract(number)) who.mapped()->reject(kj::cp(why));
}

}  // namespace chartline::server
