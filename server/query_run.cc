#include "server/query_run.h"

#include <capnp/message.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "query/told.h"
#include "server/result_pages.h"

namespace chartline::server {
namespace {

constexpr auto sink_patience = 60 * kj::SECONDS;  // for one batch of rows

// What the run and those who ask about it share.
struct RunState {
  std::atomic<bool> cancelled{false};
  std::atomic<std::uint64_t> patients{0}, of{0};
  query::Told told;  // the loop's
};

// On the worker: builds messages there, and hands each to the loop, which sends it and says when the client has room for more.
class WireSink final : public query::ResultSink {
 public:
  // The client's sink is the loop's: it is touched there alone.
  WireSink(const kj::Executor& loop, kj::Timer& timer, wire::ResultSink::Client& sink, std::uint64_t milliseconds_max)
      : loop_(loop), timer_(timer), sink_(sink), last_(Steady::now() + std::chrono::milliseconds(milliseconds_max)) {}

  Result<void> begin(const query::Schema& schema) override {
    return send([&] {
      auto request = sink_.beginRequest();
      write(schema, request.initSchema());
      return request.send();
    });
  }
  Result<void> rows(const query::Batch& batch) override {
    given_ += batch.rows();
    capnp::MallocMessageBuilder message;
    auto rows = message.initRoot<wire::Rows>();
    write(batch, rows);
    return send([&] {
      auto request = sink_.rowsRequest(rows.totalSize());
      request.setBatch(rows.asReader());
      return request.send();
    });
  }
  Result<void> end() override {
    return send([&] { return sink_.endRequest().send(); });
  }

  std::uint64_t given() const { return given_; }

 private:
  using Steady = std::chrono::steady_clock;

  template <typename Send>
  Result<void> send(Send now) {
    if (Steady::now() > last_)
      return unavailable("the query took longer than its limit, and was ended: its client takes the rows slowly");
    auto thrown = kj::runCatchingExceptions([&] {
      loop_.executeSync([&]() -> kj::Promise<void> {
        auto too_slow = timer_.afterDelay(sink_patience).then([]() -> kj::Promise<void> {
          return to_exception(unavailable("the client takes no more rows"));
        });
        return now().exclusiveJoin(kj::mv(too_slow));
      });
    });
    KJ_IF_MAYBE (exception, thrown) {
      return unavailable("the client takes no more rows");
    }
    return {};
  }

  const kj::Executor& loop_;
  kj::Timer& timer_;  // the loop's
  wire::ResultSink::Client& sink_;
  const Steady::time_point last_;  // a slow client's time counts too
  std::uint64_t given_ = 0;
};

class RunServer final : public wire::Run::Server {
 public:
  RunServer(HeldObject object, std::shared_ptr<RunState> state, kj::Promise<void> done)
      : object_(std::move(object)), state_(std::move(state)), done_(done.fork()) {}
  ~RunServer() noexcept(false) { state_->cancelled = true; }

  // Who no longer waits has dropped the run, with what holds it.
  kj::Promise<void> done(DoneContext context) override {
    context.allowCancellation();
    return done_.addBranch();
  }
  kj::Promise<void> cancel(CancelContext) override {
    state_->cancelled = true;
    return kj::READY_NOW;
  }
  kj::Promise<void> progress(ProgressContext context) override {
    context.getResults().setPatients(state_->patients);
    context.getResults().setOf(state_->of);
    return kj::READY_NOW;
  }

 private:
  HeldObject object_;
  std::shared_ptr<RunState> state_;
  kj::ForkedPromise<void> done_;
};

engine::AuditEntry entry_of(const Holder& holder, const RunState& state) {
  engine::AuditEntry entry = holder.entry(engine::Act::query);
  entry.everyone = state.told.everyone, entry.patients = state.told.patients;
  return entry;
}

}  // namespace

wire::Run::Client start_run(HolderPtr holder, std::shared_ptr<const query::Prepared> query, std::string text,
                            query::RunOptions options, wire::ResultSink::Client sink) {
  // Under way until it has ended, and its client's until they let go of it.
  auto under_way = value_or_throw(holder->begin_call());
  auto object = value_or_throw(holder->hold_object());
  auto state = std::make_shared<RunState>();
  auto held = kj::heap(kj::mv(sink));
  Services& services = holder->services;
  auto work = [holder, query, options = std::move(options), state, &sink = *held]() mutable -> Result<std::uint64_t> {
    options.cancel = &state->cancelled;
    // How many there are to look at would tell of each who is left out.
    if (!holder->is_controlled()) {
      options.progress = [state](const query::Progress& progress) {
        state->patients = progress.patients, state->of = progress.of;
      };
    }
    WireSink rows(holder->services.loop, holder->services.timer, sink, options.milliseconds_max);
    TRY(query::run(*query, holder->services.store, holder->view(), options, rows));
    return rows.given();
  };
  // The worker goes on until it notices that it is to end, though nobody waits: the sink stays for as long.
  // Two entries: one before anything is given, and one of what came of it. Both say whom it is about.
  auto about = services.workers.run(Lane::read, [holder, query] { return query::told_by(*query, holder->view()); });
  auto done = about
                  .then([holder, state, text = std::move(text)](query::Told told) mutable {
                    state->told = std::move(told);
                    engine::AuditEntry begun = entry_of(*holder, *state);
                    begun.outcome = engine::AuditOutcome::begun;
                    begun.text = std::move(text);
                    return holder->enter(std::move(begun));
                  })
                  .then([&services, work = std::move(work)]() mutable {
                    return services.workers.run(Lane::scan, std::move(work));
                  })
                  .then(
                      [holder, state](std::uint64_t rows) {
                        engine::AuditEntry ended = entry_of(*holder, *state);
                        ended.rows = rows;
                        return holder->enter(std::move(ended));
                      },
                      [holder](kj::Exception&& why) { return holder->fail(engine::Act::query, {}, kj::mv(why)); })
                  .attach(kj::mv(held), std::move(under_way))
                  .fork();
  services.tasks.add(done.addBranch().catch_([](kj::Exception&&) {}));
  return kj::heap<RunServer>(std::move(object), std::move(state), done.addBranch());
}

}  // namespace chartline::server
