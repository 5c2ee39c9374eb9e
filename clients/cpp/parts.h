// The inside of a connection, for the sources of this folder alone. Everything of Cap'n Proto's and KJ's lives on one thread, the
// loop; other threads hand it work and wait:
//
//   call      send a request, wait for its answer; what comes back is a plain value, or a copied message
//   stream    the same, while a sink takes items: each is handed to the thread that waits, and the sink answers when that thread is
//             done with it, which is what makes a slow reader slow the server
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "clients/cpp/connection.h"
#include "formats/wire/chartline.capnp.h"
#include "formats/wire/copied.h"

namespace chartline::client {

// What it means that the connection breaks while a call is under way.
enum class Lost : std::uint8_t { nothing, outcome_of_a_write };
Error error_of(const kj::Exception& exception, Lost lost = Lost::nothing);
Error interrupted();
Error not_understood(const Error& why);     // an answer that is not as the schema says
kj::Exception refusal(const Error& error);  // as an exception for the other side

// A message of one's own: nothing in it has yet to be believed.
using wire::copied;
using wire::Message;

// What `read` makes of a message. That a message was copied does not say that its pointers lead to what the schema says.
template <typename Read>
auto understood(Read read) -> decltype(read()) {
  std::optional<decltype(read())> result;
  const auto thrown = kj::runCatchingExceptions([&] { result.emplace(read()); });
  if (thrown != nullptr) return unavailable("the server's answer cannot be understood");
  if (!*result) return not_understood(result->error());
  return std::move(*result);
}

// What a thread waits for.
template <typename T>
struct Pending {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<T>> outcome;
  kj::Canceler canceler;  // the loop's

  void settle(Result<T> result) {
    const std::lock_guard lock(mutex);
    if (!outcome) outcome.emplace(std::move(result));
    changed.notify_all();
  }
};

// Items of a sink on their way to the thread that waits.
template <typename Item>
struct Stream : Pending<void> {
  struct Given {
    Item item;
    kj::Own<kj::CrossThreadPromiseFulfiller<void>> taken;
  };
  std::deque<Given> given;
  bool flushed = false;  // the sink has seen the last item
  bool left = false;     // nobody waits any more

  // On the loop: answers when the item was used.
  kj::Promise<void> give(Item item) {
    auto pair = kj::newPromiseAndCrossThreadFulfiller<void>();
    const std::lock_guard lock(mutex);
    if (left) return refusal(unavailable("the reader has gone"));
    given.push_back({std::move(item), kj::mv(pair.fulfiller)});
    changed.notify_all();
    return kj::mv(pair.promise);
  }
  void flush() {
    const std::lock_guard lock(mutex);
    flushed = true;
    changed.notify_all();
  }
  void leave() {
    const std::lock_guard lock(mutex);
    left = true;
    given.clear();
  }
};

// What lives on the loop's thread.
struct Loop final : kj::TaskSet::ErrorHandler {
  explicit Loop(kj::AsyncIoContext& of) : io(of), tasks(*this) {}
  void taskFailed(kj::Exception&&) override {}

  kj::Promise<void> connect(const Options& options);
  wire::Session::Client& session();

  // Capabilities of the server by number, so that objects on other threads can hold them.
  std::uint64_t keep(capnp::Capability::Client client);

  kj::AsyncIoContext& io;
  kj::Own<kj::AsyncIoStream> stream;
  kj::Own<capnp::TwoPartyVatNetwork> network;
  kj::Maybe<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> rpc;
  kj::Maybe<wire::Session::Client> logged_in;
  About about;
  std::map<std::uint64_t, capnp::Capability::Client> kept;
  std::uint64_t kept_ever = 0;
  kj::Canceler calls;  // all of them
  kj::TaskSet tasks;
  bool ending = false;
};

struct Parts {
  explicit Parts(const std::atomic<bool>* cancelled) : cancel(cancelled) {}
  ~Parts() { stop(); }

  Result<void> start();
  void stop();

  // On the loop, now; fails where it has ended.
  template <typename Work>
  Result<void> on_loop(Work work) {
    auto thrown = kj::runCatchingExceptions([&] {
      executor->executeSync([&] {
        if (loop == nullptr || loop->ending) kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "closed"));
        work(*loop);
      });
    });
    KJ_IF_MAYBE (exception, thrown) {
      return error_of(*exception);
    }
    return {};
  }

  // send(Loop&) -> kj::Promise<T>, on the loop.
  template <typename T, typename Send>
  Result<void> begin(std::shared_ptr<Pending<T>> pending, Send send, Lost lost) {
    return on_loop([&](Loop& at) {
      auto sent = at.calls.wrap(pending->canceler.wrap(kj::evalNow([&] { return send(at); })));
      auto failed = [pending, lost](kj::Exception&& why) { pending->settle(error_of(why, lost)); };
      if constexpr (std::is_void_v<T>) {
        at.tasks.add(sent.then([pending] { pending->settle({}); }, kj::mv(failed)));
      } else {
        at.tasks.add(sent.then([pending](T&& value) { pending->settle(std::move(value)); }, kj::mv(failed)));
      }
    });
  }

  template <typename T>
  void give_up(Pending<T>& pending) {
    (void)on_loop([&](Loop&) { pending.canceler.cancel(refusal(interrupted())); });
  }

  bool is_cancelled(const std::atomic<bool>* also = nullptr) const {
    return (cancel != nullptr && *cancel) || (also != nullptr && *also);
  }

  template <typename Send>
  auto call(Send send, Lost lost = Lost::nothing) {
    using T = decltype(send(std::declval<Loop&>()).wait(std::declval<kj::WaitScope&>()));
    auto pending = std::make_shared<Pending<T>>();
    return wait_for<T>(pending, begin(pending, std::move(send), lost));
  }

  template <typename T>
  Result<T> wait_for(const std::shared_ptr<Pending<T>>& pending, const Result<void>& begun) {
    if (!begun) return begun.error();
    std::unique_lock lock(pending->mutex);
    while (!pending->outcome) {
      if (is_cancelled()) {
        lock.unlock();
        give_up(*pending);
        return interrupted();
      }
      pending->changed.wait_for(lock, std::chrono::milliseconds(50));
    }
    return std::move(*pending->outcome);
  }

  // each(Item&) -> Result<void>, on this thread. idle() some times a second.
  template <typename Item, typename Send, typename Each, typename Idle>
  Result<void> read_stream(const std::shared_ptr<Stream<Item>>& items, Send send, const std::atomic<bool>* also,
                           Each each, Idle idle) {
    TRY(begin<void>(items, std::move(send), Lost::nothing));
    const Result<void> done = take_items(*items, also, each, idle);
    items->leave();
    if (!done) give_up(*items);
    return done;
  }

  template <typename Item, typename Each, typename Idle>
  Result<void> take_items(Stream<Item>& items, const std::atomic<bool>* also, Each& each, Idle& idle) {
    std::unique_lock lock(items.mutex);
    while (true) {
      if (is_cancelled(also)) return interrupted();
      if (items.outcome && !*items.outcome) return *items.outcome;
      if (!items.given.empty()) {
        auto next = std::move(items.given.front());
        items.given.pop_front();
        lock.unlock();
        Result<void> used = each(next.item);
        if (!used) next.taken->reject(refusal(used.error()));
        if (!used) return used;
        next.taken->fulfill();
        lock.lock();
      } else if (items.outcome && items.flushed) {
        return {};
      } else if (items.changed.wait_for(lock, std::chrono::milliseconds(100)) == std::cv_status::timeout) {
        lock.unlock();
        TRY(idle());
        lock.lock();
      }
    }
  }

  const std::atomic<bool>* cancel;
  About about;
  kj::Own<const kj::Executor> executor;
  Loop* loop = nullptr;  // the loop's; null once it has ended

 private:
  void run(std::promise<Result<void>>& started);

  std::mutex stop_mutex_;
  kj::Own<kj::CrossThreadPromiseFulfiller<void>> stop_fulfiller_;
  std::thread thread_;
};

// A capability that the loop keeps, by its number. Dropped on the server too when this goes.
class Remote {
 public:
  Remote() = default;
  Remote(std::shared_ptr<Parts> parts, std::uint64_t number) : parts_(std::move(parts)), number_(number) {}
  Remote(Remote&& other) noexcept : parts_(std::move(other.parts_)), number_(std::exchange(other.number_, 0)) {}
  Remote& operator=(Remote&& other) noexcept {
    std::swap(parts_, other.parts_), std::swap(number_, other.number_);
    return *this;
  }
  ~Remote() {
    if (number_ != 0) (void)parts_->on_loop([this](Loop& loop) { loop.kept.erase(number_); });
  }

  Parts& parts() const { return *parts_; }
  const std::shared_ptr<Parts>& shared() const { return parts_; }
  bool is_there() const { return number_ != 0; }
  // On the loop.
  template <typename Interface>
  typename Interface::Client as(Loop& loop) const {
    return loop.kept.at(number_).castAs<Interface>();
  }

 private:
  std::shared_ptr<Parts> parts_;
  std::uint64_t number_ = 0;
};

}  // namespace chartline::client
